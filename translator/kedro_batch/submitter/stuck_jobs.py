"""Jobs that are RUNNABLE for long: since when, and when that is said. Pure but for its state; times are in seconds."""

from kedro_batch.plan.model import JobName
from kedro_batch.submitter.stuck_advice import stuck_advice

_NOTICES_APART = 6
"""After how many times ``until_stuck_s`` a queue and a reason are shown again."""


class StuckJobs:
    """The jobs that wait for a machine."""

    def __init__(self, until_stuck_s: float) -> None:
        """Begin with none; a job that is RUNNABLE for so long is judged stuck."""
        self._until_stuck_s = until_stuck_s
        self._since: dict[JobName, float] = {}
        self._shown_at: dict[tuple[str, str], float] = {}

    def discard(self, job: JobName) -> None:
        """Record that a job is not RUNNABLE."""
        self._since.pop(job, None)

    def judge(self, job: JobName, queue: str, reason: str, now: float, *, others_at_work: bool) -> str | None:
        """Record that a job is RUNNABLE; return what is to be said about it, if it is stuck.

        Args:
            job: The job.
            queue: Its queue.
            reason: What the service says about it, in one line; empty if nothing.
            now: The time.
            others_at_work: Some job is at work, so that the turn of this one may just not have come.
        """
        waited_s = now - self._since.setdefault(job, now)
        if waited_s < self._until_stuck_s or (not reason and others_at_work):
            return None
        if now - self._shown_at.get((queue, reason), float("-inf")) < _NOTICES_APART * self._until_stuck_s:
            return None
        self._shown_at[queue, reason] = now
        why = f": {reason}" if reason else ", and AWS Batch gives no reason"
        minutes = f"{waited_s / 60:.0f} min"
        return f"{job} has been RUNNABLE in {queue} for {minutes}{why}. {stuck_advice(reason or None)}"
