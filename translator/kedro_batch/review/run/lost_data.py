"""Find the data that a failed job did not find, although another job of the run wrote them, and who that is. Pure.

Data on a local path are gone once the container, the machine or the folder is. Then the job that reads them fails over
and over, until the job that writes them has run again.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kedro_batch.plan.data_flow import data_flow_of, without_transcoding
from kedro_batch.plan.model import JobName, Plan
from kedro_batch.submitter.job_state import NEW, JobRecord, JobState

_NOT_THERE = re.compile(
    r"FileNotFoundError|No such file or directory|NoSuchKey|VersionNotFoundError|Did not find any versions"
    r"|does not exist"
)
_LOADING = re.compile(r"\bLoading data from (?:\[[a-z_]+\])?'?([^\s'\[(]+)")
"""What Kedro logs before it loads a dataset; its name may stand in marks of rich."""
_LOAD_FAILED = re.compile(r"Failed while loading data from")
"""Kedro's DatasetError."""
_CHARACTERS = 1_000
"""Of a line that are looked at."""
_PATH = re.compile(r"[\w./\\:@+-]*[/\\][\w./\\:@+-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class LostData:
    """Data that a job did not find.

    Attributes:
        datasets: The datasets, sorted.
        writers: The jobs that wrote them, in the order of the plan.
    """

    datasets: tuple[str, ...]
    writers: tuple[JobName, ...]


class LostDataFinder:
    """Knows who writes what in a plan, for all jobs that failed."""

    def __init__(self, plan: Plan, records: Mapping[JobName, JobRecord]) -> None:
        """Look at the jobs of a plan, and how they stand."""
        self._reads = {job.name: tuple(map(without_transcoding, job.reads)) for job in plan.jobs}
        self._order = [job.name for job in plan.jobs]
        self._writers = {
            dataset: [job for job in jobs if records.get(job, NEW).state is JobState.SUCCEEDED]
            for dataset, jobs in data_flow_of(plan).writers.items()
        }

    def find(self, job: JobName, log: Sequence[str]) -> LostData | None:
        """Return what a failed job did not find; None if its log does not say so.

        Args:
            job: The job.
            log: The last lines of its log.
        """
        log = [line[:_CHARACTERS] for line in log]
        reads = dict.fromkeys(self._reads.get(job, ()))
        written = [name for name in reads if self._writers.get(name)]
        if not written or not any(_NOT_THERE.search(line) for line in log):
            return None
        datasets = _named(log, list(reads), written)
        writers = {writer for name in datasets for writer in self._writers[name]}
        if not writers:
            return None
        return LostData(datasets=tuple(sorted(datasets)), writers=tuple(one for one in self._order if one in writers))


def _named(log: Sequence[str], reads: Sequence[str], written: Sequence[str]) -> list[str]:
    """Return the datasets of the run that a log says are missing: the last one that was loaded, or named by a path.

    Where the log only says that loading failed, all that the job reads counts, if the run has written all of it.
    """
    loaded = [without_transcoding(found[1]) for line in log for found in _LOADING.finditer(line)]
    if loaded and loaded[-1] in reads:
        return [loaded[-1]] if loaded[-1] in written else []
    paths = {path for line in log if _NOT_THERE.search(line) for path in _PATH.findall(line)}
    parts = {part.partition(".")[0] for path in paths for part in re.split(r"[/\\]", path)}
    if by_path := [name for name in written if name in parts]:
        return by_path
    failed_to_load = any(_LOAD_FAILED.search(line) for line in log)
    return list(written) if failed_to_load and len(written) == len(reads) else []
