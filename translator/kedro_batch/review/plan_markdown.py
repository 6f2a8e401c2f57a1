"""A plan in Markdown: its facts, data, jobs and graph, as far as they fit into a comment. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache

from kedro_batch.plan.model import Plan
from kedro_batch.review.commands import show_command
from kedro_batch.review.fit_text import Part
from kedro_batch.review.markdown_escape import fence
from kedro_batch.review.mermaid import Graph, edges_of_plan
from kedro_batch.review.overview.view import OverviewView
from kedro_batch.text.wording import counted

EDGES = 200
"""The most edges in the graph of a plan."""
_GRAPH_CHARACTERS = 20_000
_WITH_FACTS = 50_000
"""The most characters of a comment with all facts: a plan may have thousands of parameters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanMarkdown:
    """The values that ``plan.md.j2`` shows: the parts of a plan that fit, and what is left out."""

    show: OverviewView
    facts_left_out: str
    left_out: str
    data_left_out: str
    see_all: str
    graph: str
    graph_left_out: str
    see_graph: str


class PlanParts:
    """The parts of a plan, and how they read within some room.

    Attributes:
        facts: The part that gets room before all others.
        parts: The others, likewise in their order.
    """

    def __init__(self, view: OverviewView, plan: Plan) -> None:
        """Take a plan and what is shown of it."""
        self._view = view
        edges = edges_of_plan(plan)
        self._drawn = cache(lambda most: draw_graph(edges.draw(most)))
        self.facts = Part("facts", len(view.facts), _WITH_FACTS)
        self.parts = (
            Part("edges", most_edges(self._drawn, EDGES)),
            Part("datasets", len(view.data)),
            Part("jobs", len(view.jobs)),
        )

    def within(self, room: Mapping[str, int]) -> PlanMarkdown:
        """Return what is shown, given the number of entries of each part."""
        view = self._view
        graph = self._drawn(room["edges"]) if room["edges"] else ("", "")
        return PlanMarkdown(
            show=replace(
                view,
                facts=view.facts[: room["facts"]],
                jobs=view.jobs[: room["jobs"]],
                data=view.data[: room["datasets"]],
            ),
            facts_left_out=count_left_out(len(view.facts) - room["facts"], "row"),
            left_out=count_left_out(sum(row.count for row in view.jobs[room["jobs"] :]), "job"),
            data_left_out=count_left_out(len(view.data) - room["datasets"], "row"),
            see_all=show_command(view.name, "--full"),
            graph=graph[0],
            graph_left_out=graph[1],
            see_graph=show_command(view.name, "--format=html", "--output=plan.html"),
        )


def most_edges(drawn: Callable[[int], tuple[str, str]], edges: int) -> int:
    """Return the most edges with which a graph leaves room for the other parts."""
    while edges > 1 and len(drawn(edges)[0]) > _GRAPH_CHARACTERS:
        edges = edges * 3 // 4
    return edges


def draw_graph(graph: Graph) -> tuple[str, str]:
    """Return a graph in a fence, and in words what it leaves out; no graph without arrows, or of the fewest jobs."""
    jobs, edges = count_left_out(graph.jobs_left_out, "job"), count_left_out(graph.edges_left_out, "edge")
    left_out = " and ".join(filter(None, (jobs, edges)))
    about = sum(one.change is not None for one in graph.boxes) or len(graph.boxes)  # a plan without another one: all
    if about < graph.jobs_left_out or not graph.arrows:
        return "", left_out
    return fence(graph.render(), "mermaid"), left_out


def count_left_out(number: int, noun: str) -> str:
    """Say how many more there are; nothing if there are none."""
    return f"{counted(number, f'more {noun}')}" if number > 0 else ""
