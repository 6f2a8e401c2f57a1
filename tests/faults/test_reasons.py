"""Why a job failed, as the person called at night reads it, and what is recorded of how each job was executed."""

import json
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.support.command_line import PROGRAM
from tests.support.forked import on
from tests.support.plans import write_plan
from tests.support.runs import JOURNAL, make_older, states, wait_until
from tests.support.services import StandIn, standin
from tests.support.terminals import on_terminal
from tests.support.transcripts import Transcript

TRACEBACK = [
    "Traceback (most recent call last):",
    '  File "/app/src/shuttles/nodes.py", line 12, in preprocess',
    '    return shuttles["price"]',
    "KeyError: 'price'",
]
NOT_THERE = [
    "INFO     Loading data from shuttles_table (ParquetDataset)...",
    "FileNotFoundError: [Errno 2] No such file or directory: '/app/data/02_intermediate/shuttles.parquet'",
]
JOBS = {"train": ["kedro"], "score": ["kedro"]}
BELOW = {"score": "train"}
LARGE = {"resources": {"memory_mib": 4096}}


@contextmanager
def a_failed_run(transcript: Transcript, folder: Path, *, job: dict[str, Any], **trouble: Any) -> Iterator[StandIn]:
    """Apply a plan in which a job fails, with another one below it; then the block mends it."""
    write_plan(folder, JOBS, BELOW, train=job)
    with standin(**trouble) as service:
        assert transcript.on(service, "apply", "plan.yaml", "--run-id", "r").code == 6
        yield service


@pytest.mark.parametrize(
    ("name", "job", "trouble"),
    [
        ("failed_in_python", {}, {"fail": {"train": 1}, "logs": {"train": TRACEBACK}}),
        ("failed_by_segmentation_fault", {}, {"fail": {"train": 139}}),
        ("failed_command_not_found", {}, {"fail": {"train": 127}, "logs": {"train": ["sh: kedro: not found"]}}),
        ("failed_by_spot", {"attempts": 3, "retry_on": ["spot"]}, {"spot": {"train": 3}}),
    ],
)
def test_a_failure_is_told_with_its_reason_and_the_command_goes_on(transcript, tmp_path, name, job, trouble):
    with a_failed_run(transcript, tmp_path, job=job, **trouble) as service:
        service.configure(fail={}, spot={}, logs={})
        assert transcript.on(service, "resume", "r").code == 0
    transcript.check(name)


@pytest.mark.parametrize(
    ("name", "settings", "trouble"),
    [
        (
            "failed_by_kill",
            (LARGE, {"resources": {"memory_mib": 8192}}),
            {"fail": {"train": 137}, "logs": {"train": ["loading the table"]}, "mended": {"train": "8192"}},
        ),
        (
            "failed_by_timeout",
            ({"timeout_s": 60}, {"timeout_s": 3600}),
            {
                "fail": {"train": 137},
                "fail_reasons": {"train": {"statusReason": "Job attempt duration exceeded timeout"}},
                "mended": {"train": "3600"},
            },
        ),
        (
            "failed_image_pull",
            ({}, {"job_definition": "b_definition"}),
            {
                "fail_reasons": {
                    "train": {
                        "statusReason": "Task failed to start",
                        "reason": "CannotPullContainerError: pull image manifest has been retried 1 time(s): not found",
                    }
                },
                "definitions": {"a_definition": 3, "b_definition": 2},
                "mended": {"train": "b_definition"},
            },
        ),
    ],
)
def test_what_only_other_settings_mend_goes_on_with_a_new_plan(transcript, tmp_path, name, settings, trouble):
    job, mended = settings
    with a_failed_run(transcript, tmp_path, job=job, **trouble) as service:
        write_plan(tmp_path, JOBS, BELOW, train=mended)
        assert transcript.on(service, "resume", "r", "--new-plan", "plan.yaml").code == 0
        status = json.loads(on(service, "status", "r", "--json", cwd=tmp_path).text)
        assert status["counts"] == {"SUCCEEDED": 2}
    transcript.check(name)


