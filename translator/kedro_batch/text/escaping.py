"""Makes text from outside harmless: on a terminal, in a review, in JSON, in one line of a message.

One list, INVISIBLE, says what nobody can see. Some functions show such characters as escapes; ``one_line`` drops them.
"""

import json
import re
from unicodedata import combining, is_normalized

_DEFAULT_IGNORABLE = (
    (0x00AD, 0x00AD),
    (0x034F, 0x034F),
    (0x061C, 0x061C),
    (0x115F, 0x1160),
    (0x17B4, 0x17B5),
    (0x180B, 0x180F),
    (0x200B, 0x200F),
    (0x202A, 0x202E),
    (0x2060, 0x206F),
    (0x3164, 0x3164),
    (0xFE00, 0xFE0F),
    (0xFEFF, 0xFEFF),
    (0xFFA0, 0xFFA0),
    (0xFFF0, 0xFFF8),
    (0x1BCA0, 0x1BCA3),
    (0x1D173, 0x1D17A),
    (0xE0000, 0xE0FFF),
)
"""Characters that show nothing where a font does not know better: Default_Ignorable_Code_Point of Unicode 17.0,
https://www.unicode.org/Public/17.0.0/ucd/DerivedCoreProperties.txt. Unassigned ones are in it, so it seldom grows."""
_OTHERS_UNSEEN = ((0x0085, 0x0085), (0x2028, 0x2029), (0x2800, 0x2800), (0xFFF9, 0xFFFB))
"""Characters that end lines in YAML 1.1 but not in YAML 1.2, git or an editor; the empty pattern of Braille; and marks
of annotations, whose text some programs do not show."""

INVISIBLE = re.compile(
    f"[{''.join(f'{chr(first)}-{chr(last)}' for first, last in (*_DEFAULT_IGNORABLE, *_OTHERS_UNSEEN))}]"
)
"""What nobody sees, or what changes the direction of text."""

_CONTROL = re.compile(rf"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]|{INVISIBLE.pattern}")
"""What a terminal obeys or does not show, but tabs and line feeds."""
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_SEQUENCE = re.compile(
    # CSI: colours, moves of the cursor; perhaps cut off.
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"
    # OSC and its like: titles, links.
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x00-\x1f\x7f-\x9f]*(?:\x07|\x1b\\|\x9c)"
    r"|\x1b[ -/]*[0-~]"
)
"""The escape sequences of ECMA-48."""
_ONE_BYTE = 0xFF
_TWO_BYTES = 0xFFFF
_SUSPECT = re.compile(r"(?<!\\)(\\*)([^ -~])|(?<!\\)(\\+)(?=x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8})")
"""What may need an escape, and what would read as one; with the backslashes before it."""
_UNSEEN = re.compile(rf"[\x7f-\x9f\ud800-\udfff]|{INVISIBLE.pattern}")

LONGEST_LINE = 1000
"""Characters of one line of foreign text: the reasons of AWS are shorter, and nobody reads more."""
LONGEST_REASON = 500
"""Characters of what a service says within a sentence of ours."""
MOST_LINES = 10
"""Lines of what another program has printed, within a message."""
_CUT = "..."
_READ_FOR_ONE = 4
"""Characters that are read for one that is shown: escape sequences may stand between them."""


def for_terminal(text: str) -> str:
    """Drop colours, which nobody misses in a report, and show all other control characters as escapes."""
    return _CONTROL.sub(lambda found: _escape(ord(found[0])), _COLOUR.sub("", text))


def one_line(text: str, most: int | None = LONGEST_LINE) -> str:
    """Make one line of text that a terminal shows as it is; a long one is cut.

    Escape sequences are dropped whole, and line breaks become spaces. All else that a terminal obeys or does not show
    is dropped, except tabs.

    Args:
        text: The text.
        most: How many characters are left at most; None for all, of text of our own.
    """
    some = text if most is None else text[: _READ_FOR_ONE * most]
    line = _CONTROL.sub("", " ".join(_SEQUENCE.sub("", some).splitlines()))
    if most is None or (len(line) <= most and len(some) == len(text)):
        return line
    return line[: max(0, most - len(_CUT))] + _CUT


def last_written(line: str) -> str:
    """Return what a terminal shows in the end of a line that begins anew at carriage returns, as progress bars do."""
    if "\r" not in line:
        return line
    return next((part for part in reversed(line.split("\r")) if part.strip()), "")


def first_lines(text: str, most: int = MOST_LINES) -> str:
    """Return the first lines of text that a terminal shows as it is, each as ``one_line`` makes it.

    Args:
        text: What another program has printed.
        most: How many lines are left at most.
    """
    lines = [line.rstrip() for line in text[: most * LONGEST_LINE].strip().splitlines()]
    shown = [one_line(line) for line in lines[:most]]
    return "\n".join(shown if len(lines) <= most and len(text) <= most * LONGEST_LINE else [*shown, _CUT])


def for_review(text: str) -> str:
    """Show as an escape all that nobody would see: controls, directions, unusual spaces, marks apart from their letter.

    Texts that differ are shown differently: backslashes before an escape, and before what only reads as one, are
    doubled. Letters that merely look alike stay as they are.
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


def for_json(text: str) -> str:
    """Write all that a terminal obeys or does not show as escapes of JSON, which mean the same.

    Args:
        text: JSON.
    """
    if text.isascii() and "\x7f" not in text:
        return text
    return _UNSEEN.sub(lambda found: json.dumps(found[0])[1:-1], text)


def _escape(code: int) -> str:
    if code > _TWO_BYTES:
        return f"\\U{code:08x}"
    return f"\\x{code:02x}" if code <= _ONE_BYTE else f"\\u{code:04x}"
