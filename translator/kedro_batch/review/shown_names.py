"""Names in short: the first ones and the number of further ones, or how all of them begin. Pure."""

import re
from collections.abc import Sequence
from itertools import accumulate, takewhile
from os.path import commonprefix

from kedro_batch.review.formatting import name_text, quote_names
from kedro_batch.review.name_sets import TOGETHER
from kedro_batch.text.wording import counted

NAMES_SHOWN = 10
"""The most names of a set that has no description; further ones are counted."""
LINE = 72
"""The characters of names in a line."""
_LINES = 4
"""The most lines of names of one set; those of several fill about twice as many together."""
LEAST_ROOM = LINE // 4
"""The characters that each of very many sets has: a name or two, so that what changed fits into the same line."""
_ROOM = _LINES * LINE


def shorten_names(names: Sequence[str], full: bool = False, most: int = NAMES_SHOWN, room: int = _ROOM) -> list[str]:
    """Return the first names and the number of further ones, or all names.

    Args:
        names: The names.
        full: Return all.
        most: How many are returned at most.
        room: How many characters they have together at most; one name is always returned.
    """
    if full:
        return [*names]
    ends = accumulate(len(name) + 2 for name in names[:most])
    fit = max(1, sum(1 for _ in takewhile(lambda end: end <= room, ends)))
    more = len(names) - fit
    return [*names[:fit], f"and {more:,} more"] if more > 0 else [*names]


def share_room(sets: int) -> int:
    """Return how many characters the names of each of several sets have that are shown together."""
    return min(_LINES, 2 * _LINES // max(1, sets)) * LINE or LEAST_ROOM


_ENDS = re.compile(r".*[._-]", re.DOTALL)
_BEGIN = re.compile(r"[^._-]*[._-]")
_MANY = 5


def names_in_short(names: Sequence[str], full: bool = False) -> list[str]:
    """Return how many names begin so, such as ``26 names that begin with malta. or spain.``; else the names."""
    begins = [] if full or len(names) <= _MANY else _common_beginnings(names)
    if begins:
        return [f"{counted(len(names), 'name')} that begin with {' or '.join(map(name_text, begins))}"]
    return shorten_names(quote_names(names), full or len(names) <= _MANY, _MANY, LINE)


def _common_beginnings(names: Sequence[str]) -> list[str]:
    """Return how names begin, up to a separator: all of them, or else a few groups of several; else nothing."""
    groups: dict[str, list[str]] = {}
    for name in names:
        begin = _BEGIN.match(name)
        groups.setdefault(begin[0] if begin else "", []).append(name)
        if len(groups) > TOGETHER or not begin:
            return []
    # letter by letter is meant: these are no paths
    begins = [_ENDS.match(commonprefix(group)) for group in groups.values() if len(group) > 1]  # noqa: RUF071
    return [begin[0] for begin in begins if begin] if len(begins) == len(groups) else []
