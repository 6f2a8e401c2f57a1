"""Describe a set of jobs by what they have in common, or by their names. Pure: jobs come in, words go out.

A description is exact, or it is not used: the jobs that it describes are the set. Nothing is escaped yet.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from kedro_batch.plan.model import Job
from kedro_batch.plan.settings import JobSettings
from kedro_batch.review.name_sets import FEW, TOGETHER
from kedro_batch.review.namespaces import namespaces_of
from kedro_batch.review.shown_names import LINE, NAMES_SHOWN, share_room, shorten_names
from kedro_batch.text.wording import counted

_SEPARATOR = re.compile(r"[_-]")
_DEEPEST = 16
"""Separators of a name at which its beginning, or its end, is looked at."""


class Kind(StrEnum):
    """What jobs may have in common, the most telling first."""

    NAMESPACE = "namespace"
    QUEUE = "queue"
    DEFINITION = "definition"
    TAG = "tag"
    """A tag on AWS. A plan knows no tags of Kedro."""
    GPUS = "gpus"
    JOIN_JOBS = "join jobs"
    BEGIN = "begin"
    """How their names begin."""
    END = "end"
    """How their names end."""
    OWN = "own"
    """How their names begin without their namespaces."""


Property = tuple[Kind, str]
"""What a job may have in common with others: the kind, and its value."""
_Members = Mapping[Property, Sequence[str]]
_KINDS = tuple(Kind)
_PATTERNS = (Kind.BEGIN, Kind.END, Kind.OWN)
_PLURAL = (Kind.NAMESPACE, Kind.QUEUE, Kind.DEFINITION)
_IN_PARTS = (*_PLURAL, Kind.BEGIN, Kind.END)
"""Kinds of which a few together may describe a set: of each, a job has one, or one within another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobSet:
    """Some jobs of a plan.

    Attributes:
        names: Their names, in the order of the plan.
        total: The number of all jobs of the plan.
        shared: What exactly these jobs have in common, such as ``namespace training`` or ``all but queue gpu``; None
            if that is nothing, or if they are all jobs, or few.
        these: The jobs are not all of a plan, but some that were named before.
    """

    names: tuple[str, ...]
    total: int
    shared: str | None
    these: bool = False

    @property
    def is_whole(self) -> bool:
        """True if these are all jobs of a plan with several."""
        return len(self.names) == self.total > 1

    @property
    def heading(self) -> str | None:
        """The set without names: ``all 800 jobs``, ``12 of 800 jobs (queue gpu)``; None if the names tell it."""
        if self.is_whole:
            return f"all {self._whole}"
        return f"{self.number} ({self.shared})" if self.shared else None

    @property
    def number(self) -> str:
        """The number of these jobs and of all."""
        return f"{len(self.names):,} of {self._whole}"

    @property
    def _whole(self) -> str:
        return f"{'these ' if self.these else ''}{counted(self.total, 'job')}"

    def text(self, *, full: bool = False, most: int = NAMES_SHOWN, room: int = share_room(1)) -> str:
        """Describe the set in one line.

        Args:
            full: Name all jobs of a set that has no other description.
            most: Else how many of them are named.
            room: And how many characters they have, see ``share_room``.
        """
        if self.heading:
            return self.heading
        names = shorten_names(self.names, full, most, room)
        told = ", ".join(names)
        return f"{self.number}: {told}" if names != [*self.names] or len(names) > most else told


