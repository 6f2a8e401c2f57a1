"""Shorten texts that are too long to read, so that what differs stays visible and what is left out is counted. Pure."""

import re
from collections.abc import Collection, Sequence
from itertools import groupby, takewhile
from operator import itemgetter

_WORD = re.compile(r"[^\s:;,|&=]+|[\s:;,|&=]+")
_AROUND = 4
"""Words, or what stands between them, that are shown beside one that differs."""


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


def split_words(text: str) -> list[str]:
    """Split a text into words and what stands between them."""
    return _WORD.findall(text)


def clip_pair(before: str | None, after: str | None, longest: int) -> tuple[str | None, str | None]:
    """Shorten two texts and keep the words visible that only one of them has, or their first difference."""
    if before is None or after is None:
        return before and clip(before, longest), after and clip(after, longest)
    if max(len(before), len(after)) <= longest:
        return before, after
    words = split_words(before), split_words(after)
    was, now = _without_known(words[0], {*words[1]}), _without_known(words[1], {*words[0]})
    if was != now:
        before, after = was, now
    same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(before, after, strict=False)))
    if same > longest // 2 and max(len(before), len(after)) > longest:
        cut = same - longest // 4
        before, after = (f"({cut} same characters)...{text[cut:]}" for text in (before, after))
    return clip(before, longest), clip(after, longest)


def _without_known(words: Sequence[str], known: Collection[str]) -> str:
    """Return a text without the words that another one has, too, but for some beside those that it has not."""
    shown = bytearray(len(words))
    for at, word in enumerate(words):
        if word not in known:
            for near in range(max(0, at - _AROUND), min(len(words), at + _AROUND + 1)):
                shown[near] = 1
    runs = [
        (is_shown, [word for word, _ in run])
        for is_shown, run in groupby(zip(words, shown, strict=True), itemgetter(1))
    ]
    return "".join(
        "".join(run) if is_shown or len(run) <= _AROUND else f"...({sum(map(len, run))} same characters)..."
        for is_shown, run in runs
    )
