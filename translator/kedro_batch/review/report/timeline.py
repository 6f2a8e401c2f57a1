"""The timeline of a run: for each attempt of each submission, when it waited for what, and when it ran. Pure.

Times of the service bound what is drawn. What nobody recorded is not drawn. Waiting for a machine and starting are told
apart only where a follower saw the job STARTING: the moment that counts is when it saw it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from kedro_batch.plan.model import JobName
from kedro_batch.submitter.job_execution import JobAttempt
from kedro_batch.submitter.job_state import ENDED_ON_SERVICE, LIVE, MAYBE_SUBMITTED, JobRecord, JobState
from kedro_batch.submitter.run_history import RunHistory, Submission, SubmissionKey

Parents = Mapping[SubmissionKey, tuple[SubmissionKey, ...]]
"""The submissions that each submission waited for."""
_WAITING_ON_SERVICE = LIVE - {JobState.RUNNING, JobState.UNKNOWN} | MAYBE_SUBMITTED


class Phase(StrEnum):
    """What an attempt did."""

    PARENTS = "parents"
    """It waited for its parents: until the last of them had ended."""
    CAPACITY = "capacity"
    """It waited for a machine and for its container, all parents being done; until STARTING was seen, if it was."""
    STARTING = "starting"
    """Its container was being started, since a follower saw it STARTING."""
    WAITING = "waiting"
    """It waited, and it is not known for what: the times of its parents are not recorded."""
    RUNNING = "running"


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """What an attempt did, from when to when; seconds since the epoch.

    Attributes:
        phase: What it did.
        start: The begin.
        stop: The end; the newest time that is recorded of the run, if ``is_open``.
        is_open: It had not ended then, as far as is known.
    """

    phase: Phase
    start: float
    stop: float
    is_open: bool = False

    @property
    def seconds(self) -> float:
        """How long it took, or has taken until then."""
        return self.stop - self.start


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
        starting_seen_at: When a follower saw the attempt STARTING, if one did.
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
    starting_seen_at: float | None = None
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

    def seconds(self, *phases: Phase) -> float | None:
        """Return how long it was in these phases, as far as they have ended; None if it was in none of them."""
        found = [one.seconds for one in self.intervals if one.phase in phases and not one.is_open]
        return sum(found) if found else None


def stops_of(history: RunHistory) -> dict[SubmissionKey, float]:
    """Return when each submission ended, as far as that is recorded."""
    found = ((one.key, one.record.execution.stopped_at) for one in history.submissions if one.record.execution)
    return {key: stopped for key, stopped in found if stopped is not None}


def parents_of(history: RunHistory) -> dict[SubmissionKey, tuple[SubmissionKey, ...]]:
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


def build_timeline(history: RunHistory, parents: Parents, stops: Mapping[SubmissionKey, float]) -> tuple[Attempt, ...]:
    """Return every attempt of a run, in the order of the plan; each job of the plan has one at least.

    Args:
        history: The run.
        parents: ``parents_of`` it.
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
    if execution is None or record.state not in ENDED_ON_SERVICE:
        yield _unfinished(one, done, as_of, has_parents=has_parents)
        return
    recorded = execution.attempts or (_whole(record),)
    since, waits_for_parents = execution.created_at, True
    for number, attempt in enumerate(recorded, 1):
        yield Attempt(
            job=one.job,
            submission=record.submission,
            attempt=number if execution.attempts or attempt.started_at is not None else None,
            state=record.state,
            outcome=_outcome(record.state) if number == len(recorded) else "failed",
            record=record,
            is_last=number == len(recorded),
            created_at=execution.created_at,
            parents_done_at=done,
            starting_seen_at=_starting_seen(one, since, attempt),
            started_at=attempt.started_at,
            stopped_at=attempt.stopped_at,
            intervals=tuple(
                _intervals(one, attempt, since, done, unknown=waits_for_parents and has_parents and done is None)
            ),
            exit_code=attempt.exit_code,
            reason=attempt.reason,
            log=attempt.log,
            instance=attempt.instance,
        )
        since, waits_for_parents = attempt.stopped_at, False


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


