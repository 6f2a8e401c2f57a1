import pytest

from kedro_batch.compiler.options import CompileOptions
from kedro_batch.compiler.settings.config_source import ConfigSource
from kedro_batch.plan.writer import plan_text
from tests.compiler.compilations import TARGET, compile_nodes, parse_node

NODES = [parse_node("raw -> d_a@spark", "clean", "gpu"), parse_node("d_a@pandas params:x -> d_b", "train")]


def diagnose(**settings):
    found = [one for one in compile_nodes(NODES, settings).diagnostics if one.code == "unmatched"]
    assert all(one.severity == "warning" for one in found)
    return [(one.path, one.message) for one in found]


def test_a_selector_that_matches_no_node_is_named():
    rules = [{"match": {"nodes": ["clean"], "tags": ["gpus"]}, "gpus": 1}, {"match": {"nodes": ["tr*"]}, "gpus": 1}]
    assert diagnose(rules=rules) == [
        (("rules", 0, "match", "tags"), "no node has the tag 'gpus'. Did you mean 'gpu'?"),
    ]


def test_a_dataset_that_no_node_has_is_named():
    known = dict.fromkeys(["raw", "d_a", "d_a@spark", "d_?", "params:x", "*"], "shared")
    assert diagnose(datasets=known) == []
    assert diagnose(datasets={"rwa": "shared", "m*": "shared"}) == [
        (("datasets", "m*"), "no dataset is named 'm*'."),
        (("datasets", "rwa"), "no dataset is named 'rwa'. Did you mean 'raw'?"),
    ]


def test_a_pattern_of_accept_that_no_dataset_has_is_a_note():
    known = {"local_output": ["raw", "d_a", "d_a@spark", "d_?", "*"], "shared_place": ["d_b"]}
    anything = {"merged_cycle": ["my_job"], "unmatched": ["conf*"], "hooks_per_job": ["*"]}
    assert diagnose(accept=known | anything) == diagnose(accept=["local_output", "hooks_per_job"]) == []
    accept = {"local_output": ["raw", "rwa"], "hooks_per_job": ["my.Hooks"]}
    found = [one for one in compile_nodes(NODES, {"accept": accept}).diagnostics if one.code == "unmatched"]
    assert [(str(one.severity), one.path, one.message) for one in found] == [
        ("note", ("accept", "hooks_per_job", 0), "no hook that acts once a run is named 'my.Hooks'."),
        ("note", ("accept", "local_output", 1), "no dataset is named 'rwa'. Did you mean 'raw'?"),
    ]


def test_a_name_in_not_secret_that_accepts_nothing_is_a_note():
    settings = {
        "environment": {"RESET_TOKEN": "weekly", "JSON": '{"db_token": "x"}'},
        "command_prefix": ["env", "UI_SECRET=x"],
        "rules": [{"match": {"nodes": ["clean"]}, "tags": {"pass": "first"}}],
        "params": {"model": {"token": "word"}},
    }
    known = ["RESET_TOKEN", "db_token", "UI_SECRET", "pass", "model.token"]
    assert diagnose(**settings, not_secret=known) == []
    unused = compile_nodes(NODES, {**settings, "not_secret": [*known, "token", "RESET_TOKEM"]}).diagnostics
    why = "Leave it out: it would also accept a credential that gets this name later"
    nothing = "nothing that looks like a credential is called"
    meant = {5: ("token", "'db_token' or 'model.token'"), 6: ("RESET_TOKEM", "'RESET_TOKEN'")}
    assert [(str(one.severity), one.path, one.message) for one in unused if one.code == "unmatched"] == [
        ("note", ("not_secret", at), f"{nothing} {name!r}. Did you mean {known}? {why}")
        for at, (name, known) in meant.items()
    ]


def test_what_stands_in_files_that_are_not_read_for_it_is_named():
    source = ConfigSource(
        aws_batch={},
        parameters={**TARGET, "memory": "2GB", "max_workers": 2, "retry": 1},
        files={},
        expected_file="conf/base/aws_batch.yml",
        misnamed={"conf/base/aws-batch.yml": "rename it"},
    )
    found = [one for one in compile_nodes(NODES, source=source).diagnostics if one.code == "unmatched"]
    where = "only job_queue and job_definition are read from the parameters: move it to conf/base/aws_batch.yml"
    assert [str(one) for one in found] == [
        "conf/base/aws-batch.yml: it is not read: if it has settings for AWS Batch, rename it",
        f"parameters.yml: aws_batch.memory: {where}",
        f"parameters.yml: aws_batch.retry: {where}",
    ]
    heeded = compile_nodes(NODES, source=source, options=CompileOptions(for_runner=True))
    for_runner = where.replace("job_queue and job_definition", "job_queue, job_definition and max_workers")
    assert f"parameters.yml: aws_batch.retry: {for_runner}" in map(str, heeded.diagnostics)


@pytest.mark.parametrize(
    ("settings", "parameters", "place"),
    [
        ({"max_workers": 3}, {}, "conf/base/aws_batch.yml: max_workers"),
        ({}, {"aws_batch": {"max_workers": 3}}, "parameters.yml: aws_batch.max_workers"),
        ({"max_workers": 3}, {"aws_batch": {"max_workers": "three"}}, "conf/base/aws_batch.yml: max_workers"),
    ],
)
def test_max_workers_is_said_once_to_be_for_the_runner_alone(settings, parameters, place):
    compilation = compile_nodes(NODES, settings, parameters=[parameters])
    (found,) = [one for one in compilation.diagnostics if "max_workers" in one.path]
    assert str(found).startswith(f"{place}: it is for kedro run --runner=kedro_batch.AWSBatchRunner alone, and not in")
    assert found.severity == "note"
    assert "max_workers" not in plan_text(compilation.plan)
    options = CompileOptions(for_runner=True)
    heeded = compile_nodes(NODES, settings, parameters=[parameters], options=options)
    assert heeded.inputs.max_workers == 3
    assert not [one for one in heeded.diagnostics if "max_workers" in one.path]


@pytest.mark.parametrize("value", [0, True, "two", 1.5, [2]])
def test_max_workers_in_the_parameters_must_be_a_number_too(value):
    diagnostics = compile_nodes(NODES, parameters=[{"aws_batch": {"max_workers": value}}]).diagnostics
    (found,) = [one for one in diagnostics if "max_workers" in one.path]
    assert str(found) == (f"parameters.yml: aws_batch.max_workers: must be a whole number, 1 or more, found {value!r}")
    assert found.severity == "error"
