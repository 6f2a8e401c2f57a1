"""Add up what the jobs of a plan may use: vCPUs, memory, GPUs, and their hours by time limits and attempts. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from kedro_batch.files.json_schema import whole
from kedro_batch.plan.job_limits import limits_of
from kedro_batch.plan.job_resources import PlanResources
from kedro_batch.plan.model import Plan
from kedro_batch.plan.settings import AMOUNTS, JobSettings, RetryReason
from kedro_batch.text.times import S_IN_H

_DIGITS = 6
"""Sums of fractions depend on the order of the jobs beyond these."""
_ANY_FAILURE = len(RetryReason) + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceUse:
    """What all jobs of a plan may use together.

    A job counts with all its containers, as far as the plan tells what they get, and with one attempt where it does not
    tell how many there may be. Amounts are by their names in a plan: ``vcpus``, ``memory_mib`` and ``gpus``.

    Attributes:
        amounts: The amounts of all jobs; as ``attempts``, how often AWS Batch starts a container at most; as
            ``retry_on``, the kinds of failure after which these jobs are retried.
        hours: The amounts times hours, if each job used all its attempts, and each of them all its time; without the
            jobs that have no time limit.
        no_limit: The amounts of the jobs that have no time limit, times their attempts.
        jobs_without_limit: The number of these jobs by the amounts that they have, and as ``jobs`` of all of them.
        unknown: What job definitions set that the plan does not declare, by their names and by what they set: for an
            amount, ``timeout_s`` and ``attempts`` the number of jobs; for ``NAME hours`` hours that depend on these.
        by_queue: All these numbers for each queue; they are comparable, and no more.
    """

    amounts: Mapping[str, float] = field(default_factory=dict)
    hours: Mapping[str, float] = field(default_factory=dict)
    no_limit: Mapping[str, float] = field(default_factory=dict)
    jobs_without_limit: Mapping[str, int] = field(default_factory=dict)
    unknown: Mapping[tuple[str, str], float] = field(default_factory=dict)
    by_queue: Mapping[str, object] = field(default_factory=dict)


def add_up_resources(plan: Plan) -> ResourceUse:
    """Add up what the jobs of a plan may use."""
    resources = PlanResources(plan)
    settings = {id(job.settings): job.settings for job in plan.jobs}  # many jobs share theirs
    counts = Counter(id(job.settings) for job in plan.jobs)
    sums: defaultdict[tuple[str, ...], float] = defaultdict(float)
    by_queue: defaultdict[str, defaultdict[tuple[str, ...], float]] = defaultdict(lambda: defaultdict(float))
    for key, one in settings.items():
        for what, number in _uses(one, plan, resources):
            sums[what] += number * counts[key]
            by_queue[one.job_queue][what] += number * counts[key]
    total = _rounded(sums)

    def part(name: str) -> dict[str, float]:
        return {what: number for (group, what, *_), number in total.items() if group == name}

    return ResourceUse(
        amounts=dict.fromkeys((*AMOUNTS, "attempts", "retry_on"), 0) | part("amounts"),
        hours=dict.fromkeys(AMOUNTS, 0) | part("hours"),
        no_limit=dict.fromkeys(AMOUNTS, 0) | part("no_limit"),
        jobs_without_limit={what: int(number) for what, number in part("jobs_without_limit").items()},
        unknown={(one[1], one[2]): number for one, number in sorted(total.items()) if one[0] == "unknown"},
        by_queue={queue: _rounded(numbers) for queue, numbers in sorted(by_queue.items())},
    )


def _rounded(sums: Mapping[tuple[str, ...], float]) -> dict[tuple[str, ...], float]:
    return {what: whole(round(number, _DIGITS)) for what, number in sums.items() if number}


def _uses(settings: JobSettings, plan: Plan, resources: PlanResources) -> Iterator[tuple[tuple[str, ...], float]]:
    """Yield what a job with these settings uses: what it is, and how much."""
    found, limits = resources.of(settings), limits_of(settings, plan)
    attempts, hours = limits.attempts or 1, (limits.timeout_s or 0) * (limits.attempts or 1) / S_IN_H
    unlimited = limits.timeout_s is None and "timeout_s" not in limits.unknown
    definition = settings.job_definition
    yield ("amounts", "attempts"), attempts
    if attempts > 1:
        yield ("amounts", "retry_on"), len(settings.retry_on) or _ANY_FAILURE
    if unlimited:
        yield ("jobs_without_limit", "jobs"), 1
    for name in (*found.unknown, *limits.unknown):
        yield ("unknown", definition, name), 1
    for name in AMOUNTS:
        amount = getattr(found.known, name) or 0
        yield ("amounts", name), amount
        yield ("hours", name), amount * hours
        if unlimited and amount:
            yield ("no_limit", name), amount * attempts
            yield ("jobs_without_limit", name), 1
        if name in found.unknown or (amount and limits.unknown):
            yield ("unknown", definition, f"{name} hours"), (amount or 1) * (hours or attempts)