def test_programs_are_told_the_command_too(tmp_path):
    write_plan(tmp_path, JOBS, BELOW)
    with standin(fail={"train": 137, "score": 0}) as service:
        ended = on(service, "apply", "plan.yaml", "--run-id", "r", "--json", cwd=tmp_path)
        status = json.loads(on(service, "status", "r", "--json", cwd=tmp_path).text)
    (failed,) = (one for one in map(json.loads, ended.text.splitlines()) if one.get("after") == "FAILED")
    what = "if its log says nothing else, give it more memory: `memory_mib` in aws_batch.yml or a rule"
    then = "then kedro-batch compile -o {0}, and kedro-batch resume {1} --new-plan {0}"
    assert failed["advice"] == f"{what}; {then.format('PLAN', 'RUN')}"
    assert status["failures"][0]["advice"] == f"{what}; {then.format('plan.yaml', 'r')}"


def test_a_job_that_aws_batch_has_lost(transcript, tmp_path):
    with a_failed_run(transcript, tmp_path, job={}, vanish=["train"]) as service:
        service.forget("train", "score")
        service.configure(vanish=[])
        assert transcript.on(service, "resume", "r").code == 0
    transcript.check("lost")


def test_data_on_a_local_path_are_gone_and_the_advice_runs_the_job_that_writes_them(transcript, tmp_path):
    """The machine with the disk was taken away: what ``prepare`` saved went with it."""
    jobs = {"prepare": ["kedro"], "other": ["kedro"], "train": ["kedro"], "score": ["kedro"]}
    write_plan(
        tmp_path,
        jobs,
        {"train": "other prepare", "score": "train"},
        prepare={"writes": ["shuttles_table"]},
        other={"writes": ["reviews"]},
        train={"reads": ["reviews", "shuttles_table"]},
    )
    with standin(fail={"train": 1}, logs={"train": NOT_THERE}) as service:
        assert transcript.on(service, "apply", "plan.yaml", "--run-id", "r").code == 6
        document = json.loads(on(service, "status", "r", "--json", cwd=tmp_path).text)
        service.configure(fail={}, logs={})
        assert transcript.on(service, "resume", "r", "--from", "prepare").code == 0
        sent = [body["jobName"] for body in service.asked("submitjob")]
    assert (document["failures"][0]["not_found"], document["failures"][0]["run_again"]) == (
        ["shuttles_table"],
        ["prepare"],
    )
    assert sent[4:] == ["r_prepare_2", "r_train_2", "r_score_2"]
    transcript.check("data_are_gone")


def test_a_local_run_that_fails(transcript, tmp_path):
    """``--local`` says the exception, not what AWS Batch would say; and it knows who wrote what is not there."""
    lose = ["bash", "-c", "test ! -e trouble || rm trouble table"]
    write = [sys.executable, "-c", "open('table', 'w')"]
    read = [sys.executable, "-c", "print('Loading data from table (TextDataset)...', flush=True); open('table').read()"]
    write_plan(tmp_path, {"write": write, "lose": lose, "read": read}, {"lose": "write", "read": "lose"})
    plan = json.loads((tmp_path / "plan.yaml").read_text())
    plan["jobs"][0]["writes"], plan["jobs"][2]["reads"] = ["table"], ["table"]
    (tmp_path / "plan.yaml").write_text(json.dumps(plan))
    (tmp_path / "trouble").touch()
    with standin() as service:
        assert transcript.on(service, "apply", "plan.yaml", "--local", "--run-id", "r").code == 6
        assert transcript.on(service, "resume", "r", "--from", "write").code == 0
    transcript.check("failed_on_this_machine")


def rows(folder: Path) -> dict[tuple[str, int], tuple[Any, ...]]:
    """Give created_at, started_at, stopped_at and details of each submission, straight from the journal's file."""
    columns = "job, submission, created_at, started_at, stopped_at, details"
    with closing(sqlite3.connect(folder / JOURNAL)) as connection:
        # Names of this code, no input.
        found = connection.execute(f"SELECT {columns} FROM submissions").fetchall()  # noqa: S608
    return {(job, submission): (*times, json.loads(details or "null")) for job, submission, *times, details in found}


def executions(service: StandIn, folder: Path, run: str = "r") -> dict[str, Any]:
    document = json.loads(on(service, "status", run, "--json", cwd=folder).text)
    return {one["job"]: one.get("execution") for one in document["jobs"]}


