"""When a run is expected to end, from how long its jobs usually run. Pure: the same arguments give the same moment.

What is left of the run is played to its end a number of times, each time with run times drawn anew: a job begins when
its parents have ended and its queue has a slot, in the order in which jobs were submitted, as AWS Batch does it. The
middle one of these ends is expected, and those between the earliest and the latest tenth are likely. Usual times alone
would give an end that is too early: of many jobs beside each other, some always take longer than usual, and the run
waits for them.
"""

import heapq
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from random import Random
from statistics import NormalDist

from kedro_batch.plan.model import JobName
from kedro_batch.review.run.run_time_estimates import DEVIATION, RunTimeEstimate, run_time_estimates
from kedro_batch.submitter.usual_times import UsualTimes
from kedro_batch.text.times import near_time
from kedro_batch.text.wording import counted, rough_duration

_JOBS_PLAYED, _FEWEST, _MOST = 60_000, 5, 51
"""How many jobs are played in all, and how often a run is at least and at most: the larger, the less it varies."""
_OUTSIDE = 10
"""One of so many ends is earlier than what is likely, and one of so many later."""
_KNOWN_SHARE = 0.5
"""Of the jobs that are left, so many have to be known from earlier runs."""
_STANDARD = NormalDist()
_ALMOST_1 = 1 - 1e-12
_OVERDUE = 2
"""Deviations: one job in fifty takes longer."""
_TAIL = 5
"""Deviations beyond which what is left of the normal distribution is like exp(-x * x / 2), and too small for a sum."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedEnd:
    """When a run is expected to end.

    Attributes:
        at: Seconds since the epoch.
        earliest: It is later than this in nine of ten runs.
        latest: It is earlier than this in nine of ten runs.
        runs: How many earlier runs that was told from.
        slots: How many jobs run at once at most.
    """

    at: float
    earliest: float
    latest: float
    runs: int
    slots: int

    @property
    def basis(self) -> str:
        """What the estimate is made of, in words."""
        return "; ".join(self.bases)

    @property
    def bases(self) -> tuple[str, str]:
        """What the estimate is made of, in words: the earlier runs, and how many jobs run at once."""
        return counted(self.runs, "earlier run"), f"at most {counted(self.slots, 'job')} at once"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSoFar:
    """How far a run is.

    Attributes:
        ended: The jobs that nothing is awaited of any more, with their run times in seconds: None for one that has not
            succeeded, or whose time is not known.
        running: The jobs that run, with the time when each has started, in seconds since the epoch.
        as_of: When that was so: now, or when somebody has looked last.
    """

    ended: Mapping[JobName, float | None]
    running: Mapping[JobName, float]
    as_of: float


def expected_end(
    parents: Mapping[JobName, Sequence[JobName]], usual: UsualTimes | None, so_far: RunSoFar, now: float
) -> ExpectedEnd | None:
    """Return when a run is expected to end; never in the past.

    Args:
        parents: The jobs of the plan with their parents, in the order in which they are submitted.
        usual: How long they usually run; None if no earlier run tells.
        so_far: How far the run is.
        now: Seconds since the epoch.

    Returns:
        None if nothing is left, if no earlier run knows half of what is left, or if the run should have ended by now,
        as it was when somebody has looked last.
    """
    left = [job for job in parents if job not in so_far.ended]
    if usual is None or not left or sum(job in usual.times for job in left) < _KNOWN_SHARE * len(left):
        return None
    took = {job: seconds for job, seconds in so_far.ended.items() if seconds}
    estimates = run_time_estimates(left, usual.times, took)
    rest = _Rest(parents, left, usual, so_far)
    elapsed = {job: max(0.0, so_far.as_of - since) for job, since in so_far.running.items() if job in estimates.jobs}
    random = Random(1)  # noqa: S311  no secret is made of it
    ends = []
    for _ in range(_times_to_play(len(left))):
        slower = random.gauss(0, estimates.in_common)
        seconds = []
        for job in left:
            one, chance = estimates.jobs[job], random.gauss()
            mean = one.mean + slower
            if job in elapsed:
                seconds.append(_rest_of(RunTimeEstimate(mean, one.deviation), chance, elapsed[job]))
            else:
                seconds.append(usual.start_s + math.exp(mean + one.deviation * chance))
        ends.append(rest.play(seconds))
    ends.sort()
    outside = len(ends) // _OUTSIDE
    at, earliest, latest = (so_far.as_of + ends[one] for one in (len(ends) // 2, outside, -1 - outside))
    if at < now:
        return None
    return ExpectedEnd(at=at, earliest=max(earliest, now), latest=latest, runs=usual.runs, slots=rest.slots_in_all)


def _times_to_play(jobs: int) -> int:
    return min(_MOST, max(_FEWEST, _JOBS_PLAYED // jobs)) | 1  # an odd number has a middle one


def _rest_of(one: RunTimeEstimate, chance: float, elapsed: float) -> float:
    """Return how long a job runs on that has run for so long.

    One that runs for longer than it almost ever does is no regular one today, however regular it was.

    Args:
        one: How long it takes.
        chance: Drawn from the standard normal distribution.
        elapsed: Seconds until now.
    """
    late = math.log(elapsed) - one.mean if elapsed > 0 else -math.inf
    deviation = max(one.deviation, DEVIATION) if late > _OVERDUE * one.deviation else one.deviation
    if not deviation or math.isinf(late):
        return max(0.0, math.exp(one.mean + deviation * chance) - elapsed)
    reached = late / deviation
    if reached > _TAIL:
        drawn = math.sqrt(reached**2 - 2 * math.log(_STANDARD.cdf(-chance)))
    else:
        until_now = _STANDARD.cdf(reached)
        drawn = _STANDARD.inv_cdf(min(until_now + (1 - until_now) * _STANDARD.cdf(chance), _ALMOST_1))
    return max(0.0, math.exp(one.mean + deviation * drawn) - elapsed)


class _Rest:
    """What is left of a run, by the numbers of its jobs in the order in which they are submitted."""

    def __init__(
        self,
        parents: Mapping[JobName, Sequence[JobName]],
        left: Sequence[JobName],
        usual: UsualTimes,
        so_far: RunSoFar,
    ) -> None:
        number = {job: index for index, job in enumerate(left)}
        queues = {queue: index for index, queue in enumerate(dict.fromkeys(usual.queues.get(job, "") for job in left))}
        self._queue = [queues[usual.queues.get(job, "")] for job in left]
        self._running = [number[job] for job in so_far.running if job in number]
        self._waits_for = [0] * len(left)
        self._children: list[list[int]] = [[] for _ in left]
        for job, index in number.items():
            for parent in set(parents[job]) & number.keys():
                self._children[number[parent]].append(index)
                self._waits_for[index] += 1
        busy = [0] * len(queues)
        for index in self._running:
            busy[self._queue[index]] += 1
        # A queue that nobody has used may have any number of slots.
        seen = [usual.slots.get(queue) or self._queue.count(index) for queue, index in queues.items()]
        self._slots = [max(pair) for pair in zip(seen, busy, strict=True)]
        self.slots_in_all = sum(self._slots)

    def play(self, seconds: Sequence[float]) -> float:
        """Return when the last job ends, in seconds from now.

        Args:
            seconds: How long each job runs, or runs on if it runs already.
        """
        waits_for, queue = self._waits_for.copy(), self._queue
        ready: list[list[int]] = [[] for _ in self._slots]
        free = self._slots.copy()
        running: list[tuple[float, int]] = []
        for index in self._running:
            waits_for[index] = -1
            free[queue[index]] -= 1
            running.append((seconds[index], index))
        heapq.heapify(running)
        for index, count in enumerate(waits_for):
            if not count:
                ready[queue[index]].append(index)  # in order, so that each is a heap
        moment, changed = 0.0, set(range(len(ready)))
        while True:
            for one in changed:
                while free[one] and ready[one]:
                    index = heapq.heappop(ready[one])
                    heapq.heappush(running, (moment + seconds[index], index))
                    free[one] -= 1
            if not running:
                return moment
            moment, index = heapq.heappop(running)
            free[queue[index]] += 1
            changed = {queue[index]}
            for child in self._children[index]:
                waits_for[child] -= 1
                if not waits_for[child]:
                    heapq.heappush(ready[queue[child]], child)
                    changed.add(queue[child])


def expected_end_words(expected: ExpectedEnd, now: float, zone: tzinfo | None = None) -> str:
    """Return when a run is expected to end, as people say it, with what that is told from.

    Args:
        expected: When it is.
        now: Seconds since the epoch.
        zone: The reader's time zone; None for that of this machine.
    """
    took = f"as {counted(expected.runs, 'earlier run')} took"
    return ", ".join(part for part in (end_words(expected, now, zone), likely_words(expected, now, zone), took) if part)


def end_words(expected: ExpectedEnd, now: float, zone: tzinfo | None) -> str:
    """Return when a run is expected to end, and in how many minutes.

    Args:
        expected: When it is.
        now: Seconds since the epoch.
        zone: The reader's time zone; None for that of this machine.
    """
    return f"expected to end at {near_time(expected.at, now, zone)} (in {rough_duration(expected.at - now)})"


def likely_words(expected: ExpectedEnd, now: float, zone: tzinfo | None) -> str:
    """Return between which times a run is likely to end; "" if that is one minute.

    Args:
        expected: When it is expected to.
        now: Seconds since the epoch.
        zone: The reader's time zone; None for that of this machine.
    """
    earliest, latest = (near_time(one, now, zone) for one in (expected.earliest, expected.latest))
    return f"likely {earliest} to {latest}" if earliest != latest else ""
