import pytest

from kedro_batch.cli.session_options import options_from_session
from kedro_batch.errors import ConfigError, UsageError
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


@pytest.mark.parametrize(
    ("params", "refusal", "part"),
    [
        ({"a": object()}, UsageError, "the parameters of this run cannot be given to its jobs: Object of type object"),
        ({"password": "hunter2-Zx81-kk"}, ConfigError, "--params"),
    ],
)
def test_parameters_that_no_job_may_have_are_refused(params, refusal, part):
    with pytest.raises(refusal, match=part):
        options_from_session({"runtime_params": params}, None, {})
