"""``kedro-batch status`` and ``kedro-batch runs``: from the journal alone, without asking AWS, without writing."""

import os
import shutil
import sys
import time
from pathlib import Path

import click

from kedro_batch.cli.base import BatchCommand, print_plainly
from kedro_batch.cli.options import journal_option, json_option
from kedro_batch.cli.run_choice import choose_run, complete_run
from kedro_batch.cli.streams import shows_links


@click.command(cls=BatchCommand, short_help="Show the status of a run, from the journal.")
@click.argument("run", required=False, shell_complete=complete_run)
@journal_option
@json_option("Print it as JSON (schemas/run.schema.json).")
def status(run: str | None, *, journal: Path, as_json: bool) -> None:
    """Show the last known status of RUN, or of the last run: what succeeded, what failed and why, what goes on.

    This does not call AWS, and writes nothing. For the current status: kedro-batch wait RUN --once
    """
    from kedro_batch.cli.next_plan import next_plan
    from kedro_batch.cli.run_estimate import estimate_document, estimate_end
    from kedro_batch.files.json_text import encoded
    from kedro_batch.plan.graph import topological_order
    from kedro_batch.plan.reader import read_plan
    from kedro_batch.review.run.expected_end import expected_end_words
    from kedro_batch.review.run.outcome import outcome_text
    from kedro_batch.review.run.status import run_status, status_document
    from kedro_batch.submitter.definitions.in_use import revisions_in_use
    from kedro_batch.submitter.job_state import NEW
    from kedro_batch.submitter.journal_view import read_journal

    with read_journal(journal, print_plainly) as book:
        entry = choose_run(book, run, prefix=True, quiet=as_json)
        run_id = entry.run
        plan = read_plan(book.plan(run_id), f"the plan of run {run_id}")
        names = topological_order({job.name: job.depends_on for job in plan.jobs})
        in_use = revisions_in_use(plan, book.revisions(run_id))
        following = next_plan(run_id, plan, entry.plan_file)
        found, stuck = book.records(run_id), book.first_sights(run_id)
        records = {name: found.get(name, NEW) for name in names}
        now = time.time()
        expected = estimate_end(book, entry, plan, records, now)
        current = run_status(entry, names, records, in_use, plan=plan, next_plan=following, stuck=stuck)
    if as_json:
        estimate = {"expected_end": estimate_document(expected)} if expected else {}
        click.echo(encoded({**status_document(current), **estimate}, indent=2))
    else:
        links, note = shows_links(sys.stdout), expected_end_words(expected, now) if expected else None
        click.echo(outcome_text(current, journal=os.path.relpath(journal), note=note, links=links), nl=False)


@click.command(cls=BatchCommand, short_help="List the runs in the journal.")
@journal_option
@json_option("Print them as JSON, one object a line.")
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
    if as_json:
        for one in listed:
            click.echo(encoded(listed_document(one)))
    else:
        width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
        click.echo(runs_text(listed, width=width, folder=str(Path.cwd())), nl=False)
