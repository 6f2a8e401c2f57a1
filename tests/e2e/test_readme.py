"""README.md: what it says is done as it says it, section by section."""

import re
import shutil
import subprocess
from pathlib import Path

import click
import pytest

from kedro_batch.cli import kedro_commands
from tests.e2e.documents import README, ROOT, commands, section
from tests.support.command_line import environment

LINES_AT_MOST = 130
FIRST = commands(README.partition("\n## ")[0])
TRY_IT = commands(section(README, "Try it"))
FOUR_STEPS = commands(section(README, "Your project on AWS in four steps"))
REVIEW = commands(section(README, "Review in pull requests"))
RUN = commands(section(README, "Run, follow, resume"))
LOCAL = "kedro-batch apply plan.yaml --local"

_batch = kedro_commands.commands["batch"]
assert isinstance(_batch, click.Group)


def test_it_stays_short():
    assert len(README.splitlines()) <= LINES_AT_MOST


def test_every_command_belongs_to_a_section_that_is_tried():
    assert commands(README) == [*FIRST, *TRY_IT, *FOUR_STEPS, *REVIEW, *RUN]
    assert TRY_IT[:2] == ['export PATH="$PWD/.venv/bin:$PATH"', "cd kedro-batch-demo"]
    assert LOCAL in TRY_IT


@pytest.fixture(scope="module")
def fresh_clone(tmp_path_factory) -> Path:
    clone: Path = tmp_path_factory.mktemp("fresh") / "kedro-batch"
    # What is committed or about to be: tracked files as they are in the working tree.
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("not a git checkout: what belongs into a fresh one is not known")
    for name in listed.stdout.splitlines():
        if (ROOT / name).is_file():
            (clone / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, clone / name)
    return clone


def shell(command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    ended = subprocess.run(
        ["bash", "-c", command], cwd=cwd, env=environment(), capture_output=True, text=True, check=False
    )
    if ended.returncode and "No matching distribution found" in ended.stderr + ended.stdout:
        pytest.skip("the package index cannot be reached from here")
    return ended


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_from_a_fresh_clone_the_demo_runs_and_the_tour_begins(fresh_clone, run_commands):
    _, show_demo, run_tests = FIRST
    assert show_demo.endswith("kedro-batch demo")
    assert run_tests.endswith("pytest")  # what runs just now
    ended = shell(show_demo, fresh_clone)
    assert ended.returncode == 0, ended.stderr
    assert "The model's score: r2 0.909" in ended.stdout
    shown = run_commands(TRY_IT, fresh_clone)
    assert shown["kedro-batch show plan.yaml"].startswith("plan.yaml: 6 jobs, 6 nodes\n")
    assert ": 6 jobs, 6 succeeded" in shown[LOCAL]


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_the_environment_of_a_project_gets_the_command_from_a_checkout(fresh_clone, tmp_path):
    install = FIRST[0]
    assert install == "pip install -e /path/to/kedro-batch"
    # The test above has downloaded what it needs once already.
    install = install.replace("install", "install --no-deps", 1).replace("/path/to/kedro-batch", str(fresh_clone))
    ended = shell(f"python3 -m venv .venv && .venv/bin/{install}", tmp_path)
    assert ended.returncode == 0, ended.stderr
    assert (tmp_path / ".venv" / "bin" / "kedro-batch").is_file()


def test_the_tour_works_in_a_project_that_is_compiled(demo, run_commands):
    shown = run_commands([command for command in TRY_IT if command != LOCAL], demo.parent)
    assert shown["kedro-batch show plan.yaml"].startswith("plan.yaml: 6 jobs, 6 nodes\n")
    assert shown["kedro-batch apply plan.yaml --dry-run"].count('{"jobName": ') == 6


def test_a_plan_is_reviewed_as_it_says(demo, run_commands):
    shown = run_commands(REVIEW, demo)
    changed = "~ $ resources.memory_mib  2 GiB -> 4 GiB: all 6 jobs\n"
    assert changed in shown["kedro-batch compile --check plan.yaml || kedro-batch compile -o plan.yaml"]
    assert changed in shown["kedro-batch diff HEAD:plan.yaml plan.yaml"]
    assert (demo / "comment.md").read_text().startswith("<!--")
    assert (demo / "diff.html").read_text().startswith("<!")
    assert shown[REVIEW[-1]].count('{"jobName": ') == 6


@pytest.mark.xdist_group("aws")
def test_runs_are_followed_and_taken_up_as_it_says(demo, moto_server, run_commands):
    """The four steps before are those of ``test_road``."""
    moto_server.prepare("spaceflights_queue", "kedro_run")
    shown = run_commands(RUN, demo, moto_server.environment)
    assert ": 6 jobs, 6 succeeded" in shown["kedro-batch wait nightly-42"]
    assert re.search(r"run nightly-42 succeeded after .+, as last seen", shown["kedro-batch status nightly-42"])
    assert "submitted 2 jobs\n" in shown["kedro-batch resume nightly-42 --from train_model"]
    assert shown["kedro-batch runs"].count(" 6/6 ") == 1
    names = [request["jobName"] for request in moto_server.asked("submitjob")]
    assert len(names) == 8
    assert "nightly-42_train_model_2" in names


def test_the_documented_line_sets_up_completion_in_bash(tmp_path):
    line = 'eval "$(_KEDRO_BATCH_COMPLETE=bash_source kedro-batch)"'
    assert line in README
    words = f"{line} && complete -p kedro-batch && COMP_WORDS=(kedro-batch app) COMP_CWORD=1"
    ended = shell(f"{words} && _kedro_batch_completion kedro-batch && echo ${{COMPREPLY[@]}}", tmp_path)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.splitlines()[-1] == "apply"


@pytest.mark.parametrize("command", [*_batch.commands, "demo"])
def test_it_names_every_command_that_a_user_starts_with(command):
    assert re.search(rf"kedro-batch {command}\b", README)
