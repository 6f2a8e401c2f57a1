"""``kedro-batch logs``: what jobs have written, from CloudWatch Logs or from the files of a run on this machine."""

from pathlib import Path
from typing import Any

import click

from kedro_batch.cli.base import BatchCommand, print_plainly, verbosity_options
from kedro_batch.cli.option_types import Duration, Moment
from kedro_batch.cli.options import Verbosity, journal_option, plan_option
from kedro_batch.cli.run_choice import complete_job, complete_run
from kedro_batch.cli.streams import read_input
from kedro_batch.errors import LogsMissing, UsageError


@click.command(cls=BatchCommand, short_help="Show the logs of jobs, or follow them.")
@click.argument("jobs", nargs=-1, metavar="[JOB]...", shell_complete=complete_job)
@click.option("--run", metavar="RUN", default=None, shell_complete=complete_run, help="The run. Default: the last one.")
@click.option("-f", "--follow", is_flag=True, help="Show what is written from now on, too, until the jobs have ended.")
@click.option("--since", type=Moment(), default=None, metavar="T", help="Only lines since then: 10m, 2h, or a time.")
@click.option("-t", "--timestamps", is_flag=True, help="Write before each line when it was written (UTC).")
@click.option(
    "--submission", type=click.IntRange(min=1), metavar="N", help="Which submission. Default: the latest one."
)
@click.option(
    "--attempt", type=click.IntRange(min=1), metavar="N", help="Which attempt of AWS Batch. Default: the latest one."
)
@plan_option
@click.option(
    "--retry-for",
    type=Duration(),
    default=None,
    metavar="T",
    help="How long to try again while the service does not answer. Default: 30s, with --follow 1h.",
)
@journal_option
@verbosity_options
def logs(jobs: tuple[str, ...], *, run: str | None, plan: str | None, journal: Path, **given: Any) -> None:
    """Show what each JOB of a run has written: its latest attempt.

    Without JOB: the jobs that have failed, or, if none has, those that run. With --follow and without JOB: those that
    run, and those that start later. The lines of several jobs begin with their names.
    """
    from kedro_batch.cli.log_output import LogOutput
    from kedro_batch.cli.shown_logs import LogRequest, show_logs
    from kedro_batch.cli.shown_run import find_shown_run
    from kedro_batch.plan.model import JobName
    from kedro_batch.submitter.inbox import Inbox

    request = LogRequest(
        jobs=tuple(map(JobName, jobs)),
        **{name: given[name] for name in ("follow", "since", "submission", "attempt", "retry_for")},
    )
    said = Verbosity(as_json=False, **{name: given[name] for name in ("no_color", "quiet", "verbose")})
    inbox = Inbox()
    output = LogOutput(inbox, said, times=given["timestamps"])
    found = find_shown_run(run, read_input(plan) if plan else None, journal, quiet=given["quiet"])
    if found.is_local and (given["timestamps"] or given["since"] is not None):
        raise UsageError("the files of a run on this machine have no times: leave --timestamps and --since out")
    errors = show_logs(found, request, output, inbox)
    if errors:
        for error in errors[1:]:
            print_plainly(str(error))
        raise errors[0]
    if not output.shown and not request.follow:
        raise LogsMissing("there are no lines to show")
