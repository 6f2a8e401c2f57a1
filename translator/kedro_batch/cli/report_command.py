"""``kedro-batch report``: where the time of a run went, from the journal alone."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kedro_batch.cli.base import BatchCommand, command_with, print_note, print_plainly
from kedro_batch.cli.options import journal_option
from kedro_batch.cli.review_output import write_review
from kedro_batch.errors import RunUnknown, UsageError

if TYPE_CHECKING:
    from kedro_batch.plan.submit_job import RunId
    from kedro_batch.submitter.journal_view import JournalView

_LAST = "last"
_ENDINGS: Mapping[str, str] = {
    ".html": "html",
    ".htm": "html",
    ".md": "markdown",
    ".markdown": "markdown",
    ".json": "json",
    ".csv": "csv",
    "": "markdown",
}


@click.command(cls=BatchCommand, short_help="Report where the time of a run went.")
@click.argument("run", required=False)
@click.option(
    "--format",
    "format_",
    type=click.Choice(["html", "markdown", "json", "csv"]),
    default=None,
    help="Output format. Default: as the ending of FILE says (.html, .md, .json, .csv), or else markdown.",
)
@click.option("-o", "--output", default="-", metavar="FILE", help="File to write; - is standard output.")
@journal_option
def report(run: str | None, *, format_: str | None, output: str, journal: Path) -> None:
    """Report where the time of RUN went: timeline, critical path, slots, hours by node and queue, failures, retries.

    RUN is the id of a run, the beginning of one, or last; last is the default. A run that has not ended is reported as
    far as it is recorded. html is a self-contained page: write it to a file and open it. csv has a row an attempt; json
    has that and the rest, and follows schemas/report.schema.json. This does not call AWS, and writes nothing else.
    """
    from kedro_batch.review.report.formats import ReportFormat, render_report
    from kedro_batch.review.report.model import build_report
    from kedro_batch.submitter.journal_view import read_journal
    from kedro_batch.submitter.run_history import read_history

    chosen = ReportFormat(format_ or _format_of(output))
    if chosen is ReportFormat.HTML and output == "-" and sys.stdout.isatty():
        raise UsageError(
            f"a page is for a browser, not for a terminal. Write it to a file: {command_with('-o', 'report.html')}"
        )
    with read_journal(journal, print_plainly) as book:
        history = read_history(book, _chosen_run(book, run))
    write_review(render_report(build_report(history), chosen), {"output": output, "format": chosen})


def _format_of(output: str) -> str:
    """Return the format that the ending of a file names; Markdown for standard output and a name without an ending."""
    ending = "" if output == "-" else Path(output).suffix.lower()
    if ending not in _ENDINGS:
        raise UsageError(
            f"the ending of {output} names no format. Write one of .html, .md, .json and .csv, or add --format"
        )
    return _ENDINGS[ending]


def _chosen_run(view: "JournalView", given: str | None) -> "RunId":
    """Return the run that the user means; say on standard error which it is, if he has not named it in full.

    Raises:
        RunUnknown: There is no such run.
        UsageError: Several ids begin so, or it can be no id.
    """
    from kedro_batch.submitter.journal_view import journal_words
    from kedro_batch.submitter.run_id import checked_run_id
    from kedro_batch.text.wording import listed

    further = journal_words(view.file)
    entries = view.runs()
    if given in (None, _LAST):
        if not entries:
            raise RunUnknown(f"the journal {view.file} has no run yet. To begin one: kedro-batch apply PLAN{further}")
        print_note(f"Run {entries[-1].run}, the last one.")
        return entries[-1].run
    run_id = checked_run_id(str(given))
    found = [one.run for one in entries if one.run.startswith(run_id)]
    if run_id in found or view.run(run_id):
        return run_id
    if len(found) > 1:
        raise UsageError(f"the ids of {len(found)} runs begin with {run_id}: {listed(found)}")
    if not found:
        raise RunUnknown(f"the journal {view.file} has no run {run_id}: see kedro-batch runs{further}")
    print_note(f"Run {found[0]}.")
    return found[0]
