"""One dataset of Kedro's that has versions: which it loads, which it saves, and where they are.

Kedro has no public way to change the versions of a dataset that exists. The attributes are the same from 0.19.0 to 1.7:
``_version`` (a named tuple of ``load`` and ``save``), ``_filepath``, ``_exists_function``, ``_glob_function`` and
``_get_versioned_path`` of ``kedro.io.core.AbstractVersionedDataset``. What lacks one of them is not taken for a
versioned dataset.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from kedro_batch.data_versions.version_limit import VersionsUpTo
from kedro_batch.plan.data_version import DataVersion

_VERSION = "_version"
_LIST_PATHS = "_glob_function"
_EXISTS = "_exists_function"
_FILEPATH = "_filepath"
_FIND_FILE = "_get_versioned_path"
_DISK = ("file", "local")


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionedDataset:
    """A dataset that saves each version as ``FILEPATH/VERSION/NAME``, or where its own class says.

    Attributes:
        name: Its name in the catalog.
        dataset: Kedro's object.
    """

    name: str
    dataset: Any

    @property
    def load_version(self) -> str | None:
        """The version that it loads; None for the newest."""
        version: str | None = getattr(self.dataset, _VERSION).load
        return version

    @property
    def asks_exists(self) -> Any:
        """The function that says whether a path exists."""
        return getattr(self.dataset, _EXISTS)

    def save_as(self, version: DataVersion) -> None:
        """Save under this version from now on, and load none above it, unless the version to load is fixed."""
        setattr(self.dataset, _VERSION, getattr(self.dataset, _VERSION)._replace(save=version))
        list_paths = getattr(self.dataset, _LIST_PATHS)
        if not isinstance(list_paths, VersionsUpTo):
            setattr(self.dataset, _LIST_PATHS, VersionsUpTo(list_paths, version))
        self.dataset.release()  # forgets the newest version, if a hook has loaded the dataset already

    def load_as(self, version: DataVersion) -> None:
        """Load this version and no other from now on."""
        setattr(self.dataset, _VERSION, getattr(self.dataset, _VERSION)._replace(load=version))

    def folder(self, version: DataVersion) -> str:
        """Return where everything of a version is, and nothing else: the folder, or a file that is elsewhere."""
        file, folder = PurePath(self.file(version)), getattr(self.dataset, _FILEPATH) / version
        return str(folder if folder in file.parents else file)

    def address(self, version: DataVersion) -> str:
        """Return the folder of a version as people write it: ``s3://bucket/...``."""
        return self._as_url(self.folder(version))

    def place(self, version: DataVersion) -> str:
        """Return the folder of a version in one spelling: two datasets that have the same one share their data."""
        address = self.address(version)
        return address if "://" in address else os.path.realpath(Path(address).expanduser())

    def file(self, version: DataVersion) -> str:
        """Return the path that Kedro loads for a version: a file, or a folder with parts."""
        return str(getattr(self.dataset, _FIND_FILE)(version))

    def file_address(self, version: DataVersion) -> str:
        """Return the path that Kedro loads for a version as people write it."""
        return self._as_url(self.file(version))

    def _as_url(self, path: str) -> str:
        protocol = getattr(self.dataset, "_protocol", None) or "file"
        prefix = "" if protocol in _DISK else f"{protocol}://"
        return path if "://" in path else getattr(self.dataset, "_fs_prefix", prefix) + path

    def may_exist(self, version: DataVersion) -> bool:
        """True if a version exists: Kedro would load it, and would refuse to save it again. True if nobody can tell."""
        try:
            return bool(self.asks_exists(self.file(version)))
        except Exception:  # noqa: BLE001  each file system has errors of its own; loading or saving will meet it again
            return True


def versioned_parts(name: str, dataset: Any) -> Iterator[VersionedDataset]:
    """Yield a dataset if it has versions, and those with versions that it wraps, as CachedDataset does."""
    left, seen = [dataset], set()
    while left:
        one = left.pop(0)
        seen.add(id(one))
        if _has_versions(one):
            yield VersionedDataset(name=name, dataset=one)
        left += [part for part in getattr(one, "__dict__", {}).values() if _is_dataset(part) and id(part) not in seen]


def _is_dataset(one: Any) -> bool:
    """True if its class is that of a dataset. An object may answer anything, such as one of data in memory."""
    methods = ("load", "save", "release", "exists", "_describe")
    return all(callable(getattr(type(one), method, None)) for method in methods)


def _has_versions(one: Any) -> bool:
    version = getattr(one, _VERSION, None)
    return (
        isinstance(version, tuple)
        and hasattr(version, "save")
        and isinstance(getattr(one, _FILEPATH, None), PurePath)
        and callable(getattr(one, _LIST_PATHS, None))
        and callable(getattr(one, _FIND_FILE, None))
        and callable(getattr(one, _EXISTS, None))
    )
