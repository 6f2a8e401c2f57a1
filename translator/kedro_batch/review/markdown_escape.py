"""Make foreign text harmless in Markdown: no mention, no HTML, no broken table, no closed fence."""

import re
from collections.abc import Sequence

from kedro_batch.text.clipping import clip, clip_name
from kedro_batch.text.escaping import for_review

_LONGEST, _LONGEST_NAME = 300, 120
_TICKS = re.compile("`+")


def format_code(text: str, longest: int | None = _LONGEST) -> str:
    """Show a text as code, inside or outside of a table; nothing in it is markup.

    Backslashes do not escape in code spans, and Markdown readers split tables at ``|`` in different ways: a text with
    such characters becomes an HTML ``code`` element with entities.

    Args:
        text: The text.
        longest: Characters that are shown at most, half as many if it needs entities; None if it is short enough.
    """
    shown = for_review(text) or '""'
    plain = shown if longest is None else clip(shown, _room(shown, longest))
    if not _needs_entities(shown):
        return f"`{plain}`"
    return f"<code>{''.join(letter if letter.isalnum() else f'&#{ord(letter)};' for letter in plain)}</code>"


def format_codes(names: Sequence[str], most: int = 20, longest: int = _LONGEST_NAME) -> str:
    """Show names as code with commas; if there are many, the first ones and the number of further ones."""
    shown = ", ".join(format_code(clip_name(name, _room(name, longest)), None) for name in names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"


def _needs_entities(text: str) -> bool:
    return text.strip() != text or bool({*text} & {*"`|\\"})


def _room(text: str, longest: int) -> int:
    """Return how much of a text is shown: entities are long."""
    return longest // 2 if _needs_entities(text) else longest


def fence(text: str, language: str) -> str:
    """Put lines into a fence that no line can close."""
    longest = max((len(ticks) for ticks in _TICKS.findall(text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"
