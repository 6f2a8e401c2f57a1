"""Markdown that a bot can post to a pull request: a hidden marker, the summary, risks first, details folded.

Whatever the plan, a text stays within what code hosts take: parts are cut where an entry ends, and it is said how
much was left out.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256
from os.path import normpath
from typing import TypeVar

from kedro_batch.plan.model import Plan
from kedro_batch.review.diff.model import PlanDiff
from kedro_batch.review.diff.risk_lines import RiskLine
from kedro_batch.review.diff.view import Detail, DiffView, JobBlock, build_diff_view
from kedro_batch.review.markdown.escape import clip, clip_pair, fence
from kedro_batch.review.mermaid import Graph, build_diff_graph, build_plan_graph
from kedro_batch.review.overview.model import Overview
from kedro_batch.review.overview.view import OverviewView, build_overview_view
from kedro_batch.review.templates import render
from kedro_batch.text.wording import counted

CHARACTERS = 60_000
"""GitHub takes 65,536 characters in a comment, and the one who posts may want to add some."""
EDGES = 200
_GRAPH_CHARACTERS = 20_000
_ROWS = 60
"""Of a table; more than there can be risks, with at most five lines of each kind."""
_TABLES = ("risks", "origin", "totals", "data")
_NAMES = 100
_DETAILS = 30
_VALUE, _CELL = 1_000, 200


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffMarkdown:
    """What ``diff.md.j2`` shows: the parts of a diff for which there is room, and what has none."""

    marker: str
    diff: DiffView
    left_out: Mapping[str, str]
    changes: str
    changes_left_out: str
    graph: str
    graph_left_out: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OverviewMarkdown:
    """What ``show.md.j2`` shows, likewise."""

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
    view = build_diff_view(diff, *names)
    risks, origin = tuple(map(_seen_to_differ, view.risks)), tuple(map(_seen_to_differ, view.origin))
    view = replace(view, risks=risks, origin=origin)
    marker = _marker("diff", names[1])

    drawn = cache(lambda edges: _drawn(build_diff_graph(diff, old, new, edges)))

    def text(room: Mapping[str, int]) -> str:
        blocks = view.blocks[: room["blocks"]]
        graph = drawn(room["edges"]) if room["edges"] else ("", "")
        page = DiffMarkdown(
            marker=marker,
            diff=replace(view, **{part: getattr(view, part)[: room[part]] for part in _TABLES}),
            left_out={part: _left_out(len(getattr(view, part)) - room[part], "row") for part in _TABLES},
            changes=fence(render("changes.diff.j2", [_short(one) for one in blocks]), "diff") if blocks else "",
            changes_left_out=_left_out(sum(len(one.jobs) for one in view.blocks[room["blocks"] :]), "job"),
            graph=graph[0],
            graph_left_out=graph[1],
        )
        return render("diff.md.j2", page)

    most = {
        "risks": min(len(view.risks), _ROWS),
        "origin": len(view.origin),
        "edges": _edges(drawn),
        "data": len(view.data),
        "totals": min(len(view.totals), _ROWS),
        "blocks": len(view.blocks),
    }
    return _fitted(text, most)


def render_overview_markdown(overview: Overview, plan: Plan, name: str) -> str:
    """Write a plan for a pull request.

    Args:
        overview: The plan as a whole.
        plan: The plan.
        name: What readers call it.
    """
    view = build_overview_view(overview, name)

    drawn = cache(lambda edges: _drawn(build_plan_graph(plan, edges)))

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

    return _fitted(text, {"edges": _edges(drawn), "data": len(view.data), "jobs": len(view.jobs)})


def _marker(command: str, name: str) -> str:
    """Return the comment by which a bot finds the text to replace: one for each plan, whatever its revision in git."""
    path = normpath(name.partition(":")[2] or name)
    plain = re.sub(r"[^A-Za-z0-9._/]+", "-", path).strip("-") or "plan"
    if plain != path:  # two paths may have become the same
        plain += f"-{sha256(path.encode('utf-8', 'backslashreplace')).hexdigest()[:8]}"
    return f"<!-- kedro-batch {command} {plain} -->"


def _fitted(text: Callable[[Mapping[str, int]], str], most: Mapping[str, int]) -> str:
    """Give every part as much room as there is, the first parts first.

    Args:
        text: Writes all, with so many entries of each part.
        most: How many entries each part has.
    """
    room = dict(most)
    if _cheap(most) and len(written := text(room)) <= CHARACTERS:
        return written
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
"""More entries of one part than this do not fit, whatever they are."""


def _cheap(most: Mapping[str, int]) -> bool:
    return max(most.values()) <= _ENTRIES


def _edges(drawn: Callable[[int], tuple[str, str]]) -> int:
    """Give as many edges as a graph may have that leaves room for the rest."""
    edges = EDGES
    while edges > 1 and len(drawn(edges)[0]) > _GRAPH_CHARACTERS:
        edges = edges * 3 // 4
    return edges


def _drawn(graph: Graph) -> tuple[str, str]:
    """Give a graph in a fence, and what it leaves out in words."""
    jobs, edges = _left_out(graph.jobs_left_out, "job"), _left_out(graph.edges_left_out, "edge")
    left_out = " and ".join(filter(None, (jobs, edges)))
    return fence(graph.render(), "mermaid") if graph.boxes else "", left_out


def _left_out(number: int, noun: str) -> str:
    return f"{counted(number, f'more {noun}')}" if number > 0 else ""


def _short(block: JobBlock) -> JobBlock:
    """Shorten what would fill the text with one job."""
    details = tuple(map(_short_detail, block.details[:_DETAILS]))
    if len(block.details) > _DETAILS:
        details += (Detail(label=f"and {len(block.details) - _DETAILS} more", after="kedro-batch diff shows all"),)
    return replace(block, jobs=_some(block.jobs), details=details)


def _short_detail(one: Detail) -> Detail:
    before, after = clip_pair(one.before, one.after, _VALUE)
    return Detail(
        label=_clipped(one.label),
        before=before,
        after=after,
        gained=_some(tuple(map(_clipped, one.gained))),
        lost=_some(tuple(map(_clipped, one.lost))),
    )


_Row = TypeVar("_Row", Detail, RiskLine)


def _seen_to_differ(one: _Row) -> _Row:
    before, after = clip_pair(one.before, one.after, _CELL)
    return replace(one, before=before, after=after)


def _clipped(text: str) -> str:
    return clip(text, _VALUE)


def _some(names: tuple[str, ...]) -> tuple[str, ...]:
    return names if len(names) <= _NAMES else (*names[:_NAMES], f"and {len(names) - _NAMES} more")
