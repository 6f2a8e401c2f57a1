"""What to do while the service cannot be reached or the credentials have expired: wait, say so, go on.

The jobs on AWS Batch are unharmed meanwhile.
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
    """One kind of calls that fails: since when, and how long the next pause is."""

    since: float
    delay_s: float = _FIRST_S
    retry_at: float = -math.inf
    told: bool = False


class Backoff:
    """Waits longer and longer between two tries, up to a limit in all, for each kind of calls."""

    def __init__(self, engine: Engine, emit: Sink, limit_s: float) -> None:
        """Begin without trouble.

        Args:
            engine: Is asked for new credentials when those of before have expired.
            emit: Is told when trouble begins, and when it is over.
            limit_s: How long trouble may last.
        """
        self._engine = engine
        self._emit = emit
        self._limit_s = limit_s
        self._troubles: dict[Lane, _Trouble] = {}

    def retry_at(self, lane: Lane) -> float:
        """Give the time from which on a kind of calls may be tried; long past where there is no trouble."""
        return self._troubles[lane].retry_at if lane in self._troubles else -math.inf

    def failed(self, lane: Lane, error: ServiceError, now: float) -> None:
        """Take note that a call failed, and choose when to try its kind again.

        Raises:
            ServiceError: Waiting will not mend it, or it has lasted too long.
        """
        if not error.passing:
            raise error
        trouble = self._troubles.setdefault(lane, _Trouble(now))
        if now - trouble.since > self._limit_s:
            raise ServiceError(f"{error}; this has lasted for {duration(now - trouble.since)}", fault=error.fault)
        if error.fault is not Fault.THROTTLED and not trouble.told:
            if not self._told:
                limit = duration(self._limit_s)
                message = f"{error}. Trying again for up to {limit}; jobs on AWS Batch go on meanwhile"
                self._emit(Notice(kind=NoticeKind.TROUBLE, message=message))
            trouble.told = True
        if now >= trouble.retry_at:  # several calls that fail together are one failure
            trouble.retry_at = now + trouble.delay_s
            trouble.delay_s = min(_LONGEST_S, trouble.delay_s * 2)
            if error.fault is Fault.CREDENTIALS:
                self._engine.renew()

    def worked(self, lane: Lane) -> None:
        """Take note that a call went well."""
        told = self._told
        self._troubles.pop(lane, None)
        if told and not self._told:
            self._emit(Notice(kind=NoticeKind.RECOVERED, message="AWS Batch answers again"))

    @property
    def _told(self) -> bool:
        return any(trouble.told for trouble in self._troubles.values())
