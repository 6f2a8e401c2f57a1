"""What to do while the service cannot be reached or the credentials have expired: wait, say so, go on.

The jobs on AWS Batch are unharmed meanwhile.
"""

from kedro_batch.errors import Fault, ServiceError
from kedro_batch.submitter.engine import Engine
from kedro_batch.submitter.events import Notice, NoticeKind, Sink
from kedro_batch.words import duration

_FIRST_S, _LONGEST_S = 1.0, 30.0


class Patience:
    """Waits longer and longer between two tries, up to a limit in all."""

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
        self._since: float | None = None
        self._told = False
        self._delay_s = _FIRST_S
        self.retry_at = float("-inf")

    def failed(self, error: ServiceError, now: float) -> None:
        """Take note that a call failed, and choose when to try again: ``retry_at``.

        Raises:
            ServiceError: Waiting will not mend it, or it has lasted too long.
        """
        if not error.passing:
            raise error
        if self._since is None:
            self._since, self._delay_s = now, _FIRST_S
        elif now - self._since > self._limit_s:
            raise ServiceError(f"{error}; this has lasted for {duration(now - self._since)}", fault=error.fault)
        if error.fault is not Fault.THROTTLED and not self._told:
            self._told = True
            what = f"{error}. Trying again for up to {duration(self._limit_s)}; jobs on AWS Batch go on meanwhile"
            self._emit(Notice(kind=NoticeKind.TROUBLE, message=what))
        if now >= self.retry_at:  # several calls that fail together are one failure
            self.retry_at = now + self._delay_s
            self._delay_s = min(_LONGEST_S, self._delay_s * 2)
            if error.fault is Fault.CREDENTIALS:
                self._engine.renew()

    def worked(self) -> None:
        """Take note that a call went well."""
        if self._since is not None:
            self._since, self.retry_at = None, float("-inf")
        if self._told:
            self._told = False
            self._emit(Notice(kind=NoticeKind.RECOVERED, message="AWS Batch answers again"))
