"""What an attempt did, as intervals: it waited for its parents, for a machine and its container, and it ran. Pure.

Times of the service bound the intervals, and what nobody recorded is in none. Waiting for a machine and starting are
told apart only where a follower saw the job STARTING: the moment that counts is when it saw it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from kedro_batch.submitter.job_execution import JobAttempt
from kedro_batch.submitter.job_state import LIVE, MAYBE_SUBMITTED, JobState
from kedro_batch.submitter.run_history import Submission

_WAITING = LIVE - {JobState.RUNNING, JobState.UNKNOWN} | MAYBE_SUBMITTED
"""It has not started, as far as is known."""


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


def intervals_of(
    one: Submission, attempt: JobAttempt, since: float | None, done: float | None, *, unknown: bool
) -> Iterator[Interval]:
    """Yield what an attempt did: it waited, since it was created or since the attempt before it ended, and ran."""
    until = attempt.stopped_at if attempt.started_at is None else attempt.started_at
    if since is not None and until is not None:
        if unknown:
            yield from _interval(Phase.WAITING, since, until)
        else:
            ready = min(until, max(since, done or since))
            starting = _first_seen(one, JobState.STARTING, ready, until) or until
            yield from _interval(Phase.PARENTS, since, ready)
            yield from _interval(Phase.CAPACITY, ready, starting)
            yield from _interval(Phase.STARTING, starting, until)
    if attempt.started_at is not None and attempt.stopped_at is not None:
        yield from _interval(Phase.RUNNING, attempt.started_at, attempt.stopped_at)


def _interval(phase: Phase, start: float, stop: float, *, is_open: bool = False) -> Iterator[Interval]:
    """Yield an interval, if it is one: what ran for less than a millisecond has run, too."""
    if start < stop or (start == stop and phase is Phase.RUNNING):
        yield Interval(phase=phase, start=start, stop=stop, is_open=is_open)


def _first_seen(one: Submission, state: JobState, since: float, until: float) -> float | None:
    return next((seen.at for seen in one.seen if seen.state is state and since < seen.at < until), None)


def running_seen(one: Submission) -> float | None:
    """Return since when a submission that has not ended was seen to run; None if it does not."""
    last = one.seen[-1] if one.seen else None
    return last.at if last and last.state is one.record.state is JobState.RUNNING else None


def intervals_until(
    one: Submission, sent: float | None, done: float | None, as_of: float, *, unknown: bool
) -> Iterator[Interval]:
    """Yield what a submission that has not ended did until now.

    Args:
        one: The submission.
        sent: When it was sent.
        done: When the last of its parents ended.
        as_of: Now: when something was recorded of the run last.
        unknown: It has parents, and it is not known when the last of them ended.
    """
    if (running := running_seen(one)) is not None:
        if sent is not None and not unknown:
            yield from _until_seen_running(one, sent, done, running)
        yield from _interval(Phase.RUNNING, running, as_of, is_open=True)
    elif sent is None or one.record.state not in _WAITING:
        return
    elif unknown:
        # AWS Batch calls a job PENDING while its parents have not ended, and nothing else so.
        phase = Phase.PARENTS if one.record.state is JobState.PENDING else Phase.WAITING
        yield from _interval(phase, sent, as_of, is_open=True)
    else:
        yield from _still_waiting(one, sent, done, as_of)


def interval_running(started: float, as_of: float) -> Iterator[Interval]:
    """Yield that an attempt runs which has not ended, where the service tells since when."""
    yield from _interval(Phase.RUNNING, min(started, as_of), as_of, is_open=True)


def _until_seen_running(one: Submission, sent: float, done: float | None, running: float) -> Iterator[Interval]:
    """Yield what a job that runs did before, as far as a follower saw it: when its container started is told later."""
    ready = min(running, max(sent, done or sent))
    yield from _interval(Phase.PARENTS, sent, ready)
    starting = _first_seen(one, JobState.STARTING, ready, running)
    if starting is not None:
        yield from _interval(Phase.CAPACITY, ready, starting)
        yield from _interval(Phase.STARTING, starting, running)


def _still_waiting(one: Submission, sent: float, done: float | None, as_of: float) -> Iterator[Interval]:
    ready = min(as_of, max(sent, done or sent))
    yield from _interval(Phase.PARENTS, sent, ready)
    starting = _first_seen(one, JobState.STARTING, ready, as_of) if one.record.state is JobState.STARTING else None
    yield from _interval(Phase.CAPACITY, ready, starting or as_of, is_open=starting is None)
    if starting is not None:
        yield from _interval(Phase.STARTING, starting, as_of, is_open=True)
