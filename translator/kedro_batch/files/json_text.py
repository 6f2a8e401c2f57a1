"""Writes JSON that is safe to show: what a terminal would obey or not show is an escape, which means the same."""

import json
from collections.abc import Callable, Mapping
from io import StringIO
from typing import Any

from kedro_batch.text.escaping import for_json


def encoded(value: object, *, indent: int | None = None, default: Callable[[Any], Any] | None = None) -> str:
    """Write a value as JSON, on one line unless there is an indent, without a final newline.

    Args:
        value: What to write.
        indent: Spaces for each level, as the standard library has it.
        default: Makes plain values of all others, likewise.
    """
    buffer = StringIO()  # it holds less than the standard library's list of all pieces
    json.dump(value, buffer, default=default, ensure_ascii=False, indent=indent)
    return for_json(buffer.getvalue())


def known(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a document that have a value: what is None is not known, and left out."""
    return {name: value for name, value in fields.items() if value is not None}
