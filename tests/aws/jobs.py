"""The jobs that are submitted: a table. Each is the smallest that Fargate offers, and short.

A command is that of busybox. Nothing here is sent: ``request`` builds the arguments of SubmitJob.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kedro_batch.plan.settings import JobDefinition, Platform, Resources
from kedro_batch.plan.variables import ATTEMPT_VARIABLE, VERSION_VARIABLE

BUSYBOX = "public.ecr.aws/docker/library/busybox"
SMALL = Resources(vcpus=0.25, memory_mib=512)
STACK_VCPUS = 4
"""The most vCPUs of the stack."""
DATA_VERSION = "2026-11-22T16.15.07.123Z"
RETRIED: tuple[Mapping[str, str], ...] = (
    {"onStatusReason": "Host EC2*", "action": "RETRY"},
    {"onStatusReason": "Your Spot Task was interrupted*", "action": "RETRY"},
    {"onStatusReason": "Task failed to start*", "action": "RETRY"},
    {"onReason": "CannotPullContainer*", "action": "RETRY"},
    {"onReason": "*", "action": "EXIT"},
)
"""What a plan with ``retry_on: [spot, start_failure, image_pull]`` sends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One job.

    Attributes:
        command: What its container does.
        timeout_s: Seconds after which AWS Batch ends an attempt.
        attempts: How often AWS Batch starts it at most.
        retry: Which failures are retried; empty: all.
        image_tag: Of busybox.
        resources: What its container gets.
        environment: Its variables.
        after: The jobs that it depends on.
        at_once: It is submitted with all others at the beginning; else by a test, when something else has happened.
    """

    command: Sequence[str]
    timeout_s: int = 120
    attempts: int = 1
    retry: Sequence[Mapping[str, str]] = ()
    image_tag: str = "stable"
    resources: Resources = SMALL
    environment: Mapping[str, str] = field(default_factory=dict)
    after: Sequence[str] = ()
    at_once: bool = True


def _sh(script: str) -> tuple[str, ...]:
    return ("sh", "-c", script)


_SLEEP = _sh("echo begun; sleep 300")
_ROLE = 'wget -qO- "http://169.254.170.2$AWS_CONTAINER_CREDENTIALS_RELATIVE_URI" | grep -o \'"RoleArn":"[^"]*"\''
"""Of the credentials, nothing but the role reaches the log (Amazon ECS developer guide, "Task IAM role")."""

JOBS: Mapping[str, Job] = {
    "Succeeds": Job(command=_sh("echo done"), environment={VERSION_VARIABLE: DATA_VERSION}),
    "has_role": Job(command=_sh(_ROLE)),
    "fails_twice": Job(command=_sh(f"echo attempt ${ATTEMPT_VARIABLE}; exit 3"), attempts=2),
    "below_failed": Job(command=_sh("exit 0"), after=("fails_twice",)),
    "below_below": Job(command=_sh("exit 0"), environment={VERSION_VARIABLE: DATA_VERSION}, after=("below_failed",)),
    "exits_137": Job(command=_sh("exit 137")),
    # dd reads a block of a gigabyte into a container of half of that.
    "out_of_memory": Job(command=_sh("dd if=/dev/zero of=/dev/null bs=1024M count=1")),
    "times_out": Job(command=_SLEEP, timeout_s=60, attempts=2),
    "no_image": Job(command=_sh("exit 0"), image_tag="no-such-tag", attempts=2, retry=RETRIED),
    "no_command": Job(command=("no-such-command",)),
    # Submitted by tests. The first one never starts, and holds up all that are behind it in the queue.
    "too_large": Job(command=_sh("exit 0"), resources=Resources(vcpus=8, memory_mib=16384), at_once=False),
    "visible": Job(command=_sh("exit 0"), at_once=False),
    "too_long": Job(command=_sh("exit 0"), environment={"FILLER": "x" * 9000}, at_once=False),
    "logs": Job(command=_SLEEP, at_once=False),
    "sleeps": Job(command=_SLEEP, timeout_s=360, at_once=False),
    "waits": Job(command=_sh("exit 0"), after=("sleeps",), at_once=False),
    "on_new_revision": Job(command=_sh("exit 0"), image_tag="1.36", at_once=False),
    "after_unknown": Job(command=_sh("exit 0"), at_once=False),
    "after_expired": Job(command=_sh("exit 0"), at_once=False),
    "after_failed": Job(command=_sh("exit 0"), after=("fails_twice",), at_once=False),
    "after_succeeded": Job(command=_sh("exit 0"), after=("Succeeds",), at_once=False),
    "after_many": Job(command=_sh("exit 0"), at_once=False),
}


def request(run: str, name: str, queue: str, definition: str, parents: Sequence[str]) -> dict[str, Any]:
    """Build the arguments of SubmitJob, as ``plan.submit_job`` spells them.

    Args:
        run: How the names of all jobs of these tests begin, this time.
        name: The job, by its name in the table.
        queue: The queue.
        definition: The ARN of the definition.
        parents: The ids of the jobs that it depends on.
    """
    job = JOBS[name]
    amounts = (("VCPU", job.resources.vcpus), ("MEMORY", job.resources.memory_mib))
    return {
        "jobName": f"{run}_{name}",
        "jobQueue": queue,
        "jobDefinition": definition,
        "containerOverrides": {
            "command": list(job.command),
            "environment": [{"name": key, "value": value} for key, value in job.environment.items()],
            "resourceRequirements": [{"type": kind, "value": str(amount)} for kind, amount in amounts],
        },
        "timeout": {"attemptDurationSeconds": job.timeout_s},
        "retryStrategy": {"attempts": job.attempts, **({"evaluateOnExit": list(job.retry)} if job.retry else {})},
        "dependsOn": [{"jobId": one} for one in parents],
    }


def busybox(tag: str, declared: Mapping[str, Any]) -> JobDefinition:
    """Return the definition of busybox with a tag, with roles and log group as ``infra deploy`` declares them."""
    return JobDefinition(
        image=f"{BUSYBOX}:{tag}",
        job_role=declared["job_role"],
        execution_role=declared["execution_role"],
        log_group=declared["log_group"],
        platform=Platform.FARGATE,
        public_ip=True,
        resources=SMALL,
    )
