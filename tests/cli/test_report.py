"""Reports of runs as they are: against a service where jobs are retried, fail and are resumed, and on this machine."""

import csv
import json
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from kedro_batch.files.resources import schema
from tests.support.command_line import PROGRAM
from tests.support.forked import kedro_batch
from tests.support.plans import write_plan
from tests.support.services import StandIn, standin
from tests.support.terminals import on_terminal

COMMANDS = {name: ["echo", name] for name in "abcd"}
PARENTS = {"b": "a", "c": "a", "d": "b c"}


BY_PLAN = ("r1", "--plan", "plan.yaml", "--journal", "elsewhere/journal.db")
ONLY_A_FOLLOWER_KNOWS = {"starting_seen_at", "running_seen_at", "waiting_for_capacity_s", "starting_s", "exception"}


def report_of(folder, *words, service=None):
    env = service.environment if service else {}
    ended = kedro_batch("report", *words, "--format", "json", cwd=folder, env=env)
    assert ended.code == 0, ended.err
    document = json.loads(ended.text)
    assert [error.message for error in Draft202012Validator(schema("report")).iter_errors(document)] == []
    return document


def outcomes(document):
    return [
        (one["job"], one["submission"], one.get("attempt"), one.get("outcome", one["state"]))
        for one in document["attempts"]
    ]


def known_to_all(document):
    """Give the attempts without what only a follower of a run knows; both parts of the wait for a start are one."""
    wait = ("waiting_for_capacity_s", "starting_s")
    return [
        {name: value for name, value in one.items() if name not in ONLY_A_FOLLOWER_KNOWS}
        | {"waited": pytest.approx(sum(one.get(name, 0) for name in wait), abs=0.002)}
        for one in document["attempts"]
    ]


@dataclass(frozen=True)
class Told:
    """A run with a retry, a failure, a blocked job and a resume, as reported from the journal, and by its plan."""

    folder: Path
    service: StandIn
    failed: dict[str, Any]
    failed_by_plan: dict[str, Any]
    document: dict[str, Any]
    by_plan: dict[str, Any]


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    write_plan(folder, COMMANDS, PARENTS, defaults={"attempts": 3, "retry_on": ["spot"], "tags": {"team": "blue"}})
    words = ["--no-reconcile"]  # it would look at the run once more, when late jobs are visible
    with standin(spot={"a": 1}, fail_attempts={"b": 1}) as service:
        assert kedro_batch("apply", "plan.yaml", *words, "--run-id=r1", cwd=folder, env=service.environment).code == 6
        failed, failed_by_plan = report_of(folder, "r1"), report_of(folder, *BY_PLAN, service=service)
        assert kedro_batch("resume", "r1", *words, cwd=folder, env=service.environment).code == 0
        document, by_plan = report_of(folder), report_of(folder, *BY_PLAN, service=service)
        yield Told(folder, service, failed, failed_by_plan, document, by_plan)


def test_a_run_with_a_retry_a_failure_a_blocked_job_and_a_resume(told):
    assert outcomes(told.failed) == [
        ("a", 1, 1, "failed"),
        ("a", 1, 2, "succeeded"),
        ("b", 1, 1, "failed"),
        ("c", 1, 1, "succeeded"),
        ("d", 1, None, "NOT_RUN"),
    ]
    assert told.failed["counts"] == {"FAILED": 1, "NOT_RUN": 1, "SUCCEEDED": 2}
    assert [(one["jobs"], one["not_run"]) for one in told.failed["failures"]] == [(["b"], 1)]
    assert [(one["name"], one["jobs"]) for one in told.failed["by_tag"]] == [("team=blue", 4)]

    tmp_path, document = told.folder, told.document
    assert document["outcome"] == "succeeded"
    assert document["failures"] == []
    assert ("b", 2, 1, "succeeded") in outcomes(document)
    assert ("d", 2, 1, "succeeded") in outcomes(document)
    # The run waited for the second submission of b, which waited for somebody who resumed it.
    steps = {(one["job"], one["submission"]): one for one in document["critical_path"]["steps"]}
    assert list(steps) == [("a", 1), ("b", 1), ("b", 2), ("d", 2)]
    assert steps["a", 1]["retried_s"] > 0
    assert steps["b", 2]["unsubmitted_s"] > 0
    assert all(one["unknown_s"] == 0 for one in steps.values())
    assert document["critical_path"]["is_complete"]
    assert document["notes"] == []
    d = next(one for one in document["attempts"] if (one["job"], one["submission"]) == ("d", 2))
    assert d["created_at"] < d["parents_done_at"] <= d["started_at"] < d["stopped_at"]

    assert kedro_batch("report", "r", "-o", "r1.html", cwd=tmp_path).err == "Run r1.\n"
    assert (tmp_path / "r1.html").read_text().startswith("<!doctype html>")
    rows = list(csv.DictReader(StringIO(kedro_batch("report", "last", "--format", "csv", cwd=tmp_path).text)))
    assert [(one["job"], int(one["submission"])) for one in rows] == [
        (one["job"], one["submission"]) for one in document["attempts"]
    ]
    assert "### Run `r1` succeeded after " in kedro_batch("report", cwd=tmp_path).text


