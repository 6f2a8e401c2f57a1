"""Jobs that the service does not know any more: since when, and when they are judged. Pure but for its state.

A service that has forgotten one job may have forgotten hundreds, also those that nobody asks about yet because they
wait for others. So all live jobs are asked about, twice, and then judged together, not one after another. Times are in
seconds on a clock that only goes forward.
"""

import math
from collections.abc import Iterable

from kedro_batch.plan.model import JobName

_BETWEEN_SWEEPS = 0.5
"""The time between two sweeps over all live jobs, as a part of the time until a missing job is looked up."""
_CONFIRMED = 0.25
"""How long a job has to be missing to be judged with others: at least as long as a new one may be invisible."""


class MissingJobs:
    """The jobs that were asked about, and are not known."""

    def __init__(self, until_lookup_s: float) -> None:
        """Begin with none; a job that is missing for so long is looked up by its name."""
        self._until_lookup_s = until_lookup_s
        self._since: dict[JobName, float] = {}
        self._swept_at = -math.inf

    def add(self, job: JobName, now: float) -> float:
        """Record that a job is missing; return since how many seconds."""
        return now - self._since.setdefault(job, now)

    def discard(self, job: JobName) -> None:
        """Record that a job is known, or is not followed any more."""
        self._since.pop(job, None)

    def begin_sweep(self, now: float) -> bool:
        """True if all live jobs are to be asked about now: some job is missing for a while, and the last time is past.

        It counts as begun.
        """
        pause_s = self._until_lookup_s * _BETWEEN_SWEEPS
        due = any(now - since >= pause_s for since in self._since.values()) and now - self._swept_at >= pause_s
        if due:
            self._swept_at = now
        return due

    def to_judge(self, live: Iterable[JobName], now: float) -> tuple[JobName, ...]:
        """Return the jobs to be looked up by their names after a sweep; none before one is missing for long enough.

        Args:
            live: All live jobs, parents first.
            now: The time.
        """
        if not any(now - since >= self._until_lookup_s for since in self._since.values()):
            return ()
        confirmed_s = self._until_lookup_s * _CONFIRMED
        return tuple(job for job in live if now - self._since.get(job, math.inf) >= confirmed_s)
