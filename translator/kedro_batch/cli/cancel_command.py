"""``kedro-batch cancel``."""

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
)
from kedro_batch.cli.run_choice import complete_run
from kedro_batch.cli.streams import read_input


@click.command(cls=BatchCommand, short_help="Terminate all jobs of a run.")
@click.argument("run", shell_complete=complete_run)
@plan_option
@following_options
@journal_option
@json_option("Print every event as a line of JSON.")
@events_option
@verbosity_options
def cancel(run: str, *, plan: str | None, journal: Path, **given: Any) -> None:
    """Terminate every job of RUN, or of the last run (last), and wait until all have ended.

    Jobs are found in the journal and by their names, so that a job whose reply was lost is terminated too. Then, inside
    the project, what jobs have begun to save and not completed is removed from versioned datasets.

    A process of this machine that works on RUN is told to stop, and does so within seconds. A run on this machine ends
    with that, and so does what a command that was killed has left of it.
    """
    from kedro_batch.cli.cancel_cleanup import clean_up
    from kedro_batch.cli.cancel_run import cancel_local_run, cancel_run, refuse_lost_jobs
    from kedro_batch.cli.named_plan import read_named_plan
    from kedro_batch.cli.run_handle import open_named_run
    from kedro_batch.cli.run_session import open_run
    from kedro_batch.submitter.run_options import RunMode

    options = command_options(given, RunMode.FOLLOW)
    named = read_named_plan(*read_input(plan)) if plan else None
    handle, book = open_named_run(run, journal, named, quiet=not options.verbosity.notes)
    with open_run(handle, book, options, cancels=True) as session:
        if handle.engine_name == "local":
            cancel_local_run(session, options.verbosity)
            return
        cancelled = cancel_run(session)
    clean_up(handle.run_id, handle.plan, journal, cancelled, quiet=not options.verbosity.notes)
    refuse_lost_jobs(session, cancelled.lost)
