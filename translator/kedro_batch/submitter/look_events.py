"""What has happened in a run between two looks at it, as the events that a follower of the run would have told.

Who only looks sees how jobs stand, and shows it as one who follows the run does. Pure.
"""

import math
from collections.abc import Iterator, Mapping

from kedro_batch.plan.model import JobName
from kedro_batch.submitter.events import (
    Event,
    JobChanged,
    JobExecuted,
    JobLog,
    JobSubmitted,
    Notice,
    NoticeKind,
)
from kedro_batch.submitter.failures import Failure
from kedro_batch.submitter.job_events import job_changed
from kedro_batch.submitter.job_state import ENDED, NEW, JobRecord, JobState, Transition
from kedro_batch.submitter.reconcile.merge import Records
from kedro_batch.submitter.stuck_jobs import FirstSight


def with_earlier_look(recorded: Records, recorded_before: Records, seen: Records) -> dict[JobName, JobRecord]:
    """Return the records of a run with what an earlier look has seen of jobs of which nothing new is recorded since.

    So what has ended is not asked about again, and no job goes back while the service cannot be asked. What is below a
    failed job is not kept: that follows from the other jobs, and may have changed.

    Args:
        recorded: What is recorded now.
        recorded_before: What was recorded before that look.
        seen: What it has seen.
    """

    def newest(job: JobName, one: JobRecord) -> JobRecord:
        was, known = recorded_before.get(job), seen.get(job)
        if was is None or known is None or known.state is JobState.NOT_RUN:
            return one
        return known if (one, one.execution) == (was, was.execution) else one

    return {job: newest(job, one) for job, one in recorded.items()}


def events_between(before: Records, after: Records, running_since: Mapping[JobName, float]) -> Iterator[Event]:
    """Yield what has happened to the jobs of a run, those first that have ended, in the order in which they did.

    Args:
        before: The jobs at the first look; those left out were never submitted.
        after: The jobs at the second one.
        running_since: When jobs started that run then, in seconds since the epoch.
    """

    def order(job: JobName) -> tuple[bool, float]:
        one = after[job]
        stopped_at = one.execution.stopped_at if one.execution else None
        return one.state not in ENDED, math.inf if stopped_at is None else stopped_at

    for job in sorted(after, key=order):
        yield from _events_of(job, before.get(job, NEW), after[job], running_since.get(job))


def stuck_notices(before: Mapping[JobName, FirstSight], after: Mapping[JobName, FirstSight]) -> Iterator[Notice]:
    """Yield why jobs get no machine, each reason once, where it was not there at the first look."""
    known = {one.reason for one in before.values()}
    for job, one in after.items():
        if one.reason and one.reason not in known:
            known.add(one.reason)
            yield Notice(kind=NoticeKind.STUCK, message=f"{job} waits for a machine: {one.reason}", job=job)


def _events_of(job: JobName, before: JobRecord, after: JobRecord, started_at: float | None) -> Iterator[Event]:
    state = before.state
    if after.submission > before.submission and state is not JobState.NOT_SUBMITTED:
        yield JobChanged(job=job, job_id=None, submission=after.submission, before=state, after=JobState.NOT_SUBMITTED)
        state = JobState.NOT_SUBMITTED
    if after.job_id and after.job_id != before.job_id:
        yield JobSubmitted(job=job, job_id=after.job_id, submission=after.submission)
        state = JobState.SUBMITTED
    if (after.state, after.status) != (state, before.status):
        running = after.state is JobState.RUNNING
        transition = Transition(job=job, before=state, record=after)
        yield job_changed(transition, started_at=started_at if running else None)
    if after.execution and after.job_id and (before.execution is None or before.job_id != after.job_id):
        yield JobExecuted(job=job, job_id=after.job_id, submission=after.submission, execution=after.execution)
    if after.failure and _log(after.failure) not in (_NO_LOG, _log(before.failure)):
        exception, exception_cause, node, lines, problem = _log(after.failure)
        yield JobLog(
            job=job,
            submission=after.submission,
            exception=exception,
            exception_cause=exception_cause,
            node=node,
            lines=lines,
            problem=problem,
        )


_Log = tuple[str | None, str | None, str | None, tuple[str, ...], str | None]
_NO_LOG: _Log = (None, None, None, (), None)


def _log(failure: Failure | None) -> _Log:
    """Return what the log of a failed job tells, as far as it was read."""
    if failure is None:
        return _NO_LOG
    return failure.exception, failure.exception_cause, failure.node, failure.log_tail, failure.log_problem
