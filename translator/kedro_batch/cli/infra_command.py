"""``kedro-batch infra``: deploy, compare and delete what a project needs on AWS, as one stack of CloudFormation."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from kedro_batch.cli.base import BatchCommand, verbosity_options
from kedro_batch.cli.project_options import project_options
from kedro_batch.errors import PlanDiffers

_F = TypeVar("_F", bound=Callable[..., Any])


@click.group(short_help="Deploy what a project needs on AWS, and write it into its settings.")
def infra() -> None:
    """Deploy infrastructure.yml, the CloudFormation template of a project, as a stack.

    Queue, job definition, roles, log group and repository are in one template, which belongs to the project: read it,
    edit it, deploy it again.
    """


def _stack_option(command: _F) -> _F:
    option = click.option(
        "--stack",
        metavar="NAME",
        default=None,
        help="The stack. Default: kedro-batch-PROJECT, with the environment if it is not aws_batch.",
    )
    return option(command)


def _yes_option(command: _F) -> _F:
    return click.option("--yes", "-y", is_flag=True, help="Do not ask.")(command)


def _template_options(command: _F) -> _F:
    for option in (
        click.option(
            "--image",
            metavar="REF",
            default=None,
            help="The image of the jobs: for the template's job definition, and for conf/ENV/aws_batch.yml.",
        ),
        click.option(
            "--parameter",
            "parameters",
            multiple=True,
            metavar="KEY=VALUE",
            help="A parameter of the template. Others keep the value that they were given, or have the default.",
        ),
        click.option(
            "--template",
            type=click.Path(path_type=Path),
            default=None,
            metavar="FILE",
            help="The template. Default: infrastructure.yml of the project.",
        ),
    ):
        command = option(command)
    return command


@infra.command(cls=BatchCommand, short_help="Deploy the template, and write queue, repository and roles into conf.")
@project_options
@_stack_option
@_template_options
@_yes_option
@verbosity_options
@click.pass_context
def deploy(context: click.Context, /, **flags: Any) -> None:
    """Show what the template would change on AWS, ask, change it, and follow it to its end.

    Then queue, repository and a declared job definition are written into conf/ENV/aws_batch.yml. Run it again after
    every change of the template, and after Ctrl-C: it takes up what goes on.
    """
    from kedro_batch.cli.infra_deployment import carry_out
    from kedro_batch.cli.infra_results import check_file, write_results
    from kedro_batch.cli.infra_session import open_session

    session = open_session(context, flags)
    template = session.read_template()
    check_file(session)
    stack = carry_out(session, template, yes=flags["yes"])
    write_results(session, stack)


@infra.command(cls=BatchCommand, short_help="Show what deploy would change: 0 nothing, 3 something.")
@project_options
@_stack_option
@_template_options
@verbosity_options
@click.pass_context
def diff(context: click.Context, /, **flags: Any) -> None:
    """Show what the template would change on AWS, and change nothing.

    Exit code 0 if the stack is as the template says, 3 if it is not, or if there is no stack.
    """
    from kedro_batch.cli.infra_deployment import compare
    from kedro_batch.cli.infra_session import open_session

    session = open_session(context, flags)
    if not compare(session, session.read_template()):
        context.exit(PlanDiffers.exit_code)


@infra.command(cls=BatchCommand, short_help="Delete the stack; data, images and logs are kept.")
@project_options
@_stack_option
@_yes_option
@verbosity_options
@click.pass_context
def destroy(context: click.Context, /, **flags: Any) -> None:
    """Show what is deleted and what is kept, ask, delete the stack, and follow it to its end.

    What the template keeps (DeletionPolicy: Retain) stays: data, images and logs. Jobs in the queue keep it from being
    deleted. conf/ENV/aws_batch.yml stays as it is.
    """
    from kedro_batch.cli.infra_deletion import delete
    from kedro_batch.cli.infra_session import open_session

    delete(open_session(context, flags), yes=flags["yes"])
