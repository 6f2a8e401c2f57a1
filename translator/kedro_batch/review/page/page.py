"""Write a plan or a diff as one HTML file that needs no server and no network.

Overviews and diffs come in, the text of the page goes out. The page embeds its data as JSON; the scripts of
``templates/page/`` build elements from it and must never treat data as HTML. The page's policy allows only these
scripts and this style, by their hashes: even with a mistake, the page loads no address and runs no other code.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from kedro_batch.plan.model import Plan
from kedro_batch.review.diff.common_changes import CommonChanges
from kedro_batch.review.diff.model import PlanDiff
from kedro_batch.review.diff.view import build_diff_view
from kedro_batch.review.overview.build_overview import build_overview
from kedro_batch.review.page.header import Header, build_diff_header, build_overview_header, judged
from kedro_batch.review.page.model import PageData, PageRisk, to_json
from kedro_batch.review.page.page_data import build_diff_data, build_overview_data
from kedro_batch.review.page.self_contained import embed, join_files, page_script, page_style, policy
from kedro_batch.review.templates import render
from kedro_batch.text.escaping import for_review
from kedro_batch.text.wording import counted

_SCRIPTS = (
    "jobs.js",
    "colours.js",
    "folding.js",
    "heights.js",
    "columns.js",
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
class _Page:
    """The values that ``page/page.html.j2`` shows."""

    title: str
    heading: str
    header: Header
    folded: str
    colours: tuple[tuple[str, str], ...]
    policy: str
    style: Markup
    script: Markup
    data: Markup
    risks: str
    is_diff: bool


def render_overview_page(plan: Plan, title: str) -> str:
    """Write a plan as a page.

    Args:
        plan: The plan.
        title: The title of the page, such as the name of the file.
    """
    overview = build_overview(plan)
    header = build_overview_header(overview, plan)
    return _render_page(build_overview_data(overview), title, header, heading="Plan", noun="warning")


def render_diff_page(diff: PlanDiff, plans: tuple[Plan, Plan], names: tuple[str, str]) -> str:
    """Write a diff as a page.

    Args:
        diff: What differs.
        plans: The old and the new plan.
        names: What readers call them, such as ``main:plan.yaml`` and ``plan.yaml``.
    """
    view = build_diff_view(diff, plans, names)
    overviews = (
        build_overview(plans[0], diff.totals_before, diff.digest_before),
        build_overview(plans[1], diff.totals_after, diff.digest_after),
    )
    if view.whole:  # nothing of it is green because it is new, or red because it is gone
        at = 1 if plans[1].jobs else 0
        header = judged(build_overview_header(overviews[at], plans[at]), view)
        data = build_overview_data(overviews[at], view.risks)
        return _render_page(data, names[at], header, heading="New plan" if at else "Removed plan", noun="risk")
    data = build_diff_data(diff, overviews, view.risks, CommonChanges(diff, plans))
    in_common = sum(job.change is not None and job.change.common for job in data.jobs)
    header = build_diff_header(diff.counts, overviews, plans, view, in_common=in_common)
    return _render_page(data, " -> ".join(names), header, heading="Changes", noun="risk")


def _render_page(data: PageData, title: str, header: Header, *, heading: str, noun: str) -> str:
    style = page_style("page", "page.css", "drawing.css")
    script = f"{_dagre()}\n{page_script('page', *_SCRIPTS)}"
    is_diff = data.kind == "diff"
    view = _Page(
        title=for_review(title),
        heading=heading,
        header=header,
        folded=counted(len(header.folded), "more fact"),
        colours=_colour_choices(is_diff=is_diff, queues=len(data.colours.queue.legend)),
        policy=policy(style, script),
        style=Markup(style),  # noqa: S704  a file of this package, no input
        script=Markup(script),  # noqa: S704  a file of this package, no input
        data=Markup(embed(data, to_json)),  # noqa: S704  escaped by embed
        risks=_count_risks(data.risks, noun),
        is_diff=is_diff,
    )
    return render("page/page.html.j2", view)


def _colour_choices(*, is_diff: bool, queues: int) -> tuple[tuple[str, str], ...]:
    """Return what boxes can be coloured by, the default first: values and words."""
    plain, by_queue, by_resources = ("none", "nothing"), ("queue", "queue"), ("resources", "resources")
    if is_diff:
        return ("change", "change"), by_queue, by_resources
    return (by_queue, by_resources, plain) if queues > 1 else (plain, by_queue, by_resources)


def _count_risks(lines: Sequence[PageRisk], noun: str) -> str:
    """Count the distinct risks, whatever number of jobs each is about, and apart what may cost more."""
    cost = sum(one.cost for one in lines)
    words = [counted(len(lines) - cost, noun)] if len(lines) > cost else []
    return ", ".join([*words, *([f"{counted(cost, 'change')} that may cost more"] if cost else [])])


def _dagre() -> str:
    """Return the library that orders the boxes of the graph, below its license, without the address of its sources."""
    code = join_files("vendor", "dagre.min.js").partition("//# sourceMappingURL")[0]
    code = code.replace("\x01", r"\x01")  # in a string; HTML must not have it as it is
    return f"/*\n{join_files('vendor', 'dagre.LICENSE')}*/\n{code}"
