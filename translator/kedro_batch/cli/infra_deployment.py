"""Deploys a stack, or says what that would change: a change set is made, shown, and carried out or withdrawn."""

import time

import click

from kedro_batch.cli.base import is_plain
from kedro_batch.cli.infra_session import Session
from kedro_batch.cli.project_options import confirm
from kedro_batch.cloud.infrastructure.change_sets import (
    Proposal,
    Wanted,
    execute,
    is_outdated,
    propose,
    wait_for,
    withdraw,
    withdrawn_on_failure,
)
from kedro_batch.cloud.infrastructure.changes import ChangeSet
from kedro_batch.cloud.infrastructure.events import newest_event
from kedro_batch.cloud.infrastructure.parameters import Deployed, choose_parameters
from kedro_batch.cloud.infrastructure.results import read_deployed_template
from kedro_batch.cloud.infrastructure.stacks import Stack, describe_stack
from kedro_batch.cloud.infrastructure.template import Template
from kedro_batch.errors import Fault, Interrupted, ServiceError
from kedro_batch.review.infrastructure import Line, change_lines, changes_headline
from kedro_batch.text.wording import duration

_NEVER_MADE = ("CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED")


def carry_out(session: Session, template: Template, *, yes: bool) -> Stack:
    """Deploy a template, and return the stack as it is then.

    Args:
        session: The project, its account, its stack.
        template: The template.
        yes: Do not ask.

    Raises:
        UsageError: The question was answered with no, or nobody was there to answer. Nothing was changed.
        ServiceError: The stack cannot be changed, or the deployment failed.
    """
    before, proposal = _propose(session, template)
    if proposal is None:
        session.note(_unchanged(session))
        return _described(session, session.stack_name)
    with withdrawn_on_failure(session.clients, proposal, session.warn):
        change_set = wait_for(session.clients, proposal)
        if not change_set.empty:
            if not (yes and session.flags["quiet"]):
                _show(session, change_set, before, template, to_stdout=False)
            confirm("Make these changes?", yes=yes, nothing_done="Nothing was changed.")
        stack = Stack(name=session.stack_name, id=proposal.stack_id, status="")  # it is followed by its id
        known = newest_event(session.clients, stack)
    if change_set.empty:
        withdraw(session.clients, proposal)
        session.note(_unchanged(session))
        return _described(session, proposal.stack_id)
    began = time.monotonic()
    _execute(session, proposal)
    after = session.follow(stack, since=known)
    if not after.succeeded:
        raise _failure(session, after)
    session.note(f"The stack {after.name} in {session.where} is deployed ({duration(time.monotonic() - began)}).")
    return after


def _execute(session: Session, proposal: Proposal) -> None:
    again = session.command("infra deploy")
    try:
        execute(session.clients, proposal)
    except (ServiceError, Interrupted) as error:
        if not isinstance(error, ServiceError) or error.fault is Fault.AMBIGUOUS:
            session.warn(
                f"Whether CloudFormation makes these changes is not known. To see, and go on from there: {again}"
            )
        elif is_outdated(error):
            raise ServiceError(
                f"{error}. Nothing was changed: the stack has changed since, or is changing. To see what it has "
                f"become, and go on from there: {again}"
            ) from error
        raise


def compare(session: Session, template: Template) -> bool:
    """Print what a deployment would change.

    Returns:
        True if that is nothing.

    Raises:
        ServiceError: CloudFormation cannot tell.
    """
    before, proposal = _propose(session, template)
    change_set = ChangeSet(empty=True)
    if proposal is not None:
        with withdrawn_on_failure(session.clients, proposal, session.warn):
            change_set = wait_for(session.clients, proposal)
        try:
            withdraw(session.clients, proposal)
        except ServiceError as error:
            session.warn(f"What was made only to compare is left, and does no harm: {error}")
    if change_set.empty:
        click.echo(_unchanged(session))
    else:
        _show(session, change_set, before, template, to_stdout=True)
    return change_set.empty


