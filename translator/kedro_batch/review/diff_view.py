"""A diff as its templates show it: jobs that changed alike together, values spelled, nothing escaped yet."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from kedro_batch.review.changes import (
    Change,
    FieldChange,
    JobChange,
    Names,
    PlanDiff,
    Risk,
    RiskKind,
    WordChange,
    Words,
)
from kedro_batch.review.spelling import command_text, name_text, value_text
from kedro_batch.words import counted

_SIGNS = {Change.ADDED: "+", Change.REMOVED: "-", Change.RENAMED: ">", Change.CHANGED: "~"}
_TOTALS_SPELLED: Mapping[tuple[str, ...], str] = {
    ("jobs_at_widest",): "jobs at the widest level",
    ("widest_level",): "widest level",
    ("longest_path",): "longest path",
    ("join_jobs",): "join jobs",
}
_WHOLE = (Change.ADDED, Change.REMOVED)
"""Jobs that are told with all that they have."""
_LEFT_OPEN = {"jobs_without_memory": "jobs without memory_mib", "jobs_without_vcpus": "jobs without vcpus"}
_SUBJECTS = 10
_VALUES = 5
"""So many lines one kind of risk has at most, each with other values."""
_LONG = ("environment", "tags", "submit")


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """One thing that differs: a value before and after, or names gained and lost."""

    label: str
    before: str | None = None
    after: str | None = None
    gained: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class JobBlock:
    """Jobs that changed alike.

    Attributes:
        sign: ``+`` added, ``-`` removed, ``>`` renamed, ``~`` changed.
        jobs: Their names; of a renamed one ``old -> new``.
        details: What differs in each of them.
    """

    sign: str
    jobs: tuple[str, ...]
    details: tuple[Detail, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskLine:
    """Risks of one kind with the same values, or with too many values for a line of each.

    Attributes:
        what: The kind.
        subjects: What each of them is about; nothing where that is the plan as a whole.
        jobs: The job of each subject, where it has one.
        before: The value before; None if there is none, or each subject has its own.
        after: The value after, likewise.
    """

    what: str
    subjects: tuple[str, ...]
    jobs: tuple[str | None, ...]
    before: str | None
    after: str | None

    @property
    def first_subjects(self) -> list[str]:
        """The first of them, and how many there are more."""
        more = len(self.subjects) - _SUBJECTS
        return [*self.subjects[:_SUBJECTS], *([f"and {more:,} more"] if more > 0 else ())]


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffView:
    """What the templates ``diff.txt.j2`` and ``diff.md.j2`` show."""

    old: str
    new: str
    summary: str
    differ: bool
    digest_before: str
    digest_after: str
    risks: tuple[RiskLine, ...]
    origin: tuple[Detail, ...]
    blocks: tuple[JobBlock, ...]
    totals: tuple[Detail, ...]
    data: tuple[Detail, ...]


def diff_view(diff: PlanDiff, old: str, new: str) -> DiffView:
    """Prepare a diff for its templates.

    Args:
        diff: What differs.
        old: What the old plan is called.
        new: What the new plan is called.
    """
    return DiffView(
        old=old,
        new=new,
        summary=summary(diff),
        differ=diff.differ,
        digest_before=diff.digest_before,
        digest_after=diff.digest_after,
        risks=tuple(risk_lines(diff.risks)),
        origin=tuple(map(_origin, diff.origin)),
        blocks=tuple(_blocks(diff.jobs)),
        totals=tuple(_field(one, _spelled_total(one.path)) for one in diff.totals),
        data=tuple(_data(diff)),
    )


def summary(diff: PlanDiff) -> str:
    """Say in one line what differs: ``1 added, 2 changed, 94 unchanged; longest path 5 -> 6``."""
    if not diff.differ:
        return f"no difference: {counted(diff.totals_after.jobs, 'job')}, whatever their order and comments"
    counts = diff.counts
    numbers = {
        "added": counts.added,
        "removed": counts.removed,
        "renamed": counts.renamed,
        "changed": counts.changed,
        "unchanged": counts.unchanged,
    }
    text = ", ".join(f"{number:,} {what}" for what, number in numbers.items() if number)
    if diff.origin:
        names = dict.fromkeys(one.path[0] for one in diff.origin)
        text += f"; the plan's {', '.join(names)} changed"
    before, after = diff.totals_before.longest_path, diff.totals_after.longest_path
    return text if before == after else f"{text}; longest path {before} -> {after}"


def risk_lines(risks: Iterable[Risk]) -> Iterator[RiskLine]:
    """Put risks of one kind with the same values together; where these are many, all of one kind."""
    alike: dict[tuple[str, str | None, str | None], list[Risk]] = {}
    for risk in risks:
        before, after = _values(risk)
        alike.setdefault((risk.kind, before, after), []).append(risk)
    pairs = Counter(kind for kind, _, _ in alike)
    many = {kind for kind, count in pairs.items() if count > _VALUES}
    told: dict[tuple[str, str | None, str | None], list[tuple[str, str | None]]] = {}
    for (kind, before, after), some in alike.items():
        key = (kind, None, None) if kind in many else (kind, before, after)
        subjects = told.setdefault(key, [])
        for risk in some:
            subject = _subject(risk)
            if kind in many:
                subject += f" ({before or 'none'} -> {after or 'none'})"
            if subject:
                subjects.append((subject, risk.job))
    for (kind, before, after), about in told.items():
        yield RiskLine(
            what=kind.replace("_", " "),
            subjects=tuple(text for text, _ in about),
            jobs=tuple(job for _, job in about),
            before=before,
            after=after,
        )


def _values(risk: Risk) -> tuple[str | None, str | None]:
    if risk.kind is RiskKind.UNORDERED_READ:  # which tells the writer there
        return None, None
    return value_text(risk.before), value_text(risk.after)


def _subject(risk: Risk) -> str:
    """Say what a risk is about."""
    dataset, node = (name and name_text(name) for name in (risk.dataset, risk.node))
    match risk.kind:
        case RiskKind.UNORDERED_READ:
            return f"{risk.job} reads {dataset}, which {risk.after} writes"
        case RiskKind.DATASET_NOT_WRITTEN if risk.job:
            return f"{dataset} (which {risk.job} reads)"
        case _:
            return dataset or ": ".join(part for part in (risk.job, node and f"node {node}") if part)


def _origin(one: FieldChange) -> Detail:
    """Tell what differs of the plan as a whole, of a list by its names."""
    before, after = one.before or [], one.after or []
    if isinstance(before, list) and isinstance(after, list):
        lost = tuple(name for name in before if name not in after)
        gained = tuple(name for name in after if name not in before)
        if lost or gained:
            return Detail(label=one.name, lost=lost, gained=gained)
    return _field(one)


def _field(one: FieldChange, label: str | None = None) -> Detail:
    return Detail(label=label or one.name, before=value_text(one.before), after=value_text(one.after))


def _spelled_total(path: tuple[str, ...]) -> str:
    """Spell a number's name: ``summed.memory_mib`` as ``memory_mib, all jobs``."""
    match path:
        case ("summed", what):
            return f"{_LEFT_OPEN.get(what, what)}, all jobs"
        case ("at_widest", what):
            return f"{_LEFT_OPEN.get(what, what)}, widest level"
        case ("queues", queue):
            return f"jobs for queue {queue}"
        case ("definitions", definition):
            return f"jobs of definition {definition}"
        case _:
            return _TOTALS_SPELLED.get(path, path[0])