def test_what_aws_batch_says_of_each_job_is_recorded_as_it_ends(tmp_path):
    asked = {"resources": {"vcpus": 2, "memory_mib": 4096, "gpus": 1}, "attempts": 3, "retry_on": ["spot"]}
    write_plan(tmp_path, {"a": ["x"], "b": ["x"]}, {"b": "a"}, a=asked)
    with standin(spot={"a": 2}) as service:
        assert on(service, "apply", "plan.yaml", "--run-id", "r", cwd=tmp_path).code == 0
        said = {one["jobName"]: one for one in _described(service)}
        told = executions(service, tmp_path)
    recorded = rows(tmp_path)
    for job in ("a", "b"):
        created, started, stopped, _ = recorded[job, 1]
        reply = said[f"r_{job}_1"]
        assert [created, started, stopped] == [reply[field] / 1000 for field in ("createdAt", "startedAt", "stoppedAt")]
    details = recorded["a", 1][3]
    assert (details["vcpus"], details["memory_mib"], details["gpus"]) == (2, 4096, 1)
    assert [one.get("exit_code") for one in details["attempts"]] == [None, None, 0]
    assert [one["reason"] for one in details["attempts"]][:2] == ["Host EC2 (instance i-0123) terminated."] * 2
    assert all(one["started_at"] < one["stopped_at"] for one in details["attempts"])
    assert len({one["log"] for one in details["attempts"]}) == 3
    assert details["task"].startswith("arn:aws:ecs:")
    assert details["instance"].startswith("arn:aws:ecs:")
    assert told["a"]["memory_mib"] == 4096
    assert told["b"]["created_at"].endswith("+00:00")


def _described(service: StandIn) -> list[dict[str, Any]]:
    ids = [one["id"] for one in service.jobs().values()]
    return list(service.client().describe_jobs(jobs=ids)["jobs"])


def all_run(service: StandIn, labels: set[str]) -> bool:
    return all(states(service)[label] == "RUNNING" for label in labels)


def test_what_ended_while_nobody_looked_is_recorded_by_the_next_command(tmp_path):
    write_plan(tmp_path, {"a": ["x"], "b": ["x"], "c": ["x"]}, {"b": "a"})
    with standin(fail={"c": 3}, durations=dict.fromkeys("abc", 3600)) as service:
        assert on(service, "apply", "plan.yaml", "--run-id", "r", "--detach", cwd=tmp_path).code == 0
        for running in ({"a", "c"}, {"b"}):
            wait_until(partial(all_run, service, running))
            service.finish(*running)
        wait_until(lambda: "RUNNING" not in states(service).values())
        assert on(service, "wait", "r", cwd=tmp_path).code == 6
        assert all(executions(service, tmp_path).values())


@pytest.mark.parametrize("words", [("wait", "r"), ("resume", "r"), ("apply", "--run-id", "r")])
def test_a_journal_that_is_written_anew_has_the_executions_and_begins_with_the_first_job(tmp_path, words):
    write_plan(tmp_path, {"a": ["x"], "b": ["x"], "c": ["x"]}, {"b": "a", "c": "a"})
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    with standin(fail_attempts={"c": 1}) as service:
        assert on(service, "apply", "plan.yaml", "--run-id", "r", cwd=tmp_path).code == 6
        command, *rest = words
        plan = ["../plan.yaml"] if command == "apply" else []
        named = [] if command == "apply" else ["--plan", "../plan.yaml"]
        on(service, command, *plan, *rest, *named, cwd=elsewhere)
        first = min(one["createdAt"] for one in _described(service)) / 1000
        status = json.loads(on(service, "status", "r", "--json", cwd=elsewhere).text)
    recorded = rows(elsewhere)
    assert {key for key, row in recorded.items() if row[0]} >= {("a", 1), ("b", 1), ("c", 1)}
    with closing(sqlite3.connect(elsewhere / JOURNAL)) as connection:
        began, ended = connection.execute("SELECT began_at, ended_at FROM runs").fetchone()
    assert began == first
    assert ended == max(row[2] for row in recorded.values() if row[2])
    assert status["run_seconds"] == round(ended - began, 3)


