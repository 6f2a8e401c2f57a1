"""Writes diagnostics to standard error as text: in lines that fit the terminal, and with colours on one."""

import os
import re
from collections.abc import Sequence
from contextlib import suppress

import click

from kedro_batch.cli.base import is_plain, print_note
from kedro_batch.diagnostics import Diagnostic, Severity
from kedro_batch.review.diagnostics import diagnostic_lines, diagnostics_headline, remedy_lines
from kedro_batch.text.escaping import for_terminal

_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.NOTE: "cyan"}
_HEAD = re.compile(rf"^(?P<indent> *)(?P<head>(?P<severity>{'|'.join(Severity)}) \w+)(?=:)", re.MULTILINE)
_NARROWEST = 40


def print_diagnostics(diagnostics: Sequence[Diagnostic], *, every: bool, no_color: bool) -> None:
    """Print how many diagnostics there are, what they say, and lines to paste; nothing if there are none."""
    if not diagnostics:
        return
    lines = [
        *diagnostic_lines(diagnostics, width=terminal_width(), every=every),
        *remedy_lines(diagnostics, every=every),
    ]
    text = for_terminal("\n".join([f"{diagnostics_headline(diagnostics)}:", *lines]))
    print_note(text if is_plain(asked=no_color) else with_colours(text))


def with_colours(text: str) -> str:
    """Colour the severities and codes at the beginning of lines; click drops colours where there is no terminal."""
    return _HEAD.sub(
        lambda found: found["indent"] + click.style(found["head"], fg=_COLOURS[Severity(found["severity"])]), text
    )


def terminal_width() -> int | None:
    """Return the width of the terminal, or that in COLUMNS; None if standard error goes elsewhere."""
    asked = os.environ.get("COLUMNS", "")
    if asked.isdecimal() and int(asked) >= _NARROWEST:
        return int(asked)
    with suppress(OSError):
        return max(os.get_terminal_size(2).columns, _NARROWEST)
    return None
