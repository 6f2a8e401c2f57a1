"""Lay out a graph of jobs: the column of each job and the dependencies come in, positions in pixels go out. Pure.

Columns run from left to right. igraph orders each column so that few lines cross (Sugiyama's method); the heights then
come from least squares along that order, which keeps a graph as tall as its largest column: igraph's own heights made
it four times as tall. A slot is the room of a box, or of a line that passes a column: a dependency over several columns
has one slot in each column between. Dependencies of one parent share these slots, and look like one line that branches.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from itertools import accumulate, pairwise

BOX_WIDTH, BOX_HEIGHT = 200, 40
_BOX_GAP, _LINE_GAP = 12, 10
_COLUMN_GAP, _WIDEST_COLUMN_GAP = 64, 260
_STEEPNESS = 0.15
"""The additional width between two columns for each pixel that a line climbs there."""
_SWEEPS = 24
_ORDERINGS = 200
_STRAIGHT = 4.0
"""The weight of a passing line against that of a box: lines stay straight, boxes move."""

Edge = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A dependency as a line.

    Attributes:
        parent: The number of a job.
        child: The number of a job that depends on it.
        passes: The heights at which the line passes the columns between the two.
    """

    parent: int
    child: int
    passes: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The positions of boxes and lines, in pixels from the upper left corner.

    Attributes:
        width: The width of the graph.
        height: The height of the graph.
        columns: The left edge of each column.
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