def _propose(session: Session, template: Template) -> tuple[Stack | None, Proposal | None]:
    stack = session.settled_stack()
    if stack is not None and not (stack.only_proposed or stack.updatable):
        raise _refusal(session, stack)
    chosen = choose_parameters(
        session.clients, template, _deployed(session, stack), session.parameters_for(template), session.template_shown
    )
    if chosen.from_network:
        values = "; ".join(f"{name}={value}" for name, value in chosen.from_network.items())
        session.note(f"The network {chosen.vpc} of the account is used: {values}. To choose others: --parameter")
    wanted = Wanted(stack_name=session.stack_name, before=stack, template=template, parameters=chosen.arguments)
    return stack, propose(session.clients, wanted, on_trouble=session.warn)


def _deployed(session: Session, stack: Stack | None) -> Deployed:
    if stack is None or stack.only_proposed:
        return Deployed()
    try:
        template = read_deployed_template(session.clients, stack)
    except ServiceError as error:
        session.warn(f"{error}. So parameters keep the values that they have, also where the template's default is new")
        return Deployed(values=stack.parameters)
    return Deployed(values=stack.parameters, template=template)


def _unchanged(session: Session) -> str:
    return f"The stack {session.stack_name} in {session.where} is as the template says."


def _described(session: Session, name_or_id: str) -> Stack:
    stack = describe_stack(session.clients, name_or_id)
    if stack is None:
        raise ServiceError(f"the stack {session.stack_name} was deleted by somebody else meanwhile")
    return stack


def _show(
    session: Session, change_set: ChangeSet, before: Stack | None, template: Template, *, to_stdout: bool
) -> None:
    new = before is None or before.only_proposed
    state = "does not exist yet" if new else "exists"
    head = Line(text=f"The stack {session.stack_name} in {session.where} {state}: {changes_headline(change_set)}")
    for line in (head, *change_lines(change_set, before, template)):
        color = False if is_plain(asked=session.plain) else None
        click.echo(session.styled(line), err=not to_stdout, color=color)


def _refusal(session: Session, stack: Stack) -> ServiceError:
    """Say why a stack takes no changes, and how it comes to take some again."""
    name, destroy, deploy = stack.name, session.command("infra destroy"), session.command("infra deploy")
    head = f"the stack {name} in {session.where} takes no changes: it is {stack.status}"
    reasons = session.reasons(stack)
    if stack.status in _NEVER_MADE:
        return ServiceError(
            f"{head}, since its creation failed:{reasons}\n"
            f"Correct that, delete what is left of the stack ({destroy}), and deploy it again ({deploy})"
        )
    if stack.status == "DELETE_FAILED":
        return ServiceError(
            f"{head}, since its deletion failed:{reasons}\n"
            f"Correct that, and delete it again ({destroy}); then it can be deployed ({deploy})"
        )
    if stack.status == "UPDATE_ROLLBACK_FAILED":
        return ServiceError(
            f"{head}, since an update failed, and so did putting back what was there before:{reasons}\n"
            "Correct that, and let CloudFormation put it back: aws cloudformation continue-update-rollback "
            f"--stack-name {name} --region {session.clients.region}. Then deploy again ({deploy})"
        )
    return ServiceError(f"{head}:{reasons}\nThe console of CloudFormation offers what can be done in this state")


def _failure(session: Session, stack: Stack) -> ServiceError:
    """Say why a deployment failed, and what is there now."""
    reasons, destroy, deploy = (
        session.reasons(stack),
        session.command("infra destroy"),
        session.command("infra deploy"),
    )
    match stack.status:
        case "UPDATE_ROLLBACK_COMPLETE" | "IMPORT_ROLLBACK_COMPLETE":
            left = f"All is as it was before. Correct that, and deploy again: {deploy}"
        case "ROLLBACK_COMPLETE":
            left = (
                "What had been made was deleted again. Correct that, delete the empty stack, and deploy again: "
                f"{destroy}, then {deploy}"
            )
        case "DELETE_COMPLETE":
            left = f"The stack was deleted. Correct that, and deploy again: {deploy}"
        case _:
            return _refusal(session, stack)
    return ServiceError(f"the deployment of the stack {stack.name} in {session.where} failed:{reasons}\n{left}")
