"""A diff as its templates show it: jobs that changed alike together, values spelled, nothing escaped yet."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from kedro_batch.review.diff.model import Change, FieldChange, JobChange, Names, PlanDiff, WordChange, Words
from kedro_batch.review.diff.risk_lines import RiskLine, group_risks
from kedro_batch.review.formatting import command_text, value_text
from kedro_batch.text.wording import counted

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


def build_diff_view(diff: PlanDiff, old: str, new: str) -> DiffView:
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
        risks=tuple(group_risks(diff.risks)),
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
    """Give each run of words that were replaced, added or removed, and where it stands; all, where some were moved."""
    lost, gained = (Counter(_words(one, {side})) for side in (WordChange.REMOVED, WordChange.ADDED))
    if lost & gained:  # moved
        before, after = (_words(one, {WordChange.KEPT, side}) for side in (WordChange.REMOVED, WordChange.ADDED))
        yield Detail(label="command", before=command_text(before), after=command_text(after))
        return
    runs = [{part.change: part.words for part in run} for _, run in groupby(one.command, _is_kept)]
    at = 1
    for number, run in enumerate(runs):
        removed, added = run.get(WordChange.REMOVED), run.get(WordChange.ADDED)
        if removed or added:
            place = "first" if number == 0 else "last" if number == len(runs) - 1 else f"word {at}"
            options = removed and added and removed[0].startswith("-") and added[0].startswith("-")
            yield Detail(
                label="command" if options or len(runs) == 1 else f"command, {place}",
                before=command_text(removed) if removed else None,
                after=command_text(added) if added else None,
            )
        at += len(run.get(WordChange.KEPT, added or ()))


def _words(one: JobChange, sides: Collection[WordChange]) -> list[str]:
    return [word for part in one.command if part.change in sides for word in part.words]


def _is_kept(part: Words) -> bool:
    return part.change is WordChange.KEPT


def _names(label: str, names: Names) -> Iterator[Detail]:
    if names:
        yield Detail(label=label, gained=names.gained, lost=names.lost)


def _data(diff: PlanDiff) -> Iterator[Detail]:
    yield from _names("reads from outside", diff.data.inputs)
    yield from _names("writes", diff.data.outputs)
    yield from _names("keeps (read by no job)", diff.data.final_outputs)
