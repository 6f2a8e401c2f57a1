"""``kedro-batch report``: where the time of a run went, from the journal; without it, as far as AWS Batch knows."""

import sys
from collections.abc import Mapping
from pathlib import Path

import click

from kedro_batch.cli.base import BatchCommand, command_with
from kedro_batch.cli.options import journal_option, plan_option
from kedro_batch.cli.review_output import write_review
from kedro_batch.cli.run_choice import complete_run
from kedro_batch.cli.streams import read_input
from kedro_batch.errors import UsageError

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
@click.argument("run", required=False, shell_complete=complete_run)
@click.option(
    "--format",
    "format_",
    type=click.Choice(["html", "markdown", "json", "csv"]),
    default=None,
    help="Output format. Default: as the ending of FILE says (.html, .md, .json, .csv), or else markdown.",
)
@click.option("-o", "--output", default="-", metavar="FILE", help="File to write; - is standard output.")
@plan_option
@journal_option
def report(run: str | None, *, format_: str | None, output: str, plan: str | None, journal: Path) -> None:
    """Report where the time of RUN went: timeline, critical path, slots, hours by node and queue, failures, retries.

    RUN is the id of a run, the beginning of one, or last; last is the default. A run that has not ended is reported as
    far as it is recorded. html is a self-contained page: write it to a file and open it. csv has a row an attempt; json
    has that and the rest, and follows schemas/report.schema.json. This reads the journal, and writes nothing else. With
    --plan, a run that the journal does not have is reported as far as AWS Batch still knows it.
    """
    from kedro_batch.cli.shown_history import history_of
    from kedro_batch.cli.shown_run import find_shown_run
    from kedro_batch.review.report.formats import ReportFormat, render_report
    from kedro_batch.review.report.model import build_report

    chosen = ReportFormat(format_ or _format_of(output))
    if chosen is ReportFormat.HTML and output == "-" and sys.stdout.isatty():
        raise UsageError(
            f"a page is for a browser, not for a terminal. Write it to a file: {command_with('-o', 'report.html')}"
        )
    history = history_of(find_shown_run(run, read_input(plan) if plan else None, journal), plan)
    write_review([render_report(build_report(history), chosen)], {"output": output, "format": chosen})


def _format_of(output: str) -> str:
    """Return the format that the ending of a file names; Markdown for standard output and a name without an ending."""
    ending = "" if output == "-" else Path(output).suffix.lower()
    if ending not in _ENDINGS:
        raise UsageError(
            f"the ending of {output} names no format. Write one of .html, .md, .json and .csv, or add --format"
        )
    return _ENDINGS[ending]
