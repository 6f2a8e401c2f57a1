"""Hides the versions of a dataset that are newer than a run's own, so that other runs never appear in this one."""

from collections.abc import Callable, Iterable
from pathlib import PurePath

from kedro_batch.data_versions.job_log import say
from kedro_batch.text.wording import counted


class VersionsUpTo:
    """Lists the versions of a dataset up to a limit, in place of the function by which Kedro lists them all.

    It says once that newer ones are hidden, unless there is a version of the limit itself: the run's own.

    Kedro loads the largest version that this function finds, when it loads: a version that the run itself saves
    meanwhile is seen. It is a class, because ParallelRunner pickles datasets. Source: ``_get_versions`` (before 1.0,
    ``_fetch_latest_load_version``) of ``kedro.io.core.AbstractVersionedDataset``.
    """

    def __init__(self, list_paths: Callable[[str], Iterable[str]], limit: str) -> None:
        """Take the dataset's own function, and the largest version that may be seen."""
        self.list_paths, self.limit = list_paths, limit
        self._told = False

    def __call__(self, pattern: str) -> list[str]:
        """Return the paths that match ``FILEPATH/*/NAME`` and whose version is not above the limit."""
        paths = list(self.list_paths(pattern))
        kept = [path for path in paths if _version_of(path) <= self.limit]
        if not self._told and len(kept) < len(paths):
            self._tell(pattern, paths, kept)
        return kept

    def _tell(self, pattern: str, paths: list[str], kept: list[str]) -> None:
        loaded, newest = max(map(_version_of, kept), default=None), max(map(_version_of, paths))
        if loaded == self.limit:
            return
        self._told = True
        if loaded is None:
            say(
                f"all {counted(len(paths), 'version')} of {pattern} are newer than this run's, {self.limit}, and belong"
                " to other runs: they are not loaded. To load one of them, name it by kedro run --load-versions"
            )
        else:
            say(
                f"of {pattern}, version {loaded} is loaded and not the newest, {newest}: that is newer than this run's,"
                f" {self.limit}, and belongs to another run. To load it, name it by kedro run --load-versions"
            )


def _version_of(path: str) -> str:
    return PurePath(path).parent.name
