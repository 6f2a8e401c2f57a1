"""Spells diagnostics for standard error: in lines that fit the terminal, in colours, which click drops elsewhere."""

import os
import re
from collections.abc import Sequence
from contextlib import suppress

import click

from kedro_batch.diagnostics import Diagnostic, Severity
from kedro_batch.errors import KedroBatchError, Refused
from kedro_batch.review.diagnostics import diagnostic_lines, diagnostics_headline, refusal_text, remedy_lines
from kedro_batch.text.escaping import for_terminal

_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.NOTE: "cyan"}
_HEAD = re.compile(rf"^(?P<indent> *)(?P<head>(?P<severity>{'|'.join(Severity)}) \w+)(?=:)", re.MULTILINE)
_PLACE = re.compile(
    rf"^(?P<before> +(?:(?:{'|'.join(Severity)}) \w+: )?)(?P<place>\S+?(?::\d+|\.(?:ya?ml|py|toml)))(?=: )",
    re.MULTILINE,
)
"""A file, and perhaps its line, where a diagnostic begins."""
_NARROWEST = 40


def diagnostics_text(diagnostics: Sequence[Diagnostic], *, every: bool, headline: str = "") -> str:
    """Return a headline, or how many diagnostics there are, what they say, and lines to paste."""
    lines = [f"{headline or diagnostics_headline(diagnostics)}:"]
    lines += diagnostic_lines(diagnostics, width=terminal_width(), every=every)
    lines += remedy_lines(diagnostics, every=every)
    return with_colours(for_terminal("\n".join(lines)))


def message_text(error: KedroBatchError, *, every: bool) -> str:
    """Return the message of an error, with the diagnostics that it carries."""
    message = refusal_text(error, width=terminal_width(), every=every) if isinstance(error, Refused) else str(error)
    return with_colours(for_terminal(message))


def with_colours(text: str) -> str:
    """Colour severities, codes and files at the beginning of lines; click drops colours where there is no terminal."""
    with_places = _PLACE.sub(lambda found: found["before"] + click.style(found["place"], bold=True), text)
    return _HEAD.sub(
        lambda found: found["indent"] + click.style(found["head"], fg=_COLOURS[Severity(found["severity"])]),
        with_places,
    )


def terminal_width() -> int | None:
    """Return the width of the terminal, or that in COLUMNS; None if standard error goes elsewhere."""
    asked = os.environ.get("COLUMNS", "")
    if asked.isdecimal() and int(asked) >= _NARROWEST:
        return int(asked)
    with suppress(OSError):
        return max(os.get_terminal_size(2).columns, _NARROWEST)
    return None
