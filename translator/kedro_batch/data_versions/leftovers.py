"""Removes what an earlier attempt of a job saved under its run's version.

Kedro refuses to save a version twice ("Save path ... must not exist if versioning is enabled"), so an attempt that was
killed between two saves would fail for ever. Nothing is removed but the folder of one version of one dataset.
"""

import re
from collections.abc import Iterable
from typing import Any

from kedro_batch.data_versions.job_log import say
from kedro_batch.data_versions.versioned_dataset import VersionedDataset
from kedro_batch.errors import JobRefused
from kedro_batch.plan.data_version import DataVersion

_PATTERN = re.compile(r"[*?\[]")


def remove_leftovers(datasets: Iterable[VersionedDataset], version: DataVersion) -> None:
    """Remove a version of datasets, where it exists.

    Args:
        datasets: Those that the job writes.
        version: The version of the run.

    Raises:
        JobRefused: Some of it could not be removed: saving would fail when the node has done its work.
    """
    problems = [problem for one in datasets if (problem := _remove(one, version))]
    if problems:
        raise JobRefused(
            "an earlier attempt of this job has saved data that Kedro does not save twice, and that cannot be removed "
            "from here. Remove these folders by hand, then resume the run:\n" + "\n".join(problems)
        )


def tell_leftovers(datasets: Iterable[VersionedDataset], version: DataVersion) -> None:
    """Say which datasets have a version already, where nobody knows which job has saved it. Nothing is removed."""
    for one in datasets:
        if one.may_exist(version):
            say(
                f"{one.name} may have been saved already, by this job or another one of its run. It is not removed, and"
                f" Kedro does not save it twice. If an earlier attempt left it, remove it: {one.address(version)}"
            )


def _remove(one: VersionedDataset, version: DataVersion) -> str:
    """Remove a version of one dataset and tell it; return what hinders it, or nothing."""
    removed, reason = remove_version(one, version)
    if removed:
        say(f"removed what an earlier attempt saved as {one.name}: {one.address(version)}")
    return f"  {one.name}: {one.address(version)} ({reason})" if reason and one.may_exist(version) else ""


def remove_version(one: VersionedDataset, version: DataVersion) -> tuple[bool, str]:
    """Remove the folder of a version of one dataset.

    Returns:
        True if it was there and is gone; and what hinders it, or nothing.
    """
    folder = one.folder(version)
    if _PATTERN.search(folder):
        return False, "its path may be read as a pattern, which may match other data"  # by fsspec's ``rm``
    try:
        file_system = find_file_system(one)
        if file_system is None:
            return False, f"the class {type(one.dataset).__name__} does not say by which file system"
        if not file_system.exists(folder):
            return False, ""
        file_system.rm(folder, recursive=True)
    except FileNotFoundError:
        return False, ""  # it is gone
    except Exception as error:  # noqa: BLE001  each file system has errors of its own
        return False, f"{type(error).__name__}: {error}"
    return True, ""


def find_file_system(one: VersionedDataset) -> Any | None:
    """Return the file system of a dataset, an object of fsspec; None if the dataset does not tell.

    Most have it as ``_fs``. SparkDataset hands Kedro functions of one, or of Databricks or HDFS, with which a path
    cannot be removed: where they are of the same file system that fsspec knows by its prefix, that one is taken.
    """
    for found in (getattr(one.dataset, "_fs", None), getattr(one.asks_exists, "__self__", None)):
        if callable(getattr(found, "rm", None)) and callable(getattr(found, "exists", None)):
            return found
    prefix = getattr(one.dataset, "_fs_prefix", "").removesuffix("://")
    if prefix or getattr(one.asks_exists, "__module__", "") == "kedro.io.core":  # Kedro's own function: local files
        import fsspec  # noqa: PLC0415  hardly any dataset needs it

        return fsspec.filesystem(prefix or "file")
    return None
