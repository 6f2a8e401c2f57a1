"""Spell values, names, commands and amounts of memory for text, Markdown and the page; wrap lists of names."""

import json
import re
import shlex
import textwrap
from collections.abc import Iterable, Mapping
from typing import Any

from kedro_batch.text.escaping import for_review

_ODD_VALUE = re.compile(r"^$|^\s|\s$|^\"| -> ")
_ODD_NAME = re.compile(rf"{_ODD_VALUE.pattern}|,|^and [0-9]+ more$")
_COLUMNS, _NARROW = 110, 80
_MIB_IN_GIB = 1024
_TWO_DIGITS = 10


def value_text(value: Any) -> str | None:
    """Spell a value of a plan, in quotes where it would be ambiguous; None stays None: the value is not stated."""
    if value is None:
        return None
    if isinstance(value, str) and not _ODD_VALUE.search(value):
        return value
    return json.dumps(value, ensure_ascii=False)


def spell_params(params: Mapping[str, Any]) -> dict[str, Any]:
    """Spell parameters, those in maps too, as JSON: null is a value, and 1, 1.0, true and "1" are four."""
    return {
        name: spell_params(value) if isinstance(value, Mapping) and value else spell_param(value)
        for name, value in params.items()
    }


LONGEST_PARAM = 100
"""Characters of a parameter that a terminal shows."""


def spell_param(value: Any) -> str:
    """Spell one parameter as JSON, letters as they are."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def name_text(name: str) -> str:
    """Spell a name for a list with commas, in quotes where it would be ambiguous."""
    return json.dumps(name, ensure_ascii=False) if _ODD_NAME.search(name) else name


def quote_names(names: Iterable[str]) -> list[str]:
    """Spell names for a list with commas, in quotes where they would be ambiguous."""
    return list(map(name_text, names))


def command_text(words: Iterable[str]) -> str:
    """Spell the words of a command as a shell reads them."""
    return shlex.join(words)


def memory_text(memory_mib: int) -> str:
    """Spell an amount of memory: ``512 MiB``, ``1.95 GiB``, ``15.6 GiB``."""
    if memory_mib < _MIB_IN_GIB:
        return f"{memory_mib} MiB"
    gib = memory_mib / _MIB_IN_GIB
    return f"{gib:,.{2 if gib < _TWO_DIGITS else 1}f}".rstrip("0").rstrip(".") + " GiB"


def wrap_to_text(names: Iterable[str], indent: int) -> str:
    """Return names with commas, wrapped; all lines but the first are indented."""
    return f"\n{' ' * indent}".join(wrap_to_lines(names, _COLUMNS - indent))


def wrap_to_lines(names: Iterable[str], width: int = _NARROW) -> list[str]:
    """Return names with commas as lines of about ``width`` characters; a name is never split."""
    text = ", ".join(map(for_review, names))
    return textwrap.wrap(text, width=max(width, 1), break_long_words=False, break_on_hyphens=False)
