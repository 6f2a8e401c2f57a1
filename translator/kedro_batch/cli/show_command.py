"""``kedro-batch show``."""

from typing import TYPE_CHECKING, Any

import click

from kedro_batch.cli.base import BatchCommand, print_note
from kedro_batch.cli.plan_source import read_source
from kedro_batch.cli.review_output import paint_overview, review_options, write_review

if TYPE_CHECKING:
    from kedro_batch.plan.model import Plan


@click.command(cls=BatchCommand, short_help="Show a plan: totals, jobs, data.")
@click.argument("plan")
@click.option("--full", is_flag=True, help="Name all jobs and datasets in text and Markdown, however many there are.")
@review_options("text", "markdown", "json", "mermaid", "html")
def show(plan: str, *, full: bool, **given: Any) -> None:
    """Show PLAN: its size, its jobs by level with their resources and parents, its data, its digest.

    PLAN is a file, - for standard input, or REV:PATH for a revision in git: main:plan.yaml, or :plan.yaml for what
    is staged. JSON follows schemas/overview.schema.json. html is a self-contained page: write it to a file and open
    it.
    """
    from kedro_batch.plan.reader import read_plan
    from kedro_batch.review.formats import OverviewFormat, render_overview

    content, name = read_source(plan)
    read = read_plan(content, name)
    output_format = OverviewFormat(given["format"])
    if output_format is OverviewFormat.MERMAID:
        _warn_of_many_edges(read)
    write_review(render_overview(read, name, output_format, full=full), given, paint_overview)


def _warn_of_many_edges(plan: "Plan") -> None:
    from kedro_batch.review.mermaid import EDGES_DRAWN

    edges = sum(len(job.depends_on) for job in plan.jobs)
    if edges > EDGES_DRAWN:
        print_note(
            f"this graph has {edges} edges, and Mermaid draws {EDGES_DRAWN} unless maxEdges of the viewer is higher"
        )
