"""Names that count how often they are looked at, so that tests assert on work instead of on seconds."""

from collections.abc import Callable
from typing import Any


class CountedName(str):
    """A name that counts every time it, or another of these, is hashed or compared."""

    __slots__ = ()
    looks = 0

    def __hash__(self) -> int:
        CountedName.looks += 1
        return super().__hash__()

    def __eq__(self, other: object) -> bool:
        CountedName.looks += 1
        return super().__eq__(other)

    def __lt__(self, other: str) -> bool:
        CountedName.looks += 1
        return super().__lt__(other)


def count_looks(work: Callable[..., Any], *given: Any) -> int:
    """Return how often counted names are looked at while some work is done."""
    before = CountedName.looks
    work(*given)
    return CountedName.looks - before
