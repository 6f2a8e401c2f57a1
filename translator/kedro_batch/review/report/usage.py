"""What a run used: how many jobs ran at once, and where the hours went, by node, tag, namespace and queue. Pure.

vCPUs, memory and GPUs are those that jobs asked for, for as long as they ran: not what they used, nor what was paid.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from kedro_batch.plan.model import Job, JobName
from kedro_batch.review.namespaces import namespace_of_node
from kedro_batch.review.report.phases import Interval, Phase
from kedro_batch.review.report.timeline import Attempt
from kedro_batch.text.times import S_IN_H

_MIB_IN_GIB = 1024
NONE, SEVERAL = "(none)", "(several)"
"""In place of a namespace: its nodes have none, or are of several. No namespace has parentheses."""
JOIN_JOBS = "(join jobs)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """What some jobs took.

    Attributes:
        jobs: How many jobs.
        attempts: How many attempts of them began.
        failed: How many of these did not succeed.
        waited_s: How long they waited for a machine and their container, all attempts together.
        ran_s: How long they ran, likewise.
        vcpu_hours: Their vCPUs times the hours that they ran; None where no vCPUs are recorded.
        gib_hours: Their memory in GiB, likewise.
        gpu_hours: Their GPUs, likewise.
    """

    jobs: int
    attempts: int
    failed: int
    waited_s: float
    ran_s: float
    vcpu_hours: float | None = None
    gib_hours: float | None = None
    gpu_hours: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What the jobs of one node, tag, namespace or queue took."""

    name: str
    amount: Amount


@dataclass(frozen=True, slots=True, kw_only=True)
class Slots:
    """How many jobs ran, and how many waited for a machine, over time.

    Attributes:
        times: When one of the numbers changed; seconds since the epoch, rising.
        running: How many jobs ran from then on.
        waiting: How many waited for a machine and their container from then on.
        most_running: The most that ran at once.
        mean_running: How many ran in the mean, from the first start to the last end.
    """

    times: tuple[float, ...] = ()
    running: tuple[int, ...] = ()
    waiting: tuple[int, ...] = ()
    most_running: int = 0
    mean_running: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What a run used.

    Attributes:
        total: All its jobs.
        without_sizes: How many attempts that ran have no recorded vCPUs or memory.
        several_nodes: How many jobs run several nodes: how long each of them took is not recorded.
        by_node: By node; a job with several nodes counts under its own name.
        by_tag: By tag that the plan gives a job on AWS; a job with several counts under each.
        by_namespace: By namespace, as the names of the nodes tell it.
        by_queue: By job queue.
        slots: How many jobs ran at once.
    """

    total: Amount
    without_sizes: int
    several_nodes: int
    by_node: tuple[Share, ...]
    by_tag: tuple[Share, ...]
    by_namespace: tuple[Share, ...]
    by_queue: tuple[Share, ...]
    slots: Slots


def namespace_of(job: Job) -> str:
    """Return the namespace of a job's nodes, which is what stands before the last dot of their names."""
    found = set(map(namespace_of_node, job.nodes))
    return (next(iter(found)) or NONE) if len(found) == 1 else SEVERAL if found else NONE


def build_usage(jobs: Mapping[JobName, Job], attempts: Sequence[Attempt]) -> Usage:
    """Return what a run used.

    Args:
        jobs: The jobs of its plan.
        attempts: Its timeline.
    """
    return Usage(
        total=_amount(attempts),
        without_sizes=sum(
            1
            for one in attempts
            if one.seconds(Phase.RUNNING) is not None
            and (one.record.execution is None or None in (one.record.execution.vcpus, one.record.execution.memory_mib))
        ),
        several_nodes=sum(1 for job in jobs.values() if len(job.nodes) > 1),
        by_node=_shares(attempts, lambda one: _node_words(one, jobs)),
        by_tag=_shares(attempts, lambda one: _tags(one, jobs)),
        by_namespace=_shares(attempts, lambda one: [namespace_of(jobs[one.job]) if one.job in jobs else NONE]),
        by_queue=_shares(attempts, lambda one: [jobs[one.job].settings.job_queue if one.job in jobs else NONE]),
        slots=build_slots(interval for one in attempts for interval in one.intervals),
    )


