"""Writes the values of a review as JSON. Every field is there; what has no value is null or empty."""

import json
from dataclasses import fields
from typing import Any


def json_text(value: object) -> str:
    """Write a dataclass, and all those inside it, as JSON with a final newline."""
    return json.dumps(value, default=_fields, ensure_ascii=False, indent=2) + "\n"


def _fields(value: Any) -> dict[str, Any]:
    return {field.name: getattr(value, field.name) for field in fields(value)}
