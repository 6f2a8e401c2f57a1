"""Checks of inputs, which no job writes, and of results, which no job reads."""

from collections.abc import Iterator

from kedro_batch.compiler.checks.dataset_diagnostics import (
    KEEP_ADVICE,
    describe_jobs,
    diagnose_dataset,
    find_worst_storage,
    hooks_advice,
)
from kedro_batch.compiler.checks.entries_to_paste import moved_entries
from kedro_batch.compiler.compilation import Compilation
from kedro_batch.compiler.data.stores import Store, find_folder
from kedro_batch.diagnostics import Code, Diagnostic
from kedro_batch.plan.data_flow import without_transcoding
from kedro_batch.text.wording import sentences


def check_inputs(compilation: Compilation) -> Iterator[Diagnostic]:
    """Yield an error for each dataset that no selected node writes and that is only in memory."""
    for use in compilation.dataset_uses.values():
        name, storage = find_worst_storage(compilation, use)
        if use.consumers and not use.producers and storage.store is Store.MEMORY and not storage.given:
            yield diagnose_dataset(
                Code.MISSING_INPUT,
                name,
                use,
                f"no selected node writes it, and it is not stored: {storage.reason}. "
                f"{describe_jobs(compilation, use.consumers, 'read')} it",
                advice=sentences(
                    f"Add an entry to {compilation.inputs.catalog_file}", hooks_advice(compilation, always=True)
                ),
            )


def check_outputs(compilation: Compilation) -> Iterator[Diagnostic]:
    """Yield a warning for each dataset that no node reads and that is only in memory."""
    for use in compilation.dataset_uses.values():
        name, storage = find_worst_storage(compilation, use)
        if use.producers and not use.consumers and storage.store is Store.MEMORY:
            yield diagnose_dataset(
                Code.UNSTORED_OUTPUT,
                name,
                use,
                f"it is lost when its container ends: {storage.reason}. "
                f"{describe_jobs(compilation, use.producers, 'write')} it, and no node reads it",
                advice=sentences(
                    f"If it is a result, add an entry to {compilation.inputs.catalog_file}", hooks_advice(compilation)
                ),
            )


def check_local_inputs(compilation: Compilation) -> Iterator[Diagnostic]:
    """Yield a warning for each dataset that no selected node writes and that is on the disk of a container."""
    image_paths = compilation.inputs.settings.image_paths
    written_elsewhere = {without_transcoding(one.other) for one in compilation.shared_places if one.reads}
    for dataset, use in compilation.dataset_uses.items():
        name, storage = find_worst_storage(compilation, use)
        if use.producers or storage.store is not Store.LOCAL or dataset in written_elsewhere:
            continue
        if storage.local_path and find_folder(storage.local_path, image_paths) is not None:
            continue
        yield diagnose_dataset(
            Code.LOCAL_INPUT,
            name,
            use,
            f"a container has it only if the image has: {storage.reason}. "
            f"{describe_jobs(compilation, use.consumers | use.confirmers, 'read')} it, and no selected node writes it",
            advice="Store inputs on S3 or the like. If the image has their folder, add it to image_paths in "
            "aws_batch.yml; if all containers mount it, to shared_paths",
            remedy=moved_entries(compilation.inputs.catalog, use.names),
        )


def check_local_outputs(compilation: Compilation) -> Iterator[Diagnostic]:
    """Yield a warning for each dataset that no node reads and that is on the disk of a container."""
    read_elsewhere = {without_transcoding(one.written) for one in compilation.shared_places if one.reads}
    for dataset, use in compilation.dataset_uses.items():
        name, storage = find_worst_storage(compilation, use)
        if use.producers and not use.consumers and storage.store is Store.LOCAL and dataset not in read_elsewhere:
            yield diagnose_dataset(
                Code.LOCAL_OUTPUT,
                name,
                use,
                f"it is lost when its container ends: {storage.reason}. "
                f"{describe_jobs(compilation, use.producers, 'write')} it, and no node reads it",
                advice=KEEP_ADVICE,
                remedy=moved_entries(compilation.inputs.catalog, use.names),
            )


def check_unknown_storage(compilation: Compilation) -> Iterator[Diagnostic]:
    """Yield a note for each input and each result of which it is not known where it is stored."""
    for use in compilation.dataset_uses.values():
        name, storage = find_worst_storage(compilation, use)
        if storage.store is Store.UNKNOWN and not (use.producers and use.consumers):
            jobs, verb = (use.producers, "write") if use.producers else (use.consumers | use.confirmers, "read")
            yield diagnose_dataset(
                Code.UNKNOWN_STORAGE,
                name,
                use,
                f"it is not known where it is stored: {storage.reason}. {describe_jobs(compilation, jobs, verb)} it",
                advice="If every container can reach it, declare it in aws_batch.yml, under datasets, as shared",
            )
