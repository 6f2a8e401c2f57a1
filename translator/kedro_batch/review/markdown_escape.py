"""Make foreign text harmless in Markdown: no mention, no HTML, no broken table, no closed fence; shorten long text."""

import re
from collections.abc import Collection, Sequence
from itertools import groupby, takewhile
from operator import itemgetter

from kedro_batch.text.escaping import for_review

_LONGEST, _LONGEST_NAME = 300, 120
_CLIPPED = 40
"""What ``clip_name`` adds to a name that it shortens, at most."""
_TICKS = re.compile("`+")
_WORD = re.compile(r"[^\s:;,|&=]+|[\s:;,|&=]+")
_AROUND = 4
"""Words, or what stands between them, that are shown beside one that differs."""


def clip(text: str, longest: int = _LONGEST) -> str:
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


def format_code(text: str, longest: int = _LONGEST) -> str:
    """Show a text as code, inside or outside of a table; nothing in it is markup.

    Backslashes do not escape in code spans, and Markdown readers split tables at ``|`` in different ways: a text with
    such characters becomes an HTML ``code`` element with entities.
    """
    shown = for_review(text) or '""'
    plain = clip(shown, longest)
    if plain.strip() == plain and not set(plain) & set("`|\\"):
        return f"`{plain}`"
    plain = clip(shown, longest // 2)  # entities are long
    return f"<code>{''.join(letter if letter.isalnum() else f'&#{ord(letter)};' for letter in plain)}</code>"


def format_codes(names: Sequence[str], most: int = 20, longest: int = _LONGEST_NAME) -> str:
    """Show names as code with commas; if there are many, the first ones and the number of further ones."""
    whole = max(_LONGEST, longest + _CLIPPED)
    shown = ", ".join(format_code(clip_name(name, longest), whole) for name in names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"


def fence(text: str, language: str) -> str:
    """Put lines into a fence that no line can close."""
    longest = max((len(ticks) for ticks in _TICKS.findall(text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"
