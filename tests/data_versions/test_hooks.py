"""The hook as Kedro loads it: real ``kedro run`` processes in a project where kedro-batch is installed."""

import re
from pathlib import Path

import pytest

from tests.data_versions.jobs import OLD, OWN, save, saved, variables
from tests.support.command_line import BIN, Ended, run
from tests.support.projects import write_project

REGISTRY = """
from kedro.pipeline import Pipeline, node


def twice(number):
    return 2 * number


def register_pipelines():
    return {"__default__": Pipeline([node(twice, "x", "y", name="one"), node(twice, "y", "z", name="two")])}
"""
CATALOG = "".join(
    f"{name}: {{type: json.JSONDataset, filepath: data/{name}.json, versioned: true}}\n" for name in "xyz"
)


@pytest.fixture
def data(tmp_path) -> Path:
    """The data of a project."""
    project = write_project(tmp_path / "project", registry=REGISTRY, conf={"base/catalog.yml": CATALOG})
    save(project / "data", "x", OLD, 1)
    return project / "data"


def kedro_run(data: Path, *words: str, **env: str) -> Ended:
    return run([str(BIN / "kedro"), "run", *words], cwd=data.parent, env=env)


def test_without_a_run_id_kedro_runs_as_if_the_hook_were_not_there(data):
    env = {name: value for name, value in variables(attempt=2).items() if name != "KEDRO_BATCH_RUN_ID"}
    save(data, "z", OWN, "kept")
    ended = kedro_run(data, **env)
    assert ended.code == 0, ended.err
    assert "kedro-batch" not in ended.err + ended.text
    ((version, number),) = saved(data, "y").items()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT.*Z", version)
    assert version > OWN
    assert saved(data, "z") == {OWN: "kept", version: 2 * number}


def test_in_a_job_the_first_line_says_which_and_its_outputs_have_the_version_of_the_run(data):
    first = kedro_run(data, "--nodes=one", **variables())
    assert first.code == 0, first.err
    save(data, "x", OWN, 10)
    named = kedro_run(data, f"--load-versions=x:{OLD}", **variables(submission=2, reads=["x"]))
    assert named.code == 0, named.err
    line, *removed = named.err.splitlines()
    assert line == f"kedro-batch: run a-run, job a_job, submission 2, attempt 1, version {OWN}, nodes: one, two"
    assert removed == [
        f"kedro-batch: removed what an earlier attempt saved as y: {data}/y.json/{OWN}",
    ]
    assert saved(data, "y") == {OWN: 2}
    assert saved(data, "z") == {OWN: 4}


@pytest.mark.parametrize(
    ("env", "said"),
    [
        (variables(version="run-x"), "Error: KEDRO_BATCH_VERSION is 'run-x', which is not a time"),
        (variables(reads=["x"]), "Error: other jobs of this run write what this job loads, but its version"),
    ],
)
def test_a_job_that_may_not_begin_ends_with_one_message_and_without_a_traceback(data, env, said):
    ended = kedro_run(data, **env)
    assert ended.code == 4
    assert said in ended.err
    assert "Traceback" not in ended.err + ended.text
    assert not saved(data, "y")


def test_a_project_can_switch_the_hook_off(data):
    settings = data.parent / "src" / "a_project" / "settings.py"
    settings.write_text('DISABLE_HOOKS_FOR_PLUGINS = ("kedro-batch",)\n')
    ended = kedro_run(data, **variables())
    assert ended.code == 0, ended.err
    assert "a-run" not in ended.err
    assert OWN not in saved(data, "y")


def test_processes_of_a_job_do_not_begin_again(data):
    ended = kedro_run(data, "--runner=ParallelRunner", **variables(attempt=2))
    assert ended.code == 0, ended.err
    assert ended.err.count("kedro-batch: run a-run") == 1
    assert saved(data, "z") == {OWN: 4}
