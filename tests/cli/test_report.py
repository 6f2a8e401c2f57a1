"""Reports of runs as they are: against a service where jobs are retried, fail and are resumed, and on this machine."""

import csv
import json
from io import StringIO

import pexpect
from jsonschema import Draft202012Validator

from kedro_batch.files.resources import schema
from tests.support.command_line import GENEROUS_S, PROGRAM, environment
from tests.support.forked import kedro_batch
from tests.support.plans import write_plan
from tests.support.services import standin

COMMANDS = {name: ["echo", name] for name in "abcd"}
PARENTS = {"b": "a", "c": "a", "d": "b c"}


def report_of(folder, *words):
    ended = kedro_batch("report", *words, "--format", "json", cwd=folder)
    assert ended.code == 0, ended.err
    document = json.loads(ended.text)
    assert [error.message for error in Draft202012Validator(schema("report")).iter_errors(document)] == []
    return document


def outcomes(document):
    return [
        (one["job"], one["submission"], one.get("attempt"), one.get("outcome", one["state"]))
        for one in document["attempts"]
    ]


def test_a_run_with_a_retry_a_failure_a_blocked_job_and_a_resume(tmp_path):
    write_plan(tmp_path, COMMANDS, PARENTS, defaults={"attempts": 3, "retry_on": ["spot"], "tags": {"team": "blue"}})
    words = ["--no-reconcile"]  # it would look at the run once more, when late jobs are visible
    with standin(spot={"a": 1}, fail_attempts={"b": 1}) as service:
        applied = kedro_batch("apply", "plan.yaml", *words, "--run-id=r1", cwd=tmp_path, env=service.environment)
        failed = report_of(tmp_path, "r1")
        resumed = kedro_batch("resume", "r1", *words, cwd=tmp_path, env=service.environment)
    assert (applied.code, resumed.code) == (6, 0)
    assert outcomes(failed) == [
        ("a", 1, 1, "failed"),
        ("a", 1, 2, "succeeded"),
        ("b", 1, 1, "failed"),
        ("c", 1, 1, "succeeded"),
        ("d", 1, None, "NOT_RUN"),
    ]
    assert failed["counts"] == {"FAILED": 1, "NOT_RUN": 1, "SUCCEEDED": 2}
    assert [(one["jobs"], one["not_run"]) for one in failed["failures"]] == [(["b"], 1)]
    assert [(one["name"], one["jobs"]) for one in failed["by_tag"]] == [("team=blue", 4)]

    document = report_of(tmp_path)
    assert document["outcome"] == "succeeded"
    assert document["failures"] == []
    assert ("b", 2, 1, "succeeded") in outcomes(document)
    assert ("d", 2, 1, "succeeded") in outcomes(document)
    # The run waited for the second submission of b, which waited for somebody who document it.
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
    command = [*PROGRAM, "report", "ab-1", "--format", "html"]
    screen = pexpect.spawn(
        command[0],
        command[1:],
        cwd=tmp_path,
        env=environment(),
        encoding="utf-8",
        timeout=GENEROUS_S,
        dimensions=(24, 200),
    )
    shown = screen.read()
    screen.close()
    assert screen.exitstatus == 2
    assert "Write it to a file: kedro-batch report ab-1 --format html -o report.html" in " ".join(shown.split())
