"""Stacks of CloudFormation: what they are called, what state they are in, what can be done in it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from kedro_batch.cloud.aws_errors import parsing
from kedro_batch.cloud.clients import Clients
from kedro_batch.cloud.error_replies import error_code
from kedro_batch.errors import ServiceError

SERVICE = "AWS CloudFormation"
IN_PROGRESS = "_IN_PROGRESS"
"""How states end in which CloudFormation is at work; that of a stack which is only proposed does too."""
_WAITS_FOR_REVIEW = "REVIEW_IN_PROGRESS"
_COMPLETE = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE", "DELETE_COMPLETE"})
_UPDATABLE = frozenset(
    {
        "CREATE_COMPLETE",
        "UPDATE_COMPLETE",
        "UPDATE_FAILED",
        "UPDATE_ROLLBACK_COMPLETE",
        "IMPORT_COMPLETE",
        "IMPORT_ROLLBACK_COMPLETE",
    }
)
"""The states in which a stack takes a change set (the AWS CloudFormation User Guide, Stack status codes)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """A stack.

    Attributes:
        name: Its name.
        id: Its ARN; it names the stack also once it is deleted.
        status: Its state, as CloudFormation spells it.
        parameters: The values of its parameters; stars in place of secret ones.
    """

    name: str
    id: str
    status: str
    parameters: Mapping[str, str] = field(default_factory=dict)

    @property
    def only_proposed(self) -> bool:
        """True if nothing was ever deployed: there are change sets for it, and nothing else."""
        return self.status == _WAITS_FOR_REVIEW

    @property
    def in_progress(self) -> bool:
        """True if CloudFormation is at work on it."""
        return self.status.endswith(IN_PROGRESS) and not self.only_proposed

    @property
    def ended(self) -> bool:
        """True if CloudFormation has done something to it, and is at work no more."""
        return not self.status.endswith(IN_PROGRESS)

    @property
    def succeeded(self) -> bool:
        """True if the last operation did what it should."""
        return self.status in _COMPLETE

    @property
    def updatable(self) -> bool:
        """True if it takes a change set."""
        return self.status in _UPDATABLE


def describe_stack(clients: Clients, name_or_id: str) -> Stack | None:
    """Return a stack; None if there is none of this name."""
    try:
        reply = clients.call("cloudformation", "describe_stacks", StackName=name_or_id)
    except ServiceError as error:
        if is_missing(error):
            return None
        raise
    with parsing("DescribeStacks", SERVICE):
        return _stack(reply["Stacks"][0])


def is_missing(error: ServiceError) -> bool:
    """True if CloudFormation says that there is no such stack: the code of that is one for many things."""
    return error_code(error) == "ValidationError" and "does not exist" in error.problem


def describe_resources(clients: Clients, stack: Stack) -> dict[str, str]:
    """Return what a stack has: by logical id, the names or ARNs of what exists."""
    reply = clients.call("cloudformation", "describe_stack_resources", StackName=stack.id)
    with parsing("DescribeStackResources", SERVICE):
        return {
            one["LogicalResourceId"]: one["PhysicalResourceId"]
            for one in reply["StackResources"]
            if one.get("PhysicalResourceId") and one.get("ResourceStatus") != "DELETE_COMPLETE"
        }


def parameter_values(reply: Mapping[str, Any]) -> dict[str, str]:
    """Return the values of the parameters in a reply about a stack or a change set.

    One that names a parameter of Systems Manager has the value that is kept there.
    """
    return {
        one["ParameterKey"]: one.get("ResolvedValue") or one.get("ParameterValue", "")
        for one in reply.get("Parameters", ())
    }


def delete_stack(clients: Clients, stack: Stack) -> None:
    """Let CloudFormation delete a stack; ``events.follow`` waits for the end."""
    clients.call("cloudformation", "delete_stack", StackName=stack.id, ClientRequestToken=f"kedro-batch-{uuid4().hex}")


def _stack(reply: Mapping[str, Any]) -> Stack:
    return Stack(
        name=reply["StackName"],
        id=reply["StackId"],
        status=reply["StackStatus"],
        parameters=parameter_values(reply),
    )
