"""Sort many changes of one kind so that what is unlike the others comes first: one must not hide among many. Pure."""

import re
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from typing import TypeVar

from kedro_batch.review.diff.changed_values import Spelled

_WORD = re.compile(r"[\w.-]+|[^\w.-]+")
"""A word, or what stands between words."""
_NUMBER = re.compile(r"\d+")
_MANY = 10
"""If more words stand at one place, and most values have another one there, each has a name of its own there."""
_PART = re.compile(r"[^\W_]+|[\W_]+")
"""A part of a name, or what stands between parts."""
_RARE = 20
"""A shape, or a part of names, is rare if it is so many times as rare as another one, or as another one there."""
_Item = TypeVar("_Item")


def sort_unlike_first(items: Sequence[_Item], values_of: Callable[[_Item], Spelled]) -> list[_Item]:
    """Return the items, first one of each shape, the rarest shape first.

    Args:
        items: What differs, in their order.
        values_of: Returns the value of an item before and after.
    """
    alike: dict[Hashable, list[_Item]] = {}
    for item, shape in zip(items, shapes_of(list(map(values_of, items))), strict=True):
        alike.setdefault(shape, []).append(item)
    shapes = sorted(alike.values(), key=len)
    return [*(one[0] for one in shapes), *(item for one in shapes for item in one[1:])]


def rare_first(names: Sequence[str]) -> tuple[str, ...]:
    """Return names in their order, but those first that are unlike nearly all others."""
    rare = find_rare([(None, name) for name in names])
    return tuple(name for wanted in (True, False) for name, one in zip(names, rare, strict=True) if one is wanted)


def find_rare(values: Sequence[Spelled]) -> list[bool]:
    """Tell of each change whether another shape is more than 20 times as frequent as its own.

    Args:
        values: The values of each change before and after.
    """
    shapes = shapes_of(values)
    counts = Counter(shapes)
    most = max(counts.values(), default=0)
    return [counts[shape] * _RARE < most for shape in shapes]


def shapes_of(values: Sequence[Spelled]) -> list[Hashable]:
    """Return the shape of each change: the words that went and came, without what differs from change to change.

    That is all numbers, and the names at places where nearly each change has another one; rare parts of these stay.

    Args:
        values: The values of each change before and after.
    """
    words = [_changed_words(*(_WORD.findall(_NUMBER.sub("0", value or "")) for value in both)) for both in values]
    alike: dict[tuple[int, int], list[int]] = {}
    for number, (went, came) in enumerate(words):
        alike.setdefault((len(went), len(came)), []).append(number)
    shapes: list[Hashable] = [None] * len(words)
    for length, numbers in alike.items():
        changes = ([*words[one][0], *words[one][1]] for one in numbers)
        places = [_without_names(place) for place in zip(*changes, strict=True)]
        for at, number in enumerate(numbers):
            shapes[number] = length, *(place[at] for place in places)
    return shapes


def _changed_words(before: list[str], after: list[str]) -> tuple[list[str], list[str]]:
    """Return the words that went and those that came; all of them if they were only moved."""
    was, now = {*before}, {*after}
    went, came = [word for word in before if word not in now], [word for word in after if word not in was]
    return (went, came) if went or came else (before, after)


def _without_names(place: Sequence[str]) -> Sequence[Hashable]:
    """Return the words that stand at one place; of names only the parts that hardly another one has there."""
    counts = Counter(place)
    if len(counts) <= _MANY or max(counts.values()) * 2 >= len(place):
        return place
    names = [_PART.findall(word) for word in place]
    lengths = Counter(map(len, names))
    parts: dict[tuple[int, int], Counter[str]] = {}
    for name in names:
        for at, part in enumerate(name):
            parts.setdefault((len(name), at), Counter())[part] += 1
    most = {at: max(found.values()) for at, found in parts.items()}
    usual = max(lengths.values())
    return [
        (
            lengths[len(name)] * _RARE <= usual,
            *(
                part if parts[len(name), at][part] * _RARE <= most[len(name), at] else None
                for at, part in enumerate(name)
            ),
        )
        for name in names
    ]
