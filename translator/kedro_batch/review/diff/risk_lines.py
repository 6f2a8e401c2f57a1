"""Risks as lines for people: risks of one kind with the same values share a line. Nothing is escaped yet."""

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from kedro_batch.review.diff.changed_values import Spelled
from kedro_batch.review.diff.model import Risk, RiskKind
from kedro_batch.review.diff.own_names import AlikeKey, OwnNames, alike_keys
from kedro_batch.review.diff.risk_parts import RiskPart, parts_of_risks, pattern_of_read, read_of, subject_of
from kedro_batch.review.diff.risk_values import AMOUNT_KINDS, amount_name
from kedro_batch.review.diff.unlike_first import shapes_of
from kedro_batch.review.formatting import DEFINITION_LABELS
from kedro_batch.review.job_sets import JobSet, JobSets, Kind
from kedro_batch.review.name_sets import NameSets
from kedro_batch.review.shown_names import LEAST_ROOM, LINE, NAMES_SHOWN, share_room, shorten_names
from kedro_batch.text.clipping import shorten_apart

_NAMES = 5
"""Datasets or nodes that one line names; further ones are counted."""
_FEW = 3
"""Names that are shown of one of many lines."""
_BESIDE = 36
"""Characters of how many jobs there are, of how many are not named, and of what stands between the values."""
_VALUES = 5
"""The most lines of one kind of risk that are not kept short."""
_AMOUNTS_SHOWN = 10
"""The most amounts before and after with a line of each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskLine:
    """Risks of one kind with the same values, or with too many amounts for a line of each.

    Attributes:
        kind: The kind.
        field: The variable, field of ``submit`` or setting of all of them, if their kind does not tell it.
        subjects: What each risk is about; empty for the whole plan.
        jobs: The job of each subject, if it has one.
        before: The value before, shortened; None if there is none, or if each subject states its own.
        after: The value after, likewise.
        one_of_many: There are many lines of this kind, so that each is kept short.
        alike: Equal for lines of one kind with values that are alike, if there are many; else None.
        read: What each job reads of which other one, if that is all that the line says of it; else None.
        causes: The changes of job definitions that they follow from; None stands for those that follow from none.
        shown: The subjects, as far as they are shown.
        who: The same in one line, if they are jobs, or if all that they are has something in common; None if they say
            more than that.
        heading: What exactly these jobs have in common, with their number; None if their names tell it.
        names: The dataset or the node of each subject, of the kinds that ``NAMED`` has.
    """

    kind: RiskKind
    field: str | None
    subjects: tuple[str, ...]
    jobs: tuple[str | None, ...]
    before: str | None
    after: str | None
    one_of_many: bool = False
    alike: Hashable | None = None
    read: str | None = None
    causes: frozenset[Hashable | None] = frozenset({None})
    shown: tuple[str, ...] = ()
    who: str | None = None
    heading: str | None = None
    names: tuple[str, ...] = ()

    @property
    def what(self) -> str:
        """The kind, as words."""
        if self.lists_reads:
            return "unordered read, without waiting for the job that writes it"
        if self.kind is RiskKind.NO_LONGER_STATED:
            return f"{DEFINITION_LABELS.get(self.field or '', self.field)} no longer stated"
        if self.kind is RiskKind.ENV_CHANGED and self.subjects:  # by options of ``kedro run``, not only ``--env``
            return "Kedro configuration changed"
        return self.kind.replace("_", " ").replace("vcpus", "vCPUs").replace("gpus", "GPUs")

    @property
    def lists_reads(self) -> bool:
        """True for many reads that wait for no writer, of which each subject tells one."""
        return self.kind is RiskKind.UNORDERED_READ and self.one_of_many

    @property
    def is_cost(self) -> bool:
        """True if it means that jobs may cost more, not that something may go wrong."""
        return self.kind.is_cost

    def most_named(self, usual: int) -> int:
        """Return how many subjects are named, where ``usual`` ones are; all of which each says what a job reads."""
        if self.kind is RiskKind.UNORDERED_READ and not self.read:
            return len(self.subjects)
        return _FEW if self.one_of_many else usual

    def room(self, usual: int) -> int:
        """Return how many characters its subjects have, where ``usual`` ones are there: one of many fits into 80."""
        if self.one_of_many:
            values = sum(len(value) for value in (self.what, self.before, self.after) if value)
            return max(LEAST_ROOM, LINE - _BESIDE - values)
        return max(usual, 2 * LINE) if self.names else usual

    def found(self, sets: tuple[JobSets, JobSets]) -> JobSet | None:
        """Return the jobs of the old or of the new plan that the line is about; None if it is not about jobs."""
        if any(self.jobs) and (self.subjects == self.jobs or self.read):
            jobs = (job for job in self.jobs if job)
            return sets[self.kind is not RiskKind.JOB_REMOVED].find(jobs, without=_ABOUT.get(self.kind, ()))
        return None


def describe_risks(
    lines: Sequence[RiskLine],
    sets: tuple[JobSets, JobSets],
    names: Mapping[RiskKind, NameSets],
    reached: Mapping[frozenset[str], str],
    *,
    full: bool = False,
) -> Iterator[RiskLine]:
    """Yield lines with what their subjects have in common, or the names that fit.

    Args:
        lines: The lines.
        sets: The jobs of the old and the new plan.
        names: What the old plan had of the kinds that ``NAMED`` has.
        reached: What describes some sets of jobs best.
        full: Name all subjects that have nothing in common.
    """
    every = [(line, line.found(sets)) for line in lines]
    headings = [reached.get(frozenset(line.subjects), found.heading if found else None) for line, found in every]
    room = share_room(sum(len(line.subjects) > _FEW and not one for line, one in zip(lines, headings, strict=True)))
    for (line, found), heading in zip(every, headings, strict=True):
        most = line.most_named(_NAMES if line.names else NAMES_SHOWN)
        of_line = line.room(room)
        shown = shorten_names(line.subjects, full or most > NAMES_SHOWN, most, of_line)
        who = heading or (found.text(full=full, most=most, room=of_line) if found else None)
        own_amounts = amount_name(line.kind, line.field) and (line.before, line.after) == (None, None)
        if found is None and own_amounts:
            some = sets[1].find(job for job in line.jobs if job)
            who = f"{some.heading or some.number}: {', '.join(shown)}" if all(line.jobs) else None
        if line.kind in names and (shared := names[line.kind].describe(line.names)):
            jobs = sets[1].describe(job for job in line.jobs if job) if any(line.jobs) else None
            who = f"{shared}, {NAMED[line.kind]} {jobs}" if jobs else shared
        if line.read:
            who = who and f"{who} {line.read}"
        described = heading and f"{heading} {line.read}" if line.read else heading
        yield replace(line, shown=tuple(shown), who=who, heading=described)


def count_risks(lines: Iterable[RiskLine]) -> int:
    """Count the risks, without what only means higher cost; what follows from one change of a definition is one."""
    risky = [line for line in lines if not line.is_cost]
    causes = {cause for line in risky if len(line.causes) == 1 for cause in line.causes if cause}
    return len(causes) + sum(not line.causes <= causes for line in risky)


def group_risks(risks: Sequence[Risk], names: OwnNames, readers: JobSets, *, full: bool = False) -> list[RiskLine]:
    """Group risks of one kind by their values: each value has a line, but for many amounts, which share one.

    Values are compared whole, and only then shortened. What differs in a job definition is shown part by part. Of one
    kind, what is unlike the others comes first, then what few jobs have; of amounts the most extreme.

    Args:
        risks: The risks, the worst kind first.
        names: The names of the jobs, which their values may contain.
        readers: The jobs of the new plan, some of which read lost datasets.
        full: Shorten nothing.
    """
    groups: dict[RiskKind, dict[Hashable, list[RiskPart]]] = {}
    for part in parts_of_risks(risks):
        groups.setdefault(part.risk.kind, {}).setdefault(part.group, []).append(part)
    spell = _Lines(names, readers, full=full)
    found = []
    for kind, of_kind in groups.items():
        lines = [line for parts in of_kind.values() for line in spell.lines(kind, parts)]
        lines = lines if kind in AMOUNT_KINDS or kind is RiskKind.UNORDERED_READ else _unlike_first(lines)
        found += sorted(lines, key=_is_unread)
    return found


def _is_unread(line: RiskLine) -> bool:
    """True for datasets that no job misses."""
    return line.kind is RiskKind.DATASET_NOT_WRITTEN and not any(line.jobs)


def _unlike_first(lines: Sequence[RiskLine]) -> list[RiskLine]:
    shapes = shapes_of([(line.before, line.after) for line in lines])
    alike: Counter[Hashable] = Counter()
    for line, shape in zip(lines, shapes, strict=True):
        alike[shape] += len(line.subjects)
    first = {shape: at for at, shape in reversed([*enumerate(shapes)])}
    order = sorted(range(len(lines)), key=lambda at: (alike[shapes[at]], first[shapes[at]], len(lines[at].subjects)))
    return [replace(lines[at], alike=shapes[at]) for at in order]


class _Lines:
    """Makes lines of risks of one kind."""

    def __init__(self, names: OwnNames, readers: JobSets, *, full: bool) -> None:
        self._names, self._readers, self._full = names, readers, full

    def lines(self, kind: RiskKind, parts: Sequence[RiskPart]) -> Iterator[RiskLine]:
        """Yield a line of each value, or one of many amounts, or of many reads."""
        if kind is RiskKind.UNORDERED_READ:
            yield from self._reads(kind, parts)
            return
        if amount_name(kind, parts[0].risk.field):
            parts = sorted(parts, key=_extreme_first)
            if len({part.values for part in parts}) > _AMOUNTS_SHOWN:
                yield self._line(kind, parts, (None, None), with_values=True)
                return
        keys = alike_keys([(kind, part.values, self._names.spell(part.risk.job, part.values)) for part in parts])
        alike: dict[AlikeKey, list[RiskPart]] = {}
        for part, key in zip(parts, keys, strict=True):
            alike.setdefault(key, []).append(part)
        are_many = len(alike) > _VALUES
        values: list[Spelled] = [key.value for key in alike]
        if are_many and not self._full:
            values = [
                self._names.spell(some[0].risk.job, value) if len(some) == 1 else value
                for some, value in zip(alike.values(), values, strict=True)
            ]
        for some, shown in zip(alike.values(), values if self._full else shorten_apart(values), strict=True):
            yield replace(self._line(kind, some, shown), one_of_many=are_many)

    def _reads(self, kind: RiskKind, parts: Sequence[RiskPart]) -> Iterator[RiskLine]:
        """Yield a line of all reads, but of those that many jobs have in the same way one of each way."""
        single, ways = list(parts), list[tuple[tuple[str, str], list[RiskPart]]]()
        for way_of in (read_of, pattern_of_read):
            by_way: dict[tuple[str, str], list[RiskPart]] = {}
            for part in single:
                by_way.setdefault(way_of(part.risk), []).append(part)
            single = [part for some in by_way.values() if len(some) <= _FEW for part in some]
            ways += [(way, some) for way, some in by_way.items() if len(some) > _FEW]
        if single:
            are_many = len(single) > _VALUES
            yield replace(self._line(kind, single, (None, None), in_short=are_many), one_of_many=are_many)
        for (dataset, writer), some in sorted(ways, key=lambda one: len(one[1])):
            read = f"read {dataset} without waiting for {writer}, which writes it"
            yield replace(self._line(kind, some, (None, None)), read=read)

    def _line(
        self,
        kind: RiskKind,
        parts: Sequence[RiskPart],
        values: Spelled,
        *,
        with_values: bool = False,
        in_short: bool = False,
    ) -> RiskLine:
        subjects = (
            subject_of(part, self._readers, with_values=with_values, in_short=in_short, full=self._full)
            for part in parts
        )
        about = [(subject, part.risk.job) for subject, part in zip(subjects, parts, strict=True) if subject]
        return RiskLine(
            kind=kind,
            field=parts[0].risk.field,
            subjects=tuple(subject for subject, _ in about),
            jobs=tuple(job for _, job in about),
            before=values[0],
            after=values[1],
            causes=frozenset(part.cause for part in parts),
            names=tuple(part.risk.dataset or part.risk.node or "" for part in parts) if kind in NAMED else (),
        )


def _extreme_first(part: RiskPart) -> tuple[bool, float]:
    """Return by what risks of amounts are sorted: what is not stated any more, the most first, then the share left."""
    before, after = part.risk.before, part.risk.after
    if not before or not after:
        return after is not None, -(before or 0)
    return True, after / before if part.risk.kind in _LOWERED else before / after


NAMED: Mapping[RiskKind, str] = {RiskKind.DATASET_NOT_WRITTEN: "read by", RiskKind.NODE_REMOVED: "of"}
"""Kinds about datasets or nodes, and how a job of one is told."""
_ABOUT: Mapping[RiskKind, tuple[Kind, ...]] = {
    RiskKind.QUEUE_CHANGED: (Kind.QUEUE,),
    RiskKind.DEFINITION_CHANGED: (Kind.DEFINITION,),
    RiskKind.GPUS_RAISED: (Kind.GPUS,),
    RiskKind.GPUS_LOWERED: (Kind.GPUS,),
}
"""What does not describe the jobs of a risk, since it is what has changed in them."""
_LOWERED = (RiskKind.MEMORY_LOWERED, RiskKind.GPUS_LOWERED, RiskKind.TIMEOUT_LOWERED)
