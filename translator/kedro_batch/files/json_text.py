"""Writes JSON that is safe to show: what a terminal would obey or not show is an escape, which means the same."""

import json
from collections.abc import Callable, Iterator, Mapping
from io import StringIO
from typing import Any

from kedro_batch.text.escaping import for_json

_PIECE = 65_536
"""Characters of a piece, or a few more."""


def encoded(value: object, *, indent: int | None = None, default: Callable[[Any], Any] | None = None) -> str:
    """Write a value as JSON, on one line unless there is an indent, without a final newline.

    Args:
        value: What to write.
        indent: Spaces for each level, as the standard library has it.
        default: Makes plain values of all others, likewise.
    """
    return "".join(encoded_in_pieces(value, indent=indent, default=default))


def encoded_in_pieces(
    value: object, *, indent: int | None = None, default: Callable[[Any], Any] | None = None
) -> Iterator[str]:
    """Yield the same piece by piece: hundreds of megabytes are never one text.

    In one text, a single wide letter would make all others wide: four bytes each.
    """
    buffer = StringIO()
    for part in json.JSONEncoder(default=default, ensure_ascii=False, indent=indent).iterencode(value):
        buffer.write(part)
        if buffer.tell() >= _PIECE:
            yield for_json(buffer.getvalue())
            buffer = StringIO()
    yield for_json(buffer.getvalue())


def known(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a document that have a value: what is None is not known, and left out."""
    return {name: value for name, value in fields.items() if value is not None}
