"""Change sets: what a deployment would change, proposed to CloudFormation, read, and carried out or withdrawn."""

import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from kedro_batch.cloud.aws_errors import parsing
from kedro_batch.cloud.clients import Clients
from kedro_batch.cloud.error_replies import error_code
from kedro_batch.cloud.infrastructure.changes import ChangeSet, read_changes
from kedro_batch.cloud.infrastructure.failures import advice_for
from kedro_batch.cloud.infrastructure.stacks import (
    SERVICE,
    Stack,
    delete_stack,
    describe_stack,
    is_missing,
    parameter_values,
)
from kedro_batch.cloud.infrastructure.template import Template
from kedro_batch.errors import Fault, ServiceError
from kedro_batch.text.escaping import one_line
from kedro_batch.text.wording import sentences

_FIRST_S, _LONGEST_S, _FACTOR = 0.1, 3.0, 1.5
_NOTHING = ("didn't contain changes", "No updates are to be performed")
"""How CloudFormation says, as a failure, that a stack is as its template says."""
_BEING_MADE = ("CREATE_PENDING", "CREATE_IN_PROGRESS")
_POLLS_BEFORE_DELETION = 15
"""About half a minute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A change set that CloudFormation was asked for, and its stack: their ARNs, or names until it has answered."""

    id: str
    stack_id: str

    @property
    def is_known(self) -> bool:
        """True if CloudFormation has answered."""
        return self.id.startswith("arn:")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What CloudFormation is asked for.

    Attributes:
        stack_name: The name of the stack.
        before: The stack as it is; None if there is none.
        template: The template.
        parameters: As CreateChangeSet takes them.
    """

    stack_name: str
    before: Stack | None
    template: Template
    parameters: Sequence[Mapping[str, Any]]


def propose(clients: Clients, wanted: Wanted, on_trouble: Callable[[str], None]) -> Proposal | None:
    """Ask CloudFormation for a change set; None if it says at once that there is nothing to change.

    Where the call is interrupted or its reply is lost, the change set may be there: it is withdrawn.

    Args:
        clients: The account.
        wanted: The stack, and what is to become of it.
        on_trouble: Gets a message if the change set cannot be withdrawn.
    """
    token = f"kedro-batch-{uuid.uuid4().hex}"
    try:
        with withdrawn_on_failure(clients, Proposal(id=token, stack_id=wanted.stack_name), on_trouble):
            reply = clients.call(
                "cloudformation",
                "create_change_set",
                StackName=wanted.stack_name,
                ChangeSetName=token,
                ClientToken=token,
                ChangeSetType="CREATE" if wanted.before is None or wanted.before.only_proposed else "UPDATE",
                TemplateBody=wanted.template.body,
                Parameters=list(wanted.parameters),
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
    except BaseException as error:
        if not proposal.is_known and isinstance(error, ServiceError) and error.fault is not Fault.AMBIGUOUS:
            raise  # there is no change set
        try:
            _wait_until_it_can_be_deleted(clients, proposal)
            withdraw(clients, proposal)
        except ServiceError as trouble:
            if not is_missing(trouble):
                on_trouble(f"The change set {proposal.id} is left: {trouble}")
        raise


def _wait_until_it_can_be_deleted(clients: Clients, proposal: Proposal) -> None:
    """Wait until a change set is made: CloudFormation deletes none before."""
    pause = _FIRST_S
    for _ in range(_POLLS_BEFORE_DELETION):
        try:
            reply = _describe(clients, proposal)
        except ServiceError:  # it does not exist, or may not be read: deleting it tells
            return
        if reply.get("Status") not in _BEING_MADE:
            return
        time.sleep(pause)
        pause = min(_LONGEST_S, pause * _FACTOR)


def wait_for(clients: Clients, proposal: Proposal) -> ChangeSet:
    """Wait until a change set is made, and return what it says.

    Raises:
        ServiceError: CloudFormation could not make it.
    """
    pause = _FIRST_S
    while True:
        reply = _describe(clients, proposal)
        with parsing("DescribeChangeSet", SERVICE):
            status, reason = reply["Status"], one_line(reply.get("StatusReason", ""))
        if status == "FAILED" and any(words in reason for words in _NOTHING):
            return ChangeSet(empty=True)
        if status == "FAILED":
            raise ServiceError(_refusal(reason, _details(clients, proposal)))
        if status == "CREATE_COMPLETE":
            break
        time.sleep(pause)
        pause = min(_LONGEST_S, pause * _FACTOR)
    changes = [*reply.get("Changes", ())]
    while reply.get("NextToken"):
        reply = _describe(clients, proposal, NextToken=reply["NextToken"])
        changes += reply.get("Changes", ())
    with parsing("DescribeChangeSet", SERVICE):
        return ChangeSet(changes=read_changes(changes), parameters=parameter_values(reply))


def execute(clients: Clients, proposal: Proposal) -> None:
    """Let CloudFormation carry out a change set. What it does not carry out is withdrawn.

    Raises:
        ServiceError: It does not; or, if the fault is ``AMBIGUOUS``, nobody knows whether it does.
    """
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
        if error.fault is not Fault.AMBIGUOUS:
            with suppress(ServiceError):  # as when somebody else has carried out another one: it is gone already
                withdraw(clients, proposal)
        raise


def is_outdated(error: ServiceError) -> bool:
    """True if a change set is not carried out since its stack has changed, or is changing."""
    return error_code(error) in ("InvalidChangeSetStatus", "InvalidChangeSetStatusException", "ChangeSetNotFound")


def withdraw(clients: Clients, proposal: Proposal) -> None:
    """Delete a change set that was not carried out, and its stack if there is nothing else of it."""
    clients.call("cloudformation", "delete_change_set", **_names(proposal))
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
    return clients.call("cloudformation", "describe_change_set", **_names(proposal), **optional, **more)


def _names(proposal: Proposal) -> dict[str, str]:
    known = {"ChangeSetName": proposal.id}
    return known if proposal.is_known else {**known, "StackName": proposal.stack_id}


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
        one_line(
            f"{one.get('LogicalResourceId', 'the template')}: "
            f"{one.get('ValidationStatusReason') or one.get('ResourceStatusReason') or one.get('HookStatusReason')}"
        )
        for one in reply.get("OperationEvents", ())
    ]
    return list(dict.fromkeys(one for one in found if not one.endswith(": None")))


def _refusal(reason: str, details: Sequence[str]) -> str:
    """Return why a change set cannot be made, and what to do about it, once for all that have the same advice."""
    advice = dict.fromkeys(filter(None, map(advice_for, details or [reason])))
    return sentences(f"CloudFormation refuses the changes: {reason}", *details, *advice)


def _known(clients: Clients, operation: str, **optional: Any) -> dict[str, Any]:
    """Return the arguments that this botocore knows for an operation: some are newer than the oldest that we take."""
    known = clients.client("cloudformation").meta.service_model.operation_model(operation).input_shape.members
    return {name: value for name, value in optional.items() if name in known}
