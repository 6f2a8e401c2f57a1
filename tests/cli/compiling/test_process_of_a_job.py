"""Every job is a run of Kedro of its own: what hooks and a project's own ``run`` do then, and what ``compile`` says."""

import json
from pathlib import Path

import pytest

from tests.support.forked import kedro_batch
from tests.support.projects import TARGET, json_catalog, write_project

CHAIN = """
from kedro.pipeline import Pipeline, node


def add(x):
    return [*x, len(x)]


def register_pipelines():
    return {"__default__": Pipeline([node(add, "raw", "a", name="make_a"), node(add, "a", "b", name="make_b")])}
"""
SETTINGS = "from a_project.hooks import CleanUp\n\nHOOKS = (CleanUp(),)\n"
CLEAN_UP = """
from pathlib import Path

from kedro.framework.hooks import hook_impl


class CleanUp:
    @hook_impl
    def before_pipeline_run(self):
        for name in "ab":
            Path("data", name + ".json").unlink(missing_ok=True)
"""
OWN_RUN = """
import click
from kedro.framework.session import KedroSession


@click.group(name="a_project")
def cli():
    pass


@cli.command()
@click.option("--nodes", default="")
def run(nodes):
    with KedroSession.create() as session:
        session.run(node_names=[name for name in nodes.split(",") if name])
"""


def write(root: Path, aws_batch: str = "", **modules: str) -> Path:
    project = write_project(
        root,
        registry=CHAIN,
        conf={"base/aws_batch.yml": TARGET + aws_batch, "base/catalog.yml": json_catalog("raw", "a", "b")},
        **modules,
    )
    (project / "data").mkdir()
    (project / "data" / "raw.json").write_text("[0]")
    return project


def result(project: Path, code: int, *command: str) -> object:
    """Run a command, and return what it has made of the raw data."""
    ended = kedro_batch(*command[1:], cwd=project, program=command[0])
    assert ended.code == code, ended.err
    file = project / "data" / "b.json"
    if not file.exists():
        return None
    made = json.loads(file.read_text())
    file.unlink()
    return made


def test_a_hook_that_acts_once_a_run_is_named_and_harms_no_single_job(tmp_path):
    project = write(tmp_path, hooks=CLEAN_UP, settings=SETTINGS)
    by_kedro = result(project, 0, "kedro", "run")
    assert by_kedro == [0, 1, 2]
    compiled = kedro_batch("compile", "-o", "plan.yaml", cwd=project)
    assert (compiled.code, compiled.err.count("hooks_per_job: a_project.hooks.CleanUp: before_pipeline_run")) == (0, 1)
    assert result(project, 6, "kedro-batch", "apply", "plan.yaml", "--local") is None
    grouped = kedro_batch("compile", "--group-by=chain", "--strict", "-o", "plan.yaml", cwd=project)
    assert grouped.code == 0, grouped.err
    assert result(project, 0, "kedro-batch", "apply", "plan.yaml", "--local") == by_kedro


def test_a_run_command_of_the_project_that_takes_the_options_runs_the_jobs(tmp_path):
    project = write(tmp_path, cli=OWN_RUN)
    assert kedro_batch("compile", "--strict", "-o", "plan.yaml", cwd=project).code == 0
    by_kedro = result(project, 0, "kedro", "run")
    assert by_kedro == [0, 1, 2] == result(project, 0, "kedro-batch", "apply", "plan.yaml", "--local")


@pytest.mark.parametrize(
    ("words", "option"),
    [(["--env=base"], "--env"), (["--params=a=1"], "--params"), (["--load-versions=raw:1"], "--load-versions")],
)
def test_a_run_command_of_the_project_without_an_option_is_refused_before_the_jobs_are(words, option, tmp_path):
    project = write(tmp_path, cli=OWN_RUN)
    ended = kedro_batch("compile", *words, cwd=project)
    assert ended.code == 4
    assert f"missing_option: src/a_project/cli.py: its command `run` does not take {option}, which" in ended.err


def test_a_run_command_that_the_jobs_do_not_start_is_not_asked(tmp_path):
    project = write(tmp_path, "command_prefix: [my-kedro, run]\n", cli="1 / 0\n")
    assert kedro_batch("compile", cwd=project).code == 0


def test_the_refused_run_command_would_have_failed(tmp_path):
    project = write(tmp_path, cli=OWN_RUN.replace("--nodes", "--node"))
    assert kedro_batch("compile", cwd=project).code == 4
    ended = kedro_batch("run", "--nodes=make_a", cwd=project, program="kedro")
    assert (ended.code, "No such option" in ended.err) == (2, True)
