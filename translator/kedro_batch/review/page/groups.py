"""Put jobs into groups that fold into one box each: facts of jobs come in, a tree of groups goes out. Pure.

Groups are what people named: the namespaces of the nodes, else the values of a tag of AWS Batch. Where more jobs stand
side by side than can be looked at, they are put into groups of their own: linear runs, else levels.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeVar

FOLDED_ABOVE = 100
"""With more jobs than this, groups begin folded, and every job is put into a group if it helps."""
MOST_SIDE_BY_SIDE = 60
"""The most boxes that are still a picture."""
_MOST_LEVELS = 40
_MOST_IN_LEVEL = 200
_TAGGED = 0.8
"""The share of jobs that a tag has to be on, to group them by it."""

_Path = tuple[str, ...]
_One = TypeVar("_One")


class GroupKind(StrEnum):
    """What the jobs of a group have in common."""

    NAMESPACE = "namespace"
    TAG = "tag"
    CHAIN = "chain"
    LEVEL = "level"
    PART = "part"
    """Nothing: there are too many of something, and they are told apart by the first and the last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFacts:
    """A job, as far as its group depends on it.

    Attributes:
        name: Its name.
        namespaces: The namespaces that hold all its nodes, the outermost first: ``("a", "a.b")``.
        level: Its level in the graph, from 1.
        parents: The numbers of the jobs that it depends on.
        tags: Its tags on AWS Batch.
    """

    name: str
    namespaces: tuple[str, ...]
    level: int
    parents: Collection[int]
    tags: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A group of jobs.

    Attributes:
        kind: What its jobs have in common.
        name: The namespace, the tag with its value, or the words for levels, runs and parts.
        inside: The number of the group around it; None at the top. It comes before this group.
    """

    kind: GroupKind
    name: str
    inside: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Groups:
    """The groups, and for each job the number of the innermost group that it is in; None for a job at the top."""

    groups: tuple[Group, ...]
    group_of: tuple[int | None, ...]


def group_jobs(jobs: Sequence[JobFacts]) -> Groups:
    """Put jobs into groups; small plans get only the groups that people named."""
    kind = GroupKind.NAMESPACE
    paths: list[_Path] = [job.namespaces for job in jobs]
    kept = _kept_paths(paths)
    if not kept:
        kind, paths = GroupKind.TAG, _values_of_a_tag(jobs)
        kept = _kept_paths(paths)
    number = {path: index for index, path in enumerate(kept)}
    tree = _Tree(jobs=jobs)
    for path in kept:
        tree.add(kind, path[-1], _innermost(path[:-1], number))
    tree.group_of = [_innermost(path, number) for path in paths]
    if len(jobs) > FOLDED_ABOVE:
        tree.split_crowds()
    return tree.parents_first()


def _values_of_a_tag(jobs: Sequence[JobFacts]) -> list[_Path]:
    """Return for each job its value of the tag that tells the jobs apart best; nothing if no tag does."""
    on = Counter(key for job in jobs for key in job.tags)
    values: dict[str, set[str]] = {key: set() for key in on if on[key] >= _TAGGED * len(jobs)}
    for job in jobs:
        for key in values.keys() & job.tags.keys():
            values[key].add(job.tags[key])
    useful = [key for key, theirs in values.items() if 1 < len(theirs) <= min(MOST_SIDE_BY_SIDE, len(jobs) // 2)]
    best = min(useful, key=lambda key: (-on[key], -len(values[key]), key), default=None)
    return [(f"{best}={job.tags[best]}",) if best is not None and best in job.tags else () for job in jobs]


def _kept_paths(paths: Collection[_Path]) -> list[_Path]:
    """Return the paths of two or more jobs, sorted, but for those whose jobs are all in one path further down."""
    count = Counter(path[:length] for path in paths for length in range(1, len(path) + 1))
    same = {path[:-1] for path in count if count[path] == count[path[:-1]]}
    return sorted(path for path in count if 1 < count[path] < len(paths) and path not in same)


def _innermost(path: _Path, number: Mapping[_Path, int]) -> int | None:
    lengths = range(len(path), 0, -1)
    return next((number[path[:length]] for length in lengths if path[:length] in number), None)


class _Tree:
    """Groups while they are made: ``inside`` may name a later one."""

    def __init__(self, jobs: Sequence[JobFacts]) -> None:
        self.jobs = jobs
        self.groups: list[Group] = []
        self.group_of: list[int | None] = []

    def add(self, kind: GroupKind, name: str, inside: int | None, members: Collection[int] = ()) -> int:
        """Add a group around these jobs; return its number."""
        self.groups.append(Group(kind=kind, name=name, inside=inside))
        for job in members:
            self.group_of[job] = len(self.groups) - 1
        return len(self.groups) - 1

    def split_crowds(self) -> None:
        """Where too many boxes stand side by side, put them into further groups."""
        children = _children(self.jobs)
        own: dict[int | None, list[int]] = {}
        below: dict[int | None, list[int]] = {}
        for job, group in enumerate(self.group_of):
            own.setdefault(group, []).append(job)
        for number, one in enumerate(self.groups):
            below.setdefault(one.inside, []).append(number)
        for around in [None, *range(len(self.groups))]:
            members, inner = own.get(around, []), below.get(around, [])
            if len(members) + len(inner) <= MOST_SIDE_BY_SIDE:
                continue
            if len(inner) > _MOST_LEVELS:
                self._split_groups(inner, around)
            if len(members) > 1:
                self._split_jobs(members, around, children)

    def _split_groups(self, inner: Sequence[int], around: int | None) -> None:
        for part in _parts(inner, _MOST_LEVELS):
            name = _from_to(self.groups[part[0]].name, self.groups[part[-1]].name)
            inside = self.add(GroupKind.PART, name, around)
            for number in part:
                self.groups[number] = replace(self.groups[number], inside=inside)

    def _split_jobs(self, members: Sequence[int], around: int | None, children: Sequence[Sequence[int]]) -> None:
        """Put jobs into linear runs if these are few enough, else into levels."""
        runs = list(_linear_runs(members, self.jobs, children))
        if len(runs) <= MOST_SIDE_BY_SIDE:
            for run in runs:
                self._split_run(run, around, alone=len(runs) == 1)
            return
        levels: dict[int, list[int]] = {}
        for job in members:
            levels.setdefault(self.jobs[job].level, []).append(job)
        for band in _parts(sorted(levels), _MOST_LEVELS):
            in_band = [job for level in band for job in levels[level]]
            if len(in_band) == 1:
                continue
            name = f"level {band[0]}" if len(band) == 1 else f"levels {band[0]} to {band[-1]}"
            inside = self.add(GroupKind.LEVEL, name, around, in_band)
            if len(in_band) > _MOST_IN_LEVEL:
                for level in band:
                    self._split_level(level, levels[level], inside if len(band) > 1 else None, inside)

    def _split_run(self, run: Sequence[int], around: int | None, *, alone: bool) -> None:
        is_long = len(run) > MOST_SIDE_BY_SIDE
        inside = around
        if len(run) > 1 and not (alone and is_long):
            inside = self.add(GroupKind.CHAIN, self._names(run), around, run)
        if is_long:
            for part in _parts(run, _MOST_LEVELS):
                self.add(GroupKind.CHAIN, self._names(part), inside, part)

    def _split_level(self, level: int, members: Sequence[int], band: int | None, inside: int) -> None:
        if band is not None and len(members) > 1:
            inside = self.add(GroupKind.LEVEL, f"level {level}", band, members)
        if len(members) > _MOST_IN_LEVEL:
            for part in _parts(members, _MOST_LEVELS):
                self.add(GroupKind.PART, self._names(part), inside, part)

    def _names(self, jobs: Sequence[int]) -> str:
        return _from_to(self.jobs[jobs[0]].name, self.jobs[jobs[-1]].name)

    def parents_first(self) -> Groups:
        """Number the groups so that each comes after the group around it."""
        below: dict[int | None, list[int]] = {}
        for number, one in enumerate(self.groups):
            below.setdefault(one.inside, []).append(number)
        order = list(below.get(None, ()))
        for number in order:
            order += below.get(number, ())
        place: dict[int | None, int | None] = {None: None, **{number: at for at, number in enumerate(order)}}
        return Groups(
            groups=tuple(replace(self.groups[number], inside=place[self.groups[number].inside]) for number in order),
            group_of=tuple(place[group] for group in self.group_of),
        )


def _children(jobs: Sequence[JobFacts]) -> list[list[int]]:
    children: list[list[int]] = [[] for _ in jobs]
    for number, job in enumerate(jobs):
        for parent in job.parents:
            children[parent].append(number)
    return children


def _linear_runs(
    members: Collection[int], jobs: Sequence[JobFacts], children: Sequence[Sequence[int]]
) -> Iterator[list[int]]:
    """Yield these jobs in runs, in which each job is the only child of the one before, and has no other parent."""
    among = set(members)

    def next_of(job: int) -> int | None:
        only = children[job][0] if len(children[job]) == 1 else None
        return only if only in among and len(jobs[only].parents) == 1 else None

    follows = {following for job in members if (following := next_of(job)) is not None}
    for job in members:
        run = [] if job in follows else [job]
        while run and (following := next_of(run[-1])) is not None:
            run.append(following)
        if run:
            yield run


def _parts(things: Sequence[_One], most: int) -> Iterator[Sequence[_One]]:
    """Yield the things in ``most`` parts or fewer, all but the last of the same size."""
    size = -(-len(things) // most)
    yield from (things[start : start + size] for start in range(0, len(things), size))


def _from_to(first: str, last: str) -> str:
    return first if first == last else f"{first} to {last}"
