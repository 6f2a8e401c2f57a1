"""Ends jobs on the service, and looks until they have ended."""

from collections.abc import Sequence
from functools import partial

from kedro_batch.plan.submit_job import JobId
from kedro_batch.submitter.context import RunContext
from kedro_batch.submitter.run_state import ENDED, JobState
from kedro_batch.submitter.service.call_pool import Lane
from kedro_batch.submitter.service.rate_limit import Bucket

_RATE, _BURST = 10.0, 20.0
"""TerminateJob(s) calls: no limit is documented."""
_LOOKS_S = (1.0, 1.0, 2.0, 4.0, 8.0)


def terminate(context: RunContext, ids: Sequence[JobId], reason: str) -> dict[JobId, str]:
    """Terminate jobs, as many in a call as the service takes, while nothing else is under way.

    Returns:
        Why some could not be terminated, by their ids.

    Raises:
        ServiceError: The service refused altogether.
    """
    bucket = Bucket(_RATE, _BURST, context.calls.now())
    failed: dict[JobId, str] = {}
    left = list(dict.fromkeys(ids))
    while left:
        while not bucket.take(context.calls.now()):
            context.pause(bucket.wait_s(context.calls.now()))
        some = tuple(left)
        result = context.ask(Lane.TERMINATE, partial(context.engine.terminate_jobs, some, reason), patiently=True)
        failed |= result.failed
        tried = {*result.done, *result.failed}
        left = [job_id for job_id in left if job_id not in tried]
    return failed


def terminate_and_wait(context: RunContext, ids: Sequence[JobId], reason: str, retry_for_s: float) -> tuple[JobId, ...]:
    """Terminate jobs and look until all have ended: termination may take a while.

    Returns:
        Those that have not ended after ``retry_for_s`` seconds.

    Raises:
        ServiceError: The service refused.
    """
    if not ids:
        return ()
    terminate(context, ids, reason)
    return ended_in_time(context, ids, retry_for_s)


def ended_in_time(context: RunContext, ids: Sequence[JobId], retry_for_s: float) -> tuple[JobId, ...]:
    """Look until jobs have ended; give those that have not after so many seconds. Unknown ones count as ended."""
    until = context.calls.now() + retry_for_s
    left = tuple(ids)
    looks = 0
    while left:
        left = tuple(one["jobId"] for one in context.described(left) if JobState(one["status"]) not in ENDED)
        if not left or context.calls.now() >= until:
            break
        context.pause(_LOOKS_S[min(looks, len(_LOOKS_S) - 1)])
        looks += 1
    return left
