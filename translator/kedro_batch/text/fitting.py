"""Fit text into the width of a terminal, which would break its lines within words, and names into a column. Pure.

What somebody may copy stays whole, however long it is: a command, a word such as an id or a path, and a line of a log.
"""

import re
from collections.abc import Iterator

from rich.cells import cell_len, set_cell_size

COMMAND = "kedro-batch "
"""How a command begins that somebody may copy; it ends its line."""
CUT = "..."
"""What stands where something is left out."""
_WITH_EFFECT = re.compile(r" *(?P<command>kedro-batch \S.*?) {2,}(?P<effect>\S.*)")
_OF_A_LOG = re.compile(r" *\| ")
_OF_A_LINK = re.compile(r"\x1b\]8;;[^\x1b]*\x1b\\")
_FURTHER = "  "
"""What the further lines of one are indented by."""


def fitted(text: str, width: int) -> str:
    """Return a text with its lines broken at blanks where they are wider than a terminal.

    A command with what it does behind it becomes what it does, and then the command.

    Args:
        text: Lines of prose, of logs (behind ``|``), and of commands.
        width: Columns of the terminal.
    """
    return "\n".join(part for line in text.split("\n") for part in _fitted_line(line, width))


def fitted_name(name: str, width: int) -> str:
    """Return a name as wide as its column; one that is too long loses its middle: names often begin or end alike."""
    if cell_len(name) <= width:
        return set_cell_size(name, width)
    end = max(0, width - len(CUT)) // 2
    begin = max(0, width - len(CUT) - end)
    return set_cell_size(f"{set_cell_size(name, begin)}{CUT}{set_cell_size(name[::-1], end)[::-1]}", width)


def _fitted_line(line: str, width: int) -> Iterator[str]:
    if _width(line) <= width or _OF_A_LOG.match(line):
        yield line
        return
    indent = line[: len(line) - len(line.lstrip(" "))]
    if found := _WITH_EFFECT.fullmatch(line):
        effect = found["effect"]
        yield from _broken(effect if COMMAND in effect else f"{effect}:", indent, width)
        yield f"{indent}{_FURTHER}{found['command']}"
    else:
        yield from _broken(line.lstrip(" "), indent, width)


def _broken(line: str, indent: str, width: int) -> Iterator[str]:
    """Yield the lines that one becomes that is too wide."""
    current = ""
    for word in _words(line):
        further = f"{indent}{_FURTHER}{word}"
        has_room = _width(further) <= width or word.startswith(COMMAND)  # else no line has, so it stays here
        if current and has_room and _width(current) + 1 + _width(word) > width:
            yield current
            current = further
        else:
            current = f"{current} {word}" if current else f"{indent}{word}"
    yield current


def _words(line: str) -> Iterator[str]:
    """Yield the words of a line; a command, which ends a line, is one, and so is a number with the word behind it."""
    before, command, rest = line.partition(COMMAND)
    yield from re.split(r"(?<![0-9]) +", before.strip(" "))
    if command:
        yield f"{command}{rest}"


def _width(text: str) -> int:
    """Return how many columns a text takes; what makes it a link takes none."""
    return cell_len(_OF_A_LINK.sub("", text))
