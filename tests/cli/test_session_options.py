import re

import pytest

from kedro_batch.cli.session_options import options_from_session
from kedro_batch.errors import ConfigError
from kedro_batch.plan.model import Selection

OF_0_19 = {
    "env": "prod",
    "pipeline_name": "half",
    "namespace": "ns",
    "extra_params": {"a": {"b": 1}},
    "tags": (),
    "node_names": ("b", "a", "a"),
    "from_nodes": None,
    "load_versions": {"raw": "v"},
}
OF_1 = {
    "env": "prod",
    "pipeline_names": ["half"],
    "namespaces": ["ns"],
    "runtime_params": {"a": {"b": 1}},
    "tags": [],
    "node_names": ["b", "a"],
    "from_nodes": [],
    "load_versions": {"raw": "v"},
    "only_missing_outputs": False,
}


@pytest.mark.parametrize("run_params", [OF_0_19, OF_1], ids=["0.19", "1.x"])
def test_what_kedro_tells_hooks_becomes_the_options_that_mean_the_same(run_params):
    options = options_from_session(run_params, "conf2", {"job_queue": "q"})
    assert options.pipelines == ("half",)
    assert options.selection == Selection(nodes=("a", "b"), namespaces=("ns",))
    assert options.params_file is not None
    assert options.params_file.values == {"a": {"b": 1}}
    assert (options.env, options.conf_source, options.load_versions) == ("prod", "conf2", {"raw": "v"})
    assert (options.target, options.for_runner) == ({"job_queue": "q"}, True)


def test_a_plain_run_gives_no_options():
    options = options_from_session({"env": None, "pipeline_name": None, "extra_params": {}}, None, {})
    assert (options.pipelines, options.env, options.params_file, options.selection) == ((), None, None, Selection())


def test_parameters_of_a_program_arrive_as_kedro_would_give_them_to_a_node():
    options = options_from_session({"runtime_params": {"a": ({"b": (1, 2.0)}, None)}}, None, {})
    assert options.params_file is not None
    assert options.params_file.values == {"a": [{"b": [1, 2.0]}, None]}


@pytest.mark.parametrize(
    ("params", "part"),
    [
        ({"a": object()}, "--params: a: is of the type object, which cannot be passed on without loss"),
        ({"a": {1: "b"}}, "--params: a.1: the key 1 must be text"),
        ({"a": [{True: "b"}]}, "the key true must be text"),
        ({"a": float("nan")}, "--params: a: is nan, and only finite numbers"),
    ],
)
def test_parameters_that_no_job_would_get_as_they_are_are_refused(params, part):
    with pytest.raises(ConfigError, match=re.escape(part)):
        options_from_session({"runtime_params": params}, None, {})
