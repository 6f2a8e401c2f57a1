"""Makes text from outside harmless in Markdown: no mention, no table break, no HTML, no end of a fence."""

import re
from collections.abc import Sequence

from kedro_batch.review.printable import visible

_LONGEST = 300
_TICKS = re.compile("`+")


def clipped(text: str, longest: int = _LONGEST) -> str:
    """Shorten a text that is too long for a table, and say how much is left out."""
    if len(text) <= longest:
        return text
    return f"{text[:longest]}... ({len(text) - longest} more characters)"


def code(text: str) -> str:
    """Show a text as code, in a table or out of it, where nothing in it is markup.

    Backslashes do not escape in code spans, and how a table is split at ``|`` differs between readers: what has
    such characters is written as HTML's ``code`` with entities.
    """
    plain = clipped(visible(text)) or '""'
    if plain.strip() == plain and not set(plain) & set("`|\\"):
        return f"`{plain}`"
    return f"<code>{''.join(letter if letter.isalnum() else f'&#{ord(letter)};' for letter in plain)}</code>"


def codes(names: Sequence[str], most: int = 20) -> str:
    """Show names as code with commas, the first of them where they are many."""
    shown = ", ".join(map(code, names[:most]))
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"


def fenced(text: str, language: str) -> str:
    """Put lines into a fence that nothing in them can close."""
    longest = max((len(ticks) for ticks in _TICKS.findall(text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"
