"""Estimate how long each job of a run takes, from earlier runs and from what has ended in this one. Pure.

The run time of a job is lognormal: mean and deviation of its logarithm are estimated, the deviation for all jobs
together, since few runs tell little of one job. A mean is drawn towards that of all jobs, the more so the less is known
(empirical Bayes): of many jobs that run beside each other, the one that seems longest was mostly only slow once, and
without this the end of a wide run would be expected too late. A job that was never seen is like any other: the mean of
those with the same settings was tried on simulated runs, and was as often worse as better. So was it to judge
how much slower a run is today by the jobs that run, too: the end is then not said too early at the beginning of a run,
but too late where all of its jobs are slower.
``tests/benchmarks/estimating.py`` measures how good the expected end is that is made of this.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median

from kedro_batch.plan.model import JobName

DEVIATION, _WEIGHT = 0.4, 4
"""The deviation of logarithms that is assumed, and how many observed ones it counts for."""
_OF_RUNS = 0.2
"""The deviation between runs, such as those with more data, that is assumed."""
_FAR = 3
"""Deviations from what was estimated that a run time counts for at most."""


@dataclass(frozen=True, slots=True)
class RunTimeEstimate:
    """How long a job takes: mean and standard deviation of the logarithm of its seconds."""

    mean: float
    deviation: float


@dataclass(frozen=True, slots=True)
class RunTimeEstimates:
    """How long the jobs of a run take.

    Attributes:
        jobs: The estimate of each job.
        in_common: By how much they may all be slower or faster than that: the deviation of the logarithm.
    """

    jobs: Mapping[JobName, RunTimeEstimate]
    in_common: float


def run_time_estimates(
    jobs: Iterable[JobName], times: Mapping[JobName, Sequence[float]], ended: Mapping[JobName, float]
) -> RunTimeEstimates:
    """Return how long jobs take.

    Args:
        jobs: The jobs.
        times: The seconds that jobs took in earlier runs, at least one; jobs that were never seen are left out.
        ended: The seconds of those that have succeeded in this run.
    """
    logs = {job: [*map(math.log, seconds)] for job, seconds in times.items()}
    own = _variance(logs.values())
    centers = {job: median(one) for job, one in logs.items()}
    typical = fmean(centers.values())
    of_centers = fmean(own / len(one) for one in logs.values())
    spread = fmean((one - typical) ** 2 for one in centers.values())
    between = max(0.0, spread - of_centers)
    unseen = RunTimeEstimate(typical, math.sqrt(own + between))
    estimates = {}
    for job, center in centers.items():
        uncertain = own / len(logs[job])
        trust = between / (between + uncertain) if uncertain else 1.0
        mean = typical + trust * (center - typical)
        estimates[job] = RunTimeEstimate(mean, math.sqrt(own + trust * uncertain))
    slower, in_common = _slower(estimates, ended, own)
    found = ((job, estimates.get(job, unseen)) for job in jobs)
    return RunTimeEstimates({job: RunTimeEstimate(one.mean + slower, one.deviation) for job, one in found}, in_common)


def _variance(logs: Iterable[Sequence[float]]) -> float:
    """Return the variance of logarithms within jobs; 0 if each job has always taken the same time, twice at least."""
    squares, freedom = 0.0, 0
    for one in logs:
        mean = fmean(one)
        squares += sum((log - mean) ** 2 for log in one)
        freedom += len(one) - 1
    if freedom and not squares:
        return 0.0
    return (squares + _WEIGHT * DEVIATION**2) / (freedom + _WEIGHT)


def _slower(
    estimates: Mapping[JobName, RunTimeEstimate], ended: Mapping[JobName, float], own: float
) -> tuple[float, float]:
    """Return by how much the jobs of this run are slower, as a logarithm, and the deviation of that.

    The fewer have ended, the less. One that had nothing to do, or took for ever, says no more than one that was very
    fast or slow. Where each job always takes the same time, all runs do.
    """
    found = []
    for job, seconds in ended.items():
        if job in estimates:
            most = _FAR * math.hypot(estimates[job].deviation, _OF_RUNS)
            found.append(max(-most, min(math.log(seconds) - estimates[job].mean, most)))
    count = len(found) + own / _OF_RUNS**2
    return (sum(found) / count, math.sqrt(own / count)) if count else (0.0, 0.0)
