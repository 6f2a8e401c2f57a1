"""The queues that there are. They are not created: the configuration names them."""

from typing import Any

from .config import Config
from .limits import client_error

ARN = "arn:aws:batch:us-east-1:123456789012"


def queue_name(config: Config, given: str) -> str:
    """Give the name of a queue that is given by name or ARN.

    Raises:
        RefusedError: There is none.
    """
    for name in config.queues:
        if given in (name, queue_arn(name)):
            return name
    raise client_error(f"JobQueue {given} not found")


def open_queue(config: Config, given: str) -> str:
    """Give the name of a queue that takes jobs."""
    name = queue_name(config, given)
    if name in config.disabled_queues:
        raise client_error(f"JobQueue {name} is not in ENABLED state")
    if name in config.invalid_queues:
        raise client_error(f"JobQueue {name} is not in VALID state")
    return name


def queue_arn(name: str) -> str:
    return f"{ARN}:job-queue/{name}"


def describe_queues(config: Config, body: dict[str, Any]) -> dict[str, Any]:
    wanted = body.get("jobQueues")
    found: list[dict[str, Any]] = [
        {
            "jobQueueName": name,
            "jobQueueArn": queue_arn(name),
            "state": "DISABLED" if name in config.disabled_queues else "ENABLED",
            "status": "INVALID" if name in config.invalid_queues else "VALID",
            "statusReason": config.invalid_queues.get(name, ""),
            "priority": 1,
            "computeEnvironmentOrder": [
                {"order": number, "computeEnvironment": environment_arn(one)}
                for number, one in enumerate(config.environments, 1)
            ],
            **config.queue_details.get(name, {}),
        }
        for name in config.queues
        if not wanted or name in wanted or queue_arn(name) in wanted
    ]
    return {"jobQueues": found}


def environment_arn(name: str) -> str:
    return f"{ARN}:compute-environment/{name}"


def describe_environments(config: Config, body: dict[str, Any]) -> dict[str, Any]:
    wanted = body.get("computeEnvironments")
    found: list[dict[str, Any]] = [
        {
            "computeEnvironmentName": name,
            "computeEnvironmentArn": environment_arn(name),
            "type": "MANAGED",
            "state": "ENABLED",
            "status": "VALID",
            "containerOrchestrationType": "ECS",
            "computeResources": {"type": "EC2", "maxvCpus": 256, "instanceTypes": ["optimal"]},
            **details,
        }
        for name, details in config.environments.items()
        if not wanted or name in wanted or environment_arn(name) in wanted
    ]
    return {"computeEnvironments": found}
