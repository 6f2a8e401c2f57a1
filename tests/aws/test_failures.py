"""How AWS Batch words why a job failed, and what it keeps of a job's attempts and logs."""

import time

import pytest

from kedro_batch.submitter.failures import Cause, classify_failure
from kedro_batch.submitter.log_places import log_streams
from kedro_batch.submitter.service.limits import LOG_EMPTY_PAGES
from kedro_batch.submitter.stuck_advice import stuck_advice
from tests.aws.account import until
from tests.aws.conftest import ENDED

pytestmark = pytest.mark.aws

_EXPECTED = {
    # job: cause, exit code, attempts
    "fails_twice": (Cause.EXIT, 3, 2),
    "exits_137": (Cause.EXIT, 137, 1),
    "out_of_memory": (Cause.OUT_OF_MEMORY, 137, 1),
    "times_out": (Cause.TIMEOUT, 137, 1),
    "no_image": (Cause.IMAGE_PULL, None, 2),
    "no_command": (Cause.START_FAILURE, None, 1),
}
_STUCK_WITHIN_S = 900.0


@pytest.mark.parametrize("name", _EXPECTED)
def test_the_reason_of_a_failure_is_recognised(name, jobs, seen):
    job = jobs.ended(name)
    found = classify_failure(job)
    attempts = [
        (one.get("statusReason"), one.get("container", {}).get("exitCode"), one.get("container", {}).get("reason"))
        for one in job.get("attempts", ())
    ]
    seen(
        f"{name}: {job['status']}: {job.get('statusReason')!r}; attempts: {attempts}",
        code="submitter/failures.py _WORDING",
    )
    cause, exit_code, times = _EXPECTED[name]
    assert job["status"] == "FAILED"
    assert (found.cause, found.attempts) == (cause, times)
    assert exit_code is None or found.exit_code == exit_code


def test_attempts_are_counted_from_one_and_each_has_a_log(jobs, seen):
    attempts = jobs.ended("fails_twice")["attempts"]
    logs = [jobs.log(one["container"]["logStreamName"]) for one in attempts]
    seen(f"the logs of two attempts: {logs}", code="plan/variables.py AWS_BATCH_JOB_ATTEMPT")
    assert logs == [["attempt 1"], ["attempt 2"]]


def test_the_log_of_a_job_that_runs_can_be_read(jobs, seen):
    jobs.submit("logs")
    started_s, job = jobs.wait("logs", "RUNNING", *ENDED)
    assert job["status"] == "RUNNING"
    named_s, job = until(lambda: jobs.described("logs"), log_streams, within_s=120, every_s=1)
    (stream,) = log_streams(job)
    began = time.monotonic()
    lines = jobs.log(stream.stream)
    seen(
        f"RUNNING {started_s:.0f} s after it was submitted; its stream has a name {named_s:.0f} s later, and a line "
        f"{time.monotonic() - began:.0f} s after that",
        code="submitter/log_places.py log_streams",
    )
    assert (stream.group, lines) == (jobs.stack.declared["log_group"], ["begun"])


def test_the_token_at_the_end_of_a_log_is_the_one_that_was_sent(jobs, seen):
    job = jobs.ended("fails_twice")
    (stream,) = log_streams(job)
    place = {"logGroupName": stream.group, "logStreamName": stream.stream, "startFromHead": True}
    pages = [jobs.account.logs.get_log_events(**place, startTime=job["createdAt"])]
    while len(pages) < LOG_EMPTY_PAGES and (len(pages) < 2 or pages[-1]["events"]):
        further = {"startTime": job["createdAt"], "nextToken": pages[-1]["nextForwardToken"]}
        pages.append(jobs.account.logs.get_log_events(**place, **further))
    tokens = [one["nextForwardToken"] for one in pages]
    seen(f"{len(pages)} pages; tokens: {tokens}", code="submitter/service/log_cursor.py at_end")
    assert tokens[-1] == tokens[-2]
    assert sum(len(one["events"]) for one in pages) == 1


def test_overrides_that_are_too_long_are_taken_and_fail_later(jobs, seen):
    try:
        jobs.submit("too_long")
    except jobs.account.batch.exceptions.ClientException as error:
        seen(f"refused at once: {error}", code="plan/checks/batch_limits.py OVERRIDES_CHARACTERS")
        pytest.fail("the checks of a plan say that such a job is accepted, and fails later")
    job = jobs.ended("too_long")
    seen(
        f"taken, then {job['status']}: {job.get('statusReason')!r}",
        code="plan/checks/batch_limits.py OVERRIDES_CHARACTERS",
    )
    assert (job["status"], classify_failure(job).cause) == ("FAILED", Cause.START_FAILURE)


def test_a_job_that_is_too_large_says_so_while_it_waits(jobs, seen):
    stuck = jobs.submit("too_large")
    try:
        _, job = until(
            lambda: jobs.described("too_large"),
            lambda one: one.get("statusReason") or one["status"] in ENDED,
            within_s=_STUCK_WITHIN_S,
            every_s=10,
        )
    finally:  # else the jobs of other tests wait behind it
        jobs.account.batch.terminate_job(jobId=stuck, reason="kedro-batch: a test")
    jobs.ended("too_large")
    reason = job.get("statusReason")
    seen(f"{job['status']}: {reason!r}", code="submitter/stuck_advice.py MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX")
    assert (job["status"], reason.split(" ")[0][:17]) == ("RUNNABLE", "MISCONFIGURATION:")
    assert "maximum vCPUs" in stuck_advice(reason)
