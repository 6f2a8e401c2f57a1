"""How many jobs are submitted now: as fast as the service takes them, and no more at once than was asked for."""

from kedro_batch.submitter.context import RunContext
from kedro_batch.submitter.events import Notice, NoticeKind
from kedro_batch.submitter.service.call_pool import Lane, Reply
from kedro_batch.submitter.service.limits import WAVE_S
from kedro_batch.submitter.service.rate_limit import SubmitRate

_WAVE = 100
"""How many intents share one commit at most."""


class SubmitPace:
    """The pace of the submissions of a run."""

    def __init__(self, context: RunContext) -> None:
        """Begin at the rate that was asked for, or near the service's limit."""
        self._context = context
        self._rate = SubmitRate(context.calls.now(), context.submit_rate)
        self._throttled = False

    def may_send(self, now: float) -> bool:
        """Take leave to send one job now; False if it has to wait."""
        return self._context.calls.free(Lane.SUBMIT) > 0 and self._rate.try_acquire(now)

    def next_at(self, now: float) -> float:
        """Return when a job may be sent, apart from replies."""
        if not self._context.calls.free(Lane.SUBMIT):
            return float("inf")
        return max(self._context.backoff.retry_at(Lane.SUBMIT), now + self._rate.wait_s(now))

    def room(self, now: float, *, unfinished: int) -> int:
        """Return how many intents may be written now. Parents come first, so those that are let go on can end."""
        wave = int(max(1, min(_WAVE, self._rate.rate(now) * WAVE_S)))
        most = self._context.options.max_unfinished
        return wave if most is None else min(wave, most - unfinished)

    def on_throttled(self, reply: Reply, now: float) -> None:
        """Slow down after a submission was throttled; say so once."""
        if self._rate.on_throttled(reply.sent_at, now) and not self._throttled:
            self._throttled = True
            message = f"AWS Batch takes fewer than {self._rate.ceiling:.0f} submissions a second: slowing down"
            self._context.emit(Notice(kind=NoticeKind.THROTTLED, message=message))
