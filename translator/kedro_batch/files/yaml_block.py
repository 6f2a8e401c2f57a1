"""Writes mappings and lists as YAML in block style: the same bytes on every machine, with one item a line.

PyYAML is not used because libyaml and its own emitter differ in details, and so do their versions.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from kedro_batch.files.yaml_scalars import write_number, write_scalar


def block_lines(value: Any, write_text: Callable[[str], str] = write_scalar) -> Iterator[str]:
    """Yield a mapping or a list of any depth, each item on a line of its own, indented by two spaces.

    Args:
        value: The mapping or list, not empty; of text, finite numbers, truth values and None.
        write_text: Writes a text that is a value; keys are always written as ``write_scalar`` does.
    """
    match value:
        case Mapping():
            for key, inner in value.items():
                yield from _keyed(f"  {_inline(key, write_scalar)}:", inner, write_text)
        case _:
            for inner in value:
                if isinstance(inner, Mapping | list | tuple) and inner:
                    first, *others = block_lines(inner, write_text)
                    yield f"  - {first.lstrip()}"
                    yield from (f"  {line}" for line in others)
                else:
                    yield f"  - {_inline(inner, write_text)}"


def _keyed(head: str, inner: Any, write_text: Callable[[str], str]) -> Iterator[str]:
    if isinstance(inner, Mapping | list | tuple) and inner:
        yield head
        yield from (f"  {line}" for line in block_lines(inner, write_text))
    else:
        yield f"{head} {_inline(inner, write_text)}"


def _inline(value: Any, write_text: Callable[[str], str]) -> str:
    match value:
        case str():
            return write_text(value)
        case Mapping():
            return "{}"
        case list() | tuple():
            return "[]"
        case bool() | None:
            return json.dumps(value)
        case _:
            return write_number(value)


def inline_text(value: Any) -> str:
    """Return a scalar, or an empty mapping or list, as it stands behind a key."""
    return _inline(value, write_scalar)
