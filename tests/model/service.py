"""AWS Batch in the model: the copies of jobs that it has, and what it does with them."""

from collections.abc import Iterator
from typing import NamedTuple

from kedro_batch.plan.model import JobName
from kedro_batch.plan.submit_job import JobId, RunId, batch_job_name
from kedro_batch.submitter.job_state import JobState
from kedro_batch.submitter.service.api import JobDetail, JobSummary, job_detail

RUN = RunId("nightly")
VERSION = "2025-11-28T00.00.00.000Z"
EPOCH_S = 1_764_288_000.0
"""The time of ``VERSION``."""
LATER_S = (60.0, 3600.0, 3 * 24 * 3600.0)
"""Seconds after it: now, an hour later, days later."""

WAITS, RUNS, SUCCEEDED, FAILED = "waits", "runs", "has succeeded", "has failed"
ALIVE = (WAITS, RUNS)
_STATES = {WAITS: JobState.PENDING, RUNS: JobState.RUNNING, SUCCEEDED: JobState.SUCCEEDED, FAILED: JobState.FAILED}


class Copy(NamedTuple):
    """One job on the service.

    Attributes:
        name: Its name on the service.
        job: The job of the plan that it is; None for a stranger's.
        submission: Which submission of it.
        maker: The process that sent it.
        time: When: an index of ``LATER_S``.
        waits_for: The copies that it depends on.
        state: Where it stands.
        begun: It has run.
        reason: Why it ended.
        ending: Why it is being ended, while it is.
        listed: ListJobs shows it.
        forgotten: Neither ListJobs nor DescribeJobs knows it any more.
        old: It had ended before days went by.
        answered: Its id has reached the process that sent it.
    """

    name: str
    job: JobName | None
    submission: int
    maker: int
    time: int
    waits_for: tuple[int, ...]
    state: str = WAITS
    begun: bool = False
    reason: str = ""
    ending: str = ""
    listed: bool = False
    forgotten: bool = False
    old: bool = False
    answered: bool = False

    @property
    def alive(self) -> bool:
        """True if it has not ended, and nobody has asked to end it."""
        return self.state in ALIVE and not self.ending


Copies = tuple[Copy, ...]


def id_of(number: int) -> JobId:
    """Return the id of a copy: older ones have smaller ids, but all of a time are of the same millisecond or later."""
    return JobId(f"id-{number}")


def number_of(job_id: JobId) -> int:
    """Return which copy has an id."""
    return int(job_id.removeprefix("id-"))


def summary_of(number: int, copy: Copy) -> JobSummary:
    """Return what ListJobs says of a copy."""
    return JobSummary(
        job_id=id_of(number),
        name=copy.name,
        state=_STATES[copy.state],
        created_at_ms=int((EPOCH_S + LATER_S[copy.time]) * 1000) + number,
        reason=copy.reason,
    )


def detail_of(number: int, copy: Copy, tags: dict[str, str]) -> JobDetail:
    """Return what DescribeJobs says of a copy."""
    reply = {
        "jobId": id_of(number),
        "jobName": copy.name,
        "status": str(_STATES[copy.state]),
        "statusReason": copy.reason,
        "createdAt": summary_of(number, copy).created_at_ms,
        "dependsOn": [{"jobId": id_of(one)} for one in copy.waits_for],
        "container": {"environment": [{"name": "KEDRO_BATCH_VERSION", "value": VERSION}]},
        "tags": tags if copy.job else {},
    }
    return job_detail(reply | ({"startedAt": 1} if copy.begun else {}))


def strangers_copy(name: str) -> Copy:
    """Return a job that runs for somebody else."""
    return Copy(name, None, 1, -1, 0, (), state=RUNS, begun=True, listed=True)


def new_copy(job: JobName, submission: int, maker: int, time: int, waits_for: tuple[int, ...]) -> Copy:
    """Return a job that a process has just submitted."""
    return Copy(batch_job_name(RUN, job, submission), job, submission, maker, time, waits_for)


def ended(copies: Copies, ends: dict[int, str]) -> Copies:
    """Return the copies after TerminateJobs was asked to end some, for a reason each: it takes effect later."""
    return tuple(
        one._replace(ending=ends[number]) if number in ends and one.state in ALIVE and not one.ending else one
        for number, one in enumerate(copies)
    )


def with_failed_dependents(copies: Copies) -> Copies:
    """Return the copies after the service has failed what waits for a failed one."""
    result = list(copies)
    for number, one in enumerate(result):  # what a copy waits for is older
        if one.state == WAITS and any(result[parent].state == FAILED for parent in one.waits_for):
            result[number] = one._replace(state=FAILED, reason="Dependent Job failed", ending="")
    return tuple(result)


def started(copies: Copies) -> Copies:
    """Return the copies after all have started that can."""
    waiting = [one for one in copies if one.state == WAITS]
    if not any(all(copies[parent].state == SUCCEEDED for parent in one.waits_for) for one in waiting):
        return copies
    return tuple(
        one._replace(state=RUNS, begun=True)
        if one.state == WAITS and all(copies[parent].state == SUCCEEDED for parent in one.waits_for)
        else one
        for one in copies
    )


def told(number: int, copy: Copy) -> str:
    """Name a copy in a story."""
    return f"{id_of(number)} ({copy.job or copy.name}, submission {copy.submission})"


def days_later(copies: Copies) -> Copies:
    """Return the copies after days have gone by."""
    return tuple(one._replace(old=True) if one.job and one.state not in ALIVE else one for one in copies)


def _may_be_forgotten(copies: Copies, number: int, *, early: bool) -> bool:
    """True if the service may forget a copy now: after days, in the order in which they were made.

    With ``early``, at any time, if a dependent of it has started.
    """
    one = copies[number]
    if early:
        return one.state == SUCCEEDED and any(other.begun and number in other.waits_for for other in copies)
    return one.old and all(other.forgotten or not other.old for other in copies[:number])


def next_of_service(copies: Copies, *, may_fail: bool, early: bool) -> Iterator[tuple[str, Copies]]:
    """Yield what the service can do next, and the copies after it."""
    for number, one in enumerate(copies):
        name = told(number, one)
        if not one.job:
            continue
        if not one.listed and not one.forgotten:
            yield f"ListJobs shows {name}", _with(copies, number, one._replace(listed=True))
        if one.state == WAITS and all(copies[parent].state == SUCCEEDED for parent in one.waits_for):
            yield f"{name} starts", _with(copies, number, one._replace(state=RUNS, begun=True))
        if one.state == RUNS:
            yield f"{name} succeeds", _with(copies, number, one._replace(state=SUCCEEDED, ending=""))
            if may_fail:
                after = _with(
                    copies, number, one._replace(state=FAILED, reason="Essential container exited", ending="")
                )
                yield f"{name} fails by itself", with_failed_dependents(after)
        if one.ending:
            after = _with(copies, number, one._replace(state=FAILED, reason=one.ending, ending=""))
            yield f"{name} is ended: {one.ending}", with_failed_dependents(after)
        if not one.forgotten and _may_be_forgotten(copies, number, early=early):
            yield f"AWS Batch forgets {name}", _with(copies, number, one._replace(forgotten=True, listed=False))


def _with(copies: Copies, number: int, one: Copy) -> Copies:
    return (*copies[:number], one, *copies[number + 1 :])
