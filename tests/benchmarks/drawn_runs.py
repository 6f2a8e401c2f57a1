"""Runs that are drawn at random, for the benchmark of their expected end, and the best estimate that there can be.

Each job has a usual run time of its own; in each run its time is drawn anew, and some jobs straggle. The oracle knows
these rules, the slots, and how a run was drawn but for the times and the stragglers themselves. From all that somebody
who follows the run has seen, it draws what is left of it many times: the times of running jobs given how long they have
run, and which job straggles given all times. The middle one of the ends is the best estimate: what is wrong with it,
nobody can know before.
"""

import heapq
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from random import Random
from statistics import NormalDist

from kedro_batch.plan.model import JobName
from kedro_batch.submitter.submission_rows import JobTimes

_START_S, _START_SIGMA = 30.0, 0.3
_USUAL_S = 120
_DRAWS = 101
_STANDARD = NormalDist()
_LEAST = 1e-300
Parents = Mapping[JobName, tuple[JobName, ...]]


@dataclass(frozen=True, kw_only=True)
class World:
    """How runs are drawn.

    Attributes:
        name: What is printed.
        sigma: The deviation of the logarithm of a job's times, which are lognormal.
        straggler: One job of each run takes so many times as long.
        gamma: The times are drawn from a gamma distribution with the same relative deviation.
        between_runs: The sigma of a factor that all jobs of a run have in common.
        unseen: The share of jobs that no earlier run had.
        start_s: How long a job takes to start.
        more_slots: This run has so many times the slots of the earlier ones.
    """

    name: str
    sigma: float = 0.5
    straggler: float = 5
    gamma: bool = False
    between_runs: float = 0.0
    unseen: float = 0.0
    start_s: float = _START_S
    more_slots: float = 1


@dataclass(frozen=True, kw_only=True)
class Run:
    """A run that was drawn.

    Attributes:
        times: When each job ran.
        took_slot: When each job had a slot, before it started.
        slots: How many jobs had one at once.
    """

    times: tuple[JobTimes, ...]
    took_slot: Mapping[JobName, float]
    slots: int

    @property
    def end(self) -> float:
        """When the last job ended; the run begins at 0."""
        return max(one.stopped_at for one in self.times)


def draw_usual(parents: Parents, random: Random) -> dict[JobName, float]:
    """Draw how long each job usually takes."""
    return {job: _USUAL_S * math.exp(random.gauss()) for job in parents}


def draw_run(parents: Parents, usual: Mapping[JobName, float], slots: int, random: Random, world: World) -> Run:
    """Draw a run: jobs start in the order of the plan, as slots are free."""
    common = random.gauss(0, world.between_runs)
    shape = 1 / math.expm1(world.sigma**2)
    seconds = {
        job: (one / shape) * random.gammavariate(shape, math.exp(common))
        if world.gamma
        else one * math.exp(random.gauss(common, world.sigma))
        for job, one in usual.items()
    }
    seconds[random.choice(sorted(seconds))] *= world.straggler
    starts = {job: world.start_s * math.exp(random.gauss(0, _START_SIGMA)) for job in parents}
    played = _play(parents, slots, {job: starts[job] + seconds[job] for job in parents}, ())
    return Run(
        times=tuple(
            JobTimes(job=job, succeeded=True, created_at=0.0, started_at=begun + starts[job], stopped_at=stopped)
            for job, begun, stopped in played
        ),
        took_slot={job: begun for job, begun, _ in played},
        slots=slots,
    )


def _play(
    parents: Parents, slots: int, seconds: Mapping[JobName, float], busy: Sequence[JobName]
) -> list[tuple[JobName, float, float]]:
    """Return when each job begins and ends.

    Args:
        parents: All jobs.
        slots: How many are at work at once.
        seconds: How long each job that is left is at work.
        busy: Those that are at work already.
    """
    rank = {job: number for number, job in enumerate(parents)}
    children: dict[JobName, list[JobName]] = {job: [] for job in seconds}
    for job in seconds:
        for parent in parents[job]:
            if parent in seconds:
                children[parent].append(job)
    waits_for = {job: sum(parent in seconds for parent in parents[job]) for job in seconds}
    at_work = [(seconds[job], job, 0.0) for job in busy]
    heapq.heapify(at_work)
    ready = [(rank[job], job) for job, count in waits_for.items() if not count and job not in busy]
    heapq.heapify(ready)
    played: list[tuple[JobName, float, float]] = []
    moment = 0.0
    while True:
        while ready and len(at_work) < slots:
            _, job = heapq.heappop(ready)
            heapq.heappush(at_work, (moment + seconds[job], job, moment))
        if not at_work:
            return played
        moment, job, begun = heapq.heappop(at_work)
        played.append((job, begun, moment))
        for child in children[job]:
            waits_for[child] -= 1
            if not waits_for[child]:
                heapq.heappush(ready, (rank[child], child))


