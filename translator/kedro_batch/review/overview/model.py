"""A plan as one value: totals, jobs, data. ``show`` prints it; its JSON is ``schemas/overview.schema.json``."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from kedro_batch.files.json_schema import whole
from kedro_batch.plan.data_flow import UnorderedRead, data_flow_of, unordered_reads
from kedro_batch.plan.digest import plan_digest
from kedro_batch.plan.graph import children_of, levels
from kedro_batch.plan.model import Job, JobName, Plan

OVERVIEW_SCHEMA = "kedro-batch/overview/v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Amounts:
    """What some jobs ask for together.

    Attributes:
        vcpus: Number of vCPUs.
        memory_mib: Memory in MiB.
        gpus: Number of GPUs.
        jobs_without_vcpus: Jobs that leave their vCPUs to the job definition, and are not in the sum.
        jobs_without_memory: Jobs that leave their memory to it.
    """

    vcpus: int | float = 0
    memory_mib: int = 0
    gpus: int = 0
    jobs_without_vcpus: int = 0
    jobs_without_memory: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """A plan in numbers.

    A job's level is 1 if it waits for none, else one more than the highest level of those that it waits for.

    Attributes:
        jobs: All jobs.
        join_jobs: Those that run no node and only gather others.
        nodes: Kedro nodes.
        dependencies: Pairs of a job and one that it waits for.
        longest_path: Jobs one after another: the number of levels.
        widest_level: The level with the most jobs, the first of several.
        jobs_at_widest: The jobs of that level.
        summed: What all jobs ask for.
        at_widest: What the jobs of the widest level ask for.
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
    queues: Mapping[str, int]
    definitions: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class JobOverview:
    """One job with everything that it gets.

    Attributes:
        job: Its name.
        level: Its level in the graph, from 1.
        nodes: The Kedro nodes that it runs.
        command: Word by word.
        depends_on: Its parents.
        needed_by: Its children, sorted.
        reads: The datasets that it reads from outside itself.
        writes: The datasets that it writes.
        settings: What the plan says of how it runs, defaults filled in, by the names of a plan file.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A dataset that the plan reads from outside, and the jobs that read it, in the plan's order."""

    dataset: str
    read_by: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A dataset that the plan writes, the jobs that write it, and those that read it; both in the plan's order."""

    dataset: str
    written_by: tuple[str, ...]
    read_by: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DataOverview:
    """What the jobs do with data; names without transcoding, sorted.

    Attributes:
        reads_from_outside: The datasets that some job reads and none writes.
        writes: The datasets that some job writes.
        keeps: Of these, the ones that no job of the plan reads: its results.
        unordered: Readers that do not wait for a writer.
    """

    reads_from_outside: tuple[Read, ...] = ()
    writes: tuple[Written, ...] = ()
    keeps: tuple[str, ...] = ()
    unordered: tuple[UnorderedRead, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """A plan as its reviewers see it.

    Attributes:
        digest: The name of the plan's meaning; ``apply --expect-digest`` takes it.
        origin: Where the plan comes from, by the names of a plan file: project, pipelines, env and so on.
        totals: The plan in numbers.
        jobs: The jobs in topological order, the smallest name first among those that are ready.
        data: What the jobs read and write.
    """

    schema: str = OVERVIEW_SCHEMA
    digest: str
    origin: Mapping[str, Any]
    totals: Totals
    jobs: tuple[JobOverview, ...]
    data: DataOverview


def overview_of(plan: Plan) -> Overview:
    """Look at a plan as a whole."""
    parents = {job.name: job.depends_on for job in plan.jobs}
    level_of = levels(parents)
    children = children_of(parents)
    jobs = {job.name: job for job in plan.jobs}
    settings = {id(job.settings): job.settings.to_dict() for job in plan.jobs}  # most jobs share theirs
    return Overview(
        digest=plan_digest(plan),
        origin=plan.header(),
        totals=totals_of(plan, level_of),
        jobs=tuple(
            JobOverview(
                job=name,
                level=level,
                nodes=jobs[name].nodes,
                command=jobs[name].command,
                depends_on=jobs[name].depends_on,
                needed_by=tuple(children[name]),
                reads=jobs[name].reads,
                writes=jobs[name].writes,
                settings=settings[id(jobs[name].settings)],
            )
            for name, level in level_of.items()
        ),
        data=_data_overview(plan),
    )


def totals_of(plan: Plan, level_of: Mapping[JobName, int]) -> Totals:
    """Count what a plan has.

    Args:
        plan: The plan.
        level_of: The level of each job.
    """
    at_level = Counter(level_of.values())
    widest, width = min(at_level.items(), key=lambda one: (-one[1], one[0]), default=(0, 0))
    return Totals(
        jobs=len(plan.jobs),
        join_jobs=sum(job.joins for job in plan.jobs),
        nodes=sum(len(job.nodes) for job in plan.jobs),
        dependencies=sum(len(job.depends_on) for job in plan.jobs),
        longest_path=len(at_level),
        widest_level=widest,
        jobs_at_widest=width,
        summed=_amounts(plan.jobs),
        at_widest=_amounts(job for job in plan.jobs if level_of[job.name] == widest),
        queues=_counted(job.settings.job_queue for job in plan.jobs),
        definitions=_counted(job.settings.job_definition for job in plan.jobs),
    )


def _amounts(jobs: Iterable[Job]) -> Amounts:
    asked = [job.settings.resources for job in jobs]
    return Amounts(
        vcpus=whole(sum(one.vcpus or 0 for one in asked)),
        memory_mib=sum(one.memory_mib or 0 for one in asked),
        gpus=sum(one.gpus or 0 for one in asked),
        jobs_without_vcpus=sum(one.vcpus is None for one in asked),
        jobs_without_memory=sum(one.memory_mib is None for one in asked),
    )


def _counted(names: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(names).items()))


def _data_overview(plan: Plan) -> DataOverview:
    flow = data_flow_of(plan)
    return DataOverview(
        reads_from_outside=tuple(
            Read(dataset=name, read_by=readers) for name, readers in flow.readers.items() if name not in flow.writers
        ),
        writes=tuple(
            Written(dataset=name, written_by=writers, read_by=flow.readers.get(name, ()))
            for name, writers in flow.writers.items()
        ),
        keeps=tuple(name for name in flow.writers if name not in flow.readers),
        unordered=unordered_reads(plan, flow),
    )
