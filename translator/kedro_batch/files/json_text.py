"""Writes JSON as a terminal may show it: what it would obey, or not show, is an escape, which means the same."""

import json
import re
from collections.abc import Callable
from io import StringIO
from typing import Any

from kedro_batch.text.escaping import INVISIBLE

_UNSEEN = re.compile(rf"[\x7f-\x9f\ud800-\udfff]|{INVISIBLE.pattern}")


def encoded(value: object, *, indent: int | None = None, default: Callable[[Any], Any] | None = None) -> str:
    """Write a value as JSON, on one line unless there is an indent, without a final newline.

    Args:
        value: What to write.
        indent: Spaces for each level, as the standard library has it.
        default: What makes plain values of others, likewise.
    """
    buffer = StringIO()  # which holds less than the standard library's list of all pieces
    json.dump(value, buffer, default=default, ensure_ascii=False, indent=indent)
    text = buffer.getvalue()
    return (
        text if text.isascii() and "\x7f" not in text else _UNSEEN.sub(lambda found: json.dumps(found[0])[1:-1], text)
    )
