"""Finds out which types of a catalog are classes of the project's own that keep their data in memory.

No dataset module is imported for this: a class is looked up among the modules that are loaded already, and then in its
source.
"""

import sys
from collections.abc import Iterator, Mapping
from typing import Any

from kedro_batch.compiler.dataset_classes import find_dataset_classes
from kedro_batch.compiler.python_source import base_classes

_MEMORY_BASE = "MemoryDataset"


def find_memory_types(entries: Mapping[Any, Any]) -> frozenset[str]:
    """Return the types in a merged catalog that derive from Kedro's ``MemoryDataset``."""
    types = {kind for kind in _find_types(entries) if "." in kind and not kind.startswith("kedro")}
    shipped = find_dataset_classes()
    return frozenset(kind for kind in types if not (shipped and shipped.find_package(kind)) and _is_memory(kind))


def _find_types(value: Any) -> Iterator[str]:
    """Yield the types of entries and of those that they wrap."""
    for key, inner in value.items() if isinstance(value, Mapping) else ():
        if key == "type" and isinstance(inner, str):
            yield inner
        else:
            yield from _find_types(inner)


def _is_memory(kind: str) -> bool:
    module, _, name = kind.rpartition(".")
    loaded = getattr(sys.modules.get(module), name, None)
    bases = [base.__name__ for base in loaded.__mro__[1:]] if isinstance(loaded, type) else base_classes(kind)
    return any(base.rpartition(".")[2] == _MEMORY_BASE for base in bases)
