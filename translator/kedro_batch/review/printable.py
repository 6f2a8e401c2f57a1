"""Makes text from outside harmless for a terminal."""

import re

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
# What colours a terminal's text: dropped whole, because nobody misses it in a report.
_ONE_BYTE = 0xFF
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def printable(text: str) -> str:
    """Drop colour sequences, and show every other control character as an escape."""
    return _CONTROL.sub(lambda found: _escape(ord(found[0])), _COLOUR.sub("", text))


def _escape(code: int) -> str:
    return f"\\x{code:02x}" if code <= _ONE_BYTE else f"\\u{code:04x}"
