"""``kedro-batch wait``."""

from pathlib import Path
from typing import Any

import click

from kedro_batch.cli.base import BatchCommand, verbosity_options
from kedro_batch.cli.options import (
    command_options,
    events_option,
    following_options,
    journal_option,
    json_option,
    plan_option,
    stuck_option,
)
from kedro_batch.cli.run_choice import complete_run
from kedro_batch.cli.streams import read_input
from kedro_batch.errors import UsageError


@click.command(cls=BatchCommand, short_help="Follow a run to its end, and submit nothing.")
@click.argument("run", required=False, shell_complete=complete_run)
@click.option("--once", is_flag=True, help="Poll once, show the status, and end: with 7 if the run has not ended.")
@plan_option
@following_options
@stuck_option
@journal_option
@json_option("Print every event as a line of JSON.")
@events_option
@verbosity_options
def wait(run: str | None, *, plan: str | None, journal: Path, **given: Any) -> None:
    """Follow RUN on AWS Batch until nothing in it goes on. Ctrl-C stops following; the jobs go on.

    Without RUN, or with last: the run that was begun last.
    """
    from kedro_batch.cli.named_plan import read_named_plan
    from kedro_batch.cli.run_handle import open_named_run
    from kedro_batch.cli.run_session import open_run
    from kedro_batch.submitter.journal_view import journal_words
    from kedro_batch.submitter.run_options import RunMode

    options = command_options(given, RunMode.FOLLOW)
    named = read_named_plan(*read_input(plan)) if plan else None
    handle, book = open_named_run(run, journal, named, quiet=not options.verbosity.notes)
    if handle.engine_name == "local":
        raise UsageError(
            f"run {handle.run_id} is a local run, which stops when its command stops. "
            f"See kedro-batch status {handle.run_id}{journal_words(journal)}"
        )
    with open_run(handle, book, options) as session:
        session.follow()
