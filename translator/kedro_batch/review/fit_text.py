"""Fits a text with several parts into a comment: each part gets as many entries as there is room for. Pure."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

CHARACTERS = 60_000
"""GitHub accepts 65,536 characters in a comment; the rest is for the text that a bot adds."""
_ENTRIES = 1_000
"""No part fits with more entries than this."""


class Part(NamedTuple):
    """A part of a comment: its number of entries, and how long the text may become with those that are shown."""

    name: str
    most: int
    characters: int = CHARACTERS


def fit_text(text: Callable[[Mapping[str, int]], str], parts: Sequence[Part]) -> str:
    """Return the longest text that fits: each part gets as many entries as possible, the first part first.

    Args:
        text: Writes the text, given the number of entries of each part.
        parts: The parts; one that stands there again gets what is left then.
    """
    most = {part.name: part.most for part in parts}
    if max(most.values()) <= _ENTRIES and len(whole := text(most)) <= CHARACTERS:
        return whole
    room = dict.fromkeys(most, 0)
    for part in parts:
        low, high = room[part.name], min(part.most, _ENTRIES)
        while low < high:
            middle = (low + high + 1) // 2
            if len(text({**room, part.name: middle})) <= part.characters:
                low = middle
            else:
                high = middle - 1
        room[part.name] = low
    return text(room)