def test_another_machine_reports_the_same_of_what_aws_batch_knows_of_it_as_well(told):
    for here, there in ((told.failed, told.failed_by_plan), (told.document, told.by_plan)):
        assert known_to_all(there) == known_to_all(here)
        assert {name: there[name] for name in ("outcome", "counts", "submissions", "last_at", "is_over")} == {
            name: here[name] for name in ("outcome", "counts", "submissions", "last_at", "is_over")
        }
        assert there["totals"] == pytest.approx(here["totals"], abs=0.01)
        path = [(one["job"], one["submission"], one["state"], one["end"]) for one in there["critical_path"]["steps"]]
        assert path == [
            (one["job"], one["submission"], one["state"], one["end"]) for one in here["critical_path"]["steps"]
        ]
        assert (here["source"], there["source"], there["not_known"]) == ("journal", "aws", [])
    (lost,) = told.failed_by_plan["failures"]
    assert (
        "To read it: kedro-batch logs --run r1 --plan plan.yaml --journal elsewhere/journal.db" in lost["log_problem"]
    )


def test_another_machine_says_what_aws_batch_has_forgotten_in_every_format(told):
    tmp_path, service = told.folder, told.service
    service.forget("a", "c")
    forgotten = report_of(tmp_path, *BY_PLAN, service=service)
    said = [
        kedro_batch("report", *BY_PLAN, "--format", form, cwd=tmp_path, env=service.environment).text
        for form in ("markdown", "html", "csv")
    ]
    service.forget("d")
    nothing_below = report_of(tmp_path, *BY_PLAN, service=service)
    service.forget("b")
    none = kedro_batch("report", *BY_PLAN, cwd=tmp_path, env=service.environment)
    assert (forgotten["not_known"], forgotten["outcome"], forgotten["is_over"]) == (["a", "c"], "succeeded", True)
    assert outcomes(forgotten) == [
        ("a", 1, None, "SUCCEEDED"),
        ("b", 1, 1, "failed"),
        ("b", 2, 1, "succeeded"),
        ("c", 1, None, "SUCCEEDED"),
        ("d", 1, None, "NOT_RUN"),
        ("d", 2, 1, "succeeded"),
    ]
    b_and_d = [one for one in told.by_plan["attempts"] if one["job"] in ("b", "d") and one.get("outcome")]
    times = ("created_at", "started_at", "stopped_at", "running_s", "exit_code", "job_id")
    assert [[one[name] for name in times] for one in forgotten["attempts"] if one.get("outcome")] == [
        [one[name] for name in times] for one in b_and_d
    ]
    for text in said[:2]:
        assert "succeeded, and is known in part: 2 of 4 jobs, over " in text
        assert (
            "Jobs that AWS Batch has forgotten: a, c. They have succeeded, since jobs below them were started;" in text
        )
    assert "r1,a,1,,SUCCEEDED,," in said[2]
    assert (nothing_below["not_known"], nothing_below["counts"]) == (["a", "c", "d"], {"EXPIRED": 2, "SUCCEEDED": 2})
    assert "Jobs that AWS Batch does not know: c, d. Not submitted, or ended so long ago" in nothing_below["notes"][1]
    assert (none.code, "AWS Batch has no job of run r1 in a_queue: it forgets jobs" in none.err) == (8, True)
    assert not (tmp_path / "elsewhere").exists()


def test_a_run_on_this_machine(tmp_path):
    write_plan(tmp_path, {**COMMANDS, "b": ["sh", "-c", "echo why; exit 3"]}, PARENTS, b={"attempts": 2})
    assert kedro_batch("apply", "plan.yaml", "--local", "--run-id=here", cwd=tmp_path).code == 6
    document = report_of(tmp_path, "here")
    assert outcomes(document) == [
        ("a", 1, 1, "succeeded"),
        ("b", 1, 1, "failed"),
        ("b", 1, 2, "failed"),
        ("c", 1, 1, "succeeded"),
        ("d", 1, None, "NOT_RUN"),
    ]
    assert document["location"] == {"folder": str(tmp_path)}
    assert "vcpu_hours" not in document["totals"]
    assert document["notes"] == []
    text = kedro_batch("report", "here", cwd=tmp_path).text
    assert f"this machine, {tmp_path}" in text
    assert "```text\nwhy\n```" in text


def test_a_run_is_named_in_full_or_as_far_as_it_is_the_only_one(tmp_path):
    write_plan(tmp_path, {"a": ["true"]})
    for run in ("ab-1", "ab-2"):
        assert kedro_batch("apply", "plan.yaml", "--local", "--run-id", run, cwd=tmp_path).code == 0
    assert kedro_batch("report", "ab-1", cwd=tmp_path).err == ""
    assert kedro_batch("report", cwd=tmp_path).err == "Run ab-2, the last one.\n"
    several = kedro_batch("report", "ab", cwd=tmp_path)
    assert (several.code, "the ids of 2 runs begin with ab, the newest first: ab-2, ab-1" in several.err) == (2, True)
    none = kedro_batch("report", "x", cwd=tmp_path)
    assert (none.code, "has no run x: see kedro-batch runs" in none.err) == (8, True)
    odd = kedro_batch("report", "ab-1", "-o", "report.pdf", cwd=tmp_path)
    assert (odd.code, "Write one of .html, .md, .json and .csv, or add --format" in odd.err) == (2, True)
    assert not (tmp_path / "report.pdf").exists()
    with on_terminal("report", "ab-1", "--format", "html", cwd=tmp_path, program=PROGRAM) as terminal:
        screen = terminal.end()
    assert screen.code == 2
    assert "Write it to a file: kedro-batch report ab-1 --format html -o report.html" in " ".join(screen.err.split())
