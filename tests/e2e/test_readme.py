"""Runs what the README says, as it says it."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.command_line import PROGRAM, environment, kedro_batch

ROOT = Path(__file__).parent.parent.parent
README = (ROOT / "README.md").read_text()

pytestmark = [pytest.mark.timeout(900), pytest.mark.xdist_group("aws")]


def indented(text: str) -> list[str]:
    """Give the commands of a text: the lines that stand four spaces in."""
    return [line.strip() for line in text.splitlines() if line.startswith("    ")]


def section(title: str) -> str:
    return README.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


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
        pytest.skip("not a git checkout: what belongs into a fresh one cannot be told")
    for name in listed.stdout.splitlines():
        if (ROOT / name).is_file():
            (clone / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, clone / name)
    return clone


def test_the_first_command_sets_itself_up_on_a_fresh_machine_and_shows_the_demo(fresh_clone):
    first = indented(README)[0]
    assert first.endswith("kedro-batch demo")
    ended = subprocess.run(
        ["bash", "-c", first], cwd=fresh_clone, env=environment(), capture_output=True, text=True, check=False
    )
    if ended.returncode and "No matching distribution found" in ended.stderr + ended.stdout:
        pytest.skip("the package index cannot be reached from here")
    assert ended.returncode == 0, ended.stderr
    assert "The model's score: r2 0.909" in ended.stdout


def test_every_command_of_the_tour_does_what_is_said(tmp_path, moto_server):
    moto_server.prepare("spaceflights_queue", "kedro_run")
    assert kedro_batch("demo", "-q", cwd=tmp_path).code == 0
    commands = indented(section("A five-minute tour"))
    assert len(commands) >= 12
    assert commands[0] == 'export PATH="$PWD/.venv/bin:$PATH"'
    git = {
        "GIT_AUTHOR_NAME": "a",
        "GIT_AUTHOR_EMAIL": "a@example.com",
        "GIT_COMMITTER_NAME": "a",
        "GIT_COMMITTER_EMAIL": "a@example.com",
    }
    script = "set -e\n" + "\n".join(f"echo '## {n}'\n{command}" for n, command in enumerate(commands))
    ended = subprocess.run(
        ["bash", "-c", script],
        cwd=tmp_path,
        env=environment({**git, **moto_server.environment}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    shown = dict(zip(commands, re.split(r"## \d+\n", ended.stdout)[1:], strict=True))
    assert shown["kedro-batch validate plan.yaml"].startswith("digest sha256:")
    assert "    resources.memory_mib  2048 -> 4096\n" in ended.stderr
    assert "    resources.memory_mib  2048 -> 4096\n" in shown["kedro-batch diff HEAD:plan.yaml plan.yaml"]
    assert shown["kedro-batch show plan.yaml"].startswith("plan.yaml: 6 jobs, 6 nodes\n")
    assert "+  resources: {vcpus: 1, memory_mib: 4096}" in shown["git diff plan.yaml"]
    assert shown["kedro-batch apply plan.yaml --dry-run"].count("\n") == 6
    assert ": 6 jobs, 6 succeeded" in shown["kedro-batch apply plan.yaml --local"]
    assert ": 6 jobs, 6 succeeded" in shown["kedro-batch apply plan.yaml"]
    assert len(moto_server.asked("submitjob")) == 6
    assert '"event": "run_finished"' in shown["kedro-batch apply plan.yaml --local --json"]


def test_the_settings_that_the_tour_shows_are_those_of_the_demo():
    shown = section("A five-minute tour").partition("```yaml\n")[2].partition("```")[0]
    written = (ROOT / "templates" / "demo" / "conf" / "base" / "aws_batch.yml").read_text()
    assert "".join(f"{line}\n" for line in written.splitlines() if not line.startswith("#")) == shown


def test_the_documented_line_sets_up_completion_in_bash(tmp_path):
    line = 'eval "$(_KEDRO_BATCH_COMPLETE=bash_source kedro-batch)"'
    assert line in README
    shell = ["bash", "-c", f"{line} && complete -p kedro-batch && COMP_WORDS=(kedro-batch app) COMP_CWORD=1"]
    shell[-1] += " && _kedro_batch_completion kedro-batch && echo ${COMPREPLY[@]}"
    ended = subprocess.run(shell, cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.splitlines()[-1] == "apply"


def test_the_benchmark_prints_what_starting_takes(tmp_path):
    program = "tests/benchmarks/startup.py"
    assert f"python {program}" in README
    command = [PROGRAM[0], str(ROOT / program), "1"]
    ended = subprocess.run(command, cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    assert re.search(r"^compile / registry list: \d+\.\d\d ", ended.stdout, re.MULTILINE)


def test_the_benchmark_prints_what_large_projects_take(tmp_path):
    program = "tests/benchmarks/scale.py"
    assert program in README
    command = [PROGRAM[0], str(ROOT / program), "1", "800"]
    ended = subprocess.run(command, cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    ratio = r"\d+\.\d\d \(at most \d\); \d+ MB"
    assert re.search(rf"^  compile .*: {ratio}.*\n  validate .*: {ratio}$", ended.stdout, re.MULTILINE)


def test_help_of_every_command_names_its_options(tmp_path):
    for command in ("compile", "validate", "apply", "demo"):
        ended = subprocess.run(
            [*PROGRAM, command, "--help"], cwd=tmp_path, env=environment(), capture_output=True, text=True, check=True
        )
        assert f"Usage: kedro-batch {command}" in ended.stdout
        for option in ("-q, --quiet", "-v, --verbose", "--no-color"):
            assert option in ended.stdout
