"""The datasets of Kedro's catalog, whichever class it has.

DataCatalog before 1.0 makes its datasets at once, KedroDataCatalog of 0.19 and DataCatalog since 1.0 when they are
asked for; patterns are always resolved when they are asked for. Seen on 0.19.0, 0.19.15, 1.0.0 and 1.7.0.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from kedro_batch.data_versions.versioned_dataset import VersionedDataset, versioned_parts
from kedro_batch.plan.data_version import DataVersion

_SAVE_VERSION = "_save_version"


def made_datasets(catalog: Any) -> Iterator[VersionedDataset]:
    """Yield the datasets with versions that exist already."""
    for name, dataset in getattr(catalog, "_datasets", {}).items():
        yield from versioned_parts(name, dataset)


def set_save_version(catalog: Any, version: DataVersion) -> None:
    """Let the datasets that are not made yet save under this version."""
    if hasattr(catalog, _SAVE_VERSION):
        setattr(catalog, _SAVE_VERSION, version)
    for lazy in getattr(catalog, "_lazy_datasets", {}).values():
        lazy.save_version = version


def find_versioned(catalog: Any, names: Iterable[str], *, skip_broken: bool = False) -> tuple[VersionedDataset, ...]:
    """Return the datasets with versions among these names, in the order of names. They are made, as the runner would.

    Names that the catalog does not know stay in memory: they have no versions.

    Args:
        catalog: Kedro's catalog.
        names: Names of datasets.
        skip_broken: Leave out what cannot be made, such as for a package that this job's image does not have.
    """
    find = getattr(catalog, "_get_dataset", None) or catalog.get  # before 1.0, and since
    found: list[VersionedDataset] = []
    for name in sorted(names):
        try:
            found += versioned_parts(name, find(name)) if name in catalog else ()
        except Exception:  # each class has errors of its own
            if not skip_broken:
                raise
    return tuple(found)
