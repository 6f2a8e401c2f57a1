"""Reads and writes scalars of YAML, so that YAML 1.1 and YAML 1.2 make the same of them.

``read_plain`` reads a scalar without quotes, and refuses what the versions read differently. ``write_scalar`` writes a
text, and leaves out the quotes only if no version could read anything else, wherever it stands.
"""

import json
import math
import re
from functools import lru_cache
from typing import Any

import yaml

from kedro_batch.files.read_budget import MAX_DIGITS
from kedro_batch.text.escaping import INVISIBLE
from kedro_batch.text.wording import quoted


class AmbiguousError(ValueError):
    """YAML 1.1 and YAML 1.2 read a plain scalar differently."""


# The core schema of YAML 1.2.2, section 10.3.2.
_CORE: tuple[tuple[re.Pattern[str], type | None], ...] = (
    (re.compile(r"null|Null|NULL|~|"), None),
    (re.compile(r"true|True|TRUE|false|False|FALSE"), bool),
    (re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+"), int),
    (
        re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"),
        float,
    ),
)
# What readers other than PyYAML take for booleans of YAML 1.1, or for numbers with underscores.
_ODD = re.compile(r"[yYnN]|[-+.]+_.*|[-+.]*\d*\._.*")
_YAML_1_1: Any = yaml.SafeLoader("")


@lru_cache(maxsize=65_536)
def read_plain(text: str) -> str | int | float | bool | None:
    """Read a scalar without quotes.

    Raises:
        AmbiguousError: YAML 1.1 and 1.2 read it differently, or it is not a finite number.
    """
    kind = next((kind for pattern, kind in _CORE if pattern.fullmatch(text)), str)
    tag = _YAML_1_1.resolve(yaml.ScalarNode, text, (True, False)).rpartition(":")[2]
    if kind is str and tag == "str" and not _ODD.fullmatch(text):
        return text
    if kind is not str and len(text) <= MAX_DIGITS:
        value = _core_value(text, kind)
        if tag == _TAG_OF[kind] and _constructed_1_1(text, tag) == value and _is_finite(value):
            return value
    number = _meant_number(text)
    raise AmbiguousError(
        f"YAML versions disagree about {quoted(text)}: put it in quotes if it is text; "
        + (f"if it is a number, write {number}" if number else _PLAIN_VALUES)
    )


_PLAIN_VALUES = "a number is written like 12 or 0.5, a truth value true or false"
_WITH_EXPONENT = re.compile(r"([-+]?)(?=\.?[0-9])([0-9]*)\.?([0-9]*)[eE]([-+]?)([0-9]+)")


def _meant_number(text: str) -> str | None:
    """Return the spelling of a number with an exponent that all versions read: one with a point and a sign."""
    found = _WITH_EXPONENT.fullmatch(text) if len(text) < MAX_DIGITS else None
    if found is None or not math.isfinite(float(text)):
        return None
    sign, whole, rest, direction, exponent = found.groups()
    return f"{sign}{whole or '0'}.{rest or '0'}e{direction or '+'}{exponent}"


_TAG_OF: dict[type | None, str] = {None: "null", bool: "bool", int: "int", float: "float"}


def _core_value(text: str, kind: type | None) -> int | float | bool | None:
    if kind is None:
        return None
    if kind is bool:
        return text.lower() == "true"
    if kind is int:
        base = {"0o": 8, "0x": 16}.get(text[:2])
        return int(text[2:], base) if base else int(text)
    return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))


def _constructed_1_1(text: str, tag: str) -> Any:
    full_tag = f"tag:yaml.org,2002:{tag}"
    construct = _YAML_1_1.yaml_constructors[full_tag]
    return construct(_YAML_1_1, yaml.ScalarNode(full_tag, text))


def _is_finite(value: float | None) -> bool:
    return not isinstance(value, float) or math.isfinite(value)


def write_number(number: float) -> str:
    """Return a finite number as every YAML version reads it back, with its type: 1.0 keeps its point."""
    text = repr(number)
    return text if "e" not in text or "." in text else text.replace("e", ".0e")


_PLAIN = re.compile(r"(?:[^\W\d]|(?:--?|[./])(?=[^\W\d_]))[\w./@=+%-]*")
"""Text that needs no quotes in block and in flow context: no space, no indicator but the dashes before an option,
nothing after which a parser could stop, and no beginning of a number."""
_WORDS = re.compile(r"(?:y|n|yes|no|on|off|true|false|null|[-.]?\.?inf|\.?nan)", re.IGNORECASE)
"""What some YAML version reads as a truth value, as null, or as one of the numbers that begin like text."""
_FOUR_DIGITS = 0xFFFF


@lru_cache(maxsize=65_536)
def write_scalar(text: str) -> str:
    """Return a text as a scalar that every YAML version reads back as this text."""
    visible = text.isprintable() and not INVISIBLE.search(text)
    if visible and _PLAIN.fullmatch(text) and not _WORDS.fullmatch(text):
        return text
    in_quotes = json.dumps(text, ensure_ascii=False)
    return in_quotes if visible else "".join(map(_escaped, in_quotes))


def _escaped(letter: str) -> str:
    if letter.isprintable() and not INVISIBLE.match(letter):
        return letter
    code = ord(letter)
    return f"\\u{code:04x}" if code <= _FOUR_DIGITS else f"\\U{code:08x}"


def key_text(key: Any) -> str:
    """Spell a key that is no text, as YAML has it: null, not None."""
    return json.dumps(key) if key is None or isinstance(key, bool) else str(key)