def lay_out_graph(column_of: Sequence[int], edges: Collection[Edge], most_slots: int) -> Layout | None:
    """Lay out a graph.

    Args:
        column_of: The column of each job, from 0; every column has a job.
        edges: The numbers of a parent and its child. If the child's column is not further right, the line is drawn,
            but the layout ignores it.
        most_slots: The most slots that the layout may have.

    Returns:
        The layout; None if it would have more slots.
    """
    layers = list(column_of)
    pieces: list[Edge] = []
    routes: list[tuple[Edge, tuple[int, ...]]] = []
    passing: dict[Edge, int] = {}
    for parent, child in edges:
        route: list[int] = []
        last = parent
        for column in range(column_of[parent] + 1, column_of[child]):
            slot = passing.get((parent, column))
            if slot is None:
                slot = passing[parent, column] = len(layers)
                layers.append(column)
                pieces.append((last, slot))
            route.append(slot)
            last = slot
        if len(layers) > most_slots:
            return None
        if column_of[child] > column_of[parent]:
            pieces.append((last, child))
        routes.append(((parent, child), tuple(route)))
    ranks = _order_space_columns(layers, pieces)
    middles = _place_slots(ranks, pieces, len(column_of), len(layers))
    lines = tuple(
        Line(parent=parent, child=child, passes=tuple(middles[slot] for slot in route))
        for (parent, child), route in routes
    )
    columns = _space_columns(layers, pieces, middles, len(ranks))
    return Layout(
        width=columns[-1] + BOX_WIDTH,
        height=max(middles) + BOX_HEIGHT // 2,
        columns=columns,
        column_of=tuple(column_of),
        tops=tuple(middle - BOX_HEIGHT // 2 for middle in middles[: len(column_of)]),
        lines=lines,
    )


def _order_space_columns(layers: Sequence[int], pieces: Sequence[Edge]) -> list[list[int]]:
    """Order the slots of each column from top to bottom so that few lines cross."""
    import igraph  # noqa: PLC0415  only needed if a graph is drawn

    graph = igraph.Graph(n=len(layers), edges=pieces, directed=True)
    found = graph.layout_sugiyama(layers=list(layers), maxiter=_ORDERINGS)
    ranks: list[list[int]] = [[] for _ in range(max(layers) + 1)]
    for slot, layer in enumerate(layers):
        ranks[layer].append(slot)
    return [sorted(rank, key=lambda slot: (found[slot][0], slot)) for rank in ranks]


def _place_slots(ranks: Sequence[Sequence[int]], pieces: Collection[Edge], jobs: int, slots: int) -> list[int]:
    """Return the middle of each slot. Connected parts are placed one by one, the largest at the top."""
    before: list[list[int]] = [[] for _ in range(slots)]
    after: list[list[int]] = [[] for _ in range(slots)]
    for left, right in pieces:
        before[right].append(left)
        after[left].append(right)
    half = [BOX_HEIGHT / 2 if slot < jobs else 0.0 for slot in range(slots)]
    part_of = _connected_parts(before, after)
    parts: dict[int, dict[int, list[int]]] = {}
    for column, rank in enumerate(ranks):
        for slot in rank:
            parts.setdefault(part_of[slot], {}).setdefault(column, []).append(slot)
    free = [0.0] * len(ranks)
    middles = [0] * slots
    for _, part in sorted(parts.items(), key=lambda one: (-sum(map(len, one[1].values())), one[0])):
        height = _balance_heights(list(part.values()), before, after, half)
        shift = max(free[column] - height[rank[0]] + half[rank[0]] for column, rank in part.items())
        for column, rank in part.items():
            floor = 0
            for slot in rank:  # rounded, but no two lines of a column meet
                middles[slot] = floor = max(round(height[slot] + shift), floor)
                floor += 1
            free[column] = middles[rank[-1]] + half[rank[-1]] + _BOX_GAP
    return middles


def _connected_parts(before: Sequence[Sequence[int]], after: Sequence[Sequence[int]]) -> list[int]:
    """Return for each slot the first slot of its connected part."""
    part = [-1] * len(before)
    for first in range(len(before)):
        reached = [first] if part[first] < 0 else []
        for slot in reached:
            if part[slot] < 0:
                part[slot] = first
                reached += before[slot]
                reached += after[slot]
    return part


def _balance_heights(
    ranks: Sequence[Sequence[int]],
    before: Sequence[Sequence[int]],
    after: Sequence[Sequence[int]],
    half: Sequence[float],
) -> dict[int, float]:
    """Move each slot close to the slots it is connected with; the order and the gaps of its column stay.

    Args:
        ranks: The slots of each column from top to bottom.
        before: For each slot, the connected slots to its left.
        after: For each slot, the connected slots to its right.
        half: Half of the height of each slot.
    """
    gaps = [
        [half[a] + half[b] + (_BOX_GAP if half[a] or half[b] else _LINE_GAP) for a, b in pairwise(rank)]
        for rank in ranks
    ]
    weights = [[1.0 if half[slot] else _STRAIGHT for slot in rank] for rank in ranks]
    height: dict[int, float] = {}
    for rank, apart in zip(ranks, gaps, strict=True):
        height.update(zip(rank, accumulate(apart, initial=-sum(apart) / 2), strict=True))
    for sweep in range(_SWEEPS):
        forth = sweep % 2 == 0
        for number in range(len(ranks)) if forth else reversed(range(len(ranks))):
            wishes = []
            for slot in ranks[number]:
                near = before[slot] if forth else after[slot]
                if sweep >= _SWEEPS // 2:
                    near = [*before[slot], *after[slot]]
                wishes.append(sum(height[one] for one in near) / len(near) if near else height[slot])
            height.update(zip(ranks[number], _space_out(wishes, weights[number], gaps[number]), strict=True))
    return height


def _space_out(wishes: Sequence[float], weights: Sequence[float], gaps: Sequence[float]) -> list[float]:
    """Return the positions nearest to the wishes, in the same order and with at least these gaps.

    Nearest by weighted least squares: neighbours that are too close form a block at the mean of its members' wishes
    (pool adjacent violators, M. Ayer et al., Annals of Mathematical Statistics 1955, volume 26, page 641).
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


def _space_columns(
    layers: Sequence[int], pieces: Iterable[Edge], middles: Sequence[int], count: int
) -> tuple[int, ...]:
    """Return the left edge of each column; the gap is wider where lines climb."""
    climbs = [0] * count
    for left, right in pieces:
        climbs[layers[right]] = max(climbs[layers[right]], abs(middles[right] - middles[left]))
    at, columns = 0, [0]
    for climb in climbs[1:]:
        at += BOX_WIDTH + min(_WIDEST_COLUMN_GAP, max(_COLUMN_GAP, round(_STEEPNESS * climb)))
        columns.append(at)
    return tuple(columns)


def assign_columns(parents: Mapping[int, Collection[int]], lost: Mapping[int, Collection[int]]) -> dict[int, int]:
    """Assign each job of two plans a column to the right of its parents, lost parents included.

    The parents of both plans together may form a cycle: a job in it is then placed without waiting for lost parents.

    Args:
        parents: The parents of each job in the new plan, without a cycle.
        lost: The parents that each job lost, and the parents of removed jobs, also without a cycle.
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
        _, job = heappop(ready)  # the job with the fewest lost parents left, at best none
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
