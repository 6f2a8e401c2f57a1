"""Make foreign text harmless in Markdown: no mention, no HTML, no broken table, no closed fence."""

import re
from collections.abc import Sequence

from kedro_batch.text.clipping import clip, clip_name
from kedro_batch.text.escaping import for_review

_LONGEST, _LONGEST_NAME = 300, 120
_CLIPPED = 40
"""What ``clip_name`` adds to a name that it shortens, at most."""
_TICKS = re.compile("`+")


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
