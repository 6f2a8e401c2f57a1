"""The dataclasses of an overview: a plan as ``show`` prints it. Its JSON follows ``schemas/overview.schema.json``."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kedro_batch.plan.data_flow import UnorderedRead
from kedro_batch.plan.job_resources import JobResources

OVERVIEW_SCHEMA = "kedro-batch/overview/v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Amounts:
    """The resources of some jobs together, as far as the plan tells.

    Attributes:
        vcpus: Number of vCPUs.
        memory_mib: Memory in MiB.
        gpus: Number of GPUs.
        jobs_without_vcpus: Jobs that have more vCPUs than the plan tells, set by their job definition.
        jobs_without_memory: Jobs that have more memory, likewise.
    """

    vcpus: int | float = 0
    memory_mib: int = 0
    gpus: int = 0
    jobs_without_vcpus: int = 0
    jobs_without_memory: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Peak:
    """The most that some jobs may ask for at once, as far as the plan says: each amount by itself.

    Attributes:
        jobs: Number of jobs, join jobs included.
        vcpus: Number of vCPUs.
        memory_mib: Memory in MiB.
        gpus: Number of GPUs.
        upper_bounds: The names of the amounts that are upper bounds: to calculate them would take too long.
    """

    jobs: int = 0
    vcpus: int | float = 0
    memory_mib: int = 0
    gpus: int = 0
    upper_bounds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """The size of a plan.

    The level of a job is 1 if it depends on no job, else one more than the highest level of the jobs it depends on.

    Attributes:
        jobs: All jobs.
        join_jobs: Jobs that run no node and only gather parents.
        nodes: Kedro nodes.
        dependencies: Pairs of a job and a job that it depends on.
        longest_path: The number of levels.
        widest_level: The level with the most jobs; the first one if there are several.
        jobs_at_widest: The number of jobs at that level.
        summed: The resources of all jobs.
        at_widest: The resources of the jobs at the widest level.
        peak: The most that jobs may ask for at once: jobs of different levels may run beside each other.
        peak_by_queue: The same for each queue; of very many, for those with the most jobs.
        queues: The number of jobs for each queue.
        definitions: The number of jobs for each job definition.
    """

    jobs: int
    join_jobs: int
    nodes: int
    dependencies: int
    longest_path: int
    widest_level: int
    jobs_at_widest: int
    summed: Amounts
    at_widest: Amounts
    peak: Peak
    peak_by_queue: Mapping[str, Peak]
    queues: Mapping[str, int]
    definitions: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class JobOverview:
    """One job with all its settings.

    Attributes:
        job: Its name.
        level: Its level in the graph, from 1.
        nodes: The Kedro nodes that it runs.
        command: Word by word.
        depends_on: Its parents.
        needed_by: Its children, sorted.
        reads: The datasets that it reads and does not write itself.
        writes: The datasets that it writes.
        settings: Its settings with the defaults of the plan, by the names of a plan file.
        resources: What it gets in all its containers, also by the job definition that the plan declares.
    """

    job: str
    level: int
    nodes: tuple[str, ...]
    command: tuple[str, ...]
    depends_on: tuple[str, ...]
    needed_by: tuple[str, ...]
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    settings: Mapping[str, Any]
    resources: JobResources


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A dataset that no job of the plan writes, and the jobs that read it, in the plan's order."""

    dataset: str
    read_by: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A dataset that jobs of the plan write, these jobs, and the jobs that read it, in the plan's order."""

    dataset: str
    written_by: tuple[str, ...]
    read_by: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DataOverview:
    """The datasets of a plan; names without transcoding, sorted.

    Attributes:
        inputs: Datasets that jobs read and no job writes.
        outputs: Datasets that jobs write.
        final_outputs: The outputs that no other job reads.
        unordered: Reads by a job that does not wait for the job that writes.
    """

    inputs: tuple[Read, ...] = ()
    outputs: tuple[Written, ...] = ()
    final_outputs: tuple[str, ...] = ()
    unordered: tuple[UnorderedRead, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """The hours of an amount that all jobs may use: each uses all its attempts, and each of them all its time.

    Attributes:
        most: Of the jobs that have a time limit, as far as the plan tells.
        jobs_without_limit: The number of other jobs that have such an amount.
        unknown: Job definitions that the plan does not declare may set more of it, a time limit or attempts.
    """

    most: int | float
    jobs_without_limit: int
    unknown: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """A plan as its reviewers see it.

    Attributes:
        digest: The hash of the plan's meaning, for ``apply --expect-digest``.
        origin: The source of the plan, by the names of a plan file: project, pipelines, env and so on.
        totals: The size of the plan.
        hours: The most that all jobs may use: ``vcpu_hours``, ``gib_hours`` of memory, and ``gpu_hours``.
        jobs: The jobs in topological order: always the smallest name among the ready ones.
        data: The datasets that jobs read and write.
    """

    schema: str = OVERVIEW_SCHEMA
    digest: str
    origin: Mapping[str, Any]
    totals: Totals
    hours: Mapping[str, Hours]
    jobs: tuple[JobOverview, ...]
    data: DataOverview
