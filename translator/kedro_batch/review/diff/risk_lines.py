"""Risks as lines for people: risks of one kind with the same values share a line. Nothing is escaped yet."""

from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, assert_never

from kedro_batch.diagnostics import path_text
from kedro_batch.review.diff.changed_values import Spelled, changed_parts
from kedro_batch.review.diff.model import Risk, RiskKind
from kedro_batch.review.diff.name_patterns import pattern_of
from kedro_batch.review.diff.own_names import AlikeKey, OwnNames, alike_keys
from kedro_batch.review.diff.risk_values import amount_name, spell_value
from kedro_batch.review.diff.unlike_first import shapes_of
from kedro_batch.review.formatting import (
    DEFINITION_LABELS,
    name_text,
    quote_names,
    value_text,
)
from kedro_batch.review.job_sets import NAMES_SHOWN, JobSets, Kind, shorten_names
from kedro_batch.review.name_sets import NameSets
from kedro_batch.text.clipping import shorten_apart
from kedro_batch.text.wording import counted

_NAMES = 5
"""Datasets or nodes that one line names; further ones are counted."""
_FEW = 3
"""Names that are shown of one of many lines."""
_VALUES = 5
"""The most lines of one kind of risk that are not kept short, and the most amounts with a line of each."""


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
    shown: tuple[str, ...] = ()
    who: str | None = None
    heading: str | None = None
    names: tuple[str, ...] = ()

    @property
    def what(self) -> str:
        """The kind, as words."""
        if self.kind is RiskKind.NO_LONGER_STATED:
            return f"{DEFINITION_LABELS.get(self.field or '', self.field)} no longer stated"
        return self.kind.replace("_", " ").replace("vcpus", "vCPUs").replace("gpus", "GPUs")

    @property
    def is_cost(self) -> bool:
        """True if it means that jobs may cost more, not that something may go wrong."""
        return self.kind.is_cost

    def most_named(self, usual: int) -> int:
        """Return how many subjects are named, where ``usual`` ones are; all of which each says what a job reads."""
        return len(self.subjects) if self.kind is RiskKind.UNORDERED_READ else _FEW if self.one_of_many else usual

    def described(
        self, sets: tuple[JobSets, JobSets], names: Mapping[RiskKind, NameSets], *, full: bool = False
    ) -> "RiskLine":
        """Return the line with what its subjects have in common.

        Args:
            sets: The jobs of the old and the new plan.
            names: What the old plan had of the kinds that ``NAMED`` has.
            full: Name all subjects that have nothing in common.
        """
        few = self.most_named(_NAMES if self.names else NAMES_SHOWN)
        line = replace(self, shown=tuple(shorten_names(self.subjects, full, few)))
        jobs = [job for job in self.jobs if job]
        if self.kind in names and (shared := names[self.kind].describe(self.names)):
            return replace(line, who=f"{shared}, {NAMED[self.kind]} {sets[1].describe(jobs)}" if jobs else shared)
        if not jobs or self.subjects != self.jobs:
            return line
        of_plan = sets[self.kind is not RiskKind.JOB_REMOVED]
        found = of_plan.find(jobs, without=_ABOUT.get(self.kind, ()))
        return replace(line, who=found.text(full=full, most=few), heading=found.heading)


def group_risks(risks: Sequence[Risk], names: OwnNames, *, full: bool = False) -> list[RiskLine]:
    """Group risks of one kind by their values: each value has a line, but for many amounts, which share one.

    Values are compared whole, and only then shortened. What differs in a job definition is shown part by part. Of one
    kind, what is unlike the others comes first, then what few jobs have, and of many amounts the most extreme.

    Args:
        risks: The risks, the worst kind first.
        names: The names of the jobs, which their values may contain.
        full: Shorten nothing.
    """
    shorten = list if full else shorten_apart
    groups: dict[RiskKind, dict[_Group, list[_Part]]] = {}
    for risk in risks:
        for part in _parts(risk):
            groups.setdefault(risk.kind, {}).setdefault(part.group, []).append(part)
    found = []
    for of_kind in groups.values():
        lines = [line for group, parts in of_kind.items() for line in _lines(group, parts, names, shorten)]
        shapes = shapes_of([(line.before, line.after) for line in lines])
        alike: Counter[Hashable] = Counter()
        for line, shape in zip(lines, shapes, strict=True):
            alike[shape] += len(line.subjects)
        order = sorted(
            range(len(lines)), key=lambda at: (_is_unread(lines[at]), alike[shapes[at]], len(lines[at].subjects))
        )
        found += [lines[at] for at in order]
    return found


def _is_unread(line: RiskLine) -> bool:
    """True for datasets that no job misses."""
    return line.kind is RiskKind.DATASET_NOT_WRITTEN and not any(line.jobs)


def _lines(
    group: "_Group", parts: Sequence["_Part"], names: OwnNames, shorten: Callable[[Sequence[Spelled]], list[Spelled]]
) -> Iterator[RiskLine]:
    if amount_name(group.kind, group.field) and len({part.values for part in parts}) > _VALUES:
        yield _line(group, sorted(parts, key=_extreme_first), (None, None), with_values=True)
        return
    keys = alike_keys([(group, part.values, names.spell(part.risk.job, part.values)) for part in parts])
    alike: dict[AlikeKey, list[_Part]] = {}
    for part, key in zip(parts, keys, strict=True):
        alike.setdefault(key, []).append(part)
    for some, shown in zip(alike.values(), shorten([key.value for key in alike]), strict=True):
        yield replace(_line(group, some, shown), one_of_many=len(alike) > _VALUES)


