"""Wait longer and longer while the service cannot be reached or the credentials have expired, up to a deadline.

The jobs on AWS Batch go on meanwhile.
"""

import math
from dataclasses import dataclass

from kedro_batch.errors import Fault, ServiceError
from kedro_batch.submitter.events import Notice, NoticeKind, Sink
from kedro_batch.submitter.service.api import Engine
from kedro_batch.submitter.service.call_pool import Lane
from kedro_batch.text.wording import duration

_FIRST_S, _LONGEST_S = 1.0, 30.0


@dataclass(slots=True)
class _Trouble:
    """A lane whose calls fail: since when, and how long the next pause is."""

    since: float
    delay_s: float = _FIRST_S
    retry_at: float = -math.inf
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
        self.jobs_go_on = False
        """True if the run may have jobs on the service."""
        self.command = ""
        """The command that takes the run up again."""

    def retry_at(self, lane: Lane) -> float:
        """Return the time from which calls of a lane may be tried; minus infinity where there is no trouble."""
        return self._troubles[lane].retry_at if lane in self._troubles else -math.inf

    def on_failure(self, lane: Lane, error: ServiceError, now: float, *, quiet: bool = False) -> None:
        """Record that a call failed, and choose when its lane is tried again; ``quiet`` if the caller tells it.

        Raises:
            ServiceError: Waiting does not help, or the deadline has passed.
        """
        if not error.passing:
            raise error
        trouble = self._troubles.setdefault(lane, _Trouble(now))
        if now - trouble.since > self.limit_s:
            raise ServiceError(f"{error}; this has lasted for {duration(now - trouble.since)}", fault=error.fault)
        if now >= trouble.retry_at and error.fault is Fault.CREDENTIALS and self._renewed_here(error):
            trouble.retry_at = now
            return
        if not (quiet or trouble.shown or error.fault is Fault.THROTTLED):
            if not self._shown:
                limit = duration(self.limit_s)
                meanwhile = "; jobs on AWS Batch go on meanwhile" if self.jobs_go_on else ""
                message = f"{error}. Trying again for up to {limit}{meanwhile}"
                self._emit(Notice(kind=NoticeKind.TROUBLE, message=message))
            trouble.shown = True
        if now >= trouble.retry_at:  # several calls that fail together are one failure
            trouble.retry_at = now + trouble.delay_s
            trouble.delay_s = min(_LONGEST_S, trouble.delay_s * 2)
            if error.fault is Fault.CREDENTIALS:
                self._engine.renew()

    def _renewed_here(self, error: ServiceError) -> bool:
        try:
            return self._engine.renew_here(error)
        except ServiceError as refused:
            then = f". Then: {self.command}. Jobs on AWS Batch go on meanwhile" if self.jobs_go_on else ""
            remedy = f"{refused.remedy}{then}"
            raise ServiceError(refused.problem, fault=refused.fault, remedy=remedy) from error

    def on_success(self, lane: Lane) -> None:
        """Record that a call succeeded."""
        shown = self._shown
        self._troubles.pop(lane, None)
        if shown and not self._shown:
            self._emit(Notice(kind=NoticeKind.RECOVERED, message="AWS Batch answers again"))

    @property
    def _shown(self) -> bool:
        return any(trouble.shown for trouble in self._troubles.values())
