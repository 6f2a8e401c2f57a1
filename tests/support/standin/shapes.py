"""How AWS Batch describes a job, in full and in short."""

import re
from typing import Any

from .jobs import Job, Try
from .targets import ARN, queue_arn

TAG = "kedro-batch:job"
DEFAULT_GROUP = "/aws/batch/job"
_NAMES = (
    re.compile(r"[0-9]{6}-[0-9]{6}-[0-9a-z]{4}-(.+)-[0-9]+"),
    re.compile(r"[^_]+_(.+)_[0-9]+"),
)


def label_of(request: dict[str, Any]) -> str:
    """Give the label of a job: its tag, or what is between run and attempt in its name, or the name."""
    tag, name = request.get("tags", {}).get(TAG), str(request["jobName"])
    if tag:
        return str(tag)
    return next((found[1] for pattern in _NAMES if (found := pattern.fullmatch(name))), name)


def described(job: Job, epoch: float, log_driver: str = "awslogs", log_group: str = DEFAULT_GROUP) -> dict[str, Any]:
    """Describe a job as DescribeJobs does; ``epoch`` is the Unix time at the zero of the service's clock."""
    options = {} if log_group == DEFAULT_GROUP else {"awslogs-group": log_group}
    request = job.request
    overrides = request.get("containerOverrides", {})
    resources = overrides.get("resourceRequirements", [])
    amounts = {one["type"]: one["value"] for one in resources}
    container: dict[str, Any] = {
        "image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/project:1.0",
        "command": overrides.get("command", []),
        "environment": overrides.get("environment", []),
        "vcpus": round(float(amounts.get("VCPU", 1))),
        "memory": int(amounts.get("MEMORY", 2048)),
        "resourceRequirements": resources,
        "volumes": [],
        "mountPoints": [],
        "ulimits": [],
        "networkInterfaces": [],
        "secrets": [],
        "logConfiguration": {"logDriver": log_driver, "options": options, "secretOptions": []},
    }
    if job.stream:
        container |= {"logStreamName": job.stream} if log_driver == "awslogs" else {}
        container |= _machine(job, len(job.tries) + (job.live))
    if job.tries and not job.live:
        container |= _ending(job.tries[-1])
    shape: dict[str, Any] = {
        **_in_common(job, epoch),
        "jobQueue": queue_arn(job.queue),
        "dependsOn": request.get("dependsOn", []),
        "parameters": request.get("parameters", {}),
        "container": container,
        "attempts": [_attempt(job, number, one, epoch) for number, one in enumerate(job.tries, start=1)],
        "propagateTags": request.get("propagateTags", False),
        "platformCapabilities": ["EC2"],
        "tags": request.get("tags", {}),
        **_structures(request),
        **{field: request[field] for field in ("timeout", "retryStrategy", "arrayProperties") if field in request},
    }
    return {field: value for field, value in shape.items() if value is not None}


def _structures(request: dict[str, Any]) -> dict[str, Any]:
    """Describe the containers of pods and tasks; where there are some, AWS Batch describes no ``container``."""
    pods, tasks = request.get("eksPropertiesOverride"), request.get("ecsPropertiesOverride")
    if pods:
        return {"container": None, "eksProperties": pods}
    return {"container": None, "ecsProperties": tasks} if tasks else {}


def summary(job: Job, epoch: float) -> dict[str, Any]:
    """Describe a job as ListJobs does: without its tags."""
    container = _ending(job.tries[-1]) if job.tries and not job.live else {}
    return {**_in_common(job, epoch), "container": container}


def _in_common(job: Job, epoch: float) -> dict[str, Any]:
    shape: dict[str, Any] = {
        "jobArn": f"{ARN}:job/{job.id}",
        "jobId": job.id,
        "jobName": job.name,
        "jobDefinition": job.definition,
        "status": job.status.value,
        "createdAt": _ms(job.taken, epoch),
        "isCancelled": False,
        "isTerminated": job.terminated,
    }
    if job.status_reason:
        shape["statusReason"] = job.status_reason
    if job.started is not None:
        shape["startedAt"] = _ms(job.started, epoch)
    if job.stopped is not None:
        shape["stoppedAt"] = _ms(job.stopped, epoch)
    return shape


def _machine(job: Job, number: int) -> dict[str, Any]:
    """Name the container instance and the task of a try, counted from 1."""
    place = "arn:aws:ecs:us-east-1:123456789012"
    return {
        "containerInstanceArn": f"{place}:container-instance/cluster/{job.order:08}",
        "taskArn": f"{place}:task/cluster/{job.id}" + (f"-{number}" if number > 1 else ""),
    }


def _attempt(job: Job, number: int, one: Try, epoch: float) -> dict[str, Any]:
    attempt: dict[str, Any] = {
        "container": _ending(one),
        "stoppedAt": _ms(one.stopped, epoch),
        "statusReason": one.outcome.status_reason,
    }
    if one.stream:
        attempt["container"] |= {"logStreamName": one.stream, **_machine(job, number)}
    if one.started is not None:
        attempt["startedAt"] = _ms(one.started, epoch)
    return attempt


def _ending(one: Try) -> dict[str, Any]:
    ending: dict[str, Any] = {"exitCode": one.outcome.exit_code, "reason": one.outcome.reason}
    return {field: value for field, value in ending.items() if value is not None}


def _ms(seconds: float, epoch: float) -> int:
    return int((seconds + epoch) * 1000)
