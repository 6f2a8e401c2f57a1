"""``kedro-batch diff``."""

import os
from typing import TYPE_CHECKING, Any

import click

from kedro_batch.cli.base import BatchCommand
from kedro_batch.cli.plan_source import read_source
from kedro_batch.cli.review_output import review_options, write_review
from kedro_batch.errors import PlanDiffers

if TYPE_CHECKING:
    from kedro_batch.plan.model import Plan


@click.command(cls=BatchCommand, short_help="Show what differs between two plans, by job.")
@click.argument("old")
@click.argument("new")
@click.option("--exit-code", is_flag=True, help="End with 3 if they differ, with 0 if they do not.")
@review_options("text", "markdown", "json", "html")
def diff(old: str, new: str, *, exit_code: bool, **given: Any) -> None:
    """Show what differs between the plans OLD and NEW: by what they mean, not by lines.

    Each is a file, - for standard input, or REV:PATH for a revision in git: kedro-batch diff main:plan.yaml
    plan.yaml. /dev/null is a plan that is not there yet, or no longer, as git has it. What is risky comes first.
    markdown is for a comment on a pull request; JSON follows schemas/diff.schema.json; html is one page that needs
    nothing else.
    """
    from kedro_batch.review.diff.diff_plans import diff_plans
    from kedro_batch.review.documents import json_text

    if old == new == "-":
        raise click.UsageError("only one of the two can be standard input")
    (before, old_name), (after, new_name) = _read(old), _read(new)
    found = diff_plans(before, after)
    match given["format"]:
        case "text":
            from kedro_batch.review.diff.view import build_diff_view
            from kedro_batch.review.templates import render

            text = render("diff.txt.j2", build_diff_view(found, old_name, new_name))
        case "markdown":
            from kedro_batch.review.markdown.pull_request import render_diff_markdown

            text = render_diff_markdown(found, before, after, called=(old_name, new_name))
        case "json":
            text = json_text(found)
        case _:
            from kedro_batch.review.overview.build_overview import build_overview
            from kedro_batch.review.page.page import render_diff_page

            text = render_diff_page(found, build_overview(before), build_overview(after), f"{old_name} -> {new_name}")
    write_review(text, given)
    if exit_code and found.differ:
        raise PlanDiffers(f"{new_name} differs from {old_name}")


def _read(named: str) -> "tuple[Plan, str]":
    from kedro_batch.plan.model import Plan
    from kedro_batch.plan.reader import read_plan

    if named == os.devnull:
        return Plan(jobs=()), named
    content, name = read_source(named)
    return read_plan(content, name), name
