"""Show logs as they grow, until their jobs have ended and nothing more comes, or once.

What is followed comes in as ``RunLogs``: which logs there are, and how each one is read (``batch_logs``,
``local_logs``). What is new in them goes out, log by log. Nothing is submitted, locked or recorded.

The end of a log is not to be seen: its last lines may come after its job has ended. So the log of a job that has just
ended is read from its last seconds on again, as often as ``failed_logs`` looks for the end of one.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from kedro_batch.errors import Fault, ServiceError
from kedro_batch.submitter.log_places import LogPlace
from kedro_batch.submitter.service.limits import LOG_SETTLED_S
from kedro_batch.submitter.service.log_cursor import LogEvent

_LIVE_S = 10.0
"""A line that is no older was written just now: whoever reads it has caught up."""
_OF_ONE_LOG = frozenset({Fault.DENIED, Fault.REFUSED})
"""What keeps one log from being read, and no other."""


class Log(Protocol):
    """One log that is read."""

    @property
    def at_end(self) -> bool:
        """True if all that can be seen of it was read."""

    @property
    def idle(self) -> bool:
        """True if there may be more, but not at once."""

    @property
    def newest_at(self) -> float:
        """When its newest line was written, in seconds since the epoch."""

    @property
    def problem(self) -> str | None:
        """Why nothing can be read; None if it is only empty."""

    def read(self) -> Sequence[LogEvent]:
        """Return the next part of it: nothing if there is nothing new.

        Raises:
            ServiceError: It cannot be read.
        """

    def begin_again(self) -> None:
        """Look for lines that have come late among those that were read last."""

    def end(self) -> None:
        """Learn that it grows no more, but for what comes late."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogAtWork:
    """A log that is to be shown, and its job.

    Attributes:
        place: Where it is.
        ended: Its attempt has ended.
        ended_at: When that ended, in seconds since the epoch; None if that is not known.
    """

    place: LogPlace
    ended: bool
    ended_at: float | None = None


class RunLogs(Protocol):
    """The logs of a run."""

    @property
    def over(self) -> bool:
        """True if no further log will come, and no attempt goes on."""

    def look(self) -> Iterable[LogAtWork]:
        """Look which logs there are now, those of before among them, but for those that were left."""

    def open(self, place: LogPlace) -> Log:
        """Begin to read a log."""

    def leave(self, place: LogPlace) -> None:
        """Learn that nothing more is read of a log: ``look`` does not return it any more."""


