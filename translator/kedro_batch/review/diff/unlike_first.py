"""Sort many changes of one kind so that what is unlike the others comes first: one must not hide among many. Pure."""

import re
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from functools import lru_cache
from typing import TypeVar

from kedro_batch.text.clipping import split_words

_NUMBER = re.compile(r"\d+")
_Item = TypeVar("_Item")


def sort_unlike_first(
    items: Sequence[_Item], values_of: Callable[[_Item], tuple[str | None, str | None]]
) -> tuple[list[_Item], int]:
    """Return the items, first one of each shape, the rarest shape first; and the number of shapes.

    Changes have the same shape if the same words came and went, whatever numbers these have.

    Args:
        items: What differs, in their order.
        values_of: Returns the value of an item before and after.
    """
    alike: dict[Hashable, list[_Item]] = {}
    for item in items:
        alike.setdefault(shape_of(*values_of(item)), []).append(item)
    shapes = sorted(alike.values(), key=len)
    return [*(one[0] for one in shapes), *(item for one in shapes for item in one[1:])], len(shapes)


@lru_cache(maxsize=1024)
def shape_of(before: str | None, after: str | None) -> Hashable:
    """Return the words that came and those that went; all of them if they were only moved."""
    texts = [_NUMBER.sub("0", value or "") for value in (before, after)]
    was, now = (Counter(split_words(text)) for text in texts)
    shape = frozenset((was - now).items()), frozenset((now - was).items())
    return shape if any(shape) else tuple(texts)
