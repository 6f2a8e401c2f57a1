"""Judges boundaries: can a dataset that one job writes get to the container of another job that reads it?

Data in a bucket can, data in memory cannot, and data on a local disk only if the folder is shared.
"""

from collections.abc import Iterator
from typing import assert_never

from kedro_batch.compiler.checks.dataset_diagnostics import (
    SHARE_ADVICE,
    describe_jobs,
    diagnose_dataset,
    find_worst_storage,
    hooks_advice,
    memory_advice,
    reads_newest_version,
)
from kedro_batch.compiler.checks.entries_to_paste import copied_entry, moved_entries, pickled_entry
from kedro_batch.compiler.checks.packages import OWN_ADVICE
from kedro_batch.compiler.compilation import Compilation
from kedro_batch.compiler.data.dataset_uses import DatasetUse
from kedro_batch.compiler.data.shared_places import comparable_place
from kedro_batch.compiler.data.stores import Store
from kedro_batch.compiler.project.project_packages import OWN_PACKAGE
from kedro_batch.diagnostics import Code, Diagnostic, Severity
from kedro_batch.text.wording import sentences


def check_boundaries(compilation: Compilation) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each dataset that its readers in other jobs may not find, or find in another version."""
    for use in compilation.dataset_uses.values():
        if use.producers and use.readers and not _is_split_in_memory(compilation, use):
            yield from _check_store(compilation, use)
            yield from _check_urls(compilation, use)
            yield from _check_versions(compilation, use)


def check_transcoded_in_memory(compilation: Compilation) -> Iterator[Diagnostic]:
    """Yield an error for each transcoded dataset in memory: Kedro keeps its names apart, even in one process."""
    catalog = compilation.inputs.catalog
    for name, use in compilation.dataset_uses.items():
        if not _is_split_in_memory(compilation, use):
            continue
        storages = {one: compilation.storages.of(one) for one in use.names}
        lost = [one for one in use.names if storages[one].store is Store.MEMORY]
        stored = next((one for one, storage in storages.items() if storage.url), None)
        written, read = (", ".join(map(repr, sorted(names))) for names in (use.written, use.read))
        yield diagnose_dataset(
            Code.EPHEMERAL_BOUNDARY,
            name,
            use,
            f"{describe_jobs(compilation, use.producers, 'write')} {written}, and "
            f"{describe_jobs(compilation, use.consumers, 'read')} {read}. In memory each name is a dataset of its own, "
            f"even in one job: {storages[lost[0]].reason}",
            advice=f"Store all names of a transcoded dataset in one place, in {compilation.inputs.catalog_file}",
            remedy="".join(copied_entry(catalog, stored, one) if stored else pickled_entry(one) for one in lost),
        )


def _is_split_in_memory(compilation: Compilation, use: DatasetUse) -> bool:
    return use.is_split and find_worst_storage(compilation, use)[1].store is Store.MEMORY


def _check_store(compilation: Compilation, use: DatasetUse) -> Iterator[Diagnostic]:
    name, storage = find_worst_storage(compilation, use)
    jobs = _describe_uses(compilation, use)
    match storage.store:
        case Store.MEMORY:
            yield diagnose_dataset(
                Code.EPHEMERAL_BOUNDARY,
                name,
                use,
                f"it is only in memory: {storage.reason}. {jobs}",
                advice=sentences(
                    f"Store what other jobs read: add the entries below to {compilation.inputs.catalog_file}",
                    memory_advice(compilation),
                    hooks_advice(compilation),
                ),
                remedy=pickled_entry(name),
            )
        case Store.LOCAL:
            yield diagnose_dataset(
                Code.LOCAL_BOUNDARY,
                name,
                use,
                f"it is on the disk of one container: {storage.reason}. {jobs}",
                advice=SHARE_ADVICE,
                remedy=moved_entries(compilation.inputs.catalog, use.names),
            )
        case Store.UNKNOWN:
            yield diagnose_dataset(
                Code.UNKNOWN_BOUNDARY,
                name,
                use,
                f"it is not known where it is stored: {storage.reason}. {jobs}",
                advice="Declare such datasets in aws_batch.yml, under datasets, as shared, local or memory",
            )
        case Store.SHARED:
            pass
        case _:
            assert_never(storage.store)


def _check_urls(compilation: Compilation, use: DatasetUse) -> Iterator[Diagnostic]:
    """Yield a note if the transcoded names of a dataset are stored in different places."""
    if len(use.names) == 1:
        return
    urls = sorted({comparable_place(compilation.storages.of(one).url) for one in use.names} - {""})
    if len(urls) > 1:
        yield diagnose_dataset(
            Code.UNKNOWN_BOUNDARY,
            find_worst_storage(compilation, use)[0],
            use,
            f"{' and '.join(use.names)} are one dataset, but stored in different places: {', '.join(urls)}. "
            f"{_describe_uses(compilation, use)}. Check that all of them lead to the same data",
            severity=Severity.NOTE,
        )


def _check_versions(compilation: Compilation, use: DatasetUse) -> Iterator[Diagnostic]:
    """Yield a warning if other jobs read the newest version of a dataset, which may be of another run.

    With kedro-batch in the image they read that of their own run.
    """
    packages = compilation.inputs.packages
    if reads_newest_version(compilation, use) and not (packages and packages.has_in_image(OWN_PACKAGE)):
        name = find_worst_storage(compilation, use)[0]
        yield diagnose_dataset(
            Code.VERSIONED_BOUNDARY,
            name,
            use,
            f"it is versioned, and its newest version is read. {_describe_uses(compilation, use)}",
            advice="Start one run at a time: of two at the same time, one may read the version that the other has "
            f"written. Or {OWN_ADVICE}: then every job reads what its own run has written",
        )


def _describe_uses(compilation: Compilation, use: DatasetUse) -> str:
    where = "in another container" if len(use.readers) == 1 else "in other containers"
    writers = describe_jobs(compilation, use.producers, "write")
    return f"{writers} it, and {describe_jobs(compilation, use.readers, 'read')} it {where}"
