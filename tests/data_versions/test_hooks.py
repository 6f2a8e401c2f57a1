"""The hook as Kedro loads it: ``kedro run`` in a project where kedro-batch is installed."""

import re
from pathlib import Path

import pytest

from tests.data_versions.jobs import NEW, OLD, OWN, save, saved, variables
from tests.support import forked
from tests.support.command_line import Ended
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
    return forked.kedro_batch("run", *words, cwd=data.parent, env=env, program="kedro")


def test_without_a_run_id_kedro_runs_as_if_the_hook_were_not_there(data):
    env = {**variables(attempt=2), "KEDRO_BATCH_RUN_ID": ""}
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
        (variables(all_but=[]), "Error: other jobs of this run write what this job loads, but its version"),
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


NODE_WITH_A_SESSION = """
import os
import subprocess
from pathlib import Path

from kedro.framework.session import KedroSession
from kedro.pipeline import Pipeline, node


def make():
    return "made"


def start_kedro():
    with KedroSession.create(project_path=Path.cwd()) as session:
        session.run(node_names=["within"])
    subprocess.run(["kedro", "run", "--nodes=apart"], check=True)
    return "made"


def register_pipelines():
    nodes = [node(start_kedro, None, "x", name="start"), node(make, None, "y", name="within")]
    return {"__default__": Pipeline([*nodes, node(make, None, "z", name="apart")])}
"""


def test_a_kedro_that_a_node_starts_saves_under_the_version_of_the_run_and_removes_nothing(tmp_path):
    project = write_project(tmp_path / "a", registry=NODE_WITH_A_SESSION, conf={"base/catalog.yml": CATALOG})
    data = project / "data"
    ended = kedro_run(data, "--nodes=start", **variables())
    assert ended.code == 0, ended.err
    assert [saved(data, name) for name in "xyz"] == [{OWN: "made"}] * 3
    assert [line for line in ended.err.splitlines() if line.startswith("kedro-batch:")] == [
        f"kedro-batch: run a-run, job a_job, submission 1, attempt 1, version {OWN}, nodes: start",
        f"kedro-batch: a node of this job has started Kedro again, version {OWN}, nodes: within",
        f"kedro-batch: a node of this job has started Kedro again, version {OWN}, nodes: apart",
    ]
    (data / "y.json" / OWN / "y.json").write_text('"of another job"')
    repeated = kedro_run(data, "--nodes=start", **variables(attempt=2))
    assert repeated.code == 1
    assert saved(data, "y") == {OWN: "of another job"}
    assert (
        "kedro-batch: y may have been saved already, by this job or another one of its run. It is not" in repeated.err
    )
    assert saved(data, "x") == {}  # this job's own, which it has removed


HOOKS = """
from kedro.framework.hooks import hook_impl
from kedro.io.core import Version
from kedro_datasets.json import JSONDataset


class Hooks:
    @hook_impl
    def before_pipeline_run(self, catalog):
        add = catalog.add if hasattr(catalog, "add") else lambda name, one, replace: catalog.__setitem__(name, one)
        for name in "xz":
            add(name, JSONDataset(filepath=f"data/{name}.json", version=Version(None, None)), replace=True)
"""


def test_datasets_that_the_hook_of_a_project_puts_in_place_of_others_have_the_version_of_the_run(tmp_path):
    conf, settings = {"base/catalog.yml": CATALOG}, "from a_project.hooks import Hooks\n\nHOOKS = (Hooks(),)\n"
    project = write_project(tmp_path / "a", registry=REGISTRY, conf=conf, hooks=HOOKS, settings=settings)
    data = project / "data"
    for name, version, number in (("x", OLD, 1), ("x", NEW, 100), ("z", OWN, "left")):
        save(data, name, version, number)
    ended = kedro_run(data, **variables(attempt=2))
    assert ended.code == 0, ended.err
    assert saved(data, "z") == {OWN: 4}


def test_processes_of_a_job_do_not_begin_again(data):
    ended = kedro_run(data, "--runner=ParallelRunner", **variables(attempt=2))
    assert ended.code == 0, ended.err
    assert ended.err.count("kedro-batch: run a-run") == 1
    assert saved(data, "z") == {OWN: 4}
