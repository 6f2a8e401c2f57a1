"""The installed Kedro reads parameters back from the words of a command as they were."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kedro_batch.compiler.params import Params, ParamsLayer, prove_params
from kedro_batch.compiler.project.kedro_params import decode_params
from kedro_batch.compiler.settings.config_source import SourceRef
from kedro_batch.errors import ConfigError, ProjectError
from kedro_batch.plan.params import differing_params
from kedro_batch.plan.params_words import params_words
from tests.support.params import some_values

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # Kedro 0.19.0 imports what click gives up


def params_of(values):
    return Params([ParamsLayer(values=values, locate=lambda path: SourceRef("given.yml", 7, path))])


def test_values_of_every_kind_are_read_back():
    for value in some_values(300):
        given_params = {"x": value, "y": {"k": [value]}}
        assert [*differing_params(given_params, dict(decode_params(params_words(given_params))))] == [], repr(value)


NAME = st.text(st.characters(exclude_categories=["C", "Z"], exclude_characters=".[],=\\$:"), min_size=1, max_size=5)


@settings(database=None, suppress_health_check=list(HealthCheck), deadline=None)
@given(
    st.dictionaries(NAME | st.sampled_from(["_x", "a b", "keys", "-", "--x", '"q"', "Ref:a", "$", "é"]), st.integers())
)
def test_names_at_the_top_are_read_back(names):
    assert decode_params(params_words({"x": 0, **names})) == {"x": 0, **names}


def test_a_word_that_kedro_cannot_read_is_refused():
    with pytest.raises(ProjectError, match="Kedro cannot read the parameters back"):
        decode_params(["--params=x=${"])


def test_a_value_that_is_read_back_as_another_is_refused_with_its_place():
    with pytest.raises(ConfigError) as refused:
        prove_params(params_of({"x": {"y": [1, 2]}}), lambda _: {"x": {"y": [1, 2.0]}})
    [reason] = map(str, refused.value.diagnostics)
    assert reason.startswith("given.yml:7: x.y[1]: Kedro reads it back as something else")
