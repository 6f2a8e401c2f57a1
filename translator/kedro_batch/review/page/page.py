"""Write a plan or a diff as one HTML file that needs no server and no network.

Overviews and diffs come in, the text of the page goes out. The page embeds its data as JSON; the scripts of
``templates/page/`` build elements from it and must never treat data as HTML. The page's policy allows only these
scripts and this style, by their hashes: even with a mistake, the page loads no address and runs no other code.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from kedro_batch.review.diff.model import PlanDiff
from kedro_batch.review.overview.model import Overview
from kedro_batch.review.overview.view import Fact, list_facts
from kedro_batch.review.page.page_data import build_diff_data, build_overview_data
from kedro_batch.review.page.self_contained import embed, join_files, page_script, page_style, policy
from kedro_batch.review.templates import render
from kedro_batch.text.escaping import for_review
from kedro_batch.text.wording import counted

_SCRIPTS = (
    "jobs.js",
    "folding.js",
    "heights.js",
    "arranging.js",
    "drawing.js",
    "boxes.js",
    "graph.js",
    "listing.js",
    "details.js",
    "page.js",
)
"""Joined, they are one JavaScript module."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fact:
    """A line of the header; ``before`` is empty if the plans do not differ in it."""

    label: str
    value: str
    before: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    """The values that ``page/page.html.j2`` shows."""

    title: str
    heading: str
    policy: str
    style: Markup
    script: Markup
    data: Markup
    facts: tuple[_Fact, ...]
    counts: tuple[tuple[str, str], ...]
    risks: str
    has_graph: bool
    is_diff: bool
    no_graph: str


def render_overview_page(overview: Overview, title: str) -> str:
    """Write a plan as a page.

    Args:
        overview: The plan.
        title: The title of the page, such as the name of the file.
    """
    data = build_overview_data(overview)
    facts = tuple(_Fact(label=one.label, value=one.text) for one in _facts(overview))
    return _render_page(data, title, facts, ())


def render_diff_page(diff: PlanDiff, old: Overview, new: Overview, title: str) -> str:
    """Write a diff as a page.

    Args:
        diff: What differs.
        old: The plan before.
        new: The plan after.
        title: The title of the page, such as ``main:plan.yaml -> plan.yaml``.
    """
    data = build_diff_data(diff, old, new)
    before, after = (_facts_by_label(one) for one in (old, new))
    if before["memory"] == after["memory"] and _memory(old) != _memory(new):  # they differ only before rounding
        before, after = (_facts_by_label(one, exactly=True) for one in (old, new))
    facts = tuple(
        _Fact(label=label, value=now, before="" if then == now else then)
        for label in {**before, **after}
        for then, now in [(before.get(label, "-"), after.get(label, "-"))]
    )
    counts = diff.counts
    counted_jobs = (
        ("added", f"+ {counts.added:,} added"),
        ("removed", f"- {counts.removed:,} removed"),
        ("changed", f"~ {counts.changed:,} changed"),
        ("renamed", f"> {counts.renamed:,} renamed"),
        ("same", f"{counts.unchanged:,} unchanged"),
    )
    return _render_page(data, title, facts, counted_jobs)


def _memory(overview: Overview) -> tuple[int, int]:
    return overview.totals.summed.memory_mib, overview.totals.at_widest.memory_mib


def _render_page(
    data: dict[str, Any],
    title: str,
    facts: tuple[_Fact, ...],
    counts: tuple[tuple[str, str], ...],
) -> str:
    style = page_style("page", "page.css", "drawing.css")
    script = f"{join_files('vendor', 'dagre.min.js')}\n{page_script('page', *_SCRIPTS)}"
    is_diff = data["kind"] == "diff"
    has_graph = bool(data["jobs"])
    risks = sum(max(1, len(one["about"])) for one in data["risks"])
    view = _Page(
        title=for_review(title),
        heading="Changes" if is_diff else "Plan",
        policy=policy(style, script),
        style=Markup(style),  # noqa: S704  our own
        script=Markup(script),  # noqa: S704  our own
        data=Markup(embed(data)),  # noqa: S704  escaped by embed
        facts=facts,
        counts=counts,
        risks=counted(risks, "risk" if is_diff else "warning") if risks else "",
        has_graph=has_graph,
        is_diff=is_diff,
        no_graph="" if has_graph else f"{len(data['jobs']):,} jobs are too many to draw as one graph",
    )
    return render("page/page.html.j2", view)


def _facts_by_label(overview: Overview, *, exactly: bool = False) -> dict[str, str]:
    """Return the facts of a plan, to compare them with those of another: none is shortened."""
    return {fact.label: fact.text for fact in _facts(overview, exactly=exactly, longest=None)}


def _facts(overview: Overview, **options: Any) -> Iterator[Fact]:
    totals = overview.totals
    yield Fact(label="jobs", text=f"{totals.jobs:,}")
    yield Fact(label="nodes", text=f"{totals.nodes:,}")
    yield Fact(label="dependencies", text=f"{totals.dependencies:,}")
    yield from (Fact(label=one.label, text=for_review(one.text)) for one in list_facts(overview, **options))
