"""What ``show`` and ``diff`` share: their options, and how they write."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

from kedro_batch.cli.base import is_plain
from kedro_batch.errors import UsageError

_F = TypeVar("_F", bound=Callable[..., object])
_COLOURS = {"+ ": "green", "- ": "red", "> ": "cyan", "~ ": "yellow", "  ! ": "magenta"}


def review_options(*formats: str) -> Callable[[_F], _F]:
    """Add ``--format`` with these formats, the first as the default, ``--output`` and ``--no-color``."""

    def add(command: _F) -> _F:
        for option in (
            click.option("--no-color", is_flag=True, help="Write without colours, as NO_COLOR=1 does."),
            click.option("-o", "--output", default="-", metavar="FILE", help="Write there; - is standard output."),
            click.option(
                "--format", type=click.Choice(formats), default=formats[0], show_default=True, help="How to show it."
            ),
        ):
            command = option(command)
        return command

    return add


def write_review(text: str, given: dict[str, object]) -> None:
    """Write a review where its options say, in colours where a person looks at it.

    Args:
        text: What to write.
        given: What was given for ``review_options``.
    """
    output, encoded = str(given["output"]), text.encode("utf-8", "backslashreplace")
    if output != "-":
        from kedro_batch.files.atomic_write import write_bytes  # noqa: PLC0415  loaded only when it is asked for

        write_bytes(Path(output), encoded, shown=output)
    elif sys.stdout.name == os.devnull:  # it was closed when the program began
        raise UsageError("cannot write standard output: it is closed")
    elif given["format"] != "text" or is_plain(asked=bool(given["no_color"])):
        click.echo(encoded, nl=False)
    else:
        click.echo("".join(map(_painted, encoded.decode("utf-8").splitlines(keepends=True))), nl=False)


def _painted(line: str) -> str:
    colour = next((colour for sign, colour in _COLOURS.items() if line.startswith(sign)), None)
    return click.style(line, fg=colour) if colour else line
