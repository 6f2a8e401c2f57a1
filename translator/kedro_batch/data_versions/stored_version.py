"""One version of one dataset where it is stored: where it is, whether it is there, and how to remove it.

Kedro stores a version of ``model.pkl`` as ``model.pkl/VERSION/model.pkl`` (``AbstractVersionedDataset``). All that is
below ``model.pkl/VERSION`` belongs to this version, and nothing else does.
"""

import shutil
from pathlib import Path, PurePosixPath
from typing import Any

from kedro.io import AbstractVersionedDataset

from kedro_batch.plan.data_version import DataVersion

_DISK = ("file", "local")


class UnknownStorage(Exception):  # noqa: N818  a fact about a class, which the caller puts into words
    """The class of a dataset keeps to itself how its files are reached."""


class StoredVersion:
    """One version of a versioned dataset. What the storage raises is handed on."""

    def __init__(self, dataset: AbstractVersionedDataset[Any, Any], version: DataVersion) -> None:
        """Take a dataset as Kedro makes it, and a version of it that may exist or not."""
        self._folder = PurePosixPath(dataset._filepath) / version  # noqa: SLF001  Kedro has no public name for these
        self._file = self._folder / self._folder.parent.name
        self._exists = dataset._exists_function  # noqa: SLF001  likewise
        self._protocol = str(getattr(dataset, "_protocol", None) or "file")
        self._file_system = getattr(dataset, "_fs", None)

    @property
    def place(self) -> str:
        """The path or the URL of the file, or of the folder that holds its parts."""
        path = str(self._file)
        return path if self._protocol in _DISK or "://" in path else f"{self._protocol}://{path}"

    @property
    def is_there(self) -> bool:
        """True if Kedro would load it. Whether it is complete, only the job that wrote it knows."""
        return bool(self._exists(str(self._file)))

    @property
    def left_something(self) -> bool:
        """True if anything is stored below the folder of the version, such as a file that a killed job has begun."""
        return bool(self._exists(str(self._folder)))

    def remove(self) -> None:
        """Remove the folder of the version and what is in it.

        Raises:
            UnknownStorage: The class does not tell how its files are reached.
        """
        if self._file_system is not None:
            self._file_system.rm(str(self._folder), recursive=True)
        elif self._protocol in _DISK and Path(self._folder).is_dir():
            shutil.rmtree(self._folder)
        else:
            raise UnknownStorage


def find_versioned(dataset: object) -> AbstractVersionedDataset[Any, Any] | None:
    """Return a dataset that Kedro keeps versions of, or the one inside a ``CachedDataset``; None if it is no such."""
    inner = getattr(dataset, "_dataset", dataset)
    if isinstance(inner, AbstractVersionedDataset) and inner._version:  # noqa: SLF001  Kedro has no public name for it
        return inner
    return None
