import signal
from contextlib import suppress
from pathlib import Path

import pytest

from kedro_batch.plan.model import Plan
from kedro_batch.submitter.inbox import Inbox
from kedro_batch.submitter.service import local
from tests.support.plans import a_job
from tests.support.runs import wait_until

STUBBORN = "trap '' TERM INT; > up; while true; do sleep 0.05; done"


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def engine(inbox, tmp_path):
    """An engine for one job at a time, which leaves nothing running."""
    engine = local.LocalEngine(
        inbox, max_workers=1, folder=tmp_path, logs=tmp_path / "logs", record=tmp_path / "record"
    )
    yield engine
    inbox.on_signal(signal.SIGINT)
    inbox.on_signal(signal.SIGINT)
    engine.interrupt(print)


def submit(engine, script: str, **fields):
    request = {"jobName": "r1_a_1", "containerOverrides": {"command": ["bash", "-c", script]}, **fields}
    return engine.submit_job(request)


def status(engine, job_id) -> str:
    (job,) = engine.describe_jobs([job_id])
    return str(job.state)


def processes_in(folder: Path) -> list[str]:
    """Name the processes whose working directory is this folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (process / "cwd").readlink() == folder:
                found.append(process.name)
    return found


def test_an_attempt_that_takes_too_long_is_ended_with_all_it_started_and_not_retried(engine, tmp_path):
    job_id = submit(
        engine,
        "sleep 600 & wait",
        timeout={"attemptDurationSeconds": 1},
        retryStrategy={"attempts": 3},
    )
    wait_until(lambda: status(engine, job_id) == "FAILED")
    (job,) = engine.describe_jobs([job_id])
    assert job.reason == "Job attempt duration exceeded timeout"
    assert [log.name for log in (tmp_path / "logs").iterdir()] == ["a.1.1.log"]
    wait_until(lambda: not processes_in(tmp_path))


def test_a_second_signal_ends_at_once_what_does_not_want_to_end(engine, inbox, tmp_path, monkeypatch):
    monkeypatch.setattr(local, "GRACE_S", float("inf"))  # it would wait for ever
    job_id = submit(engine, STUBBORN)
    wait_until((tmp_path / "up").exists)
    inbox.on_signal(signal.SIGINT)
    inbox.on_signal(signal.SIGINT)
    assert engine.interrupt(print) == "stopped while running: a. No job goes on"
    wait_until(lambda: status(engine, job_id) == "FAILED")


def test_what_does_not_want_to_end_is_killed_after_a_while(engine, inbox, tmp_path, monkeypatch):
    monkeypatch.setattr(local, "GRACE_S", 0.2)
    job_id = submit(engine, STUBBORN)
    wait_until((tmp_path / "up").exists)
    inbox.on_signal(signal.SIGINT)
    told: list[str] = []
    engine.interrupt(told.append)
    assert told == ["1 job has up to 0 s to end"]
    wait_until(lambda: status(engine, job_id) == "FAILED")


def test_whatever_goes_wrong_in_a_worker_ends_the_job_and_wakes_the_run(engine, inbox):
    job_id = engine.submit_job({"jobName": "r1_a_1"})  # nothing says what to run
    wait_until(lambda: status(engine, job_id) == "FAILED")
    (job,) = engine.describe_jobs([job_id])
    assert job.reason == "cannot run it on this machine: KeyError: 'containerOverrides'"
    assert inbox.wait(0)


@pytest.mark.parametrize(
    "submit",
    [
        {"ecsPropertiesOverride": {"taskProperties": [{"containers": [{"name": "main"}]}]}},
        {"eksPropertiesOverride": {"podProperties": {"containers": [{"name": "main"}]}}},
    ],
)
def test_fields_that_only_aws_understands_do_not_hide_the_command(engine, submit):
    job = a_job("a", command=("true",), submit=submit)
    adapted = engine.adapt_plan(Plan(jobs=(job, a_job("b"))))
    assert [one.settings.submit for one in adapted.jobs] == [{}, {}]
    assert adapted.jobs[0].command == ("true",)
