"""One version of one dataset, seen from outside of a run: where it is, and whether it is there."""

from kedro_batch.data_versions.leftovers import find_file_system, remove_version
from kedro_batch.data_versions.versioned_dataset import VersionedDataset, versioned_parts
from kedro_batch.plan.data_version import DataVersion


class StoredVersion:
    """A version of a dataset that may exist or not. What its storage raises is handed on."""

    def __init__(self, dataset: VersionedDataset, version: DataVersion) -> None:
        """Take a dataset, and a version of it."""
        self._dataset = dataset
        self._version = version

    @property
    def place(self) -> str:
        """The path or the URL of the file, or of the folder that holds its parts."""
        return self._dataset.file_address(self._version)

    @property
    def is_there(self) -> bool:
        """True if Kedro would load it. Whether it is complete, only the job that wrote it knows."""
        return bool(self._dataset.asks_exists(self._dataset.file(self._version)))

    @property
    def left_something(self) -> bool:
        """True if anything is stored below the folder of the version, such as a file that a killed job has begun."""
        file_system = find_file_system(self._dataset)
        exists = self._dataset.asks_exists if file_system is None else file_system.exists
        return bool(exists(self._dataset.folder(self._version)))

    def remove(self) -> str:
        """Remove the folder of the version and what is in it; return what hinders it, or nothing."""
        return remove_version(self._dataset, self._version)[1]


def find_stored_version(name: str, dataset: object, version: DataVersion) -> StoredVersion | None:
    """Return a version of a dataset that Kedro has made; None if it has no versions."""
    return next((StoredVersion(one, version) for one in versioned_parts(name, dataset)), None)
