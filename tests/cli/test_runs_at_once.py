"""Runs of one project that overlap, on this machine: with the hook each reads its own data, without it they mix.

The nodes write into the data which run they belong to, and wait where a test holds them.
"""

import json
import os
import re
import secrets
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.support.command_line import GENEROUS_S, PROGRAM, environment, kedro_batch
from tests.support.projects import TARGET, write_project
from tests.support.runs import wait_until

_REGISTRY = """
import os
import random
import time
from pathlib import Path

from kedro.pipeline import Pipeline, node


def pass_gate(name):
    run = os.environ["KEDRO_BATCH_RUN_ID"]
    Path("events", f"{run}.{name}.begun").touch()
    while Path("events", f"{run}.{name}.held").exists():
        time.sleep(0.02)
    longest = float(os.environ.get("LONGEST_DELAY_S", "0"))
    time.sleep(longest * random.Random(os.environ.get("SEED", "") + run + name).random())
    Path("events", f"{run}.{name}.ended").touch()
    return run


def split():
    run = pass_gate("split")
    return run, run


def learn(train):
    return {"model_of": pass_gate("learn"), "learned_on": train}


def judge(model, test):
    return {"score_of": pass_gate("judge"), **model, "judged_on": test}


def register_pipelines():
    nodes = [
        node(split, None, ["train", "test"], name="split"),
        node(learn, "train", "model", name="learn"),
        node(judge, ["model", "test"], "score", name="judge"),
    ]
    return {"__default__": Pipeline(nodes)}
"""
_CATALOG = "".join(
    f"{name}: {{type: json.JSONDataset, filepath: data/{name}.json, versioned: true}}\n"
    for name in ("train", "test", "model", "score")
)
_COSTLY = ("flask", "numpy", "pandas")
"""What Kedro imports at each start where it is installed, and these nodes do not need: half a second."""
_ALL_OF_A = {"score_of": "a", "model_of": "a", "learned_on": "a", "judged_on": "a"}


class Project:
    """A project with a plan of three jobs, and runs of it."""

    def __init__(self, folder: Path, *, with_hook: bool = True) -> None:
        settings = "" if with_hook else 'DISABLE_HOOKS_FOR_PLUGINS = ("kedro-batch",)\n'
        conf = {"base/catalog.yml": _CATALOG, "base/aws_batch.yml": f"{TARGET}accept: [versioned_boundary]\n"}
        self.folder = write_project(folder, registry=_REGISTRY, conf=conf, settings=settings)
        self.events = self.folder / "events"
        self.events.mkdir()
        self.missing = folder / "missing"
        self.missing.mkdir()
        for module in _COSTLY:
            (self.missing / f"{module}.py").write_text("raise ImportError\n")
        compiled = kedro_batch("compile", "-q", "-o", "plan.yaml", cwd=self.folder)
        assert compiled.code == 0, compiled.err

    def hold(self, *nodes: str) -> None:
        """Let nodes, each named as RUN.NODE, wait after they have loaded their data."""
        for name in nodes:
            (self.events / f"{name}.held").touch()

    def release(self, node: str) -> None:
        (self.events / f"{node}.held").unlink()

    def start(self, run: str, **env: str) -> "subprocess.Popen[str]":
        command = [*PROGRAM, "apply", "plan.yaml", "--local", "--run-id", run, "-q"]
        pipe = subprocess.PIPE
        env["PYTHONPATH"] = str(self.missing)
        return subprocess.Popen(
            command, cwd=self.folder, env=environment(env), stdout=pipe, stderr=subprocess.STDOUT, text=True
        )

    def start_until(self, run: str, node: str) -> "subprocess.Popen[str]":
        process = self.start(run)
        wait_until((self.events / f"{run}.{node}.begun").exists, process)
        return process

    def scores(self) -> dict[str, Any]:
        """Return the scores that the runs have saved, by run."""
        found = [json.loads(file.read_text()) for file in self.folder.glob("data/score.json/*/score.json")]
        assert len(found) == len({one["score_of"] for one in found})
        return {one["score_of"]: one for one in found}

    def saved_between(self, run: str, other: str) -> bool:
        """True if the other run saved its test data after this one, and before the job began here that reads them."""
        files = self.folder.glob("data/test.json/*/test.json")
        saved_at = {json.loads(file.read_text()): file.stat().st_mtime_ns for file in files}
        return saved_at[run] < saved_at[other] < (self.events / f"{run}.learn.ended").stat().st_mtime_ns


def end(process: "subprocess.Popen[str]") -> None:
    said, _ = process.communicate(timeout=GENEROUS_S)
    assert process.returncode == 0, said


def overlap(project: Project) -> dict[str, Any]:
    """Let run b split its data between two nodes of run a; return the score of a."""
    project.hold("a.learn", "b.learn")
    a = project.start_until("a", "learn")
    b = project.start_until("b", "learn")
    project.release("a.learn")
    end(a)
    project.release("b.learn")
    end(b)
    score: dict[str, Any] = project.scores()["a"]
    return score


def save_last(project: Project) -> dict[str, Any]:
    """Let the first node of run a begin before run b, and save when b has ended; return the score of a."""
    project.hold("a.split")
    a = project.start_until("a", "split")
    end(project.start("b"))
    project.release("a.split")
    end(a)
    score: dict[str, Any] = project.scores()["a"]
    return score


def test_runs_that_overlap_read_their_own_data(tmp_path):
    project = Project(tmp_path / "project")
    assert overlap(project) == _ALL_OF_A
    assert project.scores()["b"] == dict.fromkeys(_ALL_OF_A, "b")
    versions = {file.parent.name for file in project.folder.glob("data/*/*/*.json")}
    assert len(versions) == 2  # one for each run
    (log,) = project.folder.glob(".kedro-batch/runs/a/logs/judge.*.log")
    start = rf"^kedro-batch: run a, job judge, submission 1, attempt 1, version ({'|'.join(versions)}), nodes: judge$"
    assert re.search(start, log.read_text(), re.MULTILINE)


def test_without_the_hook_a_model_is_judged_on_the_test_data_of_another_run(tmp_path):
    assert overlap(Project(tmp_path / "project", with_hook=False)) == {**_ALL_OF_A, "judged_on": "b"}


def test_a_run_that_saves_last_reads_what_it_saved(tmp_path):
    assert save_last(Project(tmp_path / "project")) == _ALL_OF_A


def test_without_the_hook_what_is_saved_last_is_not_what_is_read(tmp_path):
    mixed = save_last(Project(tmp_path / "project", with_hook=False))
    assert mixed == {**_ALL_OF_A, "learned_on": "b", "judged_on": "b"}


@pytest.mark.long
def test_of_twenty_pairs_of_runs_that_overlap_none_reads_the_data_of_another(tmp_path):
    project = Project(tmp_path / "project")
    seed = os.environ.get("SEED") or secrets.token_hex(4)
    print(f"To repeat the delays of the nodes: SEED={seed}")  # noqa: T201  shown if the test fails
    pairs = [(f"a{pair:02}", f"b{pair:02}") for pair in range(20)]
    for pair in pairs:
        for process in [project.start(name, LONGEST_DELAY_S="0.5", SEED=seed) for name in pair]:
            end(process)
    scores = project.scores()
    assert len(scores) == 40
    for name, score in scores.items():
        assert score == dict.fromkeys(_ALL_OF_A, name)
    assert any(project.saved_between(a, b) or project.saved_between(b, a) for a, b in pairs)
