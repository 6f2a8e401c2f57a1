"""Shorten texts that are too long to read, so that what tells stays visible and what is left out is counted. Pure.

What a text only repeats is left out first, whatever it is: blanks, comments, one letter a thousand times, or what the
value before has too. So padding hides nothing that stands behind it.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

_Pair = tuple[str | None, str | None]
_Step = Callable[[str, bytearray], bytearray]
_WHOLE = 200
"""Characters of a value that is always shown whole."""
_MOST = 2_000
"""Characters of a value that are shown, however little of it is repeated."""
_END = 500
"""Those that are shown at each end of a value that has more."""
_BLOCK = 16
"""Characters that are compared at once. What is the same and shorter than two of them is shown."""
_BESIDE = 20
"""Characters that are shown on both sides of what is left out, though they are left out with it otherwise."""
_READ = 100_000
"""Characters that are compared. AWS Batch takes 30 KiB for a job: of more, only the ends and what tells are shown."""
_MARKED = re.compile(b"\x01+")
_TOKEN = re.compile(r"(?P<code>[\w+/=-]{60,})|[\w.-]+|[^\w.-]+")
"""A word, or what stands between words. A very long one is a key, a hash or data: nobody reads it."""
_NUMBER = re.compile(r"\d+")
_TELLS = re.compile(
    r"://|(?<![^\s:=;'\"])/\w|[|`]|\$\(|\b(?:sh|bash|curl|wget|nc|eval|exec|source|python\d*|perl|base64|ssh|scp|aws|pip|git|chmod)\b"
)
"""What scripts that fetch, start or send something have: shown of a value that has too much of everything."""


def clip(text: str, longest: int) -> str:
    """Shorten a text that is too long, and say how much is left out."""
    if len(text) <= longest:
        return text
    return f"{text[:longest]}... ({len(text) - longest} more characters)"


def clip_name(name: str, longest: int) -> str:
    """Shorten a name in its middle: names in one pipeline often differ at their ends."""
    if len(name) <= longest:
        return name
    end = longest // 3
    return f"{name[: longest - end]}...{name[-end:]} ({len(name) - longest} more characters)"


def shorten_pair(before: str | None, after: str | None) -> tuple[str | None, str | None]:
    """Shorten a value before and after, each by what it repeats and by what both have."""
    return (
        None if before is None else shorten(before, after or ""),
        None if after is None else shorten(after, before or ""),
    )


def shorten_apart(values: Sequence[_Pair]) -> list[_Pair]:
    """Shorten different values, each before and after, so that what is shown differs, too.

    Those that would look alike are shown where they differ from the first of them.
    """
    shown = [shorten_pair(*both) for both in values]
    alike: dict[_Pair, list[int]] = {}
    for number, both in enumerate(shown):
        alike.setdefault(both, []).append(number)
    for first, *others in alike.values():
        for number in (first, *others) if others else ():
            other = values[others[0] if number == first else first]
            shown[number] = _shorten_beside(values[number], other)
    return shown


def _shorten_beside(values: _Pair, other: _Pair) -> _Pair:
    both = zip(values, other, strict=True)
    before, after = (value if value is None else shorten(value, known or "") for value, known in both)
    return before, after


def shorten(text: str, known: str = "") -> str:
    """Shorten a text by what it repeats, and by what another one has too.

    Both ends stay, and what is left out is counted: ``...(970 same characters)...`` where all of it is the same, else
    ``more characters``. If more than 2,000 characters would stay, numbers and words that came before go, too, and then
    all but the ends and the rarest of what looks like a program, a pipe, a path or a URL.

    Args:
        text: The text. 200 characters are never shortened.
        known: The other text, such as the value before.
    """
    if len(text) <= _WHOLE:
        return text
    steps: tuple[_Step, ...] = (_alike, _all_but_what_tells)
    if len(text) + len(known) <= _READ:
        same = _repeated(text, known)
    else:
        same, steps = bytearray(len(text)), (_all_but_what_tells,)
    left_out = _without_margins(same)
    for step in steps:
        if left_out.count(0) > _MOST:
            left_out = _without_margins(_both(same, step(text, left_out)))
    return "".join(_pieces(text, left_out, same))


def _repeated(text: str, known: str) -> bytearray:
    """Mark with 1 what stands in another text, or earlier in this one."""
    seen = {known[at : at + _BLOCK] for at in range(0, len(known) - _BLOCK + 1, _BLOCK)}
    marks = bytearray(len(text))
    for at in range(len(text) - _BLOCK + 1):
        block = text[at : at + _BLOCK]
        if block in seen:
            marks[at : at + _BLOCK] = b"\1" * _BLOCK
        if at % _BLOCK == 0:
            seen.add(block)
    return marks


def _alike(text: str, left_out: bytearray) -> bytearray:
    """Mark words that came before, whatever numbers these have, and the inside of codes; words beside new ones stay."""
    marks = bytearray(left_out)
    seen: set[str] = set()
    for token in _TOKEN.finditer(text):
        word = "" if token["code"] else _NUMBER.sub("0", token[0])
        if word in seen or token["code"]:
            marks[token.start() : token.end()] = b"\1" * (token.end() - token.start())
        seen.add(word)
    return marks


def _all_but_what_tells(text: str, left_out: bytearray) -> bytearray:
    """Mark all but both ends and the rarest places that look like a program, a pipe, a path or a URL."""
    marks = bytearray(b"\1" * len(text))
    marks[:_END], marks[-_END:] = left_out[:_END], left_out[-_END:]
    room = _MOST - 2 * _END
    found = [(place[0], place.start()) for place in _TELLS.finditer(text)]
    counts = Counter(what for what, _ in found)
    for what, start in sorted(found, key=lambda place: counts[place[0]]):
        near = slice(max(0, start - _BESIDE), start + len(what) + 2 * _BESIDE)
        room -= marks[near].count(1)
        if room < 0:
            break
        marks[near] = bytes(len(marks[near]))
    return marks


def _both(some: bytearray, others: bytearray) -> bytearray:
    """Return all marks of both."""
    marks = int.from_bytes(some, "big") | int.from_bytes(others, "big")
    return bytearray(marks.to_bytes(len(some), "big"))


def _without_margins(marks: bytearray) -> bytearray:
    """Return the marks without the margins of each run, and without runs that are not worth their counting."""
    narrow = bytearray(len(marks))
    for run in _MARKED.finditer(marks):
        start, end = run.start() + _BESIDE, run.end() - _BESIDE
        if end - start > 2 * _BESIDE:
            narrow[start:end] = b"\1" * (end - start)
    return narrow


def _pieces(text: str, left_out: bytearray, same: bytearray) -> Iterator[str]:
    at = 0
    for run in _MARKED.finditer(left_out):
        what = "same" if same.count(1, *run.span()) == len(run[0]) else "more"
        yield f"{text[at : run.start()]}...({len(run[0]):,} {what} characters)..."
        at = run.end()
    yield text[at:]
