"""What differs in a job or in a plan as a whole, detail by detail: values spelled, nothing escaped yet. Pure."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TypeGuard

from kedro_batch.review.diff.changed_values import spell_change, without_items
from kedro_batch.review.diff.detail_impacts import COMMAND, Impacts, place_impacts, worst_impact
from kedro_batch.review.diff.model import DataChange, FieldChange, JobChange, Names, RiskKind, WordChange
from kedro_batch.review.diff.name_patterns import common_pattern
from kedro_batch.review.diff.unlike_first import rare_first
from kedro_batch.review.formatting import command_text, name_text, setting_text, value_text
from kedro_batch.review.shown_names import names_in_short
from kedro_batch.text.wording import counted

_MANY = 6
"""Datasets that became others, from which on a pattern says how: fewer are named. More variables are told together."""
_ENTRIES = ("environment", "tags")
"""Settings that are variables, or tags, with their values."""
_FEW = 4
"""Datasets that are named here also if the risks name them."""
_LONG = ("environment", "tags", "submit")
"""Settings that may be long; they come last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """One detail that differs: a value before and after, or names gained and lost, or a text for each of many jobs.

    Its ``impact`` is why a reviewer must not miss it; None if it is no risk and no cost.
    """

    label: str
    before: str | None = None
    after: str | None = None
    gained: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    each: tuple[str, ...] = ()
    impact: RiskKind | None = None


def pack_entries(details: Sequence[Detail]) -> list[Detail]:
    """Return details with many variables, or tags, that only came or only went as one detail; risky ones stay apart."""
    groups: dict[tuple[str, bool], list[Detail]] = {}
    for one in details:
        setting, _, name = one.label.partition(".")
        if name and setting in _ENTRIES and not one.impact and (one.before is None) != (one.after is None):
            groups.setdefault((setting, one.after is None), []).append(one)
    packed = {id(one): (key[0], some) for key, some in groups.items() if len(some) > _MANY for one in some}
    found = []
    for one in details:
        setting, some = packed.get(id(one), ("", [one]))
        if one is some[0]:
            found.append(_packed(setting, some) if setting else one)
    return found


def _packed(setting: str, details: Sequence[Detail]) -> Detail:
    before, after = (
        ", ".join(f"{one.label.removeprefix(f'{setting}.')}={name_text(value)}" for one, value in entries) or None
        for entries in (
            [(one, one.before) for one in details if one.before is not None],
            [(one, one.after) for one in details if one.after is not None],
        )
    )
    return Detail(label=setting, before=before, after=after)


def field_detail(one: FieldChange, impact: RiskKind | None = None) -> Detail:
    """Return the detail of a field with one value.

    Args:
        one: The field.
        impact: An impact of its job that sits on it, beside its own.
    """
    before, after = spell_field(one)
    return Detail(label=one.name, before=before, after=after, impact=worst_impact((one.impact, impact)))


def spell_field(one: FieldChange) -> tuple[str | None, str | None]:
    """Spell a field before and after, an amount with its unit."""
    if one.path[0] in _LONG:
        return value_text(one.before), value_text(one.after)
    before, after = setting_text(one.path[-1], one.before), setting_text(one.path[-1], one.after)
    if one.still is None:
        return before, after
    return before, f"{after or 'not stated'}: still {setting_text(one.path[-1], one.still)}"


def origin_detail(one: FieldChange) -> Detail:
    """Return the detail of a field of the whole plan; a list shows the names gained and lost."""
    if one.path[0] == "params":  # they are spelled already
        return Detail(label=one.name, before=one.before, after=one.after, impact=one.impact)
    old, new = one.before or [], one.after or []
    if _are_names(old) and _are_names(new):
        lost, gained = tuple(without_items(old, new)), tuple(without_items(new, old))
        if lost or gained:
            return Detail(label=one.name, lost=lost, gained=gained, impact=one.impact)
    if isinstance(one.before, list) or isinstance(one.after, list):
        before, after = spell_change(one.before, one.after)
        return Detail(label=one.name, before=before, after=after, impact=one.impact)
    return field_detail(one)


