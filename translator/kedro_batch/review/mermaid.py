"""Draw jobs as a graph in the language of Mermaid, which code hosts show inside Markdown."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kedro_batch.plan.model import Plan
from kedro_batch.review.diff.common_changes import CommonChanges
from kedro_batch.review.diff.model import Change, PlanDiff
from kedro_batch.review.templates import render

EDGES_DRAWN = 500
"""The default of Mermaid's ``maxEdges`` (its configuration schema), which a diagram cannot raise itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A job in the graph. Job names have only letters, digits, - and _: they need no escaping."""

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
    """The values that ``graph.mmd.j2`` shows.

    Attributes:
        boxes: The jobs.
        arrows: The dependencies between them.
        jobs_left_out: The number of jobs that did not fit.
        edges_left_out: The number of dependencies that did not fit.
    """

    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    jobs_left_out: int
    edges_left_out: int

    def render(self) -> str:
        """Return the graph in the language of Mermaid."""
        return render("graph.mmd.j2", self)


_Edge = tuple[str, str]


def build_plan_graph(plan: Plan, most_edges: int | None = None) -> Graph:
    """Build the graph of a plan; jobs whose edges do not fit are left out."""
    edges: dict[str, list[_Edge]] = {job.name: [(parent, job.name) for parent in job.depends_on] for job in plan.jobs}
    return _fit_graph(edges, {}, {}, most_edges)


def build_diff_graph(diff: PlanDiff, old: Plan, new: Plan, most_edges: int | None = None) -> Graph:
    """Build the graph of the jobs that differ and their neighbours; jobs whose edges do not fit are left out.

    A job that differs only in what all jobs share is no job that differs.
    """
    common = CommonChanges(diff, (old, new))
    changes = {one.job: one.change for one in diff.jobs if not common.are_all_of(one)}
    new_names = {one.name_before: one.job for one in diff.jobs if one.name_before is not None}
    before = {(new_names.get(parent, parent), new_names.get(job, job)) for job, parent in _pairs(old)}
    after = {(parent, job) for job, parent in _pairs(new)}
    arrows = dict.fromkeys(before - after, "-.->") | dict.fromkeys(after - before, "==>")
    touching: dict[str, list[_Edge]] = {job: [] for job in changes}
    for edge in sorted(before | after):
        for end in edge:
            if end in touching:
                touching[end].append(edge)
    return _fit_graph(touching, arrows, changes, most_edges)


def _pairs(plan: Plan) -> Iterable[tuple[str, str]]:
    return ((job.name, parent) for job in plan.jobs for parent in job.depends_on)


def _fit_graph(
    edges_of: Mapping[str, list[_Edge]],
    arrows: Mapping[_Edge, str],
    changes: Mapping[str, Change],
    most_edges: int | None,
) -> Graph:
    """Draw as many jobs with their edges as fit; a job without edges counts as one edge."""
    drawn: dict[str, None] = {}
    edges: dict[_Edge, None] = {}
    every = {edge for of_job in edges_of.values() for edge in of_job}
    count = 0
    for job, of_job in edges_of.items():
        fresh = [edge for edge in of_job if edge not in edges]
        if most_edges is not None and count + max(1, len(fresh)) > most_edges:
            continue  # the next job may have fewer edges
        count += max(1, len(fresh))
        edges |= dict.fromkeys(fresh)
        drawn |= dict.fromkeys([job, *(end for edge in fresh for end in edge)])
    if not drawn and edges_of:  # every job has too many edges
        job, of_job = next(iter(edges_of.items()))
        edges = dict.fromkeys(of_job[:most_edges])
        drawn = dict.fromkeys([job, *(end for edge in edges for end in edge)])
    keys = {job: f"j{number}" for number, job in enumerate(drawn)}
    return Graph(
        boxes=tuple(Box(key=key, job=job, change=changes.get(job)) for job, key in keys.items()),
        arrows=tuple(
            Arrow(parent=keys[parent], arrow=arrows.get((parent, child), "-->"), child=keys[child])
            for parent, child in edges
        ),
        jobs_left_out=len(edges_of.keys() - drawn.keys()),
        edges_left_out=len(every) - len(edges),
    )
