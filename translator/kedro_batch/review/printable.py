"""Makes text from outside harmless for a terminal."""

import re

from kedro_batch.strict_yaml import INVISIBLE

_CONTROL = re.compile(rf"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]|{INVISIBLE.pattern}")
# What colours a terminal's text: dropped whole, because nobody misses it in a report.
_ONE_BYTE, _FOUR_DIGITS = 0xFF, 0xFFFF
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def printable(text: str) -> str:
    """Drop colour sequences, and show every other control character as an escape."""
    return _escaped(_COLOUR.sub("", text))


def one_line(text: str) -> str:
    """Show every control character as an escape, line ends, tabs and colours among them: a name hides nothing."""
    return _escaped(text.replace("\n", "\\n").replace("\t", "\\t"))


def _escaped(text: str) -> str:
    return _CONTROL.sub(lambda found: _escape(ord(found[0])), text)


def _escape(code: int) -> str:
    if code <= _ONE_BYTE:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= _FOUR_DIGITS else f"\\U{code:08x}"