def _line(group: "_Group", parts: Sequence["_Part"], values: Spelled, *, with_values: bool = False) -> RiskLine:
    about = [(subject, part.risk.job) for part in parts if (subject := _subject(part, with_values=with_values))]
    return RiskLine(
        kind=group.kind,
        field=group.field,
        subjects=tuple(subject for subject, _ in about),
        jobs=tuple(job for _, job in about),
        before=values[0],
        after=values[1],
        names=tuple(part.risk.dataset or part.risk.node or "" for part in parts) if group.kind in NAMED else (),
    )


def _extreme_first(part: "_Part") -> tuple[bool, float]:
    """Return by what risks of amounts are sorted; what is not stated any more comes first."""
    after = part.risk.after
    return after is not None, (after or 0) * (1 if part.risk.kind in _LOWERED else -1)


class _Group(NamedTuple):
    """What risks that may share lines have in common."""

    kind: RiskKind
    declared: bool
    field: str | None
    read: bool


class _Part(NamedTuple):
    """A risk, or a part of a job definition in it: the name of the part, and its values."""

    risk: Risk
    name: str
    values: Spelled

    @property
    def group(self) -> _Group:
        """Parts of one group share lines."""
        risk = self.risk
        read = risk.kind is RiskKind.DATASET_NOT_WRITTEN and risk.job is not None
        return _Group(risk.kind, risk.definition is not None, risk.field, read)


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


def _parts(risk: Risk) -> Iterator[_Part]:
    amount = amount_name(risk.kind, risk.field)
    if risk.kind is RiskKind.UNORDERED_READ:  # ``after`` is the writer there: the subject names it
        yield _Part(risk, "", (None, None))
    elif risk.kind is RiskKind.DATASET_NOT_WRITTEN:
        yield _Part(risk, "", pattern_of(risk.before, risk.after) if risk.before else (None, None))
    elif risk.field and not amount:
        yield _Part(risk, "", (_named(risk, risk.before), _named(risk, risk.after)))
    elif risk.kind is RiskKind.NODE_REPLACED:
        yield _Part(risk, "", (_listed(risk.before), _listed(risk.after)))
    elif risk.definition is None or amount:
        yield _Part(risk, "", (spell_value(risk, risk.before), spell_value(risk, risk.after)))
    else:
        for path, values in changed_parts(risk.before, risk.after):
            yield _Part(risk, path_text(path) if path else "", values)


def _listed(nodes: str | list[str]) -> str:
    """Spell the nodes that were replaced, or those in their place."""
    return ", ".join(quote_names([nodes] if isinstance(nodes, str) else nodes))


def _subject(part: _Part, *, with_values: bool) -> str:
    """Return what a risk is about; nothing if it is about the whole plan."""
    risk = part.risk
    dataset, node = (name and name_text(name) for name in (risk.dataset, risk.node))
    match risk.kind:
        case RiskKind.UNORDERED_READ:
            return f"{risk.job} reads {dataset} without waiting for {risk.after}, which writes it"
        case RiskKind.DATASET_NOT_WRITTEN:
            now = f" (now {name_text(risk.after)})" if risk.after and with_values else ""
            return f"{dataset} (read by {risk.job})" if risk.job else f"{dataset}{now}"
        case RiskKind.ACCOUNT_CHANGED | RiskKind.REGION_CHANGED:
            return ""
        case RiskKind.ENV_CHANGED if risk.job is None:
            return ""
        case (
            RiskKind.SHELL_COMMAND
            | RiskKind.PROGRAM_CHANGED
            | RiskKind.RISKY_VARIABLE
            | RiskKind.ENV_CHANGED
            | RiskKind.QUEUE_CHANGED
            | RiskKind.DEFINITION_CHANGED
            | RiskKind.IMAGE_CHANGED
            | RiskKind.SUBMIT_CHANGED
            | RiskKind.JOB_REMOVED
            | RiskKind.NODE_REMOVED
            | RiskKind.MEMORY_LOWERED
            | RiskKind.GPUS_LOWERED
            | RiskKind.TIMEOUT_LOWERED
            | RiskKind.NO_LONGER_STATED
            | RiskKind.RETRY_CHANGED
            | RiskKind.NODE_REPLACED
            | RiskKind.GPUS_RAISED
            | RiskKind.MEMORY_RAISED
            | RiskKind.VCPUS_RAISED
            | RiskKind.TIMEOUT_RAISED
            | RiskKind.ATTEMPTS_RAISED
            | RiskKind.RETRY_WIDENED
        ):
            subject = f"{risk.job}: node {node}" if node else risk.job or _definition(part)
        case _:
            assert_never(risk.kind)
    if with_values:
        before, after = ("none" if value is None else value for value in part.values)
        subject += f" ({before} -> {after})"
    return subject


def _named(risk: Risk, value: Any) -> str | None:
    """Return a value with the name of its variable or field."""
    between = "=" if risk.kind is RiskKind.RISKY_VARIABLE else ": "
    return None if value is None else f"{risk.field}{between}{value_text(value)}"


def _definition(part: _Part) -> str:
    jobs = f" ({counted(part.risk.jobs, 'job')})" if part.risk.jobs else ""
    return f"job definition {part.risk.definition}{jobs}{part.name and f': {part.name}'}"
