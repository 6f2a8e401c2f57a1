"""Reads the choices of ``init`` back from ``infrastructure.yml``."""

from collections.abc import Mapping
from typing import Any

import yaml


class _Tolerant(yaml.SafeLoader):
    """A loader that takes the tags of CloudFormation, such as ``!Ref``, for nothing."""


_Tolerant.add_multi_constructor("!", lambda *_: None)


def read_choices(text: str) -> Mapping[str, Any] | None:
    """Return the choices that a template was rendered with; None if it does not say."""
    try:
        content = yaml.load(text, _Tolerant)  # noqa: S506  a safe loader
    except yaml.YAMLError:
        return None
    metadata = content.get("Metadata") if isinstance(content, dict) else None
    choices = metadata.get("KedroBatch") if isinstance(metadata, dict) else None
    return choices if isinstance(choices, dict) else None
