"""What differs in many jobs in the same way: the values of one job come in, what it has in common with others goes out.

A command that names the job's own node, or a name that follows a pattern, differs in each job, and is one change. Pure.
"""

import re
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, replace

from kedro_batch.plan.model import Job
from kedro_batch.review.diff.detail_impacts import Impacts, place_impacts
from kedro_batch.review.diff.details import Detail, command_details, field_detail, name_lists, split_fields
from kedro_batch.review.diff.model import Change, FieldChange, JobChange, RiskKind, WordChange
from kedro_batch.review.diff.name_patterns import common_pattern
from kedro_batch.review.diff.own_names import OWN_NODE, own_names, spell_own

_BothNames = tuple[tuple[str, ...], tuple[str, ...]]
"""What a job may call its own, before and after."""
_DATA = ("reads", "writes")
"""Lists of names that a job may make of its own; nodes are its own names."""
_ODD = re.compile(r"[^A-Za-z0-9_-]+")
"""What names of nodes have, and those of jobs have not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facet:
    """One detail of one job.

    Attributes:
        key: Equal for details that are one change in several jobs.
        group: Equal for details that differ in nothing but their values.
        alike: The detail, as it is shown of several jobs; nothing if it follows from others.
        own: The detail, as it is shown of this job alone; nothing if its name tells it.
        pattern: The detail of a setting that names its own job, as it is shown of several of which each has its own.
        field: The setting, if it is one.
    """

    key: Hashable
    group: Hashable
    alike: Detail | None
    own: Detail | None
    pattern: Detail | None = None
    field: FieldChange | None = None

    @property
    def label(self) -> str:
        """What the detail is called."""
        detail = self.alike or self.own
        return detail.label if detail else ""


KnownFacets = dict[tuple[int, RiskKind | None], tuple[Facet, Detail]]
"""The facets of settings found so far, with their details, by the ids of the settings and the impact of their job."""


def facets_of(one: JobChange, before: Job | None, after: Job | None, known: KnownFacets) -> Iterator[Facet]:
    """Yield what differs in a job: the most important settings first, settings that may be long last.

    Args:
        one: The job that differs.
        before: It in the old plan.
        after: It in the new plan.
        known: Takes the facets of the settings that many jobs share.
    """
    short, long = split_fields(one)
    impacts = place_impacts(one)
    if one.change is Change.RENAMED and one.name_before:
        whole = Detail(
            label="name",
            before=one.name_before,
            after=one.job,
            impact=impacts.get("nodes") if _tells_nodes(one) else None,
        )
        alike = _pattern(whole, (one.name_before,), (one.job,)) or whole
        yield Facet(key=alike, group="name", alike=alike, own=None)
    names = own_names(before), own_names(after)
    yield from (_field_facet(field, names, known, impacts.get(field.name)) for field in short)
    yield from _command_facets(one, names, impacts)
    for detail in name_lists(one, impacts):
        if detail.label != "nodes" or not _tells_nodes(one):
            alike = _pattern(detail, detail.lost, detail.gained) or detail
            renamed = one.change is Change.RENAMED  # shown whole: the name of a job and those of its data
            named = detail.label in _DATA and not renamed and alike is detail
            pattern = _spelled_names(detail, names) if named else None
            group = detail.label, detail.impact
            yield Facet(key=(renamed, alike), group=group, alike=alike, own=detail, pattern=pattern)
    yield from (_field_facet(field, names, known, impacts.get(field.name)) for field in long)


def _field_facet(field: FieldChange, names: _BothNames, known: KnownFacets, impact: RiskKind | None) -> Facet:
    """Return the facet of a setting: that of all jobs that share it, unless it names what is the job's own."""
    one = id(field), impact
    if one not in known:  # the facet keeps the field alive: ids stay unique
        detail = field_detail(field, impact)
        group = detail.label, detail.impact, _direction(field)
        known[one] = Facet(key=detail, group=group, alike=detail, own=detail, pattern=detail, field=field), detail
    facet, detail = known[one]
    before, after = (
        value and spell_own(value, own) for value, own in zip((detail.before, detail.after), names, strict=True)
    )
    if (before, after) == (detail.before, detail.after):
        return facet
    return replace(facet, pattern=replace(detail, before=before, after=after))


def _spelled_names(detail: Detail, names: _BothNames) -> Detail:
    """Return names that a list gained and lost with ``NODE`` for what they name of its job."""
    lost, gained = (
        tuple(spell_own(name, own) for name in some)
        for some, own in zip((detail.lost, detail.gained), names, strict=True)
    )
    return replace(detail, lost=lost, gained=gained)


def _direction(field: FieldChange) -> int:
    """Return whether an amount was raised (1) or lowered (-1); 0 for all else."""
    before, after = field.before, field.after
    if isinstance(before, int | float) and isinstance(after, int | float):
        return (after > before) - (after < before)
    return 0


def _tells_nodes(one: JobChange) -> bool:
    """True if the name of a job, before and after, is that of its only node."""
    gained, lost = one.nodes.gained, one.nodes.lost
    names = ((gained, one.job), (lost, one.name_before or ""))
    return one.change is not Change.CHANGED and all(
        not nodes or (len(nodes) == 1 and _ODD.sub("-", nodes[0]) == name) for nodes, name in names
    )


def _pattern(one: Detail, lost: Sequence[str], gained: Sequence[str]) -> Detail | None:
    """Return how names became others, if they did so in one way: ``eu-*`` to ``europe-*``; None if they did not."""
    found = common_pattern(lost, gained)
    return Detail(label=one.label, before=found[0], after=found[1], impact=one.impact) if found else None


def _command_facets(one: JobChange, both: _BothNames, impacts: Impacts) -> Iterator[Facet]:
    """Yield what differs in a command; words that name the job's own nodes are the same in all jobs."""
    if not one.command:
        return
    own = list(command_details(one, impacts))
    names = dict(zip((WordChange.REMOVED, WordChange.ADDED), both, strict=True))
    literal = any(OWN_NODE in word for part in one.command for word in part.words)  # would look like one that is put in
    alike = own
    if not literal:
        alike = list(command_details(one, impacts, lambda word, change: spell_own(word, names.get(change, ()))))
    if len(alike) != len(own):
        alike = own
    for single, shared in zip(own, alike, strict=True):
        option, is_option, _ = (shared.before or shared.after or "").partition("=")
        told = None if shared.before == shared.after else shared  # the job's name or its nodes tell it
        yield Facet(
            key=(literal, shared),
            group=(shared.label, shared.impact, option if is_option and option.startswith("-") else ""),
            alike=told,
            own=single,
        )
