"""Spell values, names, commands, and amounts with their units, for text, Markdown and the page; wrap lists of names."""

import json
import re
import shlex
import textwrap
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from kedro_batch.plan.job_resources import JobResources
from kedro_batch.text.escaping import for_review
from kedro_batch.text.times import S_IN_H, S_IN_MIN
from kedro_batch.text.wording import counted

_ODD_VALUE = re.compile(r"^$|^\s|\s$|^\"| -> ")
_ODD_NAME = re.compile(rf"{_ODD_VALUE.pattern}|,|^and [0-9]+ more$")
_COLUMNS, _NARROW = 110, 80
_MIB_IN_GIB, _MIB_IN_QUARTER = 1024, 256
_LARGE_MIB = 100_000
_FIVE_DIGITS = 10_000


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


def memory_text(memory_mib: float, *, exactly: bool = True) -> str:
    """Spell an amount of memory, in GiB where that hides nothing: ``512 MiB``, ``2000 MiB``, ``1.5 GiB``, ``16 GiB``.

    Args:
        memory_mib: The amount.
        exactly: Round no amount. A sum of 100,000 MiB or more is otherwise rounded: ``97.7 GiB``.
    """
    gib = memory_mib / _MIB_IN_GIB
    if memory_mib >= _MIB_IN_GIB and memory_mib % _MIB_IN_QUARTER == 0:
        return f"{gib:,.2f}".rstrip("0").rstrip(".") + " GiB"
    if memory_mib >= _LARGE_MIB and not exactly:
        return f"{gib:,.1f}".removesuffix(".0") + " GiB"
    return f"{memory_mib:,} MiB" if memory_mib >= _FIVE_DIGITS else f"{memory_mib} MiB"


def seconds_text(seconds: float) -> str:
    """Spell a number of seconds that somebody has set, without rounding: ``45 s``, ``5 min``, ``1 h 30 min``."""
    parts = (
        (int(seconds // S_IN_H), "h"),
        (int(seconds % S_IN_H // S_IN_MIN), "min"),
        (seconds % S_IN_MIN, "s"),
    )
    return " ".join(f"{number:,} {unit}" for number, unit in parts if number) or "0 s"


_AMOUNTS: Mapping[str, Callable[[float], str]] = {
    "vcpus": lambda number: counted(number, "vCPU"),
    "memory_mib": memory_text,
    "gpus": lambda number: counted(number, "GPU"),
    "shared_memory_mib": memory_text,
    "timeout_s": seconds_text,
}
"""How the settings that are amounts are spelled, by the names that they have in a plan, in the order of a plan."""


AMOUNT_LABELS = {"vcpus": "vCPUs", "memory_mib": "memory", "gpus": "GPUs"}
"""What amounts are called beside numbers that have no unit, or are not known."""


DEFINITION_LABELS = {**AMOUNT_LABELS, "timeout_s": "timeout", "attempts": "attempts"}
"""What a job definition may set, likewise."""
BY_DEFINITION = "set by the job definition"
"""What readers are told of a value that neither the plan nor a definition that it declares states."""


def setting_text(name: str, value: Any) -> str | None:
    """Spell a setting with its unit, so that two amounts that differ are spelled differently; None stays None.

    Args:
        name: The setting in a plan, such as ``memory_mib``: the last part of its path.
        value: Its value; what is no amount is spelled as ``value_text`` does.
    """
    spell = _AMOUNTS.get(name)
    if name == "retry_on" and value:
        return " or ".join(value)
    if spell is None or isinstance(value, bool) or not isinstance(value, int | float):
        return value_text(value)
    return spell(value)


def resources_text(resources: Mapping[str, float]) -> str:
    """Spell what a container gets: ``2 vCPUs, 4 GiB, 1 GPU``; what is not stated is left out."""
    return ", ".join(spell(resources[name]) for name, spell in _AMOUNTS.items() if name in resources)


def sum_text(name: str, amount: float) -> str:
    """Spell what several jobs get together, with its unit; much memory is rounded."""
    return memory_text(amount, exactly=False) if name == "memory_mib" else _AMOUNTS[name](amount)


def job_resources_text(found: JobResources) -> str:
    """Spell what all containers of a job get, as far as the plan tells: ``at least 2.5 vCPUs, 3 GiB``."""
    known = found.known.to_dict()
    return f"{'at least ' if known.keys() & found.unknown else ''}{resources_text(known)}"


def fill_line(pieces: Iterable[str], indent: int) -> str:
    """Put pieces behind each other, with a blank between them, in lines of 80 columns; no piece is broken.

    Args:
        pieces: One may begin with blanks of its own: it does without them where it begins a line.
        indent: The indent of all lines but the first.
    """
    lines: list[str] = []
    current: str | None = None
    for piece in pieces:
        if current is None:
            current = piece
        elif len(current) + 1 + len(piece) > _NARROW and current.strip():
            lines.append(current.rstrip())
            current = " " * indent + piece.lstrip()
        else:
            current = f"{current} {piece}"
    return "\n".join([*lines, (current or "").rstrip()])


def wrap_to_text(names: Iterable[str], indent: int) -> str:
    """Return names with commas, wrapped; all lines but the first are indented."""
    return f"\n{' ' * indent}".join(wrap_to_lines(names, _COLUMNS - indent))


def wrap_to_lines(names: Iterable[str], width: int = _NARROW) -> list[str]:
    """Return names with commas as lines of about ``width`` characters; a name is never split."""
    text = keep_amounts(", ".join(map(for_review, names)))
    lines = textwrap.wrap(text, width=max(width, 1), break_long_words=False, break_on_hyphens=False)
    return list(map(spell_amounts, lines))


_NO_BREAK = "\x00"
"""Stands for a blank that no line breaks at. Texts for review have none: it is escaped."""
_BLANK_OF_AMOUNT = re.compile(
    r"(?<=\d) (?=(?:MiB|GiB|vCPUs?|GPUs?|h|min|s|jobs?|names?)\b)|(?<=\d h) (?=\d)|(?<=\d min) (?=\d)"
    r"|(?<=\battempts) (?=\d)|(?<=\btimeout_s) (?=\d)"
)


def keep_amounts(text: str) -> str:
    """Mark the blanks inside amounts, such as ``1 h 30 min``, where no line may break."""
    return _BLANK_OF_AMOUNT.sub(_NO_BREAK, text)


def spell_amounts(text: str) -> str:
    """Return text with these blanks as they are."""
    return text.replace(_NO_BREAK, " ")
