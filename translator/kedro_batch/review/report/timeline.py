"""The timeline of a run: for each attempt of each submission, when it waited for what, and when it ran. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from kedro_batch.plan.model import JobName
from kedro_batch.review.report.phases import (
    Interval,
    Phase,
    interval_running,
    intervals_of,
    intervals_until,
    running_seen,
)
from kedro_batch.submitter.job_execution import JobAttempt, JobExecution
from kedro_batch.submitter.job_state import ENDED_ON_SERVICE, JobRecord, JobState
from kedro_batch.submitter.run_history import RunHistory, Submission, SubmissionKey

SubmissionsAbove = Mapping[SubmissionKey, tuple[SubmissionKey, ...]]
"""The submissions that each submission waited for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One attempt of a submission; or a submission, or a job, of which no attempt is recorded. Times are in seconds.

    Attributes:
        job: The job.
        submission: Which submission of it.
        attempt: Which attempt of that, counted from 1; None where none is recorded.
        state: The state of the submission.
        outcome: How the attempt ended: ``succeeded``, ``failed`` or ``cancelled``; None where it has not, or never was.
        record: What is known of the submission.
        is_last: No other attempt of the submission followed.
        created_at: When the submission was created, by the clock of the service.
        parents_done_at: When the last of its parents ended, if all their times are recorded.
        running_seen_at: When a follower saw it RUNNING; only of one that still runs, whose start is not recorded yet.
        started_at: When its container started.
        stopped_at: When it ended.
        intervals: What it did, in order.
        exit_code: Of its container.
        reason: What the service says about its end.
        log: Where its output is.
        instance: Where it ran.
    """

    job: JobName
    submission: int
    attempt: int | None
    state: JobState
    outcome: str | None = None
    record: JobRecord
    is_last: bool = True
    created_at: float | None = None
    parents_done_at: float | None = None
    running_seen_at: float | None = None
    started_at: float | None = None
    stopped_at: float | None = None
    intervals: tuple[Interval, ...] = ()
    exit_code: int | None = None
    reason: str | None = None
    log: str | None = None
    instance: str | None = None

    @property
    def key(self) -> SubmissionKey:
        """The submission that it belongs to."""
        return self.job, self.submission

    @property
    def starting_seen_at(self) -> float | None:
        """When a follower saw the attempt STARTING, if one did."""
        return next((one.start for one in self.intervals if one.phase is Phase.STARTING), None)

    def seconds(self, *phases: Phase) -> float | None:
        """Return how long it was in these phases, as far as they have ended; None if it was in none of them."""
        found = [one.seconds for one in self.intervals if one.phase in phases and not one.is_open]
        return sum(found) if found else None


def stops_of(history: RunHistory) -> dict[SubmissionKey, float]:
    """Return when each submission ended, as far as that is recorded."""
    found = ((one.key, one.record.execution.stopped_at) for one in history.submissions if one.record.execution)
    return {key: stopped for key, stopped in found if stopped is not None}


def submissions_above(history: RunHistory) -> dict[SubmissionKey, tuple[SubmissionKey, ...]]:
    """Return the submissions that each submission waited for: the latest of each parent that was sent before it."""
    sent: dict[JobName, list[tuple[int, float | None]]] = {}
    for one in history.submissions:
        sent.setdefault(one.job, []).append((one.record.submission, _sent_at(one.record)))
    return {one.key: tuple(_parents_sent(one, sent)) for one in history.submissions}


def _parents_sent(
    child: Submission, sent: Mapping[JobName, Sequence[tuple[int, float | None]]]
) -> Iterator[SubmissionKey]:
    at = _sent_at(child.record)
    for parent in child.parents:
        every = sent.get(parent, ())
        before = [number for number, when in every if at is None or when is None or when <= at]
        yield parent, before[-1] if before else every[0][0] if every else 1


def _sent_at(record: JobRecord) -> float | None:
    """Return when a submission was sent: by the clock of the journal, or else by that of the service."""
    return record.intended_at or (record.execution.created_at if record.execution else None)


def build_timeline(
    history: RunHistory, parents: SubmissionsAbove, stops: Mapping[SubmissionKey, float]
) -> tuple[Attempt, ...]:
    """Return every attempt of a run, in the order of the plan; each job of the plan has one at least.

    Args:
        history: The run.
        parents: ``submissions_above`` it.
        stops: ``stops_of`` it.
    """
    by_job: dict[JobName, list[Submission]] = {job.name: [] for job in history.plan.jobs}
    for one in history.submissions:
        by_job.setdefault(one.job, []).append(one)
    attempts: list[Attempt] = []
    for job, submissions in by_job.items():
        if not submissions:
            attempts.append(
                Attempt(job=job, submission=1, attempt=None, state=JobState.NOT_SUBMITTED, record=JobRecord())
            )
        for one in submissions:
            above = [stops.get(parent) for parent in parents[one.key]]
            done = None if not above or None in above else max(stop for stop in above if stop is not None)
            attempts += _attempts(one, done, history.as_of, has_parents=bool(above))
    return tuple(attempts)


def _attempts(one: Submission, done: float | None, as_of: float, *, has_parents: bool) -> Iterator[Attempt]:
    """Yield the attempts of a submission.

    Args:
        one: The submission.
        done: When the last of its parents ended; None if there are none, or if it is not known.
        as_of: When something was recorded of the run last.
        has_parents: It has parents.
    """
    record, execution = one.record, one.record.execution
    ended = record.state in ENDED_ON_SERVICE
    if execution is None or not (ended or record.live):
        yield _unfinished(one, done, as_of, has_parents=has_parents)
        return
    recorded = (execution.attempts or (_whole(record),)) if ended else _ended_attempts(execution)
    since, waits_for_parents = execution.created_at, True
    for number, attempt in enumerate(recorded, 1):
        is_last = ended and number == len(recorded)
        yield replace(
            _without_times(one),
            attempt=number if execution.attempts or attempt.started_at is not None else None,
            outcome=_outcome(record.state) if is_last else "failed",
            is_last=is_last,
            created_at=execution.created_at,
            parents_done_at=done,
            started_at=attempt.started_at,
            stopped_at=attempt.stopped_at,
            intervals=tuple(
                intervals_of(one, attempt, since, done, unknown=waits_for_parents and has_parents and done is None)
            ),
            exit_code=attempt.exit_code,
            reason=attempt.reason,
            log=attempt.log,
            instance=attempt.instance,
        )
        since, waits_for_parents = attempt.stopped_at, False
    if not ended:
        yield _going_on(one, done, as_of, since, unknown=waits_for_parents and has_parents and done is None)


def _ended_attempts(execution: JobExecution) -> tuple[JobAttempt, ...]:
    """Return the attempts of a job that goes on which have ended: the service may list the one that runs, too."""
    return tuple(one for one in execution.attempts if one.stopped_at is not None)


def _whole(record: JobRecord) -> JobAttempt:
    """Return the one attempt of a job of which the service lists none."""
    execution, failure = record.execution, record.failure
    if execution is None:
        return JobAttempt()
    return JobAttempt(
        started_at=execution.started_at,
        stopped_at=execution.stopped_at,
        exit_code=failure.exit_code if failure else None,
        reason=(failure.reason or None) if failure else None,
        log=execution.log,
        instance=execution.instance,
    )


def _outcome(state: JobState) -> str | None:
    return str(state).lower() if state in ENDED_ON_SERVICE else None


def _without_times(one: Submission) -> Attempt:
    return Attempt(
        job=one.job, submission=one.record.submission, attempt=None, state=one.record.state, record=one.record
    )


def _unfinished(one: Submission, done: float | None, as_of: float, *, has_parents: bool) -> Attempt:
    """Return a submission that has not ended, or of which no times are recorded."""
    unknown = has_parents and done is None
    return replace(
        _without_times(one),
        parents_done_at=None if one.record.state is JobState.NOT_RUN else done,
        running_seen_at=running_seen(one),
        intervals=tuple(intervals_until(one, _sent_at(one.record), done, as_of, unknown=unknown)),
    )


def _going_on(one: Submission, done: float | None, as_of: float, since: float | None, *, unknown: bool) -> Attempt:
    """Return the attempt that goes on, of a submission of which the service has told until when it did what.

    Args:
        one: The submission.
        done: When the last of its parents ended.
        as_of: When the service was asked.
        since: When it was created, or when the attempt before this one ended.
        unknown: It is not known until when it waited for its parents.
    """
    execution = one.record.execution or JobExecution()
    started = execution.started_at if one.record.state is JobState.RUNNING else None
    if started is None:
        intervals = tuple(intervals_until(one, since, done, as_of, unknown=unknown))
    else:
        waited = intervals_of(one, JobAttempt(started_at=started), since, done, unknown=unknown)
        intervals = (*waited, *interval_running(started, as_of))
    return replace(
        _without_times(one),
        created_at=execution.created_at,
        parents_done_at=done,
        started_at=started,
        intervals=intervals,
        log=execution.log,
        instance=execution.instance,
    )
