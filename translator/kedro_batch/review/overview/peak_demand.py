"""Calculate the peak of a plan: the most that its jobs may ask for at once, in all and in each queue. Pure."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from fractions import Fraction

from kedro_batch.files.json_schema import whole
from kedro_batch.plan.job_resources import PlanResources
from kedro_batch.plan.model import JobName, Plan
from kedro_batch.review.overview.heaviest_antichain import Heaviest, find_heaviest_antichains
from kedro_batch.review.overview.model import Peak

MOST_QUEUES = 20
"""For as many queues the peak is calculated."""


def calculate_peaks(plan: Plan, level_of: Mapping[JobName, int]) -> tuple[Peak, dict[str, Peak]]:
    """Calculate the peak of a plan, and of its queues; of very many, those with the most jobs.

    Args:
        plan: The plan.
        level_of: The level of each job, in topological order.
    """
    jobs = {job.name: job for job in plan.jobs}
    queue_of = [jobs[name].settings.job_queue for name in level_of]
    counts = Counter(queue_of)
    queues = sorted(counts, key=lambda queue: (-counts[queue], queue))[:MOST_QUEUES]
    found_of = PlanResources(plan)
    resources = [found_of.known(jobs[name]) for name in level_of]
    vcpus, scale = _scaled([one.vcpus or 0 for one in resources])
    amounts = ([1] * len(jobs), vcpus, [one.memory_mib or 0 for one in resources], [one.gpus or 0 for one in resources])
    in_queues = (
        [weight if theirs == queue else 0 for weight, theirs in zip(amount, queue_of, strict=True)]
        for queue in queues
        for amount in amounts
    )
    parents = {name: jobs[name].depends_on for name in level_of}
    found = find_heaviest_antichains(parents, level_of, [*amounts, *in_queues])
    whole_plan, *by_queue = (_peak(found[at : at + len(amounts)], scale) for at in range(0, len(found), len(amounts)))
    return whole_plan, dict(sorted(zip(queues, by_queue, strict=True)))


def _scaled(vcpus: Sequence[float]) -> tuple[list[int], int]:
    """Return vCPUs as whole numbers, and what they were multiplied by."""
    fractions = {number: Fraction(str(number)) for number in {*vcpus}}
    scale = math.lcm(*(one.denominator for one in fractions.values()))
    return [int(fractions[number] * scale) for number in vcpus], scale


def _peak(found: Sequence[Heaviest], vcpus_scale: int) -> Peak:
    jobs, vcpus, memory_mib, gpus = found
    named = {"jobs": jobs, "vcpus": vcpus, "memory_mib": memory_mib, "gpus": gpus}
    return Peak(
        jobs=jobs.weight,
        vcpus=whole(vcpus.weight / vcpus_scale),
        memory_mib=memory_mib.weight,
        gpus=gpus.weight,
        upper_bounds=tuple(name for name, one in named.items() if not one.exact),
    )