def _are_names(value: object) -> TypeGuard[list[str]]:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def data_details(data: DataChange, known: Collection[str] = (), *, full: bool) -> Iterator[Detail]:
    """Yield what differs in the datasets of the whole plan.

    Args:
        data: What differs.
        known: Datasets that the risks name: many of them are only counted.
        full: Show all names, also where a pattern says how many of them became others.
    """
    for label, names in (("inputs", data.inputs), ("outputs", data.outputs), ("final outputs", data.final_outputs)):
        lost = label == "outputs" and any(one.kind is RiskKind.DATASET_NOT_WRITTEN for one in data.impacts)
        impact = RiskKind.DATASET_NOT_WRITTEN if lost else None
        found = None if full or len(names.lost) < _MANY else common_pattern(names.lost, names.gained)
        if found:
            after = f"{found[1]} ({counted(len(names.lost), 'name')})"
            yield Detail(label=label, before=found[0], after=after, impact=impact)
        else:
            gained, gone = (
                _only_counted(some) if not full and {*some} <= {*known} else rare_first(some)
                for some in (names.gained, names.lost)
            )
            yield from _name_details(label, Names(gained=gained, lost=gone), impact)


def _only_counted(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the number of names, unless they are few, or what they have in common is shorter."""
    return (f"{len(names):,} datasets under Risks",) if len(names) > _FEW and len(names_in_short(names)) > 1 else names


def job_details(one: JobChange, in_short: Detail | None = None) -> Iterator[Detail]:
    """Yield what differs in a job: the most important settings first, settings that may be long last.

    Args:
        one: The job.
        in_short: A detail to show instead of its settings.
    """
    short, long = ((), ()) if in_short else split_fields(one)
    impacts = place_impacts(one)
    if in_short:
        yield in_short
    yield from (field_detail(field, impacts.get(field.name)) for field in short)
    yield from command_details(one, impacts)
    yield from name_lists(one, impacts)
    yield from (field_detail(field, impacts.get(field.name)) for field in long)


def split_fields(one: JobChange) -> tuple[tuple[FieldChange, ...], tuple[FieldChange, ...]]:
    """Return the settings of a job that differ, those that may be long apart."""
    long = tuple(field for field in one.fields if field.path[0] in _LONG)
    return tuple(field for field in one.fields if field.path[0] not in _LONG), long


def name_lists(one: JobChange, impacts: Impacts) -> Iterator[Detail]:
    """Yield the names that a job gained and lost: nodes, jobs and datasets.

    Args:
        one: The job.
        impacts: Its own impacts, by the label that they sit on.
    """
    yield from _name_details("nodes", one.nodes, impacts.get("nodes"))
    if one.nodes_from:
        yield Detail(label="nodes previously in", gained=one.nodes_from)
    if one.nodes_to:
        yield Detail(label="nodes now in", gained=one.nodes_to)
    for label, names in (("depends on", one.parents), ("reads", one.reads), ("writes", one.writes)):
        yield from _name_details(label, names, impacts.get(label))


def command_details(
    one: JobChange, impacts: Impacts, spell: Callable[[str, WordChange], str] = lambda word, _: word
) -> Iterator[Detail]:
    """Yield each run of words that differs, with its position; the whole command if words were moved.

    Args:
        one: The job.
        impacts: Its own impacts, by the label that they sit on: all runs have that of the command.
        spell: Return how a word of the command before or after is shown.
    """
    runs = [
        {part.change: [spell(word, part.change) for word in part.words] for part in run}
        for _, run in groupby(one.command, lambda part: part.change is WordChange.KEPT)
    ]
    differ = [run for run in runs if run.get(WordChange.REMOVED) != run.get(WordChange.ADDED)]
    lost, gained = (
        Counter(word for run in differ for word in run.get(side, ())) for side in (WordChange.REMOVED, WordChange.ADDED)
    )
    if lost & gained:  # moved
        before, after = (
            [spell(word, part.change) for part in one.command if part.change is not other for word in part.words]
            for other in (WordChange.ADDED, WordChange.REMOVED)
        )
        words = command_text(before), command_text(after)
        yield Detail(label=COMMAND, before=words[0], after=words[1], impact=impacts.get(COMMAND))
        return
    at = 1
    for number, run in enumerate(runs):
        removed, added = run.get(WordChange.REMOVED), run.get(WordChange.ADDED)
        if removed or added:
            position = "first" if number == 0 else "last" if number == len(runs) - 1 else f"word {at}"
            options = removed and added and removed[0].startswith("-") and added[0].startswith("-")
            yield Detail(
                label=COMMAND if options or len(runs) == 1 else f"{COMMAND}, {position}",
                before=command_text(removed) if removed else None,
                after=command_text(added) if added else None,
                impact=impacts.get(COMMAND),
            )
        at += len(run.get(WordChange.KEPT, added or ()))


def _name_details(label: str, names: Names, impact: RiskKind | None) -> Iterator[Detail]:
    if names:
        yield Detail(label=label, gained=names.gained, lost=names.lost, impact=impact)