def tags_of(job: Job) -> tuple[str, ...]:
    """Return the tags that the plan gives a job on AWS, as ``key=value``."""
    return tuple(f"{key}={value}" for key, value in job.settings.tags.items())


def _tags(one: Attempt, jobs: Mapping[JobName, Job]) -> tuple[str, ...]:
    return tags_of(jobs[one.job]) if one.job in jobs else ()


def _node_words(one: Attempt, jobs: Mapping[JobName, Job]) -> list[str]:
    job = jobs.get(one.job)
    if job is not None and job.joins:
        return [JOIN_JOBS]
    return [job.nodes[0] if job is not None and len(job.nodes) == 1 else one.job]


def _shares(attempts: Iterable[Attempt], names: Callable[[Attempt], Iterable[str]]) -> tuple[Share, ...]:
    """Return what each group took, that which ran longest first."""
    groups: dict[str, list[Attempt]] = {}
    for one in attempts:
        for name in names(one):
            groups.setdefault(name, []).append(one)
    shares = (Share(name=name, amount=_amount(some)) for name, some in groups.items())
    return tuple(sorted(shares, key=lambda one: (-one.amount.ran_s, one.name)))


def _amount(attempts: Sequence[Attempt]) -> Amount:
    began = [one for one in attempts if one.attempt is not None]
    return Amount(
        jobs=len({one.job for one in attempts}),
        attempts=len(began),
        failed=sum(1 for one in began if one.outcome not in (None, "succeeded")),
        waited_s=sum(one.seconds(Phase.CAPACITY, Phase.STARTING) or 0.0 for one in attempts),
        ran_s=sum(one.seconds(Phase.RUNNING) or 0.0 for one in attempts),
        vcpu_hours=_hours(attempts, "vcpus"),
        gib_hours=_hours(attempts, "memory_mib", _MIB_IN_GIB),
        gpu_hours=_hours(attempts, "gpus"),
    )


def _hours(attempts: Iterable[Attempt], what: str, unit: int = 1) -> float | None:
    found = list(_sizes_and_times(attempts, what))
    return sum(size * seconds for size, seconds in found) / unit / S_IN_H if found else None


def _sizes_and_times(attempts: Iterable[Attempt], what: str) -> Iterator[tuple[float, float]]:
    for one in attempts:
        size = getattr(one.record.execution, what, None)
        seconds = one.seconds(Phase.RUNNING)
        if size is not None and seconds is not None:
            yield size, seconds


def build_slots(intervals: Iterable[Interval]) -> Slots:
    """Return how many intervals of running and of waiting for a machine there were at once."""
    changes: dict[float, list[int]] = {}
    for one in intervals:
        if one.phase in (Phase.RUNNING, Phase.CAPACITY, Phase.STARTING):
            which = 0 if one.phase is Phase.RUNNING else 1
            changes.setdefault(one.start, [0, 0])[which] += 1
            changes.setdefault(one.stop, [0, 0])[which] -= 1
    if not changes:
        return Slots()
    times = sorted(changes)
    running, waiting = (tuple(accumulate(changes[at][which] for at in times)) for which in (0, 1))
    busy = sum(number * (after - at) for number, at, after in zip(running, times, times[1:], strict=False))
    ran = [number for number, count in enumerate(running) if count]
    span = times[ran[-1] + 1] - times[ran[0]] if ran else 0.0
    return Slots(
        times=tuple(times),
        running=running,
        waiting=waiting,
        most_running=max(running),
        mean_running=busy / span if span else 0.0,
    )
