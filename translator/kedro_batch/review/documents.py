"""Writes the values of a review as JSON. Every field is there; what has no value is null or empty."""

import json
import re
from dataclasses import fields
from typing import Any

from kedro_batch.strict_yaml import INVISIBLE

_UNSEEN = re.compile(rf"[\x7f-\x9f\ud800-\udfff]|{INVISIBLE.pattern}")


def json_text(value: object) -> str:
    """Write a dataclass, and all those inside it, as JSON with a final newline.

    What a terminal would obey or not show is written as an escape, which means the same.
    """
    text = json.dumps(value, default=_fields, ensure_ascii=False, indent=2)
    return _UNSEEN.sub(lambda found: json.dumps(found[0])[1:-1], text) + "\n"


def _fields(value: Any) -> dict[str, Any]:
    return {field.name: getattr(value, field.name) for field in fields(value)}
