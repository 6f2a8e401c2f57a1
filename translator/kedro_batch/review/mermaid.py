"""Graphs of jobs for Mermaid, which code hosts draw inside Markdown; 500 edges are what it draws at most by itself."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kedro_batch.plan.model import Plan
from kedro_batch.review.diff.model import Change, PlanDiff
from kedro_batch.review.templates import render

EDGES_DRAWN = 500
"""``maxEdges`` of Mermaid (its configuration schema), which a diagram cannot raise itself."""

_ARROWS = {Change.ADDED: "==>", Change.REMOVED: "-.->", None: "-->"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A job in the graph. Job names are letters, digits, - and _, and need no escaping."""

    key: str
    job: str
    change: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrow:
    """A dependency in the graph."""

    parent: str
    arrow: str
    child: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """A graph as ``graph.mmd.j2`` shows it.

    Attributes:
        boxes: The jobs.
        arrows: The dependencies between them.
        jobs_left_out: Jobs that were to be drawn and have no room.
        edges_left_out: Dependencies of these jobs.
    """

    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    jobs_left_out: int
    edges_left_out: int

    def render(self) -> str:
        """Write the graph in Mermaid's language."""
        return render("graph.mmd.j2", self)


_Edge = tuple[str, str]


def build_plan_graph(plan: Plan, most_edges: int | None = None) -> Graph:
    """Draw the jobs of a plan, the first of them where there are too many edges."""
    edges: dict[str, list[_Edge]] = {job.name: [(parent, job.name) for parent in job.depends_on] for job in plan.jobs}
    return _graph(edges, {}, {}, most_edges)


def build_diff_graph(diff: PlanDiff, old: Plan, new: Plan, most_edges: int | None = None) -> Graph:
    """Draw the jobs that differ, with their neighbours; those that come first, where there are too many edges."""
    changes = {one.job: one.change for one in diff.jobs}
    now_called = {one.name_before: one.job for one in diff.jobs if one.name_before is not None}
    before = {(now_called.get(parent, parent), now_called.get(job, job)) for job, parent in _pairs(old)}
    after = {(parent, job) for job, parent in _pairs(new)}
    kinds: dict[_Edge, Change] = dict.fromkeys(before - after, Change.REMOVED) | dict.fromkeys(
        after - before, Change.ADDED
    )
    touching: dict[str, list[_Edge]] = {one.job: [] for one in diff.jobs}
    for edge in sorted(before | after):
        for end in edge:
            if end in touching:
                touching[end].append(edge)
    return _graph(touching, kinds, changes, most_edges)


def _pairs(plan: Plan) -> Iterable[tuple[str, str]]:
    return ((job.name, parent) for job in plan.jobs for parent in job.depends_on)


def _graph(
    edges_of: Mapping[str, list[_Edge]],
    kinds: Mapping[_Edge, Change],
    changes: Mapping[str, Change],
    most_edges: int | None,
) -> Graph:
    """Draw jobs with their edges, as many as there is room for; a job without edges takes the room of one."""
    drawn: dict[str, None] = {}
    edges: dict[_Edge, None] = {}
    every = {edge for of_job in edges_of.values() for edge in of_job}
    taken = 0
    for job, of_job in edges_of.items():
        fresh = [edge for edge in of_job if edge not in edges]
        if most_edges is not None and taken + max(1, len(fresh)) > most_edges:
            continue  # the next one may have fewer
        taken += max(1, len(fresh))
        edges |= dict.fromkeys(fresh)
        drawn |= dict.fromkeys([job, *(end for edge in fresh for end in edge)])
    if not drawn and edges_of:  # every job has more edges than there is room for
        job, of_job = next(iter(edges_of.items()))
        edges = dict.fromkeys(of_job[:most_edges])
        drawn = dict.fromkeys([job, *(end for edge in edges for end in edge)])
    keys = {job: f"j{number}" for number, job in enumerate(drawn)}
    return Graph(
        boxes=tuple(Box(key=key, job=job, change=changes.get(job)) for job, key in keys.items()),
        arrows=tuple(
            Arrow(parent=keys[parent], arrow=_ARROWS[kinds.get((parent, child))], child=keys[child])
            for parent, child in edges
        ),
        jobs_left_out=len(edges_of.keys() - drawn.keys()),
        edges_left_out=len(every) - len(edges),
    )