def _blocks(jobs: Sequence[JobChange]) -> Iterator[JobBlock]:
    """Put jobs together of which the same has changed; settings that many came or went with are told once."""
    alike: dict[tuple[Change, tuple[Detail, ...]], list[JobChange]] = {}
    for one in jobs:
        alike.setdefault((one.change, tuple(_details(one))), []).append(one)
    told: dict[tuple[Change, tuple[Detail, ...]], str] = {}
    for (change, details), group in alike.items():
        first, settings = group[0], tuple(map(_field, group[0].fields))
        in_short = None
        if change in _WHOLE and len(settings) > 1:
            like = told.setdefault((change, settings), first.job)
            in_short = None if like == first.job else _those_of(like, change)
        yield JobBlock(
            sign=_SIGNS[change],
            jobs=tuple(f"{one.name_before} -> {one.job}" if change is Change.RENAMED else one.job for one in group),
            details=tuple(_details(first, in_short)) if in_short else details,
        )


def _those_of(job: str, change: Change) -> Detail:
    words = f"those of {job}"
    return Detail(label="settings", after=words) if change is Change.ADDED else Detail(label="settings", before=words)


def _details(one: JobChange, in_short: Detail | None = None) -> Iterator[Detail]:
    """Tell what decides over a job first, and what may be long last.

    Args:
        one: The job.
        in_short: What to say instead of its settings, if anything.
    """
    fields = () if in_short else one.fields
    long = [field for field in fields if field.path[0] in _LONG]
    if in_short:
        yield in_short
    yield from (_field(field) for field in fields if field.path[0] not in _LONG)
    yield from _command(one)
    yield from _names("nodes", one.nodes)
    if one.nodes_from:
        yield Detail(label="nodes were run by", gained=one.nodes_from)
    if one.nodes_to:
        yield Detail(label="nodes are run by", gained=one.nodes_to)
    yield from _names("waits for", one.parents)
    yield from _names("reads", one.reads)
    yield from _names("writes", one.writes)
    yield from map(_field, long)


def _command(one: JobChange) -> Iterator[Detail]:
    """Give each run of words that were replaced, added or removed, and where it stands."""
    runs = [{part.change: part.words for part in run} for _, run in groupby(one.command, _is_kept)]
    at = 1
    for number, run in enumerate(runs):
        lost, gained = run.get(WordChange.REMOVED), run.get(WordChange.ADDED)
        if lost or gained:
            place = "first" if number == 0 else "last" if number == len(runs) - 1 else f"word {at}"
            tells_itself = len(runs) == 1 or (lost and gained and lost[0].startswith("-") and gained[0].startswith("-"))
            yield Detail(
                label="command" if tells_itself else f"command, {place}",
                before=command_text(lost) if lost else None,
                after=command_text(gained) if gained else None,
            )
        at += len(run.get(WordChange.KEPT, gained or ()))


def _is_kept(part: Words) -> bool:
    return part.change is WordChange.KEPT


def _names(label: str, names: Names) -> Iterator[Detail]:
    if names:
        yield Detail(label=label, gained=names.gained, lost=names.lost)


def _data(diff: PlanDiff) -> Iterator[Detail]:
    yield from _names("reads from outside", diff.data.reads_from_outside)
    yield from _names("writes", diff.data.writes)
    yield from _names("keeps (read by no job)", diff.data.keeps)
