"""Add up what the jobs of a plan may use: vCPUs, memory, GPUs, and their hours by time limits and attempts. Pure."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from kedro_batch.files.json_schema import whole
from kedro_batch.plan.job_resources import PlanResources
from kedro_batch.plan.model import Plan
from kedro_batch.text.times import S_IN_H


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceUse:
    """What all jobs of a plan may use together.

    A job counts with all its containers, as far as the plan tells what they get.

    Attributes:
        vcpus: The vCPUs of all jobs.
        memory_mib: The memory of all jobs, in MiB.
        gpus: The GPUs of all jobs.
        starts: How often AWS Batch starts a container at most: the attempts of all jobs. Without a number, it is one.
        vcpu_hours: The hours of vCPUs, if each job used all its attempts, and each of them all its time.
        memory_gib_hours: The hours of GiB, likewise.
        gpu_hours: The hours of GPUs, likewise.
        unlimited: The number of jobs without a time limit; the hours do not include them.
        unlimited_with_gpus: The number of those with GPUs.
        unknown: The number of jobs by their job definition of which the plan does not tell all vCPUs or all memory,
            such as where it leaves them to a definition that it does not declare; the sums have what it tells.
    """

    vcpus: float = 0
    memory_mib: int = 0
    gpus: int = 0
    starts: int = 0
    vcpu_hours: float = 0
    memory_gib_hours: float = 0
    gpu_hours: float = 0
    unlimited: int = 0
    unlimited_with_gpus: int = 0
    unknown: Mapping[str, int]


def add_up_resources(plan: Plan) -> ResourceUse:
    """Add up what the jobs of a plan may use."""
    unknown: Counter[str] = Counter()
    starts = unlimited = unlimited_with_gpus = memory_mib = gpus = gpu_s = mib_s = 0
    vcpus: float = 0
    vcpu_s: float = 0
    found = PlanResources(plan)
    for job in plan.jobs:
        resources, attempts = found.known(job), job.settings.attempts or 1
        seconds = (job.settings.timeout_s or 0) * attempts
        starts += attempts
        unlimited += job.settings.timeout_s is None
        unlimited_with_gpus += job.settings.timeout_s is None and bool(resources.gpus)
        if not found.of(job.settings).is_whole:
            unknown[job.settings.job_definition] += 1
        vcpus += resources.vcpus or 0
        memory_mib += resources.memory_mib or 0
        gpus += resources.gpus or 0
        vcpu_s += (resources.vcpus or 0) * seconds
        mib_s += (resources.memory_mib or 0) * seconds
        gpu_s += (resources.gpus or 0) * seconds
    return ResourceUse(
        vcpus=whole(vcpus),
        memory_mib=memory_mib,
        gpus=gpus,
        starts=starts,
        vcpu_hours=whole(vcpu_s / S_IN_H),
        memory_gib_hours=whole(mib_s / 1024 / S_IN_H),
        gpu_hours=whole(gpu_s / S_IN_H),
        unlimited=unlimited,
        unlimited_with_gpus=unlimited_with_gpus,
        unknown=dict(sorted(unknown.items())),
    )
