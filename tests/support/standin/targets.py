"""The queues and job definitions that there are. They are not created: the configuration names them."""

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


def definition_arn(config: Config, given: str) -> str:
    """Give the ARN of the revision that a job with this definition gets: the newest one unless one is given."""
    short = given.removeprefix(f"{ARN}:job-definition/")
    name, _, revision = short.partition(":")
    newest = config.definitions.get(name, 0)
    chosen = int(revision) if revision.isdecimal() else 0 if revision else newest
    # The first revision is an old one that nobody may use any more.
    if not 1 < chosen <= newest:
        raise client_error(f"JobDefinition {given} not found")
    return f"{ARN}:job-definition/{name}:{chosen}"


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


def describe_definitions(config: Config, body: dict[str, Any]) -> dict[str, Any]:
    wanted = body.get("jobDefinitions") or [body.get("jobDefinitionName", "")]
    found: list[dict[str, Any]] = []
    for name, newest in config.definitions.items():
        for revision in range(1, newest + 1):
            arn = f"{ARN}:job-definition/{name}:{revision}"
            if any(one in ("", name, f"{name}:{revision}", arn) for one in wanted):
                found.append(
                    {
                        "jobDefinitionName": name,
                        "jobDefinitionArn": arn,
                        "revision": revision,
                        "status": "INACTIVE" if revision == 1 else "ACTIVE",
                        "type": "container",
                        **config.definition_details.get(name, {}),
                    }
                )
    if "status" in body:
        found = [one for one in found if one["status"] == body["status"]]
    # A page at a time, as the service may do.
    start = int(body.get("nextToken", 0))
    page: dict[str, Any] = {"jobDefinitions": found[start : start + 1]}
    if start + 1 < len(found):
        page["nextToken"] = str(start + 1)
    return page
