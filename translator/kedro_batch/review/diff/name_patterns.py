"""How names became others, as a pattern: ``malta.*`` to ``gozo.*``. Pure."""

import re
from collections.abc import Sequence
from itertools import takewhile

_NAMESPACES = 3
"""The most namespaces whose patterns are told together."""
_NAMESPACE = re.compile(r"[^*]*[.-]\*")  # in the names of jobs, dots are dashes
_TOKEN = re.compile(r"[^._-]+[._-]?|[._-]")


def common_pattern(lost: Sequence[str], gained: Sequence[str]) -> tuple[str, str] | None:
    """Return how the names of one list became those of another, if all did so in one way; None if they did not.

    A few namespaces that were renamed are one way, too: ``malta.*, spain.*`` to ``gozo.*, iberia.*``.

    Args:
        lost: The names before, sorted.
        gained: The names after, sorted.
    """
    found = list(dict.fromkeys(pattern_of(before, after) for before, after in zip(lost, gained, strict=False)))
    if len(lost) != len(gained) or not 0 < len(found) <= _NAMESPACES:
        return None
    known = all("*" in was for was, _ in found) if len(found) == 1 else _are_namespaces(found)
    return (", ".join(was for was, _ in found), ", ".join(now for _, now in found)) if known else None


def _are_namespaces(patterns: Sequence[tuple[str, str]]) -> bool:
    """True if each pattern is a namespace that became another one."""
    sides = tuple(zip(*patterns, strict=True))
    return all(len({*side}) == len(side) and all(map(_NAMESPACE.fullmatch, side)) for side in sides)


def pattern_of(before: str, after: str) -> tuple[str, str]:
    """Return two names with ``*`` for what begins both, and for what ends both."""
    was, now = _TOKEN.findall(before), _TOKEN.findall(after)
    begin = sum(1 for _ in takewhile(_is_pair, zip(was, now, strict=False)))
    was, now = was[begin:], now[begin:]
    end = sum(1 for _ in takewhile(_is_pair, zip(reversed(was), reversed(now), strict=False)))
    first, last = "*" if begin else "", "*" if end else ""
    old, new = ("".join(some[: len(some) - end]) for some in (was, now))
    return (f"{first}{old}{last}" if old else "*", f"{first}{new}{last}" if new else "*")


def _is_pair(both: tuple[str, str]) -> bool:
    return both[0] == both[1]
