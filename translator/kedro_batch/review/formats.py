"""Every output format of a review: a plan or a diff and a format come in, text goes out, piece by piece.

The one place that knows all formats. Add a format here: a member of ``OverviewFormat`` or ``DiffFormat``, and a branch
in the function below.
"""

from collections.abc import Iterator
from dataclasses import fields
from enum import StrEnum
from typing import Any, assert_never

from kedro_batch.files.json_text import encoded_in_pieces
from kedro_batch.plan.model import Plan
from kedro_batch.review.diff.model import FieldChange, PlanDiff, Risk
from kedro_batch.review.diff.view import build_diff_view
from kedro_batch.review.mermaid import edges_of_plan
from kedro_batch.review.overview.build_overview import build_overview
from kedro_batch.review.overview.view import build_overview_view
from kedro_batch.review.page.page import render_diff_page, render_overview_page
from kedro_batch.review.pull_request import render_diff_markdown, render_overview_markdown
from kedro_batch.review.templates import render


class OverviewFormat(StrEnum):
    """How ``show`` writes a plan; the first is the default."""

    TEXT = "text"
    MARKDOWN = "markdown"
    JSON = "json"
    MERMAID = "mermaid"
    HTML = "html"


class DiffFormat(StrEnum):
    """How ``diff`` writes a diff; the first is the default."""

    TEXT = "text"
    MARKDOWN = "markdown"
    JSON = "json"
    HTML = "html"


def render_overview(plan: Plan, name: str, output_format: OverviewFormat, *, full: bool = False) -> Iterator[str]:
    """Yield the pieces of a plan in a format.

    Args:
        plan: The plan.
        name: What readers call it, such as the name of its file.
        output_format: The format.
        full: Name every job and dataset in text and Markdown.
    """
    match output_format:
        case OverviewFormat.TEXT:
            yield render("show.txt.j2", build_overview_view(build_overview(plan), plan, name, full=full))
        case OverviewFormat.MARKDOWN:
            yield render_overview_markdown(build_overview(plan), plan, name, full=full)
        case OverviewFormat.JSON:
            yield from render_json(build_overview(plan))
        case OverviewFormat.MERMAID:
            yield edges_of_plan(plan).draw().render()
        case OverviewFormat.HTML:
            yield render_overview_page(plan, name)
        case _:
            assert_never(output_format)


def render_diff(
    diff: PlanDiff, plans: tuple[Plan, Plan], names: tuple[str, str], output_format: DiffFormat, *, full: bool = False
) -> Iterator[str]:
    """Yield the pieces of the diff of two plans in a format.

    Args:
        diff: What differs.
        plans: The old and the new plan.
        names: What readers call them.
        output_format: The format.
        full: Tell all names and values, in text.
    """
    match output_format:
        case DiffFormat.TEXT:
            yield render("diff.txt.j2", build_diff_view(diff, plans, names, full=full))
        case DiffFormat.MARKDOWN:
            yield render_diff_markdown(diff, *plans, names)
        case DiffFormat.JSON:
            yield from render_json(diff)
        case DiffFormat.HTML:
            yield render_diff_page(diff, plans, names)
        case _:
            assert_never(output_format)


def render_json(value: object) -> Iterator[str]:
    """Yield a dataclass, and all those inside it, as JSON: every field is there; what has no value is null or empty."""
    yield from encoded_in_pieces(value, default=_fields_of, indent=2)
    yield "\n"


def _fields_of(value: Any) -> dict[str, Any]:
    found = {field.name: getattr(value, field.name) for field in fields(value)}
    if isinstance(value, Risk):  # what came later than the rest of the format is absent where it has no value
        for name in ("readers", "definition", "definition_before", "jobs", "field"):
            if found[name] is None:
                del found[name]
    if isinstance(value, FieldChange) and value.still is None:
        del found["still"]
    if isinstance(value, PlanDiff) and value.policy is None:
        del found["policy"], found["violations"]  # likewise
    return found
