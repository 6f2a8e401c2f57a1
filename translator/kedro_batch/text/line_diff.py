"""Compares two files line by line, for as many lines as people read: a unified diff that is cheap whatever they hold.

``difflib`` takes time that grows with the square of the number of places that differ, and memory for all lines at
once. Here it sees a few lines of both files at a time, and nothing is read beyond the lines that the caller takes.
Lines are bytes: as text, one wide letter makes a long line take four times as much.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher
from itertools import chain, islice

WINDOW = 250
"""Lines of each file that are compared at once. What is inserted and is longer reads as a change of what follows."""
_CONTEXT = 3
_LONGEST_HUNK = 200


def unified_diff(old: Iterable[bytes], new: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the lines of a unified diff, without its first two; nothing if the files are equal.

    Args:
        old: The lines of one file, without their ends.
        new: Those of the other one.
    """
    return chain.from_iterable(_hunks(_steps(iter(old), iter(new))))


def _steps(old: Iterator[bytes], new: Iterator[bytes]) -> Iterator[bytes]:
    """Yield every line with a sign before it: a space if both files have it, ``-`` or ``+`` if only one has."""
    ours: list[bytes] = []
    theirs: list[bytes] = []
    while True:
        ours += islice(old, WINDOW - len(ours))
        theirs += islice(new, WINDOW - len(theirs))
        if not ours and not theirs:
            return
        same = _common_beginning(ours, theirs)
        if same:
            yield from (b" " + line for line in ours[:same])
            ours, theirs = ours[same:], theirs[same:]
            continue
        matcher = SequenceMatcher(None, ours, theirs, autojunk=False)
        *matches, end = matcher.get_matching_blocks()
        if matches and (len(ours) == WINDOW or len(theirs) == WINDOW):
            # What stands behind the last equal lines is compared again, with the lines that follow.
            end = matches[-1]
        ours_end, theirs_end = end.a + end.size, end.b + end.size
        for what, ours_from, ours_to, theirs_from, theirs_to in matcher.get_opcodes():
            if ours_from >= ours_end and theirs_from >= theirs_end:
                break
            if what == "equal":
                yield from (b" " + line for line in ours[ours_from:ours_to])
                continue
            yield from (b"-" + line for line in ours[ours_from:ours_to])
            yield from (b"+" + line for line in theirs[theirs_from:theirs_to])
        ours, theirs = ours[ours_end:], theirs[theirs_end:]


def _common_beginning(ours: list[bytes], theirs: list[bytes]) -> int:
    for position, (one, other) in enumerate(zip(ours, theirs, strict=False)):
        if one != other:
            return position
    return min(len(ours), len(theirs))


def _hunks(steps: Iterator[bytes]) -> Iterator[list[bytes]]:
    """Yield the changes with the equal lines around them, each group below its header; a very long one in pieces."""
    before: deque[bytes] = deque(maxlen=_CONTEXT)
    hunk: list[bytes] = []
    old_line = new_line = 1  # the next ones
    equal = 0
    for step in steps:
        old_line += step[:1] != b"+"
        new_line += step[:1] != b"-"
        equal = equal + 1 if step[:1] == b" " else 0
        if not hunk and equal:
            before.append(step)
            continue
        hunk += [*before, step]
        before.clear()
        if equal > 2 * _CONTEXT or len(hunk) == _LONGEST_HUNK:
            behind = max(0, equal - _CONTEXT)
            before.extend(hunk[len(hunk) - behind :])
            yield _with_header(hunk[: len(hunk) - behind], old_line - behind, new_line - behind)
            hunk = []
    if hunk:
        behind = max(0, equal - _CONTEXT)
        yield _with_header(hunk[: len(hunk) - behind], old_line - behind, new_line - behind)


def _with_header(hunk: list[bytes], old_end: int, new_end: int) -> list[bytes]:
    """Put the header of ``diff -u`` above a hunk, which ends before these lines."""
    places = []
    for sign, end in ((b"-", old_end), (b"+", new_end)):
        count = sum(line[:1] in (b" ", sign) for line in hunk)
        places.append(f"{sign.decode()}{end - count if count else end - 1},{count}")
    return [f"@@ {' '.join(places)} @@".encode(), *hunk]
