"""How soon jobs end that are terminated, and what is kept of that."""

import pytest

from kedro_batch.submitter.failures import Cause, classify_failure
from kedro_batch.submitter.service.limits import TERMINATION_S
from tests.aws.conftest import ENDED

pytestmark = pytest.mark.aws

_UNKNOWN = "00000000-0000-4000-8000-000000000000"


def test_jobs_that_run_and_jobs_that_wait_end_soon_after_one_call(jobs, seen):
    jobs.submit("sleeps")
    jobs.submit("waits")
    jobs.wait("sleeps", "RUNNING", *ENDED)
    ids = [jobs.id_of("sleeps"), jobs.id_of("waits"), _UNKNOWN]
    reply = jobs.account.batch.terminate_jobs(jobs=ids, reason="kedro-batch: a test")
    ended = {name: jobs.wait(name, *ENDED) for name in ("sleeps", "waits")}
    kept = {
        name: (job["status"], job.get("statusReason"), job.get("isTerminated"), job.get("isCancelled"))
        for name, (_, job) in ended.items()
    }
    seconds = sum(after_s for after_s, _ in ended.values())
    seen(
        f"TerminateJobs: successful {len(reply['successful'])}, errors {reply['errors']}; both ended after "
        f"{seconds:.0f} s: {kept}",
        code="submitter/service/limits.py TERMINATION_S",
    )
    assert seconds <= TERMINATION_S
    assert {job["status"] for _, job in ended.values()} == {"FAILED"}
    assert classify_failure(ended["sleeps"][1]).cause is Cause.TERMINATED
    assert classify_failure(ended["waits"][1]).cause in (Cause.TERMINATED, Cause.DEPENDENCY)
    failed = {one["job"] for one in reply["errors"]}
    assert failed <= {_UNKNOWN}, "an unknown id takes nothing from the others"
