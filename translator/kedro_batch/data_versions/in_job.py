"""What happens in a job of a run before its first node: its datasets get the versions of the run.

All that the run saves has one version. What other jobs of the run wrote is loaded in that version or not at all; of
everything else, the newest version that is not newer than the run. What cannot be so ends the job with one message,
as an error of click, which Kedro's command line prints without a traceback.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import click

from kedro_batch.data_versions.catalog_access import find_versioned, made_datasets, set_save_version
from kedro_batch.data_versions.job_environment import JobEnvironment, read_job_environment
from kedro_batch.data_versions.job_log import say
from kedro_batch.data_versions.leftovers import remove_leftovers, tell_leftovers
from kedro_batch.data_versions.versioned_dataset import VersionedDataset
from kedro_batch.errors import JobRefused
from kedro_batch.plan.data_version import DataVersion
from kedro_batch.text.escaping import for_terminal
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


def begin_job(pipeline: Any, catalog: Any, variables: Mapping[str, str]) -> tuple[VersionedDataset, ...]:
    """Write a line that names the job, fix what the job loads, and remove what its earlier attempts saved.

    Args:
        pipeline: The nodes that Kedro is about to run.
        catalog: Kedro's catalog.
        variables: The environment variables of a job.

    Returns:
        The datasets that are ready now.

    Raises:
        click.ClickException: What other jobs of the run wrote is not there, or is where the job would save, what an
            earlier attempt saved cannot be removed, or the variables are not what kedro-batch writes.
    """
    with _told_plainly():
        job = read_job_environment(variables)
        say(_first_line(job, [node.name for node in pipeline.nodes]))
        return _prepare(pipeline, catalog, job, ())


def prepare_added(
    pipeline: Any, catalog: Any, variables: Mapping[str, str], prepared: Sequence[VersionedDataset]
) -> None:
    """Do the same for the datasets that are in the catalog since then.

    Args:
        pipeline: The nodes that Kedro is about to run.
        catalog: Kedro's catalog.
        variables: The environment variables of a job.
        prepared: What ``begin_job`` returned.

    Raises:
        click.ClickException: As ``begin_job`` does.
    """
    with _told_plainly():
        _prepare(pipeline, catalog, read_job_environment(variables), prepared)


def _first_line(job: JobEnvironment, nodes: list[str]) -> str:
    shown = f"version {job.version or 'none'}, nodes: {listed(nodes, _NODES_SHOWN)}"
    if job.is_inside:
        return f"a node of this job has started Kedro again, {shown}"
    return f"run {job.run}, job {job.job or 'unknown'}, submission {job.submission}, attempt {job.attempt}, {shown}"


def _prepare(
    pipeline: Any, catalog: Any, job: JobEnvironment, prepared: Sequence[VersionedDataset]
) -> tuple[VersionedDataset, ...]:
    if not job.version:
        return ()
    names = pipeline.datasets()
    ready = {id(one.dataset) for one in prepared}
    datasets = tuple(one for one in find_versioned(catalog, names) if id(one.dataset) not in ready)
    for dataset in datasets:
        dataset.save_as(job.version)
    outputs = {name for node in pipeline.nodes for name in node.outputs}
    written = tuple(one for one in datasets if one.name in outputs)
    alone = {name for name, parts in Counter(one.name for one in datasets).items() if parts == 1}
    # Of several that one wraps, nobody knows which are written in the run, and by which job.
    _load_from_run((one for one in _not_written(datasets, outputs) if one.name in alone), job, job.version)
    in_use = _places_in_use(catalog, (*prepared, *datasets), outputs, job, job.version)
    _refuse_to_replace(written, in_use, job.version)
    if job.is_repeated:
        own = set() if job.is_inside else alone
        tell_leftovers((one for one in written if one.name not in own), job.version)
        remove_leftovers((one for one in written if one.name in own), job.version)
    return datasets


def _load_from_run(loaded: Iterable[VersionedDataset], job: JobEnvironment, version: DataVersion) -> None:
    """Let datasets that other jobs of the run have written load the run's version, unless a version is named."""
    missing = []
    for dataset in loaded:
        if job.loads_from_run(dataset.name) and not dataset.load_version:
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


def _places_in_use(
    catalog: Any, datasets: Iterable[VersionedDataset], outputs: set[str], job: JobEnvironment, version: DataVersion
) -> dict[str, str]:
    """Return where the run's version of what the job loads is, each place with a name of the dataset.

    Other jobs have written it, or ``--load-versions`` names it. The job may load it under another name than that under
    which the others have written it: then only the catalog knows that name. Without a list of such names,
    nothing that the job loads is taken for its own.
    """
    if job.reads_before_run is not None:
        return {one.place(version): one.name for one in _not_written(datasets, outputs)}
    loaded = [one for one in datasets if one.name not in outputs and one.load_version == version]
    others = job.reads_from_run - {one.name.partition("@")[0] for one in loaded}
    loaded += find_versioned(catalog, others, skip_broken=True)
    return {one.place(version): one.name for one in loaded}


def _not_written(datasets: Iterable[VersionedDataset], outputs: Iterable[str]) -> list[VersionedDataset]:
    """Return the datasets that are none of these, whatever follows ``@`` in their names."""
    written = {name.partition("@")[0] for name in outputs}
    return [one for one in datasets if one.name.partition("@")[0] not in written]


def _refuse_to_replace(written: Iterable[VersionedDataset], in_use: Mapping[str, str], version: DataVersion) -> None:
    """Refuse a job that would save where the run's version is that it loads: Kedro would refuse it when it saves.

    In a repeated attempt that version would be taken for what an earlier attempt left, and removed.
    """
    replaced = [
        f"  {one.name}: {one.address(version)}, which is where {in_use[one.place(version)]} is, and this job loads it"
        for one in written
        if one.place(version) in in_use and one.may_exist(version)
    ]
    if replaced:
        raise JobRefused(
            f"this job would save where data of its run are already, in version {version}:\n"
            + "\n".join(replaced)
            + "\nKedro does not save a version twice. Give each dataset that the pipeline writes a filepath of its own"
        )


@contextmanager
def _told_plainly() -> Iterator[None]:
    try:
        yield
    except JobRefused as error:
        raise _Refused(for_terminal(str(error))) from error


class _Refused(click.ClickException):
    exit_code = JobRefused.exit_code
