"""Makes text from outside harmless for a terminal, and what cannot be seen visible."""

import re
from unicodedata import combining, is_normalized

from kedro_batch.text.escaping import INVISIBLE

_CONTROL = re.compile(rf"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]|{INVISIBLE.pattern}")
# What colours a terminal's text: dropped whole, because nobody misses it in a report.
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_ONE_BYTE = 0xFF
_TWO_BYTES = 0xFFFF
_SUSPECT = re.compile(r"(?<!\\)(\\*)([^ -~])|(?<!\\)(\\+)(?=x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8})")
"""What may have to be an escape, and what would read as one; with the backslashes before it."""


def printable(text: str) -> str:
    """Drop colour sequences, and show every other control character as an escape."""
    return _CONTROL.sub(lambda found: _escape(ord(found[0])), _COLOUR.sub("", text))


def visible(text: str) -> str:
    """Show all that nobody would see as an escape: controls, directions, unusual spaces, marks apart from their letter.

    Texts that differ are shown differently: backslashes before an escape, and before what only reads as one, are
    doubled. Only letters that look like others are not told from them.
    """
    if text.isascii() and text.isprintable() and "\\" not in text:
        return text
    decomposed = not is_normalized("NFC", text)

    def shown(found: re.Match[str]) -> str:
        before, letter, lone = found.groups()
        if letter is None:
            return lone * 2
        if letter.isprintable() and not INVISIBLE.match(letter) and not (decomposed and combining(letter)):
            return found[0]
        return before * 2 + _escape(ord(letter))

    return _SUSPECT.sub(shown, text)


def _escape(code: int) -> str:
    if code > _TWO_BYTES:
        return f"\\U{code:08x}"
    return f"\\x{code:02x}" if code <= _ONE_BYTE else f"\\u{code:04x}"
