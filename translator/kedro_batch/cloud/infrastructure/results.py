"""What a stack has on AWS, read back for ``aws_batch.yml``: its queue, its repository, its job definition."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from kedro_batch.cloud.aws_errors import parsing
from kedro_batch.cloud.clients import Clients
from kedro_batch.cloud.infrastructure.stacks import SERVICE, Stack, describe_resources
from kedro_batch.cloud.infrastructure.template import Template, parse_deployed
from kedro_batch.cloud.targets import Targets
from kedro_batch.errors import ServiceError

_QUEUE, _DEFINITION, _ENVIRONMENT, _REPOSITORY = "JobQueue", "JobDefinition", "ComputeEnvironment", "Repository"
_SUBMITTER = "SubmitterRole"
_LISTED_STATES = ("SUBMITTED", "PENDING", "RUNNABLE", "STARTING", "RUNNING")


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """What a stack has.

    Attributes:
        job_queue: The name of its queue; None if it has none.
        image_repository: The address of its repository, without a tag.
        job_definition: The name of its job definition.
        declared: The fields of that definition as ``aws_batch.yml`` declares them, without name and image.
        submitter_role: The ARN of the role of the workflows that submit.
        missing: The logical ids of what ``aws_batch.yml`` needs and the stack does not have.
    """

    job_queue: str | None
    image_repository: str | None
    job_definition: str | None
    declared: Mapping[str, Any] = field(default_factory=dict)
    submitter_role: str | None
    missing: tuple[str, ...] = ()


def read_results(clients: Clients, stack: Stack) -> Results:
    """Read what a stack has on AWS.

    Raises:
        ServiceError: A service does not tell.
    """
    there = describe_resources(clients, stack)
    queue, definition = there.get(_QUEUE), there.get(_DEFINITION)
    name, declared = _read_definition(clients, definition, there.get(_ENVIRONMENT)) if definition else (None, {})
    address = _repository_uri(clients, there[_REPOSITORY]) if _REPOSITORY in there else None
    found = {_QUEUE: queue, _DEFINITION: name, _REPOSITORY: address}
    return Results(
        job_queue=queue and queue.rpartition("/")[2],
        image_repository=address,
        job_definition=name,
        declared=declared,
        submitter_role=_role_arn(clients, there[_SUBMITTER]) if _SUBMITTER in there else None,
        missing=tuple(one for one, value in found.items() if not value),
    )


def read_deployed_template(clients: Clients, stack: Stack) -> Template:
    """Return the template that a stack was deployed with."""
    reply = clients.call("cloudformation", "get_template", StackName=stack.id)
    with parsing("GetTemplate", SERVICE):
        return parse_deployed(reply["TemplateBody"], f"the template of the stack {stack.name}")


def queue_of(there: Mapping[str, str]) -> str | None:
    """Return the name or ARN of the queue among the resources of a stack; None if it has none."""
    return there.get(_QUEUE)


def find_jobs(clients: Clients, queue: str) -> int:
    """Return how many jobs in a queue have not ended."""
    number = 0
    for state in _LISTED_STATES:
        more: dict[str, str] = {}
        while True:
            reply = clients.call("batch", "list_jobs", jobQueue=queue, jobStatus=state, **more)
            with parsing("ListJobs"):
                number += len(reply["jobSummaryList"])
            if not reply.get("nextToken"):
                break
            more = {"nextToken": reply["nextToken"]}
    return number


def _read_definition(clients: Clients, id_: str, environment: str | None) -> tuple[str | None, dict[str, Any]]:
    """Return the name of a job definition, and its fields as ``aws_batch.yml`` declares them."""
    targets = Targets(clients.client("batch"))
    found = targets.describe_job_definitions(id_)
    if not found:
        return None, {}
    reply = found[0].reply
    platforms = reply.get("platformCapabilities") or ()
    if not platforms and environment:
        platforms = [
            str(one.reply.get("computeResources", {}).get("type", ""))
            for one in targets.describe_compute_environments([environment])
        ]
    container = reply.get("containerProperties") or {}
    logs = (container.get("logConfiguration") or {}).get("options") or {}
    declared = {
        "job_role": container.get("jobRoleArn"),
        "execution_role": container.get("executionRoleArn"),
        "platform": _platform(platforms[0]) if platforms else None,
        "log_group": logs.get("awslogs-group"),
    }
    if declared["platform"] == "fargate":
        declared["public_ip"] = (container.get("networkConfiguration") or {}).get("assignPublicIp") == "ENABLED"
    with parsing("DescribeJobDefinitions"):
        return reply["jobDefinitionName"], {name: value for name, value in declared.items() if value is not None}


def _platform(kind: str) -> str:
    """Return the platform of a definition's capability, or of a compute environment's type, such as FARGATE_SPOT."""
    return "fargate" if kind.startswith("FARGATE") else "ec2"


def _repository_uri(clients: Clients, name: str) -> str:
    reply = clients.call("ecr", "describe_repositories", repositoryNames=[name])
    with parsing("DescribeRepositories", "Amazon ECR"):
        return str(reply["repositories"][0]["repositoryUri"])


def _role_arn(clients: Clients, name: str) -> str:
    """Return the ARN of a role; as it is without a path, if IAM does not tell."""
    with suppress(ServiceError), parsing("GetRole", "AWS IAM"):
        return str(clients.call("iam", "get_role", RoleName=name)["Role"]["Arn"])
    _, partition, *_ = clients.identity.arn.split(":")
    return f"arn:{partition}:iam::{clients.identity.account}:role/{name}"
