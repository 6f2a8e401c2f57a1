"""Looks into the files of a catalog for what the merged catalog does not tell: who defines a key, and who computes it.

Kedro's config loader reads and merges them; it has read them before, so what is no YAML is not met here.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import yaml

_RESOLVER = re.compile(r"\$\{\s*(?!globals\s*:)[\w.]+\s*:")
"""A call of a resolver. What globals give is the same in every run, unless they are computed themselves."""
_KEY = re.compile(r"\$\{\s*(\w+)\s*[.\[}]")
_GLOBAL = re.compile(r"\$\{\s*globals\s*:\s*(\w+)")


def read_keys(files: Iterable[Path]) -> dict[str, Path]:
    """Return the keys that files define, each with its file; those with an underscore are no entries."""
    return {key: file for file in files for key in _read(file) if not key.startswith("_")}


def find_computed(files: Iterable[Path], globals_files: Iterable[Path]) -> frozenset[str]:
    """Return the keys whose values call resolvers, directly or through other keys and globals.

    What a resolver gives may change from run to run, as today's date and parameters do, or may be secret.
    """
    of_globals = _close([entry for file in globals_files for entry in _read(file).items()], ())
    return frozenset().union(*(_close(list(_read(file).items()), of_globals) for file in files))


def _close(entries: list[tuple[str, Any]], of_globals: Collection[str]) -> frozenset[str]:
    """Return the keys that are computed, and those that are made of these."""
    texts = {key: list(_texts(value)) for key, value in entries}
    found: set[str] = set()
    while more := {
        key
        for key, inner in texts.items()
        if key not in found
        and any(
            _RESOLVER.search(text)
            or not found.isdisjoint(_KEY.findall(text))
            or any(name in of_globals for name in _GLOBAL.findall(text))
            for text in inner
        )
    }:
        found |= more
    return frozenset(found)


def _read(file: Path) -> Mapping[str, Any]:
    with suppress(OSError, UnicodeDecodeError, yaml.YAMLError):
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
        if isinstance(content, dict):
            return {str(key): value for key, value in content.items()}
    return {}


def _texts(value: Any) -> Iterator[str]:
    match value:
        case str():
            if "${" in value:
                yield value
        case Mapping():
            for inner in value.values():
                yield from _texts(inner)
        case list():
            for inner in value:
                yield from _texts(inner)
        case _:
            pass
