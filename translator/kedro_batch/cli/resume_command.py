"""``kedro-batch resume``."""

from pathlib import Path
from typing import Any

import click

from kedro_batch.cli.base import BatchCommand, command_with, verbosity_options
from kedro_batch.cli.options import (
    command_options,
    following_options,
    journal_option,
    json_option,
    local_options,
    named_jobs,
    plan_option,
    submitting_options,
)
from kedro_batch.cli.streams import read_input
from kedro_batch.errors import UsageError


@click.command(cls=BatchCommand, short_help="Submit what has not succeeded in a run, and follow it.")
@click.argument("run")
@click.option(
    "--from", "from_jobs", multiple=True, metavar="JOB", help="Run JOB and all below it again, even if they succeeded."
)
@click.option("--only", "only_jobs", multiple=True, metavar="JOB", help="Run JOB again, and nothing else.")
@click.option(
    "--assume-done",
    metavar="FILE",
    default=None,
    help="Names of jobs that have succeeded, one a line: for a run so old that AWS Batch has forgotten it.",
)
@click.option(
    "--same-definitions",
    "definitions",
    flag_value="same",
    help="Where newer revisions of job definitions are active: keep those that the run began with.",
)
@click.option("--new-definitions", "definitions", flag_value="new", help="Or take the newest ones, as for a new image.")
@plan_option
@submitting_options
@following_options
@local_options
@journal_option
@json_option("Print every event as a line of JSON.")
@verbosity_options
def resume(  # noqa: PLR0913  click hands over every option
    run: str,
    *,
    from_jobs: tuple[str, ...],
    only_jobs: tuple[str, ...],
    assume_done: str | None,
    definitions: str | None,
    plan: str | None,
    journal: Path,
    **given: Any,
) -> None:
    """Take up RUN again: submit what failed, was not run, was lost or never submitted, and follow it to the end.

    What has succeeded is not run again. What still runs is left to run.
    """
    if from_jobs and only_jobs:
        raise click.UsageError("--from and --only exclude each other")
    from kedro_batch.cli.run_handle import find_run
    from kedro_batch.cli.run_session import open_run
    from kedro_batch.plan.model import JobName
    from kedro_batch.submitter.context import DefinitionChoice, RunMode
    from kedro_batch.submitter.definitions.pins import NewerDefinitions
    from kedro_batch.submitter.journal import Journal
    from kedro_batch.submitter.run_id import checked_run_id

    options = command_options(
        given,
        RunMode.RESUME,
        from_jobs=tuple(map(JobName, from_jobs)),
        only_jobs=tuple(map(JobName, only_jobs)),
        assume_done=named_jobs(assume_done, read_input),
        definitions=DefinitionChoice(definitions) if definitions else None,
    )
    book = Journal(journal)
    handle = find_run(checked_run_id(run), book, read_input(plan) if plan else None)
    if definitions and handle.engine_name == "local":
        raise UsageError(
            f"run {run} is a local run, which has no job definitions: leave --{definitions}-definitions out"
        )
    try:
        with open_run(handle, book, options) as session:
            session.follow()
    except NewerDefinitions as newer:
        raise UsageError(f"{newer}. Choose:\n{_both_commands()}") from newer


def _both_commands() -> str:
    """Return the commands that answer the question which revisions to take: the one that was given, with an option."""
    effects = {"--same-definitions": "the revisions that the run began with", "--new-definitions": "the newest ones"}
    commands = {command_with(option): effect for option, effect in effects.items()}
    width = max(map(len, commands))
    return "\n".join(f"  {command:{width}}  {effect}" for command, effect in commands.items())
