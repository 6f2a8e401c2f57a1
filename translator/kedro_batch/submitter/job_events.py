"""The events that follow from what has become of jobs. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from kedro_batch.plan.model import JobName
from kedro_batch.submitter.events import JobChanged, JobSubmitted
from kedro_batch.submitter.job_state import NEW, JobRecord, JobState, Transition


def job_changed(
    transition: Transition,
    *,
    reason: str | None = None,
    exit_code: int | None = None,
    log: str | None = None,
    started_at: float | None = None,
) -> JobChanged:
    """Return the event of a transition.

    Args:
        transition: The transition; the failure in its record goes before the other arguments.
        reason: What the service says about the job.
        exit_code: Of its container.
        log: Where its output is.
        started_at: When its container started, if it is RUNNING.
    """
    one, failure = transition.record, transition.record.failure
    return JobChanged(
        job=transition.job,
        job_id=one.job_id,
        submission=one.submission,
        before=transition.before,
        after=one.state,
        status=one.status,
        blocked_by=one.blocked_by,
        reason=(failure.reason if failure else reason) or None,
        cause=failure.cause if failure else None,
        advice=(failure.advice or None) if failure else None,
        exit_code=failure.exit_code if failure else exit_code,
        attempts=failure.attempts if failure and failure.attempts > 1 else None,
        log=failure.log if failure else log,
        started_at=started_at,
    )


def events_since(
    before: Mapping[JobName, JobRecord], now: Mapping[JobName, JobRecord]
) -> Iterator[JobSubmitted | JobChanged]:
    """Yield as events what differs from the journal, in the order of the records."""
    for job, one in now.items():
        was = before.get(job, NEW)
        state = was.state
        if one.job_id and (one.job_id, one.submission) != (was.job_id, was.submission):
            yield JobSubmitted(job=job, job_id=one.job_id, submission=one.submission, adopted=True)
            state, was = JobState.SUBMITTED, replace(was, submission=one.submission)
        if one.state is not state or one.submission != was.submission:
            yield job_changed(Transition(job=job, before=state, record=one))
