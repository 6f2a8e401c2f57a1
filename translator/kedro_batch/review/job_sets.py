"""Describe a set of jobs by what they have in common, or by their names. Pure: jobs come in, words go out.

A description is exact, or it is not used: the jobs that it describes are the set. Nothing is escaped yet.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from os.path import commonprefix

from kedro_batch.plan.model import Job
from kedro_batch.plan.settings import JobSettings
from kedro_batch.review.formatting import name_text, quote_names
from kedro_batch.review.name_sets import FEW, TOGETHER, NameEnds, common_part, count_beginning
from kedro_batch.review.namespaces import namespaces_of
from kedro_batch.text.wording import counted

NAMES_SHOWN = 10
"""Names of a set that has no description; further ones are counted."""


class Kind(StrEnum):
    """What jobs may have in common, the most telling first."""

    NAMESPACE = "namespace"
    QUEUE = "queue"
    DEFINITION = "definition"
    TAG = "tag"
    """A tag on AWS. A plan knows no tags of Kedro."""
    GPUS = "gpus"
    JOIN_JOBS = "join jobs"
    NAME = "name"
    """The beginning or the end of their names, or their beginning without namespaces."""


_Property = tuple[Kind, str]
_KINDS = tuple(Kind)


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
        return f"{len(self.names):,} of {self._whole} ({self.shared})" if self.shared else None

    @property
    def _whole(self) -> str:
        return f"{'these ' if self.these else ''}{counted(self.total, 'job')}"

    def shown_names(self, *, full: bool = False, most: int = NAMES_SHOWN) -> list[str]:
        """Return the first names and the number of further ones, or all names."""
        return shorten_names(self.names, full, most)

    def text(self, *, full: bool = False, most: int = NAMES_SHOWN) -> str:
        """Describe the set in one line.

        Args:
            full: Name all jobs of a set that has no other description.
            most: Else how many of them are named.
        """
        if self.heading:
            return self.heading
        names = ", ".join(self.shown_names(full=full, most=most))
        return f"{len(self.names):,} of {self._whole}: {names}" if len(self.names) > most else names


class JobSets:
    """The jobs of a plan, by what they have in common.

    Building it takes time in proportion to the jobs, describing a set in proportion to the set.
    """

    def __init__(self, jobs: Iterable[Job], *, these: bool = False) -> None:
        """Take the jobs of one plan, or of ``these`` that were named before."""
        jobs = tuple(jobs)
        self._these = these
        self._position: dict[str, int] = {}
        self._properties: dict[str, tuple[_Property, ...]] = {}
        of_settings: dict[int, tuple[_Property, ...]] = {}  # many jobs share theirs
        for job in jobs:
            settings = of_settings.get(id(job.settings))
            if settings is None:
                settings = of_settings[id(job.settings)] = tuple(_properties_of_settings(job.settings))
            self._position[job.name] = len(self._position)
            own = [(Kind.NAMESPACE, name) for name in namespaces_of(job.nodes)]
            self._properties[job.name] = (*own, *settings, *([(Kind.JOIN_JOBS, "")] if job.joins else ()))
        self._counts = Counter(one for properties in self._properties.values() for one in properties)
        self._own: dict[str, str] = {job.name: _own_name(job) for job in jobs}
        self._own_names = sorted(self._own.values())
        self._ends = NameEnds(self._position)

    def describe(self, names: Iterable[str], *, full: bool = False, without: Collection[Kind] = ()) -> str:
        """Describe jobs of the plan in one line, as ``find`` and ``JobSet.text`` do."""
        return self.find(names, without=without).text(full=full)

    def find(self, names: Iterable[str], *, without: Collection[Kind] = ()) -> JobSet:
        """Find what exactly some jobs have in common.

        Args:
            names: The names of jobs of the plan.
            without: What is not looked at, such as the queue of jobs whose queue has changed.
        """
        chosen = sorted({*names}, key=self._position.__getitem__)
        shared = None
        if FEW < len(chosen) < len(self._position):
            if 2 * len(chosen) > len(self._position):  # or else looking at the others would take too long
                others = self._position.keys() - {*chosen}
                if found := self._shared_by(sorted(others, key=self._position.__getitem__), without):
                    shared = f"all but {found}"
                elif len(others) <= FEW:
                    shared = f"all but {', '.join(sorted(others, key=self._position.__getitem__))}"
            shared = shared or self._shared_by(chosen, without) or self._together(chosen, without)
        return JobSet(names=tuple(chosen), total=len(self._position), shared=shared, these=self._these)

    def _shared_by(self, names: Sequence[str], without: Collection[Kind]) -> str | None:
        """Return what these jobs have in common, and no other job has."""
        first = self._properties[names[0]]
        shared = {one for one in first if self._counts[one] == len(names) and one[0] not in without}
        for name in names:
            if not shared:
                break
            shared.intersection_update(self._properties[name])
        if shared:
            kind, value = min(shared, key=lambda one: (_KINDS.index(one[0]), first.index(one)))
            return _words(kind, value)
        return None if Kind.NAME in without or len(names) <= FEW else self._pattern_of(names)

    def _together(self, names: Sequence[str], without: Collection[Kind]) -> str | None:
        """Return the few namespaces, or queues, that all these jobs have one of, and no other job."""
        for kind in _PLURAL:
            of_kind = ([value for one, value in self._properties[name] if one is kind] for name in names)
            values = dict.fromkeys(found[0] if found else "" for found in of_kind)
            exact = "" not in values and sum(self._counts[kind, value] for value in values) == len(names)
            if exact and 1 < len(values) <= TOGETHER and kind not in without:
                return f"{kind}s {' and '.join(values)}"
        return None

    def _pattern_of(self, names: Sequence[str]) -> str | None:
        """Return the beginning or the end that the names of exactly these jobs have, perhaps without namespaces."""
        if found := self._ends.pattern_of(names):
            return found
        own = [self._own[name] for name in names]
        begin = common_part(own)
        return f"{begin}* of any namespace" if begin and count_beginning(self._own_names, begin) == len(own) else None


def _own_name(job: Job) -> str:
    """Return the name of a job without its namespace."""
    inner = "".join(namespaces_of(job.nodes)[-1:])
    return job.name.removeprefix(f"{inner.replace('.', '-')}-") if inner else job.name


def shorten_names(names: Sequence[str], full: bool = False, most: int = NAMES_SHOWN) -> list[str]:
    """Return the first names and the number of further ones, or all names."""
    more = 0 if full else len(names) - most
    return [*(names if more <= 0 else names[:most]), *([f"and {more:,} more"] if more > 0 else ())]


_ENDS = re.compile(r".*[._-]", re.DOTALL)
_BEGIN = re.compile(r"[^._-]*[._-]")
_MANY = 5


def names_in_short(names: Sequence[str], full: bool = False) -> list[str]:
    """Return how many names begin so, such as ``26 names that begin with malta. or spain.``; else the names."""
    begins = [] if full or len(names) <= _MANY else _common_beginnings(names)
    if begins:
        return [f"{counted(len(names), 'name')} that begin with {' or '.join(map(name_text, begins))}"]
    return shorten_names(quote_names(names), full, _MANY)


def _common_beginnings(names: Sequence[str]) -> list[str]:
    """Return how names begin, up to a separator: all of them, or else a few groups of several; else nothing."""
    groups: dict[str, list[str]] = {}
    for name in names:
        begin = _BEGIN.match(name)
        groups.setdefault(begin[0] if begin else "", []).append(name)
        if len(groups) > TOGETHER or not begin:
            return []
    # letter by letter is meant: these are no paths
    begins = [_ENDS.match(commonprefix(group)) for group in groups.values() if len(group) > 1]  # noqa: RUF071
    return [begin[0] for begin in begins if begin] if len(begins) == len(groups) else []


def _properties_of_settings(settings: JobSettings) -> Iterator[_Property]:
    yield Kind.QUEUE, settings.job_queue
    yield Kind.DEFINITION, settings.job_definition
    for key, value in settings.tags.items():
        yield Kind.TAG, f"{key}={value}"
    if settings.resources.gpus:
        yield Kind.GPUS, "GPUs"
        yield Kind.GPUS, counted(settings.resources.gpus, "GPU")


_PLURAL = (Kind.NAMESPACE, Kind.QUEUE)
"""Of which a job has one, and several may describe jobs together."""


def _words(kind: Kind, value: str) -> str:
    match kind:
        case Kind.GPUS:
            return f"those that ask for {value}"
        case Kind.JOIN_JOBS:
            return "join jobs"
        case _:
            return f"{kind} {value}"
