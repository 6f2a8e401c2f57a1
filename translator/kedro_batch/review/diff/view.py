"""The values that the templates of a diff show: equal changes together, values spelled, nothing escaped yet."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TypeGuard, assert_never

from kedro_batch.diagnostics import Diagnostic, sorted_diagnostics
from kedro_batch.plan.model import Plan
from kedro_batch.review.diff.changed_values import spell_change
from kedro_batch.review.diff.model import Change, FieldChange, JobChange, Names, PlanDiff, WordChange
from kedro_batch.review.diff.renamed_definitions import join_renamed
from kedro_batch.review.diff.risk_lines import RiskLine, group_risks
from kedro_batch.review.diff.total_lines import spell_totals
from kedro_batch.review.formatting import command_text, value_text
from kedro_batch.review.job_sets import JobSets
from kedro_batch.review.violations import shown_violations
from kedro_batch.text.wording import counted

_WHOLE = (Change.ADDED, Change.REMOVED)
"""Changes that show everything a job has."""
_VIOLATIONS = 20
"""Violations of a policy that a review shows; `validate` shows more."""
_LONG = ("environment", "tags", "submit")
"""Settings that may be long; they come last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """One detail that differs: a value before and after, or names gained and lost."""

    label: str
    before: str | None = None
    after: str | None = None
    gained: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class JobBlock:
    """Jobs with equal changes.

    Attributes:
        sign: ``+`` added, ``-`` removed, ``>`` renamed, ``~`` changed.
        heading: What they have in common, with their number; None if their names tell it.
        jobs: Their names; ``old -> new`` if they were renamed.
        details: What differs in each of them.
    """

    sign: str
    heading: str | None
    jobs: tuple[str, ...]
    details: tuple[Detail, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffView:
    """The values that ``diff.txt.j2`` and ``diff.md.j2`` show."""

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
    policy: str | None
    violations: tuple[Diagnostic, ...]
    violations_left_out: int


def build_diff_view(diff: PlanDiff, plans: tuple[Plan, Plan], names: tuple[str, str]) -> DiffView:
    """Build the values for the templates of a diff.

    Args:
        diff: What differs.
        plans: The old and the new plan.
        names: What readers call them.
    """
    sets = JobSets(plans[0].jobs), JobSets(plans[1].jobs)
    violations = sorted_diagnostics(shown_violations(diff.violations))
    return DiffView(
        old=names[0],
        new=names[1],
        summary=summarize_diff(diff),
        differ=diff.differ,
        digest_before=diff.digest_before,
        digest_after=diff.digest_after,
        risks=tuple(one.described(sets) for one in group_risks(diff.risks)),
        origin=tuple(map(_origin_detail, join_renamed(diff))),
        blocks=tuple(_group_jobs(diff.jobs, sets)),
        totals=tuple(Detail(label=label, before=was, after=now) for label, was, now in spell_totals(diff)),
        data=tuple(_data_details(diff)),
        policy=diff.policy,
        violations=violations[:_VIOLATIONS],
        violations_left_out=len(violations[_VIOLATIONS:]),
    )


def summarize_diff(diff: PlanDiff) -> str:
    """Summarize a diff in one line: ``1 added, 2 changed, 94 unchanged; longest path 5 -> 6``."""
    if not diff.differ:
        return f"no difference in {counted(diff.totals_after.jobs, 'job')} (order and comments are ignored)"
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


def _origin_detail(one: FieldChange) -> Detail:
    """Return the detail of a field of the whole plan; a list shows the names gained and lost."""
    if one.path[0] == "params":  # they are spelled already
        return Detail(label=one.name, before=one.before, after=one.after)
    old, new = one.before or [], one.after or []
    if _are_names(old) and _are_names(new):
        lost = tuple(name for name in old if name not in new)
        gained = tuple(name for name in new if name not in old)
        if lost or gained:
            return Detail(label=one.name, lost=lost, gained=gained)
    before, after = spell_change(one.before, one.after)
    return Detail(label=one.name, before=before, after=after)


def _are_names(value: object) -> TypeGuard[list[str]]:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _field_detail(one: FieldChange) -> Detail:
    return Detail(label=one.name, before=value_text(one.before), after=value_text(one.after))


def _group_jobs(jobs: Sequence[JobChange], sets: tuple[JobSets, JobSets]) -> Iterator[JobBlock]:
    """Group jobs with equal changes; equal settings of added or removed jobs are shown once."""
    alike: dict[tuple[Change, tuple[Detail, ...]], list[JobChange]] = {}
    for one in jobs:
        alike.setdefault((one.change, tuple(_details(one))), []).append(one)
    shown: dict[tuple[Change, tuple[Detail, ...]], str] = {}
    for (change, details), group in alike.items():
        first, settings = group[0], tuple(map(_field_detail, group[0].fields))
        in_short = None
        if change in _WHOLE and len(settings) > 1:
            other = shown.setdefault((change, settings), first.job)
            in_short = None if other == first.job else _refer_to(other, change)
        yield JobBlock(
            sign=_sign(change),
            heading=sets[change is not Change.REMOVED].find(one.job for one in group).heading,
            jobs=tuple(f"{one.name_before} -> {one.job}" if change is Change.RENAMED else one.job for one in group),
            details=tuple(_details(first, in_short)) if in_short else details,
        )


def _sign(change: Change) -> str:
    match change:
        case Change.ADDED:
            return "+"
        case Change.REMOVED:
            return "-"
        case Change.RENAMED:
            return ">"
        case Change.CHANGED:
            return "~"
        case _:
            assert_never(change)


def _refer_to(job: str, change: Change) -> Detail:
    words = f"same as {job}"
    return Detail(label="settings", after=words) if change is Change.ADDED else Detail(label="settings", before=words)


def _details(one: JobChange, in_short: Detail | None = None) -> Iterator[Detail]:
    """Yield what differs in a job: the most important settings first, settings that may be long last.

    Args:
        one: The job.
        in_short: A detail to show instead of its settings.
    """
    fields = () if in_short else one.fields
    long = [field for field in fields if field.path[0] in _LONG]
    if in_short:
        yield in_short
    yield from (_field_detail(field) for field in fields if field.path[0] not in _LONG)
    yield from _command_details(one)
    yield from _name_details("nodes", one.nodes)
    if one.nodes_from:
        yield Detail(label="nodes previously in", gained=one.nodes_from)
    if one.nodes_to:
        yield Detail(label="nodes now in", gained=one.nodes_to)
    yield from _name_details("depends on", one.parents)
    yield from _name_details("reads", one.reads)
    yield from _name_details("writes", one.writes)
    yield from map(_field_detail, long)


def _command_details(one: JobChange) -> Iterator[Detail]:
    """Yield each run of words that differs, with its position; the whole command if words were moved."""
    lost, gained = (Counter(_words(one, {side})) for side in (WordChange.REMOVED, WordChange.ADDED))
    if lost & gained:  # moved
        before, after = (_words(one, {WordChange.KEPT, side}) for side in (WordChange.REMOVED, WordChange.ADDED))
        yield Detail(label="command", before=command_text(before), after=command_text(after))
        return
    runs = [
        {part.change: part.words for part in run}
        for _, run in groupby(one.command, lambda part: part.change is WordChange.KEPT)
    ]
    at = 1
    for number, run in enumerate(runs):
        removed, added = run.get(WordChange.REMOVED), run.get(WordChange.ADDED)
        if removed or added:
            position = "first" if number == 0 else "last" if number == len(runs) - 1 else f"word {at}"
            options = removed and added and removed[0].startswith("-") and added[0].startswith("-")
            yield Detail(
                label="command" if options or len(runs) == 1 else f"command, {position}",
                before=command_text(removed) if removed else None,
                after=command_text(added) if added else None,
            )
        at += len(run.get(WordChange.KEPT, added or ()))


def _words(one: JobChange, sides: Collection[WordChange]) -> list[str]:
    return [word for part in one.command if part.change in sides for word in part.words]


def _name_details(label: str, names: Names) -> Iterator[Detail]:
    if names:
        yield Detail(label=label, gained=names.gained, lost=names.lost)


def _data_details(diff: PlanDiff) -> Iterator[Detail]:
    yield from _name_details("inputs", diff.data.inputs)
    yield from _name_details("outputs", diff.data.outputs)
    yield from _name_details("final outputs", diff.data.final_outputs)
