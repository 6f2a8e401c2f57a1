"""Tell a setting that has changed to many values as one change: the span of amounts, or the first of the others. Pure.

The jobs with the least and the most are named, so that one extreme value is seen.
"""

from collections.abc import Sequence
from dataclasses import replace

from kedro_batch.review.diff.alike_changes import Facet
from kedro_batch.review.diff.changed_values import Spelled
from kedro_batch.review.diff.detail_impacts import worst_impact
from kedro_batch.review.diff.details import Detail, spell_field
from kedro_batch.review.diff.model import FieldChange
from kedro_batch.review.diff.unlike_first import find_rare, rare_first, sort_unlike_first

Told = tuple[Facet, str]
"""A change of a job, and the name of the job."""


def tell_many(changes: Sequence[Told]) -> Facet:
    """Return one change instead of many of one group."""
    first = changes[0][0]
    detail = _span(changes) or _names(changes) or _each(changes)
    detail = replace(detail, impact=worst_impact(one.alike.impact for one, _ in changes if one.alike))
    return replace(first, alike=detail, own=detail, field=None)


def find_odd(changes: Sequence[Facet]) -> list[bool]:
    """Tell of each change of one group whether its values are unlike those of nearly all others.

    Of amounts none is: their span names the least and the most.
    """
    return find_rare([_values(one) for one in changes])


def _values(one: Facet) -> Spelled:
    if one.alike is None or (one.field and (_is_amount(one.field.before) or _is_amount(one.field.after))):
        return None, None
    lost, gained = (", ".join(names) or None for names in (one.alike.lost, one.alike.gained))
    return lost or one.alike.before, gained or one.alike.after


def _span(changes: Sequence[Told]) -> Detail | None:
    """Return the span of amounts before and after; None if these are none."""
    found = [(facet.field, job) for facet, job in changes if facet.field]
    if len(found) < len(changes) or not all(_is_amount(one.before) and _is_amount(one.after) for one, _ in found):
        return None
    values = len({(one.before, one.after) for one, _ in found})
    before = min(found, key=lambda one: one[0].before)[0], max(found, key=lambda one: one[0].before)[0]
    least, most = min(found, key=lambda one: one[0].after), max(found, key=lambda one: one[0].after)
    return Detail(
        label=_label(changes),
        before=f"{values:,} values: {_both(spell_field(before[0])[0], spell_field(before[1])[0])}",
        after=_both(f"{_after(least[0])} ({least[1]})", f"{_after(most[0])} ({most[1]})"),
    )


def _both(least: str | None, most: str | None) -> str:
    return f"{least}" if least == most else f"{least} to {most}"


def _after(field: FieldChange) -> str:
    return f"{spell_field(field)[1]}"


def _is_amount(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _names(changes: Sequence[Told]) -> Detail | None:
    """Return all names that lists gained and lost; None if these are no lists."""
    details = [facet.own for facet, _ in changes if facet.own and (facet.own.gained or facet.own.lost)]
    if len(details) < len(changes):
        return None
    gained, lost = (
        rare_first(tuple(dict.fromkeys(name for one in details for name in getattr(one, side))))
        for side in ("gained", "lost")
    )
    return Detail(label=details[0].label, gained=gained, lost=lost)


def _each(changes: Sequence[Told]) -> Detail:
    """Return the change of each job."""
    label = _label(changes)
    shown = [(job, facet.alike) for facet, job in changes if facet.alike]
    if label != "name":
        shown = sort_unlike_first(shown, lambda one: (one[1].before, one[1].after))
    told = [(job, _arrow(one)) for job, one in shown]
    return Detail(label=label, each=tuple(arrow if label == "name" else f"{job} ({arrow})" for job, arrow in told))


def _label(changes: Sequence[Told]) -> str:
    return next((facet.alike.label for facet, _ in changes if facet.alike), "")


def _arrow(one: Detail) -> str:
    if one.before is None or one.after is None:
        return f"+ {one.after}" if one.before is None else f"- {one.before}"
    return f"{one.before} -> {one.after}"
