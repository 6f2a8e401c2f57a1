"""Deletes a stack: says before what goes and what stays, and after how to remove what has stayed."""

from collections.abc import Mapping

from kedro_batch.cli.base import print_note
from kedro_batch.cli.infra_session import Session
from kedro_batch.cli.project_options import confirm
from kedro_batch.cloud.infrastructure.events import newest_event
from kedro_batch.cloud.infrastructure.results import find_jobs, queue_of, read_deployed_template
from kedro_batch.cloud.infrastructure.stacks import delete_stack, describe_resources
from kedro_batch.cloud.infrastructure.template import Template
from kedro_batch.errors import Fault, Interrupted, ServiceError, UsageError
from kedro_batch.review.infrastructure import Line, deletion_lines, removal_commands
from kedro_batch.text.wording import counted


def delete(session: Session, *, yes: bool) -> None:
    """Delete the stack of a project. One that does not exist is deleted already.

    Raises:
        UsageError: Jobs are in its queue, or the question was answered with no. Nothing was changed.
        ServiceError: It could not be deleted, or not all of it.
    """
    stack = session.settled_stack()
    if stack is None:
        print_note(f"There is no stack {session.stack_name} in {session.where}: nothing is to be deleted.")
        return
    if stack.only_proposed:
        there: dict[str, str] = {}
        template = Template(body="", parameters={}, resources={})
    else:
        there = describe_resources(session.clients, stack)
        template = read_deployed_template(session.clients, stack)
        _refuse_jobs(session, there)
    _show(session, there, template, yes=yes)
    confirm("Delete it?", yes=yes, nothing_done="Nothing was deleted.")
    known = newest_event(session.clients, stack)
    try:
        delete_stack(session.clients, stack)
    except (ServiceError, Interrupted) as error:
        if not isinstance(error, ServiceError) or error.fault is Fault.AMBIGUOUS:
            again = session.command("infra destroy")
            session.warn(f"Whether CloudFormation deletes the stack is not known. To see, and go on: {again}")
        raise
    after = session.follow(stack, since=known)
    if not after.succeeded:
        raise ServiceError(
            f"the stack {stack.name} in {session.where} could not be deleted as a whole, it is {after.status}:"
            f"{session.reasons(after)}\nCorrect that, and delete it again: {session.command('infra destroy')}"
        )
    session.note(f"The stack {stack.name} in {session.where} is deleted.")
    _say_what_is_kept(session, there, template)


def _refuse_jobs(session: Session, there: Mapping[str, str]) -> None:
    """Refuse to delete a queue with jobs in it: AWS Batch would end them."""
    queue = queue_of(there)
    if queue is None:
        return
    try:
        jobs = find_jobs(session.clients, queue)
    except ServiceError as error:
        if error.fault not in (Fault.DENIED, Fault.REFUSED):
            raise
        session.warn(f"Whether jobs are in the queue {queue} cannot be seen: {error}. They would be ended")
        return
    if jobs:
        raise UsageError(
            f"{counted(jobs, 'job')} in the queue {queue} {'has' if jobs == 1 else 'have'} not ended, and would be "
            f"ended with it. Nothing was deleted. Wait for them, or cancel their runs: {session.program} cancel RUN"
        )


def _show(session: Session, there: Mapping[str, str], template: Template, *, yes: bool) -> None:
    if yes and session.flags["quiet"]:
        return
    deleted, kept = deletion_lines(there, template)
    lines = [Line(text=f"The stack {session.stack_name} in {session.where} is deleted, and with it:"), *deleted]
    if not deleted:
        lines.append(Line(text="  nothing: it has no resources"))
    if kept:
        lines += [Line(text="Kept, with all that is in them:"), *kept]
    for line in lines:
        print_note(session.styled(line))


def _say_what_is_kept(session: Session, there: Mapping[str, str], template: Template) -> None:
    if commands := removal_commands(there, template, session.clients.region):
        session.note("It has left data, images and logs; deploying it again takes them over. To delete them for ever:")
        for command in commands:
            session.note(f"  {command}")
    if there:
        session.note("Job definitions that `apply` has registered stay on AWS Batch; they cost nothing.")
        session.note(f"{session.settings.shown} stays as it is, and still names what was deleted.")
