"""Change sets: what a deployment would change, proposed to CloudFormation, read, and carried out or withdrawn."""

import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from kedro_batch.cloud.aws_errors import parsing
from kedro_batch.cloud.clients import Clients
from kedro_batch.cloud.infrastructure.stacks import SERVICE, Stack, delete_stack, describe_stack, parameter_values
from kedro_batch.cloud.infrastructure.template import Template
from kedro_batch.errors import Fault, ServiceError
from kedro_batch.text.wording import sentences

_FIRST_S, _LONGEST_S, _FACTOR = 0.1, 3.0, 1.5
_NOTHING = ("didn't contain changes", "No updates are to be performed")
"""How CloudFormation says, as a failure, that a stack is as its template says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PropertyChange:
    """A property of a resource that changes; before and after are None where CloudFormation does not tell."""

    name: str
    before: str | None = None
    after: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What happens to one resource.

    Attributes:
        action: ``Add``, ``Modify``, ``Remove``, ``Import``, or what AWS calls it else.
        logical_id: Its name in the template.
        physical_id: Its name or ARN on AWS; empty if it does not exist yet.
        kind: Its type.
        replaced: ``True``, ``False`` or ``Conditional``: whether another one takes its place.
        kept: What it takes the place of, or what leaves the stack, is not deleted.
        properties: What changes in it.
    """

    action: str
    logical_id: str
    physical_id: str
    kind: str
    replaced: str
    kept: bool
    properties: tuple[PropertyChange, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A change set that CloudFormation was asked for: its ARN, and that of its stack."""

    id: str
    stack_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeSet:
    """What a change set says.

    Attributes:
        empty: Nothing is to be changed.
        changes: By logical id. None, in one that is not empty: only outputs, tags or the template's text change.
        parameters: The values of the stack's parameters after the change.
    """

    empty: bool = False
    changes: tuple[Change, ...] = ()
    parameters: Mapping[str, str] = field(default_factory=dict)


def propose(
    clients: Clients, name: str, before: Stack | None, template: Template, parameters: Sequence[Mapping[str, Any]]
) -> Proposal | None:
    """Ask CloudFormation for a change set; None if it says at once that there is nothing to change.

    Args:
        clients: The account.
        name: The name of the stack.
        before: The stack as it is; None if there is none.
        template: The template.
        parameters: As CreateChangeSet takes them.
    """
    token = f"kedro-batch-{uuid.uuid4().hex}"
    try:
        reply = clients.call(
            "cloudformation",
            "create_change_set",
            StackName=name,
            ChangeSetName=token,
            ClientToken=token,
            ChangeSetType="CREATE" if before is None or before.only_proposed else "UPDATE",
            TemplateBody=template.body,
            Parameters=list(parameters),
            Capabilities=["CAPABILITY_NAMED_IAM"],
            # What an earlier stack left behind is taken over again.
            **_known(clients, "CreateChangeSet", ImportExistingResources=True),
        )
    except ServiceError as error:
        if any(words in error.problem for words in _NOTHING):
            return None
        raise
    with parsing("CreateChangeSet", SERVICE):
        return Proposal(id=reply["Id"], stack_id=reply["StackId"])


@contextmanager
def withdrawn_on_failure(clients: Clients, proposal: Proposal, on_trouble: Callable[[str], None]) -> Iterator[None]:
    """Withdraw a proposal where what is done about it fails, is refused or interrupted.

    Args:
        clients: The account.
        proposal: The proposal.
        on_trouble: Gets a message if it cannot be withdrawn.
    """
    try:
        yield
    except BaseException:
        try:
            withdraw(clients, proposal)
        except ServiceError as error:
            on_trouble(f"The change set {proposal.id} is left: {error}")
        raise


def wait_for(clients: Clients, proposal: Proposal) -> ChangeSet:
    """Wait until a change set is made, and return what it says.

    Raises:
        ServiceError: CloudFormation could not make it.
    """
    pause = _FIRST_S
    while True:
        reply = _describe(clients, proposal)
        with parsing("DescribeChangeSet", SERVICE):
            status, reason = reply["Status"], reply.get("StatusReason", "")
        if status == "FAILED" and any(words in reason for words in _NOTHING):
            return ChangeSet(empty=True)
        if status == "FAILED":
            raise ServiceError(sentences(f"CloudFormation refuses the changes: {reason}", *_details(clients, proposal)))
        if status == "CREATE_COMPLETE":
            break
        time.sleep(pause)
        pause = min(_LONGEST_S, pause * _FACTOR)
    changes = [*reply.get("Changes", ())]
    while reply.get("NextToken"):
        reply = _describe(clients, proposal, NextToken=reply["NextToken"])
        changes += reply.get("Changes", ())
    with parsing("DescribeChangeSet", SERVICE):
        return ChangeSet(
            changes=tuple(
                sorted(
                    (_change(one["ResourceChange"]) for one in changes if "ResourceChange" in one),
                    key=lambda change: change.logical_id,
                )
            ),
            parameters=parameter_values(reply),
        )


def execute(clients: Clients, proposal: Proposal) -> None:
    """Let CloudFormation carry out a change set. What cannot be carried out is withdrawn."""
    try:
        clients.call(
            "cloudformation",
            "execute_change_set",
            ChangeSetName=proposal.id,
            ClientRequestToken=f"kedro-batch-{uuid.uuid4().hex}",
            # What is new is deleted if the creation fails, so that it can be tried again.
            **_known(clients, "ExecuteChangeSet", RetainExceptOnCreate=True),
        )
    except ServiceError as error:
        if error.fault in (Fault.DENIED, Fault.REFUSED):
            withdraw(clients, proposal)
        raise


def withdraw(clients: Clients, proposal: Proposal) -> None:
    """Delete a change set that was not carried out, and its stack if there is nothing else of it."""
    clients.call("cloudformation", "delete_change_set", ChangeSetName=proposal.id)
    stack = describe_stack(clients, proposal.stack_id)
    if stack is None or not stack.only_proposed:
        return
    reply = clients.call("cloudformation", "list_change_sets", StackName=stack.id)
    with parsing("ListChangeSets", SERVICE):
        others = [one for one in reply["Summaries"] if one.get("StackId") == stack.id]
    if not others:
        delete_stack(clients, stack)


def _describe(clients: Clients, proposal: Proposal, **more: Any) -> Any:
    optional = _known(clients, "DescribeChangeSet", IncludePropertyValues=True)
    return clients.call("cloudformation", "describe_change_set", ChangeSetName=proposal.id, **optional, **more)


def _details(clients: Clients, proposal: Proposal) -> list[str]:
    """Return what the checks found that CloudFormation makes before a deployment; nothing if it does not tell."""
    if not hasattr(clients.client("cloudformation"), "describe_events"):  # it came with botocore 1.41
        return []
    try:
        reply = clients.call(
            "cloudformation", "describe_events", ChangeSetName=proposal.id, Filters={"FailedEvents": True}
        )
    except ServiceError:
        return []
    found = [
        f"{one.get('LogicalResourceId', 'the template')}: "
        f"{one.get('ValidationStatusReason') or one.get('ResourceStatusReason') or one.get('HookStatusReason')}"
        for one in reply.get("OperationEvents", ())
    ]
    return list(dict.fromkeys(one for one in found if not one.endswith(": None")))


def _known(clients: Clients, operation: str, **optional: Any) -> dict[str, Any]:
    """Return the arguments that this botocore knows for an operation: some are newer than the oldest that we take."""
    known = clients.client("cloudformation").meta.service_model.operation_model(operation).input_shape.members
    return {name: value for name, value in optional.items() if name in known}


def _change(reply: Mapping[str, Any]) -> Change:
    return Change(
        action=reply["Action"],
        logical_id=reply["LogicalResourceId"],
        physical_id=reply.get("PhysicalResourceId", ""),
        kind=reply["ResourceType"],
        replaced=reply.get("Replacement", "False"),
        kept="Retain" in reply.get("PolicyAction", ""),
        properties=tuple(_properties(reply.get("Details", ()))),
    )


def _properties(details: Sequence[Mapping[str, Any]]) -> Iterator[PropertyChange]:
    """Yield each property once: CloudFormation names one for each cause of its change."""
    seen = set()
    for detail in details:
        target = detail.get("Target", {})
        path = target.get("Path", "").removeprefix("/Properties/").replace("/", ".")
        name = path or target.get("Name") or target.get("Attribute", "")
        if name and name not in seen:
            seen.add(name)
            yield PropertyChange(name=name, before=target.get("BeforeValue"), after=target.get("AfterValue"))
