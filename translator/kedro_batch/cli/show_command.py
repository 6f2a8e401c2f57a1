"""``kedro-batch show``."""

from typing import Any

import click

from kedro_batch.cli.base import BatchCommand, tell
from kedro_batch.cli.plan_source import read_source
from kedro_batch.cli.review_output import review_options, write_review


@click.command(cls=BatchCommand, short_help="Show a plan: totals, jobs, data.")
@click.argument("plan")
@review_options("text", "markdown", "json", "mermaid", "html")
def show(plan: str, **given: Any) -> None:
    """Show PLAN: its size, its jobs in order with what they get and wait for, its data, its digest.

    PLAN is a file, - for standard input, or REV:PATH for a revision in git: main:plan.yaml, or :plan.yaml for what
    is staged. JSON follows schemas/overview.schema.json. html is one page that needs nothing else: write it to a file
    and open it.
    """
    from kedro_batch.plan.reader import read_plan
    from kedro_batch.review.documents import json_text
    from kedro_batch.review.overview.build_overview import build_overview

    content, name = read_source(plan)
    read = read_plan(content, name)
    match given["format"]:
        case "text":
            from kedro_batch.review.overview.view import build_overview_view
            from kedro_batch.review.templates import render

            text = render("show.txt.j2", build_overview_view(build_overview(read), name))
        case "markdown":
            from kedro_batch.review.markdown.pull_request import render_overview_markdown

            text = render_overview_markdown(build_overview(read), read, called=name)
        case "json":
            text = json_text(build_overview(read))
        case "mermaid":
            from kedro_batch.review.mermaid import EDGES_DRAWN, build_plan_graph

            graph = build_plan_graph(read)
            if len(graph.arrows) > EDGES_DRAWN:
                tell(f"Mermaid draws {EDGES_DRAWN} edges unless it is set up for more; these are {len(graph.arrows)}")
            text = graph.text()
        case _:
            from kedro_batch.review.page.page import render_overview_page

            text = render_overview_page(build_overview(read), name)
    write_review(text, given)
