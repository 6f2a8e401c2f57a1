"""Wait longer and longer while the service cannot be reached or the credentials have expired, up to a deadline.

The jobs on AWS Batch go on meanwhile. What is waited for is told: at once, or once it has lasted, if the service only
limits how often it is called.
"""

import math
from dataclasses import dataclass

from kedro_batch.errors import Fault, ServiceError
from kedro_batch.submitter.events import Notice, NoticeKind, Sink
from kedro_batch.submitter.service.api import Engine
from kedro_batch.submitter.service.call_pool import Lane
from kedro_batch.submitter.service.limits import LIMITED_TOLD_AFTER_S, LIMITED_TOLD_AGAIN_S
from kedro_batch.text.wording import duration

_FIRST_S, _LONGEST_S = 1.0, 30.0


@dataclass(slots=True)
class _Trouble:
    """A lane whose calls fail: since when, and how long the next pause is."""

    since: float
    delay_s: float = _FIRST_S
    retry_at: float = -math.inf
    shown: bool = False


@dataclass(slots=True)
class _Limited:
    """A lane of which no call gets through, since the service limits them."""

    what: str
    since: float
    tell_at: float
    shown: bool = False


class Backoff:
    """The pauses of each lane, which double up to half a minute, and the deadline."""

    def __init__(self, engine: Engine, emit: Sink, limit_s: float) -> None:
        """Begin without trouble.

        Args:
            engine: Looks for new credentials when the present ones have expired.
            emit: Receives a notice when trouble begins, and when it is over.
            limit_s: How long trouble may last, in seconds.
        """
        self._engine = engine
        self._emit = emit
        self.limit_s = limit_s
        self._troubles: dict[Lane, _Trouble] = {}
        self._limited: dict[Lane, _Limited] = {}
        self._remedies: set[str] = set()
        """What was said to do about the trouble that is shown."""
        self._accepted = False
        self.jobs_go_on = False
        """True if the run may have jobs on the service."""
        self.command = ""
        """What takes the run up again: a command, or words for this one."""

    def retry_at(self, lane: Lane) -> float:
        """Return the time from which calls of a lane may be tried; minus infinity where there is no trouble."""
        return self._troubles[lane].retry_at if lane in self._troubles else -math.inf

    def on_failure(self, lane: Lane, error: ServiceError, now: float, *, quiet: bool = False) -> None:
        """Record that a call failed, and choose when its lane is tried again; ``quiet`` if the caller tells it.

        Raises:
            ServiceError: Waiting does not help, or the deadline has passed.
        """
        if not error.is_worth_waiting(accepted=self._accepted):
            raise error
        trouble = self._troubles.setdefault(lane, _Trouble(now))
        if now - trouble.since > self.limit_s:
            raise ServiceError(f"{error}; this has lasted for {duration(now - trouble.since)}", fault=error.fault)
        if now >= trouble.retry_at and error.fault is Fault.CREDENTIALS and self._renewed_here(error):
            trouble.retry_at = now
            return
        if error.fault is Fault.THROTTLED:
            self.on_throttled(lane, error, now)
        else:
            self._limited.pop(lane, None)
            if not quiet:
                self._tell_trouble(error)
                trouble.shown = True
        if now >= trouble.retry_at:  # several calls that fail together are one failure
            trouble.retry_at = now + trouble.delay_s
            trouble.delay_s = min(_LONGEST_S, trouble.delay_s * 2)
            if error.fault is Fault.CREDENTIALS:
                self._renew()

    def on_throttled(self, lane: Lane, error: ServiceError, now: float) -> None:
        """Record that a call was not executed because there are too many; it is told once that has lasted."""
        what = f"{error.service} limits {error.operation or 'its calls'}"
        self._limited.setdefault(lane, _Limited(what, now, now + LIMITED_TOLD_AFTER_S)).what = what

    def _renewed_here(self, error: ServiceError) -> bool:
        try:
            return self._engine.renew_here(error)
        except ServiceError as refused:
            then = f". Then: {self.command}. Jobs on AWS Batch go on meanwhile" if self.jobs_go_on else ""
            remedy = f"{refused.remedy}{then}"
            raise ServiceError(refused.problem, fault=refused.fault, remedy=remedy) from error

    def on_success(self, lane: Lane) -> None:
        """Record that a call succeeded."""
        self._accepted = True
        shown = self._shown
        self._troubles.pop(lane, None)
        self._limited.pop(lane, None)
        if not self._trouble_shown:
            self._remedies.clear()
        if shown and not self._shown:
            self._emit(Notice(kind=NoticeKind.RECOVERED, message=f"{lane.service} answers again"))

    @property
    def tell_at(self) -> float:
        """The time at which ``tell`` has something to tell, if nothing changes until then."""
        return min((one.tell_at for one in self._limited.values()), default=math.inf)

    def tell(self, now: float) -> None:
        """Tell which calls the service has limited for long, if it is time for that."""
        for one in self._limited.values():
            if now >= one.tell_at:
                one.tell_at, one.shown = now + LIMITED_TOLD_AGAIN_S, True
                go_on = "; jobs go on" if self.jobs_go_on else ""
                message = f"{one.what}{go_on}. No call has got through for {duration(now - one.since)}: trying again"
                self._emit(Notice(kind=NoticeKind.TROUBLE, message=message))

    def _tell_trouble(self, error: ServiceError) -> None:
        """Tell what the trouble is: once, but again where there is something else to do about it than was said."""
        if self._trouble_shown and (not error.remedy or error.remedy in self._remedies):
            return
        self._remedies.add(error.remedy)
        message = f"{error}. "
        if error.fault is Fault.CREDENTIALS and error.remedy:
            message += "Do that in another terminal: this goes on by itself then. "
        message += f"Trying again for up to {duration(self.limit_s)}"
        message += "; jobs on AWS Batch go on meanwhile" if self.jobs_go_on else ""
        self._emit(Notice(kind=NoticeKind.TROUBLE, message=message))

    def _renew(self) -> None:
        """Look for new credentials; where they cannot be had yet, the present ones are kept, and tried again."""
        try:
            self._engine.renew()
        except ServiceError as error:
            # The settings were right when this began: somebody may be writing them just now.
            if not (error.passing or error.fault is Fault.SETTINGS):
                raise

    @property
    def _trouble_shown(self) -> bool:
        return any(trouble.shown for trouble in self._troubles.values())

    @property
    def _shown(self) -> bool:
        return self._trouble_shown or any(one.shown for one in self._limited.values())
