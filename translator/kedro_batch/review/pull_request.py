"""Write a plan or a diff as a comment on a pull request: a hidden marker, the summary, risks first, details folded.

A text of any plan fits into a comment: parts are cut after a whole entry, and the text says how much is left out.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256
from os.path import normpath
from typing import TypeVar

from kedro_batch.plan.model import Plan
from kedro_batch.review.diff.details import Detail
from kedro_batch.review.diff.job_blocks import JobBlock
from kedro_batch.review.diff.model import PlanDiff
from kedro_batch.review.diff.risk_lines import RiskLine
from kedro_batch.review.diff.view import DiffView, build_diff_view
from kedro_batch.review.markdown_escape import clip, clip_pair, fence
from kedro_batch.review.mermaid import Graph, build_diff_graph, build_plan_graph
from kedro_batch.review.overview.model import Overview
from kedro_batch.review.overview.view import OverviewView, build_overview_view
from kedro_batch.review.templates import render
from kedro_batch.text.wording import counted

CHARACTERS = 60_000
"""GitHub accepts 65,536 characters in a comment; the rest is for the text that a bot adds."""
EDGES = 200
_GRAPH_CHARACTERS = 20_000
_ROWS = 60
"""The most rows of a table. Risks have fewer: at most five lines of each kind."""
_TABLES = ("risks", "origin", "totals", "data")
_NAMES = 100
_DETAILS = 30
_VALUE, _CELL = 1_000, 200


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffMarkdown:
    """The values that ``diff.md.j2`` shows: the parts of a diff that fit, and what is left out."""

    marker: str
    diff: DiffView
    left_out: Mapping[str, str]
    changes: str
    changes_left_out: str
    graph: str
    graph_left_out: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OverviewMarkdown:
    """The values that ``show.md.j2`` shows, likewise."""

    marker: str
    show: OverviewView
    left_out: str
    data_left_out: str
    graph: str
    graph_left_out: str


def render_diff_markdown(diff: PlanDiff, old: Plan, new: Plan, names: tuple[str, str]) -> str:
    """Write a diff for a pull request.

    Args:
        diff: What differs.
        old: The plan before.
        new: The plan after.
        names: What readers call the two plans.
    """
    view = build_diff_view(diff, (old, new), names, full=True)
    risks, origin = tuple(map(_shorten_values, view.risks)), tuple(map(_shorten_values, view.origin))
    view = replace(view, risks=risks, origin=origin)
    marker = _marker("diff", names[1])

    drawn = cache(lambda edges: _draw(build_diff_graph(diff, old, new, edges)))

    def text(room: Mapping[str, int]) -> str:
        blocks = view.blocks[: room["blocks"]]
        graph = drawn(room["edges"]) if room["edges"] else ("", "")
        page = DiffMarkdown(
            marker=marker,
            diff=replace(view, **{part: getattr(view, part)[: room[part]] for part in _TABLES}),
            left_out={part: _left_out(len(getattr(view, part)) - room[part], "row") for part in _TABLES},
            changes=fence(render("changes.diff.j2", [_shorten_block(one) for one in blocks]), "diff") if blocks else "",
            changes_left_out=_left_out(sum(len(one.jobs) for one in view.blocks[room["blocks"] :]), "job"),
            graph=graph[0],
            graph_left_out=graph[1],
        )
        return render("diff.md.j2", page)

    most = {
        "risks": min(len(view.risks), _ROWS),
        "origin": len(view.origin),
        "edges": _most_edges(drawn),
        "data": len(view.data),
        "totals": min(len(view.totals), _ROWS),
        "blocks": len(view.blocks),
    }
    return _fit_text(text, most)


def render_overview_markdown(overview: Overview, plan: Plan, name: str) -> str:
    """Write a plan for a pull request.

    Args:
        overview: The overview of the plan.
        plan: The plan.
        name: What readers call it.
    """
    view = build_overview_view(overview, name)

    drawn = cache(lambda edges: _draw(build_plan_graph(plan, edges)))

    def text(room: Mapping[str, int]) -> str:
        graph = drawn(room["edges"]) if room["edges"] else ("", "")
        page = OverviewMarkdown(
            marker=_marker("show", name),
            show=replace(view, jobs=view.jobs[: room["jobs"]], data=view.data[: room["data"]]),
            left_out=_left_out(len(view.jobs) - room["jobs"], "job"),
            data_left_out=_left_out(len(view.data) - room["data"], "row"),
            graph=graph[0],
            graph_left_out=graph[1],
        )
        return render("show.md.j2", page)

    return _fit_text(text, {"edges": _most_edges(drawn), "data": len(view.data), "jobs": len(view.jobs)})


def _marker(command: str, name: str) -> str:
    """Return the comment by which a bot finds the text to replace: one for each plan, for all its revisions."""
    path = normpath(name.partition(":")[2] or name)
    plain = re.sub(r"[^A-Za-z0-9._/]+", "-", path).strip("-") or "plan"
    if plain != path:  # two paths may have become the same
        plain += f"-{sha256(path.encode('utf-8', 'backslashreplace')).hexdigest()[:8]}"
    return f"<!-- kedro-batch {command} {plain} -->"


def _fit_text(text: Callable[[Mapping[str, int]], str], most: Mapping[str, int]) -> str:
    """Return the longest text that fits: each part gets as many entries as possible, the first part first.

    Args:
        text: Writes the text, given the number of entries of each part.
        most: The number of entries that each part has.
    """
    if max(most.values()) <= _ENTRIES and len(whole := text(most)) <= CHARACTERS:
        return whole
    room = dict.fromkeys(most, 0)
    for part, every in most.items():
        low, high = 0, min(every, _ENTRIES)
        while low < high:
            middle = (low + high + 1) // 2
            if len(text({**room, part: middle})) <= CHARACTERS:
                low = middle
            else:
                high = middle - 1
        room[part] = low
    return text(room)


_ENTRIES = 1_000
"""No part fits with more entries than this."""


def _most_edges(drawn: Callable[[int], tuple[str, str]]) -> int:
    """Return the most edges with which the graph leaves room for the other parts."""
    edges = EDGES
    while edges > 1 and len(drawn(edges)[0]) > _GRAPH_CHARACTERS:
        edges = edges * 3 // 4
    return edges


def _draw(graph: Graph) -> tuple[str, str]:
    """Return a graph in a fence, and in words what it leaves out."""
    jobs, edges = _left_out(graph.jobs_left_out, "job"), _left_out(graph.edges_left_out, "edge")
    left_out = " and ".join(filter(None, (jobs, edges)))
    return fence(graph.render(), "mermaid") if graph.boxes else "", left_out


def _left_out(number: int, noun: str) -> str:
    return f"{counted(number, f'more {noun}')}" if number > 0 else ""


def _shorten_block(block: JobBlock) -> JobBlock:
    """Shorten the details of a job that would fill the whole text."""
    details = tuple(map(_shorten_detail, block.details[:_DETAILS]))
    if len(block.details) > _DETAILS:
        details += (Detail(label=f"and {len(block.details) - _DETAILS} more", after="kedro-batch diff shows all"),)
    return replace(block, jobs=_first_names(block.jobs), details=details)


def _shorten_detail(one: Detail) -> Detail:
    before, after = clip_pair(one.before, one.after, _VALUE)
    return Detail(
        label=_clipped(one.label),
        before=before,
        after=after,
        gained=_first_names(tuple(map(_clipped, one.gained))),
        lost=_first_names(tuple(map(_clipped, one.lost))),
    )


_Row = TypeVar("_Row", Detail, RiskLine)


def _shorten_values(one: _Row) -> _Row:
    before, after = clip_pair(one.before, one.after, _CELL)
    return replace(one, before=before, after=after)


def _clipped(text: str) -> str:
    return clip(text, _VALUE)


def _first_names(names: tuple[str, ...]) -> tuple[str, ...]:
    return names if len(names) <= _NAMES else (*names[:_NAMES], f"and {len(names) - _NAMES} more")
