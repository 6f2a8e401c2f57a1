"""The options that ``show`` and ``diff`` share, and the output of their text to a file or, in colours, a terminal."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TypeVar

import click

from kedro_batch.cli.base import is_plain
from kedro_batch.cli.streams import refuse_closed_output

_Paint = Callable[[Iterable[str]], Iterator[str]]
_F = TypeVar("_F", bound=Callable[..., object])
_COLOURS = {"+ ": "green", "- ": "red", "> ": "cyan", "~ ": "yellow", "  ! ": "magenta", "  $ ": "blue"}
_FURTHER_IN = 6
"""The indent of the jobs below what changed in them."""
_WARNING = "  warning "


def review_options(*formats: str) -> Callable[[_F], _F]:
    """Return a decorator that adds ``--format`` (the first format is the default), ``--output`` and ``--no-color``."""

    def add(command: _F) -> _F:
        for option in (
            click.option("--no-color", is_flag=True, help="Write without colours, as NO_COLOR=1 does."),
            click.option("-o", "--output", default="-", metavar="FILE", help="File to write; - is standard output."),
            click.option(
                "--format", type=click.Choice(formats), default=formats[0], show_default=True, help="Output format."
            ),
        ):
            command = option(command)
        return command

    return add


def paint_changes(lines: Iterable[str]) -> Iterator[str]:
    """Colour the lines of a diff by their signs, and what they continue in: it stands below the text, or further in."""
    colour, below = None, 0
    for line in lines:
        indent = len(line) - len(line.lstrip(" "))
        if sign := next((sign for sign in _COLOURS if line.startswith(sign)), None):
            colour, below = _COLOURS[sign], len(sign)
        elif indent not in (below, _FURTHER_IN):
            colour = None
        yield click.style(line, fg=colour) if colour else line


def paint_overview(lines: Iterable[str]) -> Iterator[str]:
    """Emphasize the headings of an overview, and its warnings."""
    for line in lines:
        if line.startswith(_WARNING):
            yield click.style(line, fg="yellow")
        else:
            yield line if line.startswith(" ") else click.style(line, bold=True)


def write_review(pieces: Iterable[str], given: dict[str, object], paint: _Paint = paint_changes) -> None:
    """Write a review as its options say; a terminal gets colours.

    Args:
        pieces: The text of the review.
        given: The values of ``review_options``.
        paint: Colours lines.
    """
    output, encoded = str(given["output"]), (piece.encode("utf-8", "backslashreplace") for piece in pieces)
    if output != "-":
        from kedro_batch.files.atomic_write import write_pieces  # noqa: PLC0415  loaded only to write a file

        write_pieces(Path(output), encoded, shown=output)
        return
    refuse_closed_output()
    if given["format"] != "text" or is_plain(asked=bool(given["no_color"])):
        for piece in encoded:
            click.echo(piece, nl=False)
    else:
        click.echo("".join(paint(b"".join(encoded).decode("utf-8").splitlines(keepends=True))), nl=False)
