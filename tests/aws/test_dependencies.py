"""What becomes of jobs that depend on others which failed, have ended, or are not there."""

import os

import pytest

from kedro_batch.submitter.failures import Cause, classify_failure

pytestmark = pytest.mark.aws

_OLD_JOB = "KEDRO_BATCH_TEST_AWS_OLD_JOB"
_UNKNOWN = "00000000-0000-4000-8000-000000000000"


def outcome(jobs, name, *parents):
    """Submit a job that depends on others: return its refusal, or how it ended and why."""
    try:
        jobs.submit(name, *parents)
    except jobs.account.batch.exceptions.ClientException as error:
        return f"refused: {error}", None
    job = jobs.ended(name)
    return f"accepted, then {job['status']}: {job.get('statusReason')}", job


@pytest.mark.parametrize("name", ["below_failed", "below_below"])
def test_a_job_below_a_failed_one_fails_and_its_reason_speaks_of_the_dependency(name, jobs, seen):
    job = jobs.ended(name)
    found = classify_failure(job)
    seen(f"{name}: {job['status']}: {job.get('statusReason')!r}", code="submitter/failures.py DEPENDENCY")
    assert (job["status"], found.cause) == ("FAILED", Cause.DEPENDENCY)


def test_a_job_that_depends_on_a_failed_one_is_refused_or_fails(jobs, seen):
    jobs.ended("fails_twice")
    said, job = outcome(jobs, "after_failed")
    seen(f"on a job that has failed: {said}", code="submitter/refusals.py Refusals")
    assert job is None or (job["status"], classify_failure(job).cause) == ("FAILED", Cause.DEPENDENCY)


def test_a_job_that_depends_on_one_that_has_succeeded_is_refused_or_starts(jobs, seen):
    jobs.ended("Succeeds")
    said, job = outcome(jobs, "after_succeeded")
    seen(f"on a job that has succeeded: {said}", code="submitter/run_records.py live_parent_ids")
    assert job is None or job["status"] == "SUCCEEDED"


def test_a_job_that_depends_on_an_unknown_one_is_refused_or_ends(jobs, seen):
    said, _ = outcome(jobs, "after_unknown", _UNKNOWN)  # one that never ends fails this test
    seen(f"on an id that never was: {said}", code="submitter/refusals.py Refusals")


@pytest.mark.skipif(not os.environ.get(_OLD_JOB), reason=f"set {_OLD_JOB} to the id of a job that ended weeks ago")
def test_a_job_that_depends_on_a_forgotten_one_is_refused_or_ends(jobs, seen):
    old = os.environ[_OLD_JOB]
    assert not jobs.account.described(old), f"{_OLD_JOB}: AWS Batch still knows this job"
    said, _ = outcome(jobs, "after_expired", old)
    seen(f"on a job that is forgotten: {said}", code="submitter/refusals.py Refusals")
