"""How a job runs on AWS Batch: its settings, and the job definition that a plan may declare."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any

from kedro_batch.files.json_schema import whole


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

    def to_dict(self) -> dict[str, float]:
        """Return the amounts that have a value."""
        return {name: amount for name in AMOUNTS if (amount := getattr(self, name)) is not None}

    def merged_over(self, declared: "Resources") -> "Resources":
        """Return what a container gets that a job definition gives the rest; its GPUs stay unless the job has some."""
        own = {name: amount for name, amount in self.to_dict().items() if amount or not declared.gpus}
        return Resources.from_dict({**declared.to_dict(), **own})

    @classmethod
    def from_dict(cls, stated: Mapping[str, Any]) -> "Resources":
        """Make resources of plain values; 2.0 is 2."""
        return cls(**{name: whole(amount) for name, amount in stated.items()})


AMOUNTS = tuple(one.name for one in fields(Resources))
"""The names of the amounts, in the order of a plan file."""
ALWAYS_GIVEN = ("vcpus", "memory_mib")
"""Those that every container gets: AWS Batch takes no job definition of one container without them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobSettings:
    """How a job runs on AWS Batch. What is empty or None is left to the job definition.

    The order of the fields is that of a plan file.

    Attributes:
        job_queue: Name or ARN; empty only where a file's defaults do not name one.
        job_definition: Name, name:revision or ARN, or the name of one that the plan declares; empty likewise.
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
        fields: dict[str, Any] = {
            "job_queue": self.job_queue,
            "job_definition": self.job_definition,
            "platform": self.platform and str(self.platform),
            "resources": self.resources.to_dict(),
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
        given["resources"] = Resources.from_dict(given.get("resources", {}))
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


def merged_deep(own: Mapping[str, Any], stated: Mapping[str, Any]) -> dict[str, Any]:
    """Merge mappings at any depth; lists and other values of ``own`` replace those of ``stated``."""
    merged = dict(stated)
    for name, value in own.items():
        before = stated.get(name)
        if isinstance(before, Mapping) and isinstance(value, Mapping):
            merged[name] = merged_deep(value, before)
        else:
            merged[name] = value
    return merged


@dataclass(frozen=True, slots=True, kw_only=True)
class JobDefinition:
    """A job definition that a plan declares, without its name: what is registered before the first submission.

    What is empty or None is left to AWS Batch. The order of the fields is that of a plan file.

    Attributes:
        image: The image of the container; empty where ``register`` has containers of its own.
        job_role: ARN of the role that the job's code has.
        execution_role: ARN of the role that starts the container: it pulls the image, reads secrets, writes logs.
        platform: The machines that it is for.
        resources: What the container gets where a job states nothing else.
        log_group: The group of CloudWatch Logs that gets the output; None for ``/aws/batch/job``.
        secrets: Variables of the container, by name, with the ARNs of where their values are kept.
        volumes: What is mounted: each with ``path`` in the container, and ``efs`` (a file system) or ``host`` (a folder
            of the machine).
        ulimits: Soft and hard limits, by name; one number is both.
        shared_memory_mib: The size of ``/dev/shm`` in MiB.
        public_ip: Give the container a public address (Fargate).
        register: Further fields of RegisterJobDefinition, in AWS's spelling, merged over what the rest gives.
    """

    image: str = ""
    job_role: str | None = None
    execution_role: str | None = None
    platform: Platform | None = None
    resources: Resources = field(default_factory=Resources)
    log_group: str | None = None
    secrets: Mapping[str, str] = field(default_factory=dict)
    volumes: tuple[Mapping[str, Any], ...] = ()
    ulimits: Mapping[str, Any] = field(default_factory=dict)
    shared_memory_mib: int | None = None
    public_ip: bool = False
    register: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the fields that have a value, as plain values, in the order of a plan file."""
        given: dict[str, Any] = {
            "image": self.image,
            "job_role": self.job_role,
            "execution_role": self.execution_role,
            "platform": self.platform and str(self.platform),
            "resources": self.resources.to_dict(),
            "log_group": self.log_group,
            "secrets": dict(self.secrets),
            "volumes": [dict(one) for one in self.volumes],
            "ulimits": dict(self.ulimits),
            "shared_memory_mib": self.shared_memory_mib,
            "public_ip": self.public_ip,
            "register": dict(self.register),
        }
        return {name: value for name, value in given.items() if value}

    @classmethod
    def from_dict(cls, stated: Mapping[str, Any]) -> "JobDefinition":
        """Make a definition of plain values that a schema has allowed: the inverse of ``to_dict``."""
        given = dict(stated)
        if "platform" in given:
            given["platform"] = Platform(given["platform"])
        given["resources"] = Resources.from_dict(given.get("resources", {}))
        given["volumes"] = tuple(given.get("volumes", ()))
        if "shared_memory_mib" in given:
            given["shared_memory_mib"] = whole(given["shared_memory_mib"])
        return cls(**given)
