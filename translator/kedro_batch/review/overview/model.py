"""A plan as one value: totals, jobs, data. ``show`` prints it; its JSON is ``schemas/overview.schema.json``."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kedro_batch.plan.data_flow import UnorderedRead

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
        inputs: The datasets that some job reads and none writes.
        outputs: The datasets that some job writes.
        final_outputs: Of these, the ones that no job of the plan reads: its results.
        unordered: Readers that do not wait for a writer.
    """

    inputs: tuple[Read, ...] = ()
    outputs: tuple[Written, ...] = ()
    final_outputs: tuple[str, ...] = ()
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
