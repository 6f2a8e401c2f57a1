"""Finds out which classes a type of a catalog derives from, such as ``MemoryDataset``.

No dataset module is imported for this: a class is looked up among the modules that are loaded already, and then in its
source.
"""

import sys
from collections.abc import Callable
from functools import cache

from kedro_batch.compiler.project.dataset_classes import find_dataset_classes
from kedro_batch.compiler.project.python_source import base_classes

BaseNames = Callable[[str], frozenset[str]]
"""Returns the names of the classes that a type derives from, without their modules."""

_KEDRO = {"kedro", "kedro_datasets"}


@cache
def find_base_names(kind: str) -> frozenset[str]:
    """Return the names of the classes that a project's own type derives from; none for those of Kedro."""
    module, _, name = kind.rpartition(".")
    shipped = find_dataset_classes()
    if not module or module.partition(".")[0] in _KEDRO or (shipped and shipped.find_package(kind)):
        return frozenset()
    loaded = vars(sys.modules[module]).get(name) if module in sys.modules else None
    bases = [base.__name__ for base in loaded.__mro__[1:]] if isinstance(loaded, type) else base_classes(kind)
    return frozenset(base.rpartition(".")[2] for base in bases)


def no_base_names(_: str) -> frozenset[str]:
    """Answer for a catalog without types of a project's own."""
    return frozenset()