def _intervals(
    one: Submission, attempt: JobAttempt, since: float | None, done: float | None, *, unknown: bool
) -> Iterator[Interval]:
    """Yield what an attempt did: it waited, since it was created or since the attempt before it ended, and ran."""
    until = attempt.stopped_at if attempt.started_at is None else attempt.started_at
    if since is not None and until is not None:
        if unknown:
            yield from _interval(Phase.WAITING, since, until)
        else:
            ready = min(until, max(since, done or since))
            starting = _starting_seen(one, ready, attempt) or until
            yield from _interval(Phase.PARENTS, since, ready)
            yield from _interval(Phase.CAPACITY, ready, starting)
            yield from _interval(Phase.STARTING, starting, until)
    if attempt.started_at is not None and attempt.stopped_at is not None:
        yield from _interval(Phase.RUNNING, attempt.started_at, attempt.stopped_at)


def _interval(phase: Phase, start: float, stop: float, *, is_open: bool = False) -> Iterator[Interval]:
    """Yield an interval, if it is one: what ran for less than a millisecond has run, too."""
    if start < stop or (start == stop and phase is Phase.RUNNING):
        yield Interval(phase=phase, start=start, stop=stop, is_open=is_open)


def _starting_seen(one: Submission, since: float | None, attempt: JobAttempt) -> float | None:
    """Return when a follower saw an attempt STARTING: after it could start, and before it ran or ended."""
    until = attempt.stopped_at if attempt.started_at is None else attempt.started_at
    if since is None or until is None:
        return None
    return _first_seen(one, JobState.STARTING, since, until)


def _first_seen(one: Submission, state: JobState, since: float, until: float) -> float | None:
    return next((seen.at for seen in one.seen if seen.state is state and since < seen.at < until), None)


def _unfinished(one: Submission, done: float | None, as_of: float, *, has_parents: bool) -> Attempt:
    """Return a submission that has not ended, or of which no times are recorded."""
    state, last = one.record.state, one.seen[-1] if one.seen else None
    running = last.at if last and last.state is state is JobState.RUNNING else None
    sent = _sent_at(one.record)
    known = done is not None or not has_parents
    intervals: list[Interval] = []
    if running is not None:
        if sent is not None and known:
            intervals += _until_seen_running(one, sent, done, running)
        intervals += _interval(Phase.RUNNING, running, as_of, is_open=True)
    elif sent is not None and state in _WAITING_ON_SERVICE:
        intervals += _still_waiting(one, sent, done, as_of, known=known)
    return Attempt(
        job=one.job,
        submission=one.record.submission,
        attempt=None,
        state=state,
        record=one.record,
        parents_done_at=None if state is JobState.NOT_RUN else done,
        running_seen_at=running,
        intervals=tuple(intervals),
    )


def _until_seen_running(one: Submission, sent: float, done: float | None, running: float) -> Iterator[Interval]:
    """Yield what a job that runs did before, as far as a follower saw it: when its container started is told later."""
    ready = min(running, max(sent, done or sent))
    yield from _interval(Phase.PARENTS, sent, ready)
    starting = _first_seen(one, JobState.STARTING, ready, running)
    if starting is not None:
        yield from _interval(Phase.CAPACITY, ready, starting)
        yield from _interval(Phase.STARTING, starting, running)


def _still_waiting(
    one: Submission, sent: float, done: float | None, as_of: float, *, known: bool
) -> Iterator[Interval]:
    """Yield for what a job waits, and waited; ``known`` if it is known when the last of its parents ended."""
    if not known:
        # AWS Batch calls a job PENDING while its parents have not ended, and nothing else so.
        phase = Phase.PARENTS if one.record.state is JobState.PENDING else Phase.WAITING
        yield from _interval(phase, sent, as_of, is_open=True)
        return
    ready = min(as_of, max(sent, done or sent))
    yield from _interval(Phase.PARENTS, sent, ready)
    starting = _first_seen(one, JobState.STARTING, ready, as_of) if one.record.state is JobState.STARTING else None
    yield from _interval(Phase.CAPACITY, ready, starting or as_of, is_open=starting is None)
    if starting is not None:
        yield from _interval(Phase.STARTING, starting, as_of, is_open=True)
