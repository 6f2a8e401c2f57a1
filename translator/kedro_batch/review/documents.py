"""Writes the values of a review as JSON. Every field is there; what has no value is null or empty."""

from dataclasses import fields
from typing import Any

from kedro_batch.files.json_text import encoded


def json_text(value: object) -> str:
    """Write a dataclass, and all those inside it, as JSON with a final newline."""
    return encoded(value, default=_fields, indent=2) + "\n"


def _fields(value: Any) -> dict[str, Any]:
    return {field.name: getattr(value, field.name) for field in fields(value)}