@dataclass(frozen=True, slots=True)
class _Part:
    """One of the normal distributions of which the logarithm of a job's time is mixed, and its weight."""

    weight: float
    mean: float
    deviation: float

    def beyond(self, log: float) -> float:
        """Return the weight of times that are longer."""
        return self.weight * math.erfc((log - self.mean) / self.deviation / math.sqrt(2)) / 2

    def at(self, log: float) -> float:
        """Return the density of a time."""
        return self.weight * math.exp(-(((log - self.mean) / self.deviation) ** 2) / 2) / self.deviation


Mixture = tuple[_Part, ...]


def known_times(usual: Mapping[JobName, float], world: World) -> dict[JobName, Mixture]:
    """Return what is known of each job's time by somebody who knows its usual time."""
    return {job: (_Part(1.0, math.log(one), world.sigma),) for job, one in usual.items()}


def learnt_times(parents: Parents, earlier: Sequence[Run], world: World) -> dict[JobName, Mixture]:
    """Return what can be known of each job's time from earlier runs: at most one of its times was a straggler's."""
    logs: dict[JobName, list[float]] = {job: [] for job in parents}
    for run in earlier:
        for one in run.times:
            logs[one.job].append(math.log(one.stopped_at - one.started_at))
    return {job: tuple(_parts(one, len(parents), world)) for job, one in logs.items()}


def _parts(logs: Sequence[float], jobs: int, world: World) -> Iterator[_Part]:
    variance = world.sigma**2
    of_mean = 1 / (1 + len(logs) / variance)  # the deviation of usual times is 1
    for straggled in range(-1, len(logs)):
        regular = [log - math.log(world.straggler) * (number == straggled) for number, log in enumerate(logs)]
        mean = of_mean * (math.log(_USUAL_S) + sum(regular) / variance)
        likely = sum((log - mean) ** 2 for log in regular) / variance + (mean - math.log(_USUAL_S)) ** 2
        weight = math.exp(-likely / 2) * (1 if straggled < 0 else 1 / max(1, jobs - 1))
        yield _Part(max(weight, _LEAST), mean, math.sqrt(of_mean + variance))


def oracle_ends(parents: Parents, times: Mapping[JobName, Mixture], run: Run, now: float, world: World) -> list[float]:
    """Return ends of a run as they may be, drawn from all that is known of it now; sorted."""
    random = Random(2)  # noqa: S311  no secret is made of it
    ended = {one.job: math.log(one.stopped_at - one.started_at) for one in run.times if one.stopped_at <= now}
    running = {one.job: math.log(now - one.started_at) for one in run.times if one.started_at < now < one.stopped_at}
    starting = {job: now - at for job, at in run.took_slot.items() if at <= now and job not in ended | running}
    late = math.log(world.straggler)
    straggles = dict.fromkeys(parents, 1.0)
    for job, log in ended.items():
        straggles[job] = sum(one.at(log - late) for one in times[job]) / _sum(one.at(log) for one in times[job])
    for job, log in running.items():
        straggles[job] = sum(one.beyond(log - late) for one in times[job]) / _sum(one.beyond(log) for one in times[job])
    jobs, weights = list(straggles), list(accumulate(straggles.values()))
    left = [job for job in parents if job not in ended]
    ends = []
    for _ in range(_DRAWS):
        straggler = random.choices(jobs, cum_weights=weights)[0]
        seconds = {}
        for job in left:
            shift = late if job == straggler else 0.0
            if job in running:
                until_now = math.exp(running[job])
                seconds[job] = _beyond(times[job], running[job] - shift, random) * math.exp(shift) - until_now
            else:
                took = _beyond(times[job], -math.inf, random) * math.exp(shift)
                seconds[job] = _start(starting.get(job), random, world) + took
        busy = [job for job in left if job in running or job in starting]
        ends.append(now + max(stopped for *_, stopped in _play(parents, run.slots, seconds, busy)))
    return sorted(ends)


def _sum(values: Iterator[float]) -> float:
    return max(sum(values), _LEAST)


def _beyond(times: Mixture, log: float, random: Random) -> float:
    """Draw the seconds of a job of which it is known that they are more than this."""
    one = random.choices(times, [part.beyond(log) + _LEAST for part in times])[0] if len(times) > 1 else times[0]
    share = max(one.beyond(log) / one.weight * (1 - random.random()), _LEAST)
    return max(math.exp(log), math.exp(one.mean - one.deviation * _STANDARD.inv_cdf(min(share, 1 - 1e-12))))


def _start(since: float | None, random: Random, world: World) -> float:
    if not world.start_s:
        return 0.0
    part = (_Part(1.0, math.log(world.start_s), _START_SIGMA),)
    return _beyond(part, math.log(since) if since else -math.inf, random) - (since or 0.0)