class Clock(Protocol):
    """Time, and waiting."""

    def now(self) -> float:
        """Return seconds on a clock that only goes forward."""

    def wall(self) -> float:
        """Return seconds since the epoch."""

    def pause(self, seconds: float) -> None:
        """Wait so long; raises ``Interrupted`` if a signal comes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowPace:
    """How often is looked, in seconds.

    Attributes:
        jobs_s: Which logs there are.
        look_s: Whether a log that was read to its end has more.
        sweep_s: For lines of a log that have come late; None where none can.
        again_s: After a job has ended: when its log is read again, counted from when that was noticed.
        from_end: Counted from its end instead.
        empty_s: When, too, if nothing of it was seen by then.
    """

    jobs_s: float
    look_s: float
    sweep_s: float | None = None
    again_s: tuple[float, ...] = ()
    from_end: bool = False
    empty_s: tuple[float, ...] = ()


Show = Callable[[LogPlace, Sequence[LogEvent]], None]
Tell = Callable[[LogPlace, str], None]


class _Followed:
    """A log that is being shown."""

    def __init__(self, place: LogPlace, log: Log, pace: FollowPace, now: float) -> None:
        self.place = place
        self.log = log
        self.due = now
        self.done = False
        self.empty = True
        self._pace = pace
        self._swept_at = now
        self._ends: list[float] | None = None
        """With a job that has ended: when its log is read once more."""
        self._ends_empty: list[float] = []
        """When, too, if there is nothing in it."""

    def end(self, now: float, ago_s: float | None) -> None:
        """Learn that its attempt has ended, so long ago if that is known: more may come if it was just now."""
        if self._ends is None:
            waited_s = max(0.0, ago_s or 0.0) if self._pace.from_end else 0.0
            settled = ago_s is not None and ago_s > LOG_SETTLED_S
            self._ends, self._ends_empty = (
                [] if settled else [now + one - waited_s for one in some if one > waited_s]
                for some in (self._pace.again_s, self._pace.empty_s)
            )
            self.due = now
            self.log.end()

    def read(self, now: float, wall: float) -> Sequence[LogEvent]:
        """Return the next part, and choose when to read on."""
        events = self.log.read()
        self.empty &= not events
        if self._ends is not None:
            if self.log.at_end:
                self._after_the_end(now)
        elif self.log.idle and not self.log.at_end:
            self.due = now + self._pace.look_s
        elif self.log.at_end or self.log.newest_at > wall - _LIVE_S:
            self.due = now + self._pace.look_s
            if self._pace.sweep_s is not None and now - self._swept_at >= self._pace.sweep_s:
                self._swept_at = now
                self.log.begin_again()
        return events

    def _after_the_end(self, now: float) -> None:
        """Read once more when it is time for that; or else it is done."""
        dues = self._ends or (self._ends_empty if self.empty else [])
        if not dues:
            self.done = True
            return
        self.due = max(now, dues.pop(0))
        self.log.begin_again()


def follow_logs(run: RunLogs, show: Show, tell: Tell, clock: Clock, pace: FollowPace) -> tuple[ServiceError, ...]:
    """Show all logs of a run until they have ended; return why some could not be read.

    Args:
        run: The logs.
        show: Receives what is new in a log.
        tell: Receives why there is nothing in a log that has ended.
        clock: The time.
        pace: How often is looked.

    Raises:
        ServiceError: The service does not answer, or refuses all.
        Interrupted: A signal came.
    """
    logs: dict[LogPlace, _Followed] = {}
    errors: dict[str, ServiceError] = {}
    look_at = clock.now()
    while True:
        if not run.over and clock.now() >= look_at:
            _look(run, logs, clock, pace)
            look_at = clock.now() + pace.jobs_s
        for log in [one for one in logs.values() if one.due <= clock.now()]:
            if error := _read(log, show, tell, clock):
                errors.setdefault(str(error), error)
            if log.done:  # a run may have thousands: what was read to its end takes no memory
                del logs[log.place]
                run.leave(log.place)
        if run.over and not logs:
            return tuple(errors.values())
        dues = [*(one.due for one in logs.values()), *([] if run.over else [look_at])]
        clock.pause(max(0.0, min(dues) - clock.now()))


def _look(run: RunLogs, logs: dict[LogPlace, _Followed], clock: Clock, pace: FollowPace) -> None:
    """Look which logs there are, and which have ended."""
    for one in run.look():
        if one.place not in logs:
            logs[one.place] = _Followed(one.place, run.open(one.place), pace, clock.now())
        if one.ended:
            logs[one.place].end(clock.now(), None if one.ended_at is None else clock.wall() - one.ended_at)


def _read(log: _Followed, show: Show, tell: Tell, clock: Clock) -> ServiceError | None:
    """Show the next part of a log; return why it cannot be read, if no other log suffers from that."""
    try:
        if events := log.read(clock.now(), clock.wall()):
            show(log.place, events)
    except ServiceError as error:
        if error.fault not in _OF_ONE_LOG:
            raise
        log.done = True
        return error
    if log.done and log.empty:
        tell(log.place, log.log.problem or "its log is empty")
    return None


class OneLook:
    """The logs of one job as they are now, also if it goes on. ``RunLogs``."""

    def __init__(self, logs: Iterable[LogAtWork], reader: Callable[[LogPlace], Log]) -> None:
        """Look at these logs, with what reads one."""
        self._logs = tuple(logs)
        self.over = False
        self.open = reader

    def look(self) -> Iterable[LogAtWork]:
        """Return the logs as if they had ended: those that go on, or ended nobody knows when, long ago."""
        self.over = True
        return [replace(one, ended=True, ended_at=one.ended_at or 0.0) for one in self._logs]

    def leave(self, place: LogPlace) -> None:
        """Do nothing: there is no other look."""
