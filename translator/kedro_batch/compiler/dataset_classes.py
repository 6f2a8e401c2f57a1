"""Finds out which types of a catalog are classes of the project's own that keep their data in memory.

No dataset module is imported for this: a class is looked up among the modules that are loaded already, and then in its
source.
"""

import sys
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from kedro_batch.compiler.python_source import base_classes

_MEMORY_BASE = "MemoryDataset"
_KEDRO_DATASETS = "kedro_datasets"


def find_memory_types(entries: Mapping[Any, Any]) -> frozenset[str]:
    """Return the types in a merged catalog that derive from Kedro's ``MemoryDataset``."""
    types = {kind for kind in _find_types(entries) if "." in kind and "{" not in kind}
    shipped = _shipped_packages() if types else frozenset()
    return frozenset(kind for kind in types if kind.partition(".")[0] not in shipped and _is_memory(kind))


def _find_types(value: Any) -> Iterator[str]:
    """Yield the types of entries and of those that they wrap."""
    for key, inner in value.items() if isinstance(value, Mapping) else ():
        if key == "type" and isinstance(inner, str):
            yield inner
        else:
            yield from _find_types(inner)


def _shipped_packages() -> frozenset[str]:
    """Return the packages of kedro-datasets, with which the types of its classes begin."""
    spec = find_spec(_KEDRO_DATASETS)
    folders = map(Path, (spec.submodule_search_locations or ()) if spec else ())
    return frozenset({"kedro", _KEDRO_DATASETS, *(child.name for folder in folders for child in folder.iterdir())})


def _is_memory(kind: str) -> bool:
    module, _, name = kind.rpartition(".")
    loaded = getattr(sys.modules.get(module), name, None)
    bases = [base.__name__ for base in loaded.__mro__[1:]] if isinstance(loaded, type) else base_classes(kind)
    return any(base.rpartition(".")[2] == _MEMORY_BASE for base in bases)
