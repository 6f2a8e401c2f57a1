"""Spell a value before and after, part by part: only what differs is shown. Pure."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from kedro_batch.review.formatting import setting_text

Spelled = tuple[str | None, str | None]
"""A value before and after; None where there is none."""


def changed_parts(before: Any, after: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Spelled]]:
    """Yield the parts of two mappings that differ, however deep, with their paths."""
    was, now = (value if isinstance(value, Mapping) else {} for value in (before, after))
    if not was and not now:
        if json.dumps(before) != json.dumps(after):
            yield path, spell_change(before, after, path[-1] if path else "")
        return
    for name in {**was, **now}:
        yield from changed_parts(was.get(name), now.get(name), (*path, name))


def spell_change(before: Any, after: Any, name: str = "") -> Spelled:
    """Spell a value before and after, an amount with its unit; of two lists, only the items that one of them has."""
    if isinstance(before, list) and isinstance(after, list):
        was, now = ([json.dumps(one, ensure_ascii=False) for one in items] for items in (before, after))
        lost, gained = without_items(was, now), without_items(now, was)
        if lost or gained:
            return ", ".join(lost) or None, ", ".join(gained) or None
    return setting_text(name, before), setting_text(name, after)


def without_items(items: Iterable[str], others: Iterable[str]) -> list[str]:
    """Return the items of a list that another one has not."""
    known = {*others}
    return [one for one in items if one not in known]


def unpack_single(names: Sequence[str]) -> str | list[str] | None:
    """Return names as the value of a risk: one by itself, none as None."""
    return names[0] if len(names) == 1 else list(names) or None


def leaves(value: Mapping[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield what is no mapping in mappings at any depth, and empty mappings, with their paths."""
    for name, inner in value.items():
        if isinstance(inner, Mapping) and inner:
            yield from leaves(inner, (*path, name))
        else:
            yield (*path, name), inner
