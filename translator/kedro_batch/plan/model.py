"""The plan in memory: frozen values, every job with its defaults filled in.

``reader`` makes a plan of a file, ``writer`` a file of a plan, ``digest`` the name of its meaning.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from typing import Any, NewType

from kedro_batch.diagnostics import FieldPath
from kedro_batch.files.json_schema import whole

JobName = NewType("JobName", str)
"""A job's name in its plan; AWS Batch sees it between the run id and the submission."""

PlanDigest = NewType("PlanDigest", str)
"""``sha256:`` and 64 hexadecimal digits over the meaning of a plan."""

PLAN_SCHEMA = "kedro-batch/plan/v1"


class Platform(StrEnum):
    """The machines of the compute environments behind a queue."""

    EC2 = "ec2"
    FARGATE = "fargate"


class RetryReason(StrEnum):
    """Kinds of failure after which AWS Batch retries a job."""

    SPOT = "spot"
    START_FAILURE = "start_failure"
    IMAGE_PULL = "image_pull"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """What a job's container gets; None leaves it to the job definition.

    Attributes:
        vcpus: Number of vCPUs, a fraction only on Fargate.
        memory_mib: Memory in MiB.
        gpus: Number of GPUs; 0 asks for none, and those of the job definition stay.
    """

    vcpus: int | float | None = None
    memory_mib: int | None = None
    gpus: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobSettings:
    """How a job runs on AWS Batch. What is empty or None is left to the job definition.

    The order of the fields is that of a plan file.

    Attributes:
        job_queue: Name or ARN; empty only where a file's defaults do not name one.
        job_definition: Name, name:revision or ARN; empty likewise.
        platform: What the queue's machines are, for checking resources offline; it is not sent.
        resources: What the container gets.
        timeout_s: Seconds after which AWS Batch ends an attempt.
        attempts: How many times AWS Batch starts the job at most.
        retry_on: The only failures that are retried; empty: all of them.
        environment: Variables of the container.
        tags: Tags on AWS.
        share_identifier: The share of a queue with fair-share scheduling.
        scheduling_priority: The priority within that share, 0 to 9999.
        submit: Further fields of SubmitJob, in AWS's spelling.
    """

    job_queue: str = ""
    job_definition: str = ""
    platform: Platform | None = None
    resources: Resources = field(default_factory=Resources)
    timeout_s: int | None = None
    attempts: int | None = None
    retry_on: tuple[RetryReason, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    share_identifier: str | None = None
    scheduling_priority: int | None = None
    submit: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the settings that have a value, as plain values, in the order of the fields."""
        resources = self.resources
        amounts = {"vcpus": resources.vcpus, "memory_mib": resources.memory_mib, "gpus": resources.gpus}
        fields: dict[str, Any] = {
            "job_queue": self.job_queue,
            "job_definition": self.job_definition,
            "platform": self.platform and str(self.platform),
            "resources": {name: amount for name, amount in amounts.items() if amount is not None},
            "timeout_s": self.timeout_s,
            "attempts": self.attempts,
            "retry_on": [str(reason) for reason in self.retry_on],
            "environment": dict(self.environment),
            "tags": dict(self.tags),
            "share_identifier": self.share_identifier,
            "scheduling_priority": self.scheduling_priority,
            "submit": dict(self.submit),
        }
        return {name: value for name, value in fields.items() if value or value == 0}

    @classmethod
    def from_dict(cls, stated: Mapping[str, Any]) -> "JobSettings":
        """Make settings of plain values that a schema has allowed: the inverse of ``to_dict``."""
        given = dict(stated)
        if "platform" in given:
            given["platform"] = Platform(given["platform"])
        given["resources"] = Resources(**{name: whole(amount) for name, amount in given.get("resources", {}).items()})
        for name in ("timeout_s", "attempts", "scheduling_priority"):
            if name in given:
                given[name] = whole(given[name])
        given["retry_on"] = tuple(sorted(RetryReason(reason) for reason in given.get("retry_on", ())))
        return cls(**given)


JOB_SETTINGS = tuple(one.name for one in fields(JobSettings))
"""The names of the settings, in the order of a plan."""

MERGED_BY_KEY = ("resources", "environment", "tags", "submit")
"""The settings that are merged key by key: a job states only the keys that differ from the defaults."""


def merged_over(own: Mapping[str, Any], stated: Mapping[str, Any]) -> dict[str, Any]:
    """Return plain settings merged over others: those that ``own`` lacks are taken from ``stated``."""
    merged = {name: {**stated[name], **own[name]} for name in MERGED_BY_KEY if name in own and name in stated}
    return {**stated, **own, **merged}


def stated_settings(file: Mapping[str, Any]) -> Iterator[tuple[FieldPath, Mapping[str, Any]]]:
    """Yield all places of a plan file that hold settings of jobs: the defaults, then each job."""
    yield ("defaults",), file.get("defaults", {})
    yield from ((("jobs", index), job) for index, job in enumerate(file["jobs"]))


JOIN_COMMAND = ("true",)
"""The command of a join job: it does nothing, and succeeds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One container job with everything that it needs, defaults included.

    Attributes:
        name: Unique in the plan.
        command: The container's command, word by word.
        settings: How it runs, queue and definition included.
        nodes: The Kedro nodes that it runs, by Kedro's names, sorted; none for a join job.
        depends_on: The jobs that have to succeed first, sorted.
        reads: Names of the datasets that it reads and does not write itself, without parameters, sorted.
        writes: Names of the datasets that it writes and that outlive it, sorted.
    """

    name: JobName
    command: tuple[str, ...]
    settings: JobSettings
    nodes: tuple[str, ...] = ()
    depends_on: tuple[JobName, ...] = ()
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()

    @property
    def joins(self) -> bool:
        """True if the job runs no node and only gathers its parents."""
        return not self.nodes and self.command == JOIN_COMMAND


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
        group_by: How nodes were grouped into jobs; empty for one job for each node.
        submit_tags: True if requests carry tags; if not, no job has tags.
        defaults: What the file states once for all jobs; the jobs have it filled in.
    """

    jobs: tuple[Job, ...]
    project: str | None = None
    pipelines: tuple[str, ...] = ()
    env: str | None = None
    kedro_version: str | None = None
    selection: Selection = field(default_factory=Selection)
    group_by: tuple[str, ...] = ()
    submit_tags: bool = True
    defaults: JobSettings = field(default_factory=JobSettings)

    def header(self) -> dict[str, Any]:
        """Return what a plan file states before its defaults, as plain values: the fields HEADER that have a value."""
        fields: dict[str, Any] = {
            "project": self.project,
            "pipelines": sorted(self.pipelines),
            "env": self.env,
            "kedro_version": self.kedro_version,
            "selection": {flag: sorted(names) for flag, names in asdict(self.selection).items() if names},
            "group_by": list(self.group_by),
            "submit_tags": None if self.submit_tags else False,
        }
        return {name: value for name, value in fields.items() if value not in (None, [], {})}

    @classmethod
    def from_header(cls, header: Mapping[str, Any], *, jobs: tuple[Job, ...], defaults: JobSettings) -> "Plan":
        """Make a plan of the plain values of ``header``, or of a whole file that the schema has allowed."""
        return cls(
            jobs=jobs,
            project=header.get("project"),
            pipelines=tuple(sorted(header.get("pipelines", ()))),
            env=header.get("env"),
            kedro_version=header.get("kedro_version"),
            selection=Selection(**{flag: tuple(sorted(names)) for flag, names in header.get("selection", {}).items()}),
            group_by=tuple(header.get("group_by", ())),
            submit_tags=header.get("submit_tags", True),
            defaults=defaults,
        )


HEADER = tuple(one.name for one in fields(Plan) if one.name not in ("jobs", "defaults"))
"""What a plan states about itself as a whole, in the order of a plan file."""
