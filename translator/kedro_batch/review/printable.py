"""Makes text from outside harmless for a terminal, and what cannot be seen visible."""

import re

from kedro_batch.strict_yaml import INVISIBLE

_CONTROL = re.compile(rf"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]|{INVISIBLE.pattern}")
# What colours a terminal's text: dropped whole, because nobody misses it in a report.
_ONE_BYTE = 0xFF
_TWO_BYTES = 0xFFFF
_BLANK = "\u115f\u1160\u2800\u3164\uffa0"
"""Letters that look like nothing."""
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def printable(text: str) -> str:
    """Drop colour sequences, and show every other control character as an escape."""
    return _CONTROL.sub(lambda found: _escape(ord(found[0])), _COLOUR.sub("", text))


def visible(text: str) -> str:
    """Show all that nobody would see as an escape, colour sequences too: controls, directions, unusual spaces."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(one if one.isprintable() and one not in _BLANK else _escape(ord(one)) for one in text)


def _escape(code: int) -> str:
    if code > _TWO_BYTES:
        return f"\\U{code:08x}"
    return f"\\x{code:02x}" if code <= _ONE_BYTE else f"\\u{code:04x}"
