"""The options of the commands that work on runs, and the names of jobs that users write."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from kedro_batch.cli.option_types import Duration, Rate
from kedro_batch.errors import UsageError

if TYPE_CHECKING:
    from kedro_batch.plan.model import JobName
    from kedro_batch.submitter.run_options import RunMode, RunOptions

_F = TypeVar("_F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class Verbosity:
    """How much a command says, and how."""

    as_json: bool
    quiet: bool
    verbose: bool
    no_color: bool

    @property
    def notes(self) -> bool:
        """True if standard error has notes, too; else it is left to what went wrong, for people or for programs."""
        return not (self.quiet or self.as_json)


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalOptions:
    """How jobs run on this machine."""

    project: Path | None
    max_workers: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandOptions:
    """The options of a command that works on a run: how to work, what to say and where, how to run on this machine."""

    run: "RunOptions"
    verbosity: Verbosity
    local: LocalOptions
    events: Path | None = None


def journal_option(command: _F) -> _F:
    """Add ``--journal``."""
    return click.option(
        "--journal",
        type=click.Path(dir_okay=False, path_type=Path),
        default=Path(".kedro-batch") / "journal.db",
        show_default=True,
        envvar="KEDRO_BATCH_JOURNAL",
        metavar="FILE",
        help="The record of all runs; or set KEDRO_BATCH_JOURNAL.",
    )(command)


def json_option(text: str) -> Callable[[_F], _F]:
    """Add ``--json`` with this help."""
    return click.option("--json", "as_json", is_flag=True, help=text)


def events_option(command: _F) -> _F:
    """Add ``--events``."""
    return click.option(
        "--events",
        type=click.Path(dir_okay=False, path_type=Path),
        default=None,
        callback=_events,
        metavar="FILE",
        help="Append every event to FILE as a line of JSON, too.",
    )(command)


def _events(_: click.Context, __: click.Parameter, file: Path | None) -> Path | None:
    if file == Path("-"):
        raise click.BadParameter("- is standard output: for the events there, write --json instead")
    if file:
        from kedro_batch.cli.event_file import refuse_other_content  # noqa: PLC0415  only where there is a file

        try:
            refuse_other_content(file)
        except UsageError as error:
            raise click.BadParameter(str(error)) from error
    return file


def plan_option(command: _F) -> _F:
    """Add ``--plan``, for a run whose journal is not here."""
    return click.option(
        "--plan",
        metavar="PLAN",
        default=None,
        help="The plan of the run, where its journal is lost or on another machine: its jobs are found by their names.",
    )(command)


def data_version_option(command: _F) -> _F:
    """Add ``--data-version``, for a run of which neither the journal nor AWS Batch has the version."""
    return click.option(
        "--data-version",
        default=None,
        callback=_data_version,
        metavar="VERSION",
        help="The version under which the run saves data, if neither journal nor AWS Batch can tell: see a job's log.",
    )(command)


def _data_version(_: click.Context, __: click.Parameter, text: str | None) -> str | None:
    from kedro_batch.plan.data_version import is_data_version, make_data_version  # noqa: PLC0415  not loaded for --help

    if text is not None and not is_data_version(text):
        raise click.BadParameter(
            f"{text!r} is not the version of a run. The line 'kedro-batch: run ...' in the log of each job has it, "
            "such as 2026-11-22T16.15.07.123Z"
        )
    if text is not None and text > make_data_version(datetime.now(UTC) + timedelta(days=1)):  # clocks differ
        raise click.BadParameter(f"{text} is in the future. The version of a run is when it was first submitted")
    return text


def submitting_options(command: _F) -> _F:
    """Add the options of the commands that submit."""
    for option in (
        click.option(
            "--on-interrupt",
            type=click.Choice(["detach", "terminate"]),
            default="detach",
            show_default=True,
            help="What Ctrl-C does to jobs on AWS Batch: leave them running, or end them.",
        ),
        click.option(
            "--on-failure",
            type=click.Choice(["continue", "stop"]),
            default="continue",
            show_default=True,
            help="When a job fails: go on with what does not need it, or start nothing more.",
        ),
        click.option(
            "--rate",
            type=Rate(),
            default=None,
            metavar="N",
            help="Submissions a second at most, or unlimited. Default: what AWS Batch takes, up to 50.",
        ),
        click.option(
            "--exclusive",
            is_flag=True,
            help="Refuse if another run of this project goes on that writes the same datasets.",
        ),
        click.option(
            "--no-reconcile",
            is_flag=True,
            help="Do not look at the run once more at the end: a job that was submitted twice may go on unseen.",
        ),
        click.option("--detach", is_flag=True, help="End as soon as everything is submitted; the jobs go on."),
    ):
        command = option(command)
    return command


def following_options(command: _F) -> _F:
    """Add the options of the commands that follow a run."""
    for option in (
        click.option(
            "--no-adopt",
            is_flag=True,
            help="Do not call ListJobs: if the reply to a submission is lost, the command stops.",
        ),
        click.option(
            "--retry-for",
            type=Duration(),
            default="1h",
            show_default=True,
            metavar="T",
            help="How long to try again while the service does not answer, or credentials have expired.",
        ),
    ):
        command = option(command)
    return command


def stuck_option(command: _F) -> _F:
    """Add ``--stuck-after``."""
    return click.option(
        "--stuck-after",
        type=Duration(),
        default=None,
        callback=_stuck_after,
        metavar="T",
        help="End a job that gets no machine for so long while AWS Batch says what is in its way (MISCONFIGURATION, "
        "CAPACITY), as failed. Default: it is only told.",
    )(command)


def _stuck_after(_: click.Context, __: click.Parameter, seconds: float | None) -> float | None:
    if seconds == 0:
        raise click.BadParameter("0 is too short: such a reason may pass within minutes. Write 30m, 2h or 1d")
    return seconds


def check_follows(given: Mapping[str, Any]) -> None:
    """Refuse ``--stuck-after`` for a command that does not follow the run."""
    if given["detach"] and given["stuck_after"]:
        raise click.UsageError("--stuck-after needs a command that follows the run: leave --detach out")


def local_options(command: _F) -> _F:
    """Add the options of runs on this machine."""
    for option in (
        click.option(
            "--max-workers",
            type=click.IntRange(min=1),
            default=None,
            metavar="N",
            help="On this machine: how many jobs run at once. Default: the number of processors.",
        ),
        click.option(
            "--project",
            type=click.Path(exists=True, file_okay=False, path_type=Path),
            default=None,
            metavar="DIR",
            help="On this machine: the project in which the jobs run. Default: the working directory.",
        ),
    ):
        command = option(command)
    return command


def command_options(given: dict[str, Any], mode: "RunMode", **more: Any) -> CommandOptions:
    """Sort the options that click hands over.

    Args:
        given: The options, by their names.
        mode: What the command does with the run.
        more: Further fields of ``RunOptions``.
    """
    from kedro_batch.submitter.run_options import DEFAULT_RETRY_FOR_S, RunOptions  # noqa: PLC0415  not loaded for --help

    return CommandOptions(
        run=RunOptions(
            mode=mode,
            rate=given.get("rate"),
            exclusive=bool(given.get("exclusive")),
            stop_on_failure=given.get("on_failure") == "stop",
            max_unfinished=given.get("max_unfinished"),
            retry_for_s=given.get("retry_for", DEFAULT_RETRY_FOR_S),
            adopt=not given.get("no_adopt"),
            detach=bool(given.get("detach")),
            reconcile_at_end=not given.get("no_reconcile"),
            terminate_on_interrupt=given.get("on_interrupt") == "terminate",
            poll_once=bool(given.get("once")),
            stuck_after_s=given.get("stuck_after"),
            data_version=given.get("data_version"),
            **more,
        ),
        verbosity=Verbosity(**{name: bool(given.get(name)) for name in _VERBOSITY}),
        local=LocalOptions(project=given.get("project"), max_workers=given.get("max_workers")),
        events=given.get("events"),
    )


_VERBOSITY = ("as_json", "quiet", "verbose", "no_color")


def named_jobs(file: str | None, read: Callable[[str], tuple[bytes, str]]) -> "tuple[JobName, ...] | None":
    """Read names of jobs from a file, one a line; empty lines and comments after ``#`` are ignored. None: no file.

    Raises:
        UsageError: It cannot be read, or is not text.
    """
    if file is None:
        return None
    from kedro_batch.plan.model import JobName  # noqa: PLC0415  not loaded for --help

    content, name = read(file)
    try:
        lines = content.decode().splitlines()
    except UnicodeDecodeError as error:
        raise UsageError(f"{name} is not text: {error}") from error
    words = (line.partition("#")[0].strip() for line in lines)
    return tuple(JobName(word) for word in words if word)


def only_on_aws(given: Mapping[str, Any], *names: str) -> None:
    """Refuse options that mean nothing on this machine."""
    for name in names:
        if given.get(name):
            raise click.UsageError(f"--{name.replace('_', '-')} cannot be combined with --local")