class JobSets:
    """The jobs of a plan, by what they have in common.

    Building it takes time in proportion to the jobs, describing a set in proportion to the set.
    """

    def __init__(
        self, jobs: Iterable[Job], *, these: bool = False, moved: Collection[Property] = (), when: str = ""
    ) -> None:
        """Take the jobs of one plan.

        Args:
            jobs: The jobs.
            these: They are not all of a plan, but some that were named before.
            moved: What some jobs have gained or lost between this plan and another one.
            when: What is said with these: ``now`` or ``before``.
        """
        self._these, self._moved, self._when = these, moved, when
        self._position: dict[str, int] = {}
        self._properties: dict[str, tuple[Property, ...]] = {}
        of_settings: dict[int, tuple[Property, ...]] = {}  # many jobs share theirs
        for job in jobs:
            settings = of_settings.get(id(job.settings))
            if settings is None:
                settings = of_settings[id(job.settings)] = tuple(properties_of_settings(job.settings))
            self._position[job.name] = len(self._position)
            self._properties[job.name] = (*_properties_of_names(job), *settings)
        self._counts = Counter(one for properties in self._properties.values() for one in properties)

    def describe(
        self,
        names: Iterable[str],
        *,
        full: bool = False,
        most: int = NAMES_SHOWN,
        without: Collection[Kind] = (),
    ) -> str:
        """Describe jobs of the plan in one line, as ``find`` and ``JobSet.text`` do."""
        return self.find(names, without=without).text(full=full, most=most)

    def find(self, names: Iterable[str], *, without: Collection[Kind] = ()) -> JobSet:
        """Find what exactly some jobs have in common.

        Args:
            names: The names of jobs of the plan.
            without: What is not looked at, such as the queue of jobs whose queue has changed.
        """
        chosen = sorted({*names}, key=self._position.__getitem__)
        shared = None
        if FEW < len(chosen) < len(self._position):
            others: list[str] = []
            if 2 * len(chosen) > len(self._position):  # or else looking at the others would take too long
                others = sorted(self._position.keys() - {*chosen}, key=self._position.__getitem__)
            shared = self._describe(chosen, others, without)
        return JobSet(names=tuple(chosen), total=len(self._position), shared=shared, these=self._these)

    def _describe(self, chosen: Sequence[str], others: Sequence[str], without: Collection[Kind]) -> str | None:
        """Return what the chosen jobs have in common, or else the others if they are fewer: the simplest first."""
        members, of_others = self._members(chosen, without), self._members(others, without)
        for describe in (self._whole, self._parts):
            if found := describe(of_others, others):
                return f"all but {found}"
            if found := describe(members, chosen):
                return found
            if others and shorten_names(others, room=2 * LINE) == others:
                return f"all but {', '.join(others)}"
        return None

    def _members(self, names: Iterable[str], without: Collection[Kind]) -> _Members:
        """Return the properties that no other job has, with the jobs that have them."""
        members: dict[Property, list[str]] = {}
        for name in names:
            for one in self._properties[name]:
                members.setdefault(one, []).append(name)
        return {one: some for one, some in members.items() if len(some) == self._counts[one] and one[0] not in without}

    def _whole(self, members: _Members, names: Sequence[str]) -> str | None:
        """Return the most telling property that all have."""
        shared = [one for one, some in members.items() if len(some) == len(names)]
        if len(names) <= FEW:
            shared = [one for one in shared if one[0] not in _PATTERNS]
        return self._words([min(shared, key=self._least_telling)]) if shared else None

    def _parts(self, members: _Members, names: Sequence[str]) -> str | None:
        """Return up to three properties of one kind, of which each job has one; of the names of few jobs none."""
        for kind in _IN_PARTS if len(names) > NAMES_SHOWN else _PLURAL:
            least = 1 if kind in _PLURAL else FEW + 1
            if found := self._cover(names, {one: some for one, some in members.items() if one[0] is kind}, least):
                return self._words(found)
        return None

    def _least_telling(self, one: Property) -> tuple[bool, int, int]:
        return one in self._moved, _KINDS.index(one[0]), -len(one[1]) if one[0] in _PATTERNS else 0

    def _cover(self, names: Iterable[str], members: _Members, least: int) -> list[Property]:
        rest, found = {*names}, list[Property]()
        while rest and members and len(found) < TOGETHER:
            best = min(members, key=lambda one: (-len(rest.intersection(members[one])), self._least_telling(one)))
            gained = rest.intersection(members[best])
            if len(gained) < least:
                break
            rest -= gained
            found.append(best)
        return [] if rest else found

    def _words(self, some: Sequence[Property]) -> str:
        kind = some[0][0]
        words = [_words(*one) if kind not in _PLURAL or len(some) == 1 else one[1] for one in some]
        words = [f"{word} {self._when}" if one in self._moved else word for one, word in zip(some, words, strict=True)]
        return f"{kind}s {' and '.join(words)}" if kind in _PLURAL and len(some) > 1 else " and ".join(words)


def properties_of_settings(settings: JobSettings) -> Iterator[Property]:
    """Yield what jobs with these settings may have in common with others."""
    yield Kind.QUEUE, settings.job_queue
    yield Kind.DEFINITION, settings.job_definition
    for key, value in settings.tags.items():
        yield Kind.TAG, f"{key}={value}"
    if settings.resources.gpus:
        yield Kind.GPUS, "GPUs"
        yield Kind.GPUS, counted(settings.resources.gpus, "GPU")


def _properties_of_names(job: Job) -> Iterator[Property]:
    for name in namespaces_of(job.nodes):
        yield Kind.NAMESPACE, name
    if job.joins:
        yield Kind.JOIN_JOBS, ""
    for at in _separators(job.name)[:_DEEPEST]:
        yield Kind.BEGIN, job.name[: at + 1]
    for at in _separators(job.name)[-_DEEPEST:]:
        yield Kind.END, job.name[at:]
    own = _own_name(job)
    for at in _separators(own)[:_DEEPEST]:
        yield Kind.OWN, own[: at + 1]


def _own_name(job: Job) -> str:
    """Return the name of a job without its namespace."""
    inner = "".join(namespaces_of(job.nodes)[-1:])
    return job.name.removeprefix(f"{inner.replace('.', '-')}-") if inner else job.name


def _separators(name: str) -> list[int]:
    return [one.start() for one in _SEPARATOR.finditer(name)]


def _words(kind: Kind, value: str) -> str:
    match kind:
        case Kind.GPUS:
            return f"those that ask for {value}"
        case Kind.JOIN_JOBS:
            return "join jobs"
        case Kind.BEGIN:
            return f"{value}*"
        case Kind.END:
            return f"*{value}"
        case Kind.OWN:
            return f"{value}* of any namespace"
        case _:
            return f"{kind} {value}"
