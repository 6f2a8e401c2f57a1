"""What happens in a job of a run before its first node: its datasets get the versions of the run.

All that the run saves has one version. What other jobs of the run wrote is loaded in that version or not at all; of
everything else, the newest version that is not newer than the run. What cannot be so ends the job with one message,
as an error of click, which Kedro's command line prints without a traceback.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import click

from kedro_batch.data_versions.catalog_access import find_versioned, made_datasets, set_save_version
from kedro_batch.data_versions.job_environment import JobEnvironment, read_job_environment
from kedro_batch.data_versions.job_log import say
from kedro_batch.data_versions.leftovers import remove_leftovers
from kedro_batch.data_versions.versioned_dataset import VersionedDataset
from kedro_batch.errors import JobRefused
from kedro_batch.plan.data_version import DataVersion
from kedro_batch.text.wording import listed

_NODES_SHOWN = 20


def fix_versions(catalog: Any, variables: Mapping[str, str]) -> None:
    """Give all datasets of a catalog the version of the run.

    Args:
        catalog: Kedro's catalog, just made.
        variables: The environment variables of a job.

    Raises:
        click.ClickException: The variables are not what kedro-batch writes.
    """
    with _told_plainly():
        job = read_job_environment(variables)
        if job.version:
            set_save_version(catalog, job.version)
            for dataset in made_datasets(catalog):
                dataset.save_as(job.version)


def begin_job(pipeline: Any, catalog: Any, variables: Mapping[str, str]) -> None:
    """Write the first line of the log, fix what the job loads, and remove what its earlier attempts saved.

    Args:
        pipeline: The nodes that Kedro is about to run.
        catalog: Kedro's catalog.
        variables: The environment variables of a job.

    Raises:
        click.ClickException: What other jobs of the run wrote is not there, what an earlier attempt saved cannot be
            removed, or the variables are not what kedro-batch writes.
    """
    with _told_plainly():
        job = read_job_environment(variables)
        say(_first_line(job, [node.name for node in pipeline.nodes]))
        if job.version:
            datasets = find_versioned(catalog, pipeline.datasets())
            for dataset in datasets:
                dataset.save_as(job.version)
            _load_from_run(datasets, job, job.version)
            if job.is_repeated:
                outputs = {name for node in pipeline.nodes for name in node.outputs}
                remove_leftovers((one for one in datasets if one.name in outputs), job.version)


def _first_line(job: JobEnvironment, nodes: list[str]) -> str:
    parts = [
        f"run {job.run}",
        f"job {job.job or 'unknown'}",
        f"submission {job.submission}",
        f"attempt {job.attempt}",
        f"version {job.version or 'none'}",
        f"nodes: {listed(nodes, _NODES_SHOWN)}",
    ]
    return ", ".join(parts)


def _load_from_run(datasets: Iterable[VersionedDataset], job: JobEnvironment, version: DataVersion) -> None:
    """Let datasets that other jobs of the run have written load the run's version, unless a version is named."""
    missing = []
    for dataset in datasets:
        if dataset.name.partition("@")[0] in job.reads_from_run and not dataset.load_version:
            dataset.load_as(version)
            if not dataset.may_exist(version):
                missing.append(f"  {dataset.name}: {dataset.address(version)}")
    if missing:
        raise JobRefused(
            f"other jobs of this run write what this job loads, but its version {version} does not exist:\n"
            + "\n".join(missing)
            + "\nEither the data were deleted, or the image of the job that writes them has no kedro-batch. An older "
            "version is not loaded: it is the data of another run. Install kedro-batch in the images of all jobs, then "
            f"run the job that writes them again, and all below it: kedro-batch resume {job.run} --from JOB"
        )


@contextmanager
def _told_plainly() -> Iterator[None]:
    try:
        yield
    except JobRefused as error:
        raise _Refused(str(error)) from error


class _Refused(click.ClickException):
    exit_code = JobRefused.exit_code