def test_a_job_that_was_cancelled_has_its_times(tmp_path):
    write_plan(tmp_path, {"a": ["x"], "b": ["x"]}, {"b": "a"})
    with standin(durations={"a": 3600}) as service:
        assert on(service, "apply", "plan.yaml", "--run-id", "r", "--detach", cwd=tmp_path).code == 0
        assert on(service, "cancel", "r", cwd=tmp_path).code == 0
        assert executions(service, tmp_path)["a"]["stopped_at"]


def test_a_run_ends_although_nobody_can_say_how_its_jobs_were_executed(tmp_path):
    write_plan(tmp_path, {"a": ["x"]})
    with standin() as service:
        assert on(service, "apply", "plan.yaml", "--run-id", "r", cwd=tmp_path).code == 0
        with closing(sqlite3.connect(tmp_path / JOURNAL)) as connection, connection:
            connection.execute("UPDATE submissions SET created_at = NULL, details = NULL")
        make_older(tmp_path, 2 * 24 * 3600)
        service.forget("a")
        ended = on(service, "wait", "r", cwd=tmp_path)
        assert ended.code == 0, ended.err
        assert executions(service, tmp_path) == {"a": None}


def test_the_duration_of_wait_is_that_of_the_run(tmp_path):
    write_plan(tmp_path, {"a": ["x"]})
    with standin() as service:
        assert on(service, "apply", "plan.yaml", "--run-id", "r", cwd=tmp_path).code == 0
        with closing(sqlite3.connect(tmp_path / JOURNAL)) as connection, connection:
            connection.execute("UPDATE runs SET began_at = (SELECT stopped_at - 11520 FROM submissions)")
        waited = on(service, "wait", "r", cwd=tmp_path)
        assert "run r succeeded after 3 h 12 min (this command: " in waited.text
        assert "run r succeeded after 3 h 12 min, as last seen: " in on(service, "status", "r", cwd=tmp_path).text
        finished = json.loads(on(service, "wait", "r", "--json", cwd=tmp_path).text.splitlines()[-1])
    assert (finished["event"], finished["run_seconds"]) == ("run_finished", 11520)
    assert finished["seconds"] < 11520


def test_a_run_on_this_machine_has_its_own_times_and_attempts(tmp_path):
    write_plan(tmp_path, {"a": ["bash", "-c", "exit 3"]}, a={"attempts": 2})
    with standin() as service:
        assert on(service, "apply", "plan.yaml", "--local", "--run-id", "r", cwd=tmp_path).code == 6
        told = executions(service, tmp_path)["a"]
    assert [one["exit_code"] for one in told["attempts"]] == [3, 3]
    assert told["created_at"] <= told["attempts"][0]["started_at"] <= told["attempts"][1]["stopped_at"]
    assert told["stopped_at"] == told["attempts"][1]["stopped_at"]


@pytest.mark.parametrize("number", [1, 10])
def test_a_report_of_many_failures_fits_on_two_screens(tmp_path, number):
    names = [f"job_{one}" for one in range(number)]
    write_plan(tmp_path, {name: ["x"] for name in names})
    lines = {name: [f"line {one} of {name}" for one in range(100)] for name in names}
    with standin(fail=dict.fromkeys(names, 1), logs=lines) as service:
        ended = on(service, "apply", "plan.yaml", cwd=tmp_path)
    assert ended.code == 6
    assert len(ended.text.splitlines()) <= 110
    assert f"  | line 99 of {names[-1]}" in ended.text


def test_on_a_terminal_the_id_of_a_job_is_a_link_to_the_console(tmp_path):
    write_plan(tmp_path, {"a": ["x"]})
    with standin(fail={"a": 1}) as service:
        assert on(service, "apply", "plan.yaml", "--run-id", "r", cwd=tmp_path).code == 6
        job_id = service.jobs()["a"]["id"]
        shown = {}
        for kind in ("xterm-256color", "linux"):
            env = service.environment
            with on_terminal("status", "r", cwd=tmp_path, env=env, kind=kind, program=PROGRAM) as terminal:
                assert terminal.end().code == 0
            shown[kind] = terminal.shown
    page = f"https://us-east-1.console.aws.amazon.com/batch/home?region=us-east-1#jobs/detail/{job_id}"
    assert f"  job: \x1b]8;;{page}\x1b\\{job_id}\x1b]8;;\x1b\\\r\n" in shown["xterm-256color"]
    assert f"  job: {page}\r\n" in shown["linux"]
