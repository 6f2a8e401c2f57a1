"""What the commands share that prepare a project for AWS: its folder, its environment, its account, questions."""

import os
import shlex
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from kedro_batch.cli.questions import ask_whether
from kedro_batch.errors import ProjectError, UsageError
from kedro_batch.scaffold.choices import DEFAULT_ENV

if TYPE_CHECKING:
    from kedro_batch.cloud.clients import Clients
    from kedro_batch.compiler.project_settings import ProjectSettings

_F = TypeVar("_F", bound=Callable[..., Any])


def project_options(command: _F) -> _F:
    """Add ``--project`` and ``--env``."""
    for option in (
        click.option(
            "--env",
            "-e",
            default=DEFAULT_ENV,
            show_default=True,
            metavar="ENV",
            callback=_check_env,
            help="The configuration environment for AWS Batch.",
        ),
        click.option(
            "--project",
            type=click.Path(exists=True, file_okay=False, path_type=Path),
            default=Path(),
            metavar="DIR",
            help="The Kedro project, or a folder in it. Default: the working directory.",
        ),
    ):
        command = option(command)
    return command


def _check_env(_: click.Context, __: click.Parameter, env: str) -> str:
    if not env or Path(env).is_absolute() or len(Path(env).parts) != 1 or ".." in Path(env).parts:
        raise click.BadParameter(f"{env!r} is not the name of a folder of the configuration, such as aws_batch")
    return env


def command_for(program: str, words: str, flags: Mapping[str, Any]) -> str:
    """Return a command line of ours for the same project and environment, to be copied into a shell.

    Args:
        program: How our program was called, such as ``kedro-batch``.
        words: The name of the command, and its options.
        flags: The values of ``project_options``.
    """
    given = {"--project": str(flags["project"]), "--env": flags["env"]}
    usual = {"--project": ".", "--env": DEFAULT_ENV}
    options = [word for name, value in given.items() if value != usual[name] for word in (name, shlex.quote(value))]
    return " ".join([program, words, *options])


def open_settings(root: Path, env: str, init: str) -> "ProjectSettings":
    """Read the settings of a project in an environment.

    Args:
        root: The folder of the project.
        env: The environment.
        init: The command that prepares a project for AWS Batch, for where there is no such environment.

    Raises:
        Refused: The project or its settings are wrong.
    """
    from kedro_batch.compiler.project.conf_folder import MissingEnvironment  # noqa: PLC0415  not loaded for --help
    from kedro_batch.compiler.project_settings import read_project_settings  # noqa: PLC0415  not loaded for --help

    try:
        return read_project_settings(root, env)
    except MissingEnvironment as error:
        raise ProjectError(f"{error}. To prepare the project for AWS Batch: {init}") from error


def open_clients(settings: "ProjectSettings") -> "Clients":
    """Return the account that the shell gives, if the settings do not name another one.

    Raises:
        UsageError: They name another account or region.
        ServiceError: There are no credentials, or AWS does not take them.
    """
    from kedro_batch.cli.terminal_prompt import ask_hidden  # noqa: PLC0415  only where a code is asked for
    from kedro_batch.cloud.clients import Clients  # noqa: PLC0415  it loads boto3, which is slow

    stated = settings.settings
    clients = Clients(region=stated.region, ask=ask_hidden)
    if stated.region and clients.region != stated.region:
        raise UsageError(
            f"{settings.shown} is for the region {stated.region}, and the shell names {clients.region}. "
            f"Nothing was changed. Set AWS_DEFAULT_REGION={stated.region}, or correct `region` in the file"
        )
    if stated.account and clients.identity.account != stated.account:
        raise UsageError(
            f"{settings.shown} is for the account {stated.account}, and these credentials, {clients.identity.arn}, are "
            f"of {clients.identity.account}. Nothing was changed. Set AWS_PROFILE, or correct `account` in the file"
        )
    return clients


def can_ask() -> bool:
    """True if somebody can answer: standard input and standard error are a terminal, and this is no CI job."""
    try:
        return sys.stdin.isatty() and sys.stderr.isatty() and not os.environ.get("CI")
    except (AttributeError, ValueError):  # a stream is closed
        return False


def confirm(question: str, *, yes: bool, nothing_done: str) -> None:
    """Ask before something is changed.

    Args:
        question: Such as ``Make these changes?``.
        yes: The answer is given on the command line.
        nothing_done: What a refusal leaves, for the message.

    Raises:
        UsageError: The answer is no, or nobody is there to answer.
    """
    if yes:
        return
    if not can_ask():
        raise UsageError(f"{nothing_done} There is no terminal to answer on: add --yes to agree")
    try:
        agreed = ask_whether(question, default=False)
    except EOFError as error:  # Ctrl-D
        raise UsageError(nothing_done) from error
    if not agreed:
        raise UsageError(nothing_done)
