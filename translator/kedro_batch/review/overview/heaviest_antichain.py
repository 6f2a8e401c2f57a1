"""Find the heaviest set of jobs none of which waits for another: what may run at once at most. Pure.

Such a set is an antichain. By Dilworth's theorem, the heaviest one weighs as much as the smallest flow through the
graph that passes every job as often as the job weighs. That is the sum of all weights, less what one job can pass on to
those behind it, which is a maximum flow; igraph finds it (by pushing and relabelling).

The time that this takes grows with levels times edges. Where that would be seconds, there is a bound instead: what one
greedy flow leaves.
"""

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

Name = TypeVar("Name", bound=str)

MOST_STEPS = 400_000_000
"""Levels times edges, for all flows through one graph: two seconds or so."""
_LEVELS_OF_SETUP = 25
"""Handing a network over to igraph takes as long as so many levels."""
_EXACT_IN_DOUBLES = 2**53
"""igraph calculates with floating-point numbers."""


class Heaviest(NamedTuple):
    """The weight of the heaviest antichain, or what it is at most."""

    weight: int
    exact: bool


def find_heaviest_antichains(
    parents: Mapping[Name, Collection[Name]],
    level_of: Mapping[Name, int],
    weights: Sequence[Sequence[int]],
    most_steps: int = MOST_STEPS,
) -> list[Heaviest]:
    """Find the weight of the heaviest antichain of a graph, for several weights of its names.

    Args:
        parents: The graph.
        level_of: The names in topological order, with their levels.
        weights: Each is one weight, not negative, for each name in the order of ``level_of``.
        most_steps: What the search may cost: those weights that come first are searched first.
    """
    position = {name: index for index, name in enumerate(level_of)}
    graph = [sorted({position[one] for one in parents[name]}) for name in level_of]
    ends = _by_last_child(graph)
    flow: _Flow | None = None
    found: dict[tuple[int, ...], Heaviest] = {}
    results = []
    for some in weights:
        unit = math.gcd(*some) or 1  # jobs that are alike weigh the same in vCPUs as in memory
        scaled = tuple(weight // unit for weight in some)
        if scaled not in found:
            low, high = _heaviest_level(scaled, level_of.values()), _greedy_bound(graph, ends, scaled)
            if low < high <= sum(scaled) < _EXACT_IN_DOUBLES:
                flow = flow or _Flow(graph, max(level_of.values()))
                if flow.steps <= most_steps:
                    most_steps -= flow.steps
                    low = high = sum(scaled) - flow.most_passed_on(scaled)
            found[scaled] = Heaviest(high, exact=low == high)
        results.append(Heaviest(found[scaled].weight * unit, found[scaled].exact))
    return results


def _heaviest_level(weights: Sequence[int], levels: Collection[int]) -> int:
    """Return the weight of the heaviest level: a level is an antichain."""
    sums = [0] * (max(levels, default=0) + 1)
    for weight, level in zip(weights, levels, strict=True):
        sums[level] += weight
    return max(sums)


def _by_last_child(graph: Sequence[Sequence[int]]) -> list[list[int]]:
    """Return for each job the parents of which it is the last child."""
    last_child = {parent: child for child, parents in enumerate(graph) for parent in parents}
    found: list[list[int]] = [[] for _ in graph]
    for parent, child in last_child.items():
        found[child].append(parent)
    return found


def _greedy_bound(graph: Sequence[Sequence[int]], ends: Sequence[Sequence[int]], weights: Sequence[int]) -> int:
    """Return an upper bound: each job takes what its parents have left; the last one of their children the rest.

    Args:
        graph: The parents of each job.
        ends: Those of which it is the last child.
        weights: The weights, most of which are 0 if only one of many queues counts.
    """
    left: list[int] = []
    passed_on = 0
    for child, weight in enumerate(weights):
        wanted = weight
        if weight:
            for parent in graph[child]:
                taken = min(wanted, left[parent])
                wanted -= taken
                left[parent] -= taken
                if not wanted:
                    break
        passed_on += weight - wanted
        left.append(weight + sum(left[parent] for parent in ends[child]))
    return sum(weights) - passed_on


class _Flow:
    """The network of a graph: what a job passes on to those behind it, directly or through others.

    Each job has two vertices. Into the first one flows what it is given, out of the second one what it gives: its own
    weight, from the source, and what it was given beyond its own weight, which goes to the sink.
    """

    def __init__(self, graph: Sequence[Sequence[int]], levels: int) -> None:
        self._jobs = len(graph)
        self._graph = graph
        self._between = sum(map(len, graph)) + self._jobs
        self.steps = (levels + _LEVELS_OF_SETUP) * (self._between + 2 * self._jobs)
        self._network: Any = None

    def most_passed_on(self, weights: Sequence[int]) -> int:
        import igraph  # noqa: PLC0415  only needed if a level is not the heaviest antichain

        jobs = self._jobs
        if self._network is None:
            self._network = igraph.Graph(n=2 * jobs + 2, edges=[*self._edges()], directed=True)
        capacities = [*[sum(weights)] * self._between, *weights, *weights]
        value: float = self._network.maxflow_value(2 * jobs, 2 * jobs + 1, capacity=capacities)
        return round(value)

    def _edges(self) -> Iterator[tuple[int, int]]:
        jobs = self._jobs
        for child, parents in enumerate(self._graph):
            yield from ((jobs + parent, child) for parent in parents)
        yield from ((job, jobs + job) for job in range(jobs))
        yield from ((2 * jobs, jobs + job) for job in range(jobs))
        yield from ((job, 2 * jobs + 1) for job in range(jobs))
