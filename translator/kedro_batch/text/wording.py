"""Words counts, durations, quotations and lists of names for people."""

import difflib
import re
from collections.abc import Iterable, Sequence

from kedro_batch.text.times import S_IN_H, S_IN_MIN

_TENTHS_BELOW = 10
_DIGITS = re.compile(r"([0-9]+)")


def counted(number: float, noun: str) -> str:
    """Spell a count: ``1 job``, ``2 jobs``, ``10,000 jobs``."""
    return f"{number} {noun}" if number == 1 else f"{number:,} {noun}s"


def duration(seconds: float) -> str:
    """Spell a duration given in seconds: ``0.4 s``, ``41 s``, ``3 min 20 s``, ``2 h 5 min``."""
    whole = round(seconds)
    if whole < S_IN_MIN:
        return f"{seconds:.1f} s" if seconds < _TENTHS_BELOW else f"{whole} s"
    if whole < S_IN_H:
        return f"{whole // S_IN_MIN} min {whole % S_IN_MIN} s"
    return f"{whole // S_IN_H} h {whole % S_IN_H // S_IN_MIN} min"


def rough_duration(seconds: float) -> str:
    """Spell a duration that is an estimate, in minutes: ``less than a minute``, ``41 min``, ``2 h 5 min``."""
    minutes = round(seconds / S_IN_MIN)
    if seconds < S_IN_MIN:
        return "less than a minute"
    return f"{minutes} min" if minutes * S_IN_MIN < S_IN_H else duration(minutes * S_IN_MIN)


def whole_duration(seconds: float) -> str:
    """Spell a duration that grows, so that it changes once a second at most: ``0 s``, ``9 s``, ``3 min 20 s``."""
    whole = max(0, int(seconds))
    return f"{whole} s" if whole < S_IN_MIN else duration(whole)


def sentences(*parts: str) -> str:
    """Put sentences behind each other, with full stops between them; empty ones are left out."""
    *before, last = [part for part in parts if part] or [""]
    return "".join(f"{part} " if part.endswith((".", "?")) else f"{part}. " for part in before) + last


_QUOTED_WHOLE = 80


def quoted(text: str) -> str:
    """Put a text in quotes for a message; of a long one, only its beginning."""
    return repr(text) if len(text) <= _QUOTED_WHOLE else f"{text[:_QUOTED_WHOLE]!r}..."


_LONGEST_COMPARED = 1000
"""Characters of a word; comparing takes time in proportion to their square."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ``" Did you mean 'x'?"`` with the nearest known words; nothing if none is near."""
    near = closest(word, known)
    return f" Did you mean {' or '.join(repr(name) for name in near)}?" if near else ""


def closest(word: str, known: Iterable[str]) -> list[str]:
    """Return the nearest known words, at most three, the nearest first; upper case counts only if it helps."""
    if len(word) > _LONGEST_COMPARED:
        return []
    names = sorted(known)
    near = difflib.get_close_matches(word, names, n=3, cutoff=0.6)
    if near or word.islower():
        return near
    return difflib.get_close_matches(word.lower(), names, n=3, cutoff=0.6)


def listed(names: Iterable[str], most: int = 5, separator: str = ", ") -> str:
    """Return names with commas; of many, the first, and how many more there are: ``a, b and 3 more``.

    Pass all names, never a part of them: what this leaves out, it counts.
    """
    every = list(names)
    shown = separator.join(every[:most])
    return shown if len(every) <= most else f"{shown} and {len(every) - most:,} more"


def location_words(account: str | None, region: str | None) -> str:
    """Say where something is on AWS, as far as it is known: ``account 123456789012, eu-west-1``; maybe nothing."""
    return ", ".join(filter(None, (account and f"account {account}", region)))


def named(noun: str, names: Sequence[str], most: int = 5) -> str:
    """Name what there is of one kind, as ``listed`` does: ``queue a``, ``queues a, b and 3 more``; maybe nothing."""
    return f"{noun}{'s' if len(names) > 1 else ''} {listed(names, most)}" if names else ""


def natural_order(name: str) -> tuple[tuple[int, str], ...]:
    """Return what names are sorted by so that ``job-8`` comes before ``job-10``."""
    parts = _DIGITS.split(name)  # text and digits in turns
    return tuple((int(part), part) if number % 2 else (0, part) for number, part in enumerate(parts))
