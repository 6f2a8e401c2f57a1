"""Whom to ask about next, and when: pure but for its state. Time is given with every call, in seconds.

A look asks about the jobs at work and about the head of the queue, a hundred in a call; jobs that stand far
back in a queue cannot have started. Now and then one sweep goes over every live job, so that nothing stays
unseen for long, whatever happened on the other side.
"""

import random
from collections.abc import Iterable
from itertools import islice

from kedro_batch.plan.model import JobName

CHUNK = 100
"""DescribeJobs takes at most 100 ids (botocore's service model)."""

_HEAD = 100
"""So many of the jobs that wait for capacity are asked about at every look."""
_SHORTEST_S = 1.0
_LONGEST_S = 30.0
_PART_OF_QUIET = 0.1
"""While nothing moves, the next look comes after this part of the time since something did: what happens then is
seen late by a tenth of the time it took, and by 30 s at most."""
_JITTER = 0.1
_SWEEP_EVERY_S = 300.0


class PollSchedule:
    """The live jobs, by how soon they can change: those at work, then the heads of their queues."""

    def __init__(self, now: float, *, shortest_s: float = _SHORTEST_S, seed: int | None = None) -> None:
        """Begin with nobody to ask about; the first look is due at once.

        Args:
            now: The time.
            shortest_s: Between two looks while something moves.
            seed: Of the jitter; None for one of its own.
        """
        self._at_work: dict[JobName, None] = {}
        self._queued: dict[JobName, str] = {}
        self._queues: dict[str, dict[JobName, None]] = {}
        self._shortest_s = shortest_s
        self._random = random.Random(seed)  # noqa: S311  spreads calls, keeps no secret
        self._moved_at = now
        self.due = now
        self._sweep: list[JobName] = []
        self._swept_at = now

    def enter(self, job: JobName, queue: str, *, at_work: bool) -> None:
        """Ask about a job from now on, as one that waits for capacity in its queue or as one at work."""
        self.leave(job)
        if at_work:
            self._at_work[job] = None
        else:
            self._queued[job] = queue
            self._queues.setdefault(queue, {})[job] = None

    def leave(self, job: JobName) -> None:
        """Ask about a job no more."""
        self._at_work.pop(job, None)
        if (queue := self._queued.pop(job, None)) is not None:
            del self._queues[queue][job]

    @property
    def any_at_work(self) -> bool:
        """Some job is starting or running, as far as was seen."""
        return bool(self._at_work)

    def look(self, now: float, live: Iterable[JobName]) -> list[tuple[JobName, ...]]:
        """Choose whom to ask about in one look, in calls of at most 100.

        Args:
            now: The time.
            live: All live jobs, for the sweep; read only when one begins.
        """
        heads = (job for queue in self._queues.values() for job in islice(queue, _HEAD))
        chosen: dict[JobName, None] = dict.fromkeys([*self._at_work, *heads])
        if not self._sweep and now - self._swept_at >= _SWEEP_EVERY_S:
            self._swept_at = now
            self._sweep = list(live)
        room = -len(chosen) % CHUNK + (CHUNK if self._sweep else 0)
        while self._sweep and room:
            name = self._sweep.pop()
            room -= name not in chosen
            chosen.setdefault(name)
        further = (job for queue in self._queues.values() for job in islice(queue, _HEAD, _HEAD + room))
        for name in islice(further, room):
            chosen.setdefault(name)
        names = list(chosen)
        return [tuple(names[start : start + CHUNK]) for start in range(0, len(names), CHUNK)]

    def looked(self, now: float, *, moved: bool) -> None:
        """Take note of a look's end, and choose when the next one is due."""
        if moved:
            self._moved_at = now
        quiet_s = (now - self._moved_at) * _PART_OF_QUIET
        interval_s = min(_LONGEST_S, max(self._shortest_s, quiet_s))
        self.due = now + interval_s * self._random.uniform(1 - _JITTER, 1 + _JITTER)

    def poll_now(self, now: float) -> None:
        """Look at once: something has happened."""
        self.due = min(self.due, now)
        self._moved_at = now
