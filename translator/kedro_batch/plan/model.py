"""The plan in memory: frozen values, every job with its defaults filled in.

``reader`` makes a plan of a file, ``writer`` a file of a plan, ``digest`` the name of its meaning.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NewType

JobName = NewType("JobName", str)
"""A job's name in its plan; AWS Batch sees it between the run id and the attempt."""

PlanDigest = NewType("PlanDigest", str)
"""``sha256:`` and 64 hexadecimal digits over the meaning of a plan."""

PLAN_SCHEMA = "kedro-batch/plan/v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """What a job's container gets; None leaves it to the job definition.

    Attributes:
        vcpus: Number of vCPUs, a fraction only on Fargate.
        memory_mib: Memory in MiB.
        gpus: Number of GPUs.
    """

    vcpus: int | float | None = None
    memory_mib: int | None = None
    gpus: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One container job with everything that it needs, defaults included.

    Attributes:
        name: Unique in the plan.
        command: The container's command, word by word.
        job_queue: Name or ARN.
        job_definition: Name, name:revision or ARN.
        nodes: The Kedro nodes that it runs, by Kedro's names, sorted.
        depends_on: The jobs that have to succeed first, sorted.
        reads: Names of the datasets that it reads, without parameters, sorted.
        writes: Names of the datasets that it writes, sorted.
        resources: What its container gets.
        timeout_s: Seconds after which an attempt is ended.
        attempts: How often AWS Batch starts it until it succeeds.
        tags: Its tags on AWS.
    """

    name: JobName
    command: tuple[str, ...]
    job_queue: str
    job_definition: str
    nodes: tuple[str, ...] = ()
    depends_on: tuple[JobName, ...] = ()
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    resources: Resources = field(default_factory=Resources)
    timeout_s: int | None = None
    attempts: int | None = None
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Defaults:
    """What the file states once; the jobs of a plan in memory have it filled in already."""

    job_queue: str | None = None
    job_definition: str | None = None
    resources: Resources = field(default_factory=Resources)
    timeout_s: int | None = None
    attempts: int | None = None
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """The selection flags of ``kedro run`` that chose the nodes; all empty for whole pipelines."""

    nodes: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    namespaces: tuple[str, ...] = ()
    from_nodes: tuple[str, ...] = ()
    to_nodes: tuple[str, ...] = ()
    from_inputs: tuple[str, ...] = ()
    to_outputs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The jobs of one run and where they come from.

    Attributes:
        jobs: In the order of the file.
        project: Package name of the Kedro project.
        pipelines: The registered pipelines that were compiled.
        env: The configuration environment that every command names.
        kedro_version: The Kedro version whose flags the commands use.
        selection: The flags that chose the nodes.
        defaults: What the file states once.
    """

    jobs: tuple[Job, ...]
    project: str | None = None
    pipelines: tuple[str, ...] = ()
    env: str | None = None
    kedro_version: str | None = None
    selection: Selection = field(default_factory=Selection)
    defaults: Defaults = field(default_factory=Defaults)
