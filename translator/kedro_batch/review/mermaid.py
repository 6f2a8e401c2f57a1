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


@dataclass(frozen=True, slots=True, kw_only=True)
class Edges:
    """The jobs that a graph is about with their edges, of which it draws as many as fit.

    Attributes:
        of_job: For each job, the edges that it is drawn with.
        number: The number of all edges, each once.
        arrows: The arrows of edges that are not drawn as others.
        changes: What happened to jobs that differ.
    """

    of_job: Mapping[str, list[_Edge]]
    number: int
    arrows: Mapping[_Edge, str]
    changes: Mapping[str, Change]

    def draw(self, most: int | None = None) -> Graph:
        """Draw as many jobs with their edges as fit; a job without edges counts as one edge."""
        drawn: dict[str, None] = {}
        edges: dict[_Edge, None] = {}
        count = 0
        for job, of_job in self.of_job.items():
            if count == most:
                break
            fresh = [edge for edge in of_job if edge not in edges]
            if most is not None and count + max(1, len(fresh)) > most:
                continue  # the next job may have fewer edges
            count += max(1, len(fresh))
            edges |= dict.fromkeys(fresh)
            drawn |= dict.fromkeys([job, *(end for edge in fresh for end in edge)])
        if not drawn and self.of_job:  # every job has too many edges
            job, of_job = next(iter(self.of_job.items()))
            edges = dict.fromkeys(of_job[:most])
            drawn = dict.fromkeys([job, *(end for edge in edges for end in edge)])
        keys = {job: f"j{number}" for number, job in enumerate(drawn)}
        return Graph(
            boxes=tuple(Box(key=key, job=job, change=self.changes.get(job)) for job, key in keys.items()),
            arrows=tuple(
                Arrow(parent=keys[parent], arrow=self.arrows.get((parent, child), "-->"), child=keys[child])
                for parent, child in edges
            ),
            jobs_left_out=len(self.of_job.keys() - drawn.keys()),
            edges_left_out=self.number - len(edges),
        )


def edges_of_plan(plan: Plan) -> Edges:
    """Return all jobs of a plan with their edges."""
    of_job: dict[str, list[_Edge]] = {job.name: [(parent, job.name) for parent in job.depends_on] for job in plan.jobs}
    return Edges(of_job=of_job, number=sum(map(len, of_job.values())), arrows={}, changes={})


def edges_of_diff(diff: PlanDiff, old: Plan, new: Plan) -> Edges:
    """Return the jobs that differ, in more than what all jobs share, with the edges to their neighbours."""
    common = CommonChanges(diff, (old, new))
    changes = {one.job: one.change for one in diff.jobs if not common.are_all_of(one)}
    new_names = {one.name_before: one.job for one in diff.jobs if one.name_before is not None}
    before = {(new_names.get(parent, parent), new_names.get(job, job)) for job, parent in _pairs(old)}
    after = {(parent, job) for job, parent in _pairs(new)}
    of_job: dict[str, list[_Edge]] = {job: [] for job in changes}
    touching = sorted(edge for edge in before | after if not of_job.keys().isdisjoint(edge))
    for edge in touching:
        for end in edge:
            if end in of_job:
                of_job[end].append(edge)
    arrows = dict.fromkeys(before - after, "-.->") | dict.fromkeys(after - before, "==>")
    return Edges(of_job=of_job, number=len(touching), arrows=arrows, changes=changes)


def _pairs(plan: Plan) -> Iterable[tuple[str, str]]:
    return ((job.name, parent) for job in plan.jobs for parent in job.depends_on)
