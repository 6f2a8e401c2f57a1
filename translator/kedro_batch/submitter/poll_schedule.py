"""Which jobs to ask about next, and when. Pure but for its state; every call is given the time, in seconds.

A poll asks about the jobs at work and about the head of each queue, a hundred in a call; jobs far back in a queue
cannot have started. Every five minutes a resync also goes over every live job, so that nothing stays unseen for long.
"""

import random
from collections.abc import Iterable, Sequence
from itertools import islice

from kedro_batch.plan.model import JobName
from kedro_batch.submitter.service.limits import DESCRIBE_JOBS

_HEAD = 100
"""How many of the jobs that wait for capacity in a queue each poll asks about."""
_SHORTEST_S = 1.0
_LONGEST_S = 30.0
_PART_OF_QUIET = 0.1
"""The interval between polls, as a part of the time since the last change: a change is noticed at most 10 % late,
and at most 30 s late."""
_JITTER = 0.1
_RESYNC_EVERY_S = 300.0


class PollSchedule:
    """The jobs on the frontier, by how soon they can change: those at work, then the heads of their queues."""

    def __init__(self, now: float, *, shortest_s: float = _SHORTEST_S, seed: int | None = None) -> None:
        """Begin with no job; the first poll is due at once.

        Args:
            now: The time.
            shortest_s: Between two polls while jobs change.
            seed: Of the jitter; None for a random one.
        """
        self._at_work: dict[JobName, None] = {}
        self._queued: dict[JobName, str] = {}
        self._queues: dict[str, dict[JobName, None]] = {}
        self._shortest_s = shortest_s
        self._random = random.Random(seed)  # noqa: S311  spreads calls, keeps no secret
        self._changed_at = now
        self.due = now
        self._resync: list[JobName] = []
        self._resynced_at = now

    def enter(self, job: JobName, queue: str, *, at_work: bool) -> None:
        """Ask about a job from now on: one that waits for capacity in its queue, or one at work."""
        self.leave(job)
        if at_work:
            self._at_work[job] = None
        else:
            self._queued[job] = queue
            self._queues.setdefault(queue, {})[job] = None

    def leave(self, job: JobName) -> None:
        """Stop asking about a job."""
        self._at_work.pop(job, None)
        if (queue := self._queued.pop(job, None)) is not None:
            del self._queues[queue][job]

    @property
    def any_at_work(self) -> bool:
        """True if some job is starting or running, as far as was seen."""
        return bool(self._at_work)

    def poll(self, now: float, live: Iterable[JobName]) -> list[tuple[JobName, ...]]:
        """Return the jobs to ask about in one poll, in calls of at most 100.

        Args:
            now: The time.
            live: All live jobs, for a resync; read only when one begins.
        """
        heads = (job for queue in self._queues.values() for job in islice(queue, _HEAD))
        chosen: dict[JobName, None] = dict.fromkeys([*self._at_work, *heads])
        if not self._resync and now - self._resynced_at >= _RESYNC_EVERY_S:
            self._resynced_at = now
            self._resync = list(live)
        room = -len(chosen) % DESCRIBE_JOBS + (DESCRIBE_JOBS if self._resync else 0)
        while self._resync and room:
            name = self._resync.pop()
            room -= name not in chosen
            chosen.setdefault(name)
        further = (job for queue in self._queues.values() for job in islice(queue, _HEAD, _HEAD + room))
        for name in islice(further, room):
            chosen.setdefault(name)
        return in_calls(tuple(chosen))

    def polled(self, now: float, *, changed: bool) -> None:
        """Record that a poll is complete, and choose when the next one is due."""
        if changed:
            self._changed_at = now
        quiet_s = (now - self._changed_at) * _PART_OF_QUIET
        interval_s = min(_LONGEST_S, max(self._shortest_s, quiet_s))
        self.due = now + interval_s * self._random.uniform(1 - _JITTER, 1 + _JITTER)

    def poll_now(self, now: float) -> None:
        """Poll at once: something has happened."""
        self.due = min(self.due, now)
        self._changed_at = now


def in_calls(jobs: Sequence[JobName]) -> list[tuple[JobName, ...]]:
    """Part jobs into calls of DescribeJobs."""
    return [tuple(jobs[start : start + DESCRIBE_JOBS]) for start in range(0, len(jobs), DESCRIBE_JOBS)]
