"""How names became others, as a pattern: ``malta.*`` to ``gozo.*``. Pure."""

import re
from collections.abc import Sequence
from itertools import takewhile

_TOKEN = re.compile(r"[^._-]+[._-]?|[._-]")


def common_pattern(lost: Sequence[str], gained: Sequence[str]) -> tuple[str, str] | None:
    """Return how the names of one list became those of another, if all did so in one way; None if they did not.

    Args:
        lost: The names before, sorted.
        gained: The names after, sorted.
    """
    patterns = {pattern_of(before, after) for before, after in zip(lost, gained, strict=False)}
    if len(lost) != len(gained) or len(patterns) != 1:
        return None
    (found,) = patterns
    return found if "*" in found[0] else None


def pattern_of(before: str, after: str) -> tuple[str, str]:
    """Return two names with ``*`` for what begins both, and for what ends both."""
    was, now = _TOKEN.findall(before), _TOKEN.findall(after)
    begin = sum(1 for _ in takewhile(_is_pair, zip(was, now, strict=False)))
    was, now = was[begin:], now[begin:]
    end = sum(1 for _ in takewhile(_is_pair, zip(reversed(was), reversed(now), strict=False)))
    first, last = "*" if begin else "", "*" if end else ""
    old, new = ("".join(some[: len(some) - end]) for some in (was, now))
    return f"{first}{old}{last}", f"{first}{new}{last}"


def _is_pair(both: tuple[str, str]) -> bool:
    return both[0] == both[1]
