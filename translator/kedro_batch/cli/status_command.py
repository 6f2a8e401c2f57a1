"""``kedro-batch status`` and ``kedro-batch runs``: they write nothing."""

import shutil
import sys
from pathlib import Path

import click

from kedro_batch.cli.base import BatchCommand, print_plainly
from kedro_batch.cli.options import journal_option, json_option, plan_option
from kedro_batch.cli.run_choice import complete_run
from kedro_batch.cli.streams import fitted_to, read_input, refuse_closed_output


@click.command(cls=BatchCommand, short_help="Show how a run stands now.")
@click.argument("run", required=False, shell_complete=complete_run)
@click.option("--watch", is_flag=True, help="Look again every few seconds, until the run has ended.")
@click.option("--offline", is_flag=True, help="Show what the journal has, and do not ask AWS Batch.")
@plan_option
@journal_option
@json_option("Print it as JSON (schemas/run.schema.json).")
@click.option("--no-color", is_flag=True, help="With --watch: write without colours, as NO_COLOR=1 does.")
def status(  # noqa: PLR0913  click hands over every option
    run: str | None, *, watch: bool, offline: bool, plan: str | None, journal: Path, as_json: bool, no_color: bool
) -> None:
    """Show how RUN stands, or the last run: what succeeded, what failed and why, what runs and what waits for what.

    The journal tells what has ended. If anything goes on, AWS Batch is asked once, for up to 30 s. This takes no lock,
    submits and terminates nothing, and writes nothing, not even to the journal: kedro-batch wait RUN --once does.
    """
    if offline and plan:
        raise click.UsageError("--offline and --plan exclude each other: AWS Batch finds the jobs by their names")
    if watch and as_json:
        raise click.UsageError("--watch and --json exclude each other: kedro-batch wait RUN --json prints every event")
    from kedro_batch.cli.aws_access import tell_notices
    from kedro_batch.cli.run_snapshot import BatchAccess, take_snapshot
    from kedro_batch.cli.shown_run import find_shown_run
    from kedro_batch.cli.status_report import status_report
    from kedro_batch.files.json_text import encoded
    from kedro_batch.submitter.service.limits import LOG_PATIENCE_S

    found = find_shown_run(run, read_input(plan) if plan else None, journal, quiet=as_json)
    if watch:
        from kedro_batch.cli.status_watch import watch_status

        watch_status(found, offline=offline, plan_file=plan, no_color=no_color)
        return
    batch = None if offline else BatchAccess(found, tell_notices, LOG_PATIENCE_S)
    report = status_report(take_snapshot(found, batch, with_usual=True), plan_file=plan)
    text = encoded(dict(report.document), indent=2) if as_json else fitted_to(sys.stdout, report.text)
    refuse_closed_output()
    click.echo(text, nl=as_json)


@click.command(cls=BatchCommand, short_help="List the runs in the journal.")
@journal_option
@json_option("Print them as JSON, one object a line (schemas/runs.schema.json).")
def runs(journal: Path, *, as_json: bool) -> None:
    """List the runs in the journal, the newest last: begin, duration, outcome, jobs, plan, environment, where it ran.

    DONE is how many jobs have succeeded, of how many; FAILED how many have failed by themselves. On a terminal that is
    too narrow for a run, it takes two lines.
    """
    from kedro_batch.files.json_text import encoded
    from kedro_batch.review.run.runs_table import listed_document, runs_text
    from kedro_batch.submitter.journal_view import read_journal
    from kedro_batch.submitter.run_list import list_runs

    with read_journal(journal, print_plainly) as book:
        listed, odd = list_runs(book), book.odd_runs()
    for problem in odd:
        print_plainly(f"Warning: {problem}")
    refuse_closed_output()
    if as_json:
        for one in listed:
            click.echo(encoded(listed_document(one)))
    else:
        width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
        click.echo(runs_text(listed, width=width, folder=str(Path.cwd())), nl=False)
