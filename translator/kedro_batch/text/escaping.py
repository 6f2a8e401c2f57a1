"""Make text from outside harmless: on a terminal, in a review, in JSON. One list says what nobody can see."""

import json
import re
from unicodedata import combining, is_normalized

INVISIBLE = re.compile(
    "[\x85\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
"""What ends lines to YAML 1.1 but not to YAML 1.2, git or an editor; what turns the direction of text; and what is
not seen at all: the default ignorable characters of Unicode, and the empty pattern of Braille."""

_CONTROL = re.compile(rf"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]|{INVISIBLE.pattern}")
# What colours a terminal's text: dropped whole, because nobody misses it in a report.
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_ONE_BYTE = 0xFF
_TWO_BYTES = 0xFFFF
_SUSPECT = re.compile(r"(?<!\\)(\\*)([^ -~])|(?<!\\)(\\+)(?=x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8})")
"""What may have to be an escape, and what would read as one; with the backslashes before it."""


def for_terminal(text: str) -> str:
    """Drop colour sequences, and show every other control character as an escape."""
    return _CONTROL.sub(lambda found: _escape(ord(found[0])), _COLOUR.sub("", text))


def for_review(text: str) -> str:
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


_UNSEEN = re.compile(rf"[\x7f-\x9f\ud800-\udfff]|{INVISIBLE.pattern}")


def for_json(text: str) -> str:
    """Return JSON text with an escape, which means the same, for all that a terminal obeys or does not show."""
    if text.isascii() and "\x7f" not in text:
        return text
    return _UNSEEN.sub(lambda found: json.dumps(found[0])[1:-1], text)
