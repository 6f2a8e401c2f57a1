"""Gives the jobs of a graph their places on a page. Jobs and levels come in, positions go out; the same every time.

Levels become columns from left to right. igraph finds the order of each column with few crossings (Sugiyama's method);
the heights then come from least squares along that order, which keeps a graph as tall as its largest column, where
igraph's own spread it over four times as much. A dependency over several levels runs through a place in each column
between; those of one parent share their places, so that they look like one line that branches.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from itertools import accumulate, pairwise

BOX_WIDTH, BOX_HEIGHT = 200, 40
_BOX_GAP, _LINE_GAP = 12, 10
_COLUMN_GAP, _WIDEST_COLUMN_GAP = 64, 260
_STEEPNESS = 0.15
"""How much wider the space between two columns is for each pixel that a line climbs in it."""
_SWEEPS = 24
_ORDERINGS = 200
_STRAIGHT = 4.0
"""How much more a line that passes a column resists a bend than a box resists a move."""

Edge = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A dependency as it is drawn.

    Attributes:
        parent: Number of a job.
        child: Number of the job that waits for it.
        passes: The heights at which it crosses the columns between the two.
    """

    parent: int
    child: int
    passes: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where everything is, in pixels from the upper left corner.

    Attributes:
        width: Of all.
        height: Of all.
        columns: The left edge of each level's boxes.
        column_of: The column of each job, from 0.
        tops: The upper edge of each job's box.
        lines: The dependencies.
    """

    width: int
    height: int
    columns: tuple[int, ...]
    column_of: tuple[int, ...]
    tops: tuple[int, ...]
    lines: tuple[Line, ...]


def lay_out_graph(column_of: Sequence[int], edges: Collection[Edge], places: int) -> Layout | None:
    """Place the jobs of a graph.

    Args:
        column_of: The column of each job, from 0; every column has a job.
        edges: A parent and its child, by their numbers. Where the child's column is not further right, the line is
            drawn but has no say in the layout.
        places: How many boxes and passed columns there may be.

    Returns:
        The layout, or None if it would have more places.
    """
    layers = list(column_of)
    pieces: list[Edge] = []
    routes: list[tuple[Edge, tuple[int, ...]]] = []
    passing: dict[Edge, int] = {}
    for parent, child in edges:
        route: list[int] = []
        last = parent
        for column in range(column_of[parent] + 1, column_of[child]):
            place = passing.get((parent, column))
            if place is None:
                place = passing[parent, column] = len(layers)
                layers.append(column)
                pieces.append((last, place))
            route.append(place)
            last = place
        if len(layers) > places:
            return None
        if column_of[child] > column_of[parent]:
            pieces.append((last, child))
        routes.append(((parent, child), tuple(route)))
    ranks = _ordered(layers, pieces)
    middles = _heights(ranks, pieces, len(column_of), len(layers))
    lines = tuple(
        Line(parent=parent, child=child, passes=tuple(middles[place] for place in route))
        for (parent, child), route in routes
    )
    columns = _columns(layers, pieces, middles, len(ranks))
    return Layout(
        width=columns[-1] + BOX_WIDTH,
        height=max(middles) + BOX_HEIGHT // 2,
        columns=columns,
        column_of=tuple(column_of),
        tops=tuple(middle - BOX_HEIGHT // 2 for middle in middles[: len(column_of)]),
        lines=lines,
    )


def _ordered(layers: Sequence[int], pieces: Sequence[Edge]) -> list[list[int]]:
    """Order the places of each column from top to bottom so that few lines cross."""
    import igraph  # noqa: PLC0415  nothing but a graph that is drawn needs it

    graph = igraph.Graph(n=len(layers), edges=pieces, directed=True)
    found = graph.layout_sugiyama(layers=list(layers), maxiter=_ORDERINGS)
    ranks: list[list[int]] = [[] for _ in range(max(layers) + 1)]
    for place, layer in enumerate(layers):
        ranks[layer].append(place)
    return [sorted(rank, key=lambda place: (found[place][0], place)) for rank in ranks]


def _heights(ranks: Sequence[Sequence[int]], pieces: Collection[Edge], jobs: int, places: int) -> list[int]:
    """Give the middle of each place: each part that hangs together by itself, the largest above the others."""
    before: list[list[int]] = [[] for _ in range(places)]
    after: list[list[int]] = [[] for _ in range(places)]
    for left, right in pieces:
        before[right].append(left)
        after[left].append(right)
    half = [BOX_HEIGHT / 2 if place < jobs else 0.0 for place in range(places)]
    part_of = _parts(before, after)
    parts: dict[int, dict[int, list[int]]] = {}
    for column, rank in enumerate(ranks):
        for place in rank:
            parts.setdefault(part_of[place], {}).setdefault(column, []).append(place)
    free = [0.0] * len(ranks)
    middles = [0] * places
    for _, part in sorted(parts.items(), key=lambda one: (-sum(map(len, one[1].values())), one[0])):
        height = _settled(list(part.values()), before, after, half)
        shift = max(free[column] - height[rank[0]] + half[rank[0]] for column, rank in part.items())
        for column, rank in part.items():
            floor = 0
            for place in rank:  # rounded; no two lines of a column become one
                middles[place] = floor = max(round(height[place] + shift), floor)
                floor += 1
            free[column] = middles[rank[-1]] + half[rank[-1]] + _BOX_GAP
    return middles


def _parts(before: Sequence[Sequence[int]], after: Sequence[Sequence[int]]) -> list[int]:
    """Give for each place the first one that it hangs together with."""
    part = [-1] * len(before)
    for first in range(len(before)):
        reached = [first] if part[first] < 0 else []
        for place in reached:
            if part[place] < 0:
                part[place] = first
                reached += before[place]
                reached += after[place]
    return part


def _settled(
    ranks: Sequence[Sequence[int]],
    before: Sequence[Sequence[int]],
    after: Sequence[Sequence[int]],
    half: Sequence[float],
) -> dict[int, float]:
    """Bring each place near those that it is connected with, and keep the order and the gaps of its column.

    Args:
        ranks: The places of each column from top to bottom.
        before: The places to the left that each is connected with.
        after: The places to the right.
        half: Half of each place's own height.
    """
    gaps = [
        [half[a] + half[b] + (_BOX_GAP if half[a] or half[b] else _LINE_GAP) for a, b in pairwise(rank)]
        for rank in ranks
    ]
    weights = [[1.0 if half[place] else _STRAIGHT for place in rank] for rank in ranks]
    height: dict[int, float] = {}
    for rank, apart in zip(ranks, gaps, strict=True):
        height.update(zip(rank, accumulate(apart, initial=-sum(apart) / 2), strict=True))
    for sweep in range(_SWEEPS):
        forth = sweep % 2 == 0
        for number in range(len(ranks)) if forth else reversed(range(len(ranks))):
            wishes = []
            for place in ranks[number]:
                near = before[place] if forth else after[place]
                if sweep >= _SWEEPS // 2:
                    near = [*before[place], *after[place]]
                wishes.append(sum(height[one] for one in near) / len(near) if near else height[place])
            height.update(zip(ranks[number], _spaced(wishes, weights[number], gaps[number]), strict=True))
    return height


def _spaced(wishes: Sequence[float], weights: Sequence[float], gaps: Sequence[float]) -> list[float]:
    """Find the positions nearest to what is wished, in this order and with these gaps between.

    Nearest by weighted least squares: neighbours that come too close form a block, which stands at the mean of what its
    members wish (pool adjacent violators, M. Ayer et al., Annals of Mathematical Statistics 1955, volume 26, page 641).
    """
    offsets = [0.0]
    for gap in gaps:
        offsets.append(offsets[-1] + gap)
    blocks: list[tuple[float, float, int]] = []  # weight, mean, members
    for wish, weight, offset in zip(wishes, weights, offsets, strict=True):
        total, mean, members = weight, wish - offset, 1
        while blocks and blocks[-1][1] >= mean:
            theirs, their_mean, their_members = blocks.pop()
            mean = (mean * total + their_mean * theirs) / (total + theirs)
            total += theirs
            members += their_members
        blocks.append((total, mean, members))
    bases = [mean for _, mean, members in blocks for _ in range(members)]
    return [base + offset for base, offset in zip(bases, offsets, strict=True)]


def _columns(layers: Sequence[int], pieces: Iterable[Edge], middles: Sequence[int], count: int) -> tuple[int, ...]:
    """Set the columns apart, further where lines between them climb."""
    climbs = [0] * count
    for left, right in pieces:
        climbs[layers[right]] = max(climbs[layers[right]], abs(middles[right] - middles[left]))
    at, columns = 0, [0]
    for climb in climbs[1:]:
        at += BOX_WIDTH + min(_WIDEST_COLUMN_GAP, max(_COLUMN_GAP, round(_STEEPNESS * climb)))
        columns.append(at)
    return tuple(columns)


def assign_columns(parents: Mapping[int, Collection[int]], lost: Mapping[int, Collection[int]]) -> dict[int, int]:
    """Give the column of each job of two plans in one: right of its parents, those that it lost included.

    Together the two may run in a circle. A job that can only wait for parents that it lost then does not wait.

    Args:
        parents: The parents of each job; no circle.
        lost: Parents that a job has no longer, or those of a job that is no longer; no circle either.
    """
    children: dict[int, list[tuple[int, bool]]] = {job: [] for job in parents}
    firm, loose = dict.fromkeys(parents, 0), dict.fromkeys(parents, 0)
    for given, counts, is_firm in ((parents, firm, True), (lost, loose, False)):
        for job, theirs in given.items():
            for parent in theirs:
                children[parent].append((job, is_firm))
                counts[job] += 1
    ready = [(loose[job], job) for job in parents if not firm[job]]
    heapify(ready)
    column = dict.fromkeys(parents, 0)
    placed: set[int] = set()
    while ready:
        _, job = heappop(ready)  # one that waits for nothing, or else the one that waits for the fewest it has lost
        if job in placed:
            continue
        placed.add(job)
        for child, is_firm in children[job]:
            if child in placed:
                continue
            column[child] = max(column[child], column[job] + 1)
            (firm if is_firm else loose)[child] -= 1
            if not firm[child]:
                heappush(ready, (loose[child], child))
    return column
