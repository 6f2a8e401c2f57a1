"""Finds ``templates/`` and ``schemas/``, which ship beside the code.

In a wheel both folders are inside the package; in a checkout they stand at the top of the repository, two levels
above it. No other module knows where they are.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

_PACKAGE = Path(__file__).resolve().parent.parent


def folder(name: str) -> Path:
    """Return the folder ``templates`` or ``schemas``.

    Raises:
        FileNotFoundError: The installation is incomplete.
    """
    for place in (_PACKAGE / name, _PACKAGE.parent.parent / name):
        if place.is_dir():
            return place
    raise FileNotFoundError(f"kedro-batch is installed without its {name}/: reinstall it")


@cache
def schema(name: str) -> dict[str, Any]:
    """Return the JSON Schema ``schemas/NAME.schema.json``."""
    text = (folder("schemas") / f"{name}.schema.json").read_text(encoding="utf-8")
    content: dict[str, Any] = json.loads(text)
    return content
