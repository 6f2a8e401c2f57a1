"""Checks for datasets that remember something in their process: a list of partitions, or what was saved last.

With ``kedro run`` all nodes share these objects. On AWS Batch every job has its own, which remembers nothing.
"""

from collections.abc import Iterator, Mapping

from kedro_batch.compiler.checks.dataset_diagnostics import (
    describe_jobs,
    diagnose_dataset,
    find_worst_storage,
    memory_advice,
)
from kedro_batch.compiler.compilation import Compilation
from kedro_batch.compiler.data.catalog import Entry
from kedro_batch.compiler.data.dataset_uses import DatasetUse
from kedro_batch.compiler.data.stores import Store
from kedro_batch.diagnostics import Code, Diagnostic, Severity
from kedro_batch.plan.data_flow import without_transcoding
from kedro_batch.text.wording import sentences

_EXACT = ("pickle", "cloudpickle", "joblib", "dill", "compress_pickle")
"""Words in the names of classes that load the very object that was saved."""


def check_confirms(compilation: Compilation) -> Iterator[Diagnostic]:
    """Yield an error for each dataset that one job reads and another confirms, or that several jobs confirm."""
    for name, use in compilation.dataset_uses.items():
        if not use.confirmers:
            continue
        if len(use.confirmers | use.consumers) > 1:
            what = f"{describe_jobs(compilation, use.confirmers, 'confirm')} it"
            if use.consumers:
                what += f", and {describe_jobs(compilation, use.consumers, 'read')} it"
            advice = sentences("Let one node read and confirm it", memory_advice(compilation))
            yield _diagnose_confirms(name, use, f"{what}, in several containers", advice)
        elif runner := _find_parallel_runner(compilation, name, use):
            advice = "Run their job with the SequentialRunner or the ThreadRunner, which have one process"
            yield _diagnose_confirms(name, use, f"the {runner} reads and confirms it in several processes", advice)


def _diagnose_confirms(name: str, use: DatasetUse, what: str, advice: str) -> Diagnostic:
    return diagnose_dataset(
        Code.CONFIRMED_ELSEWHERE,
        name,
        use,
        f"{what}: each lists the partitions anew. What arrives in between is confirmed and never processed, or what "
        "was confirmed is not read again",
        advice=advice,
    )


def _find_parallel_runner(compilation: Compilation, name: str, use: DatasetUse) -> str | None:
    """Return the runner, if it runs in processes of their own the nodes of one job that read or confirm a dataset."""
    (job,) = use.confirmers
    nodes = compilation.groups[job].nodes
    users = [node for node in nodes if name in map(without_transcoding, (*node.inputs, *node.confirms))]
    runner = (compilation.node_settings.merge(nodes).runner or "").rpartition(".")[2]
    return runner if runner == "ParallelRunner" and len(users) > 1 else None


def check_checkpoints(compilation: Compilation) -> Iterator[Diagnostic]:
    """Yield a warning for each dataset whose checkpoint, written when it is confirmed, is on a container's disk."""
    for name, use in compilation.dataset_uses.items():
        for one in use.names if use.confirmers else ():
            checkpoint = (compilation.inputs.catalog.entry(one) or {}).get("checkpoint")
            place = checkpoint if isinstance(checkpoint, Mapping) and "filepath" in checkpoint else None
            storage = compilation.storages.judge(place) if place else compilation.storages.of(one)
            if storage.store is Store.LOCAL:
                yield diagnose_dataset(
                    Code.LOCAL_OUTPUT,
                    name,
                    use,
                    f"its checkpoint is lost when its container ends: {storage.reason}. "
                    f"{describe_jobs(compilation, use.confirmers, 'confirm')} it, and the next run starts anew",
                    advice="Store checkpoints on S3 or the like. If all containers mount their folder, add it to "
                    "shared_paths in aws_batch.yml",
                )
                break


def check_caches(compilation: Compilation) -> Iterator[Diagnostic]:
    """Yield a warning for each ``CachedDataset`` between jobs: its readers get no cached object, but what is stored."""
    for name, use in compilation.dataset_uses.items():
        if not (use.producers and use.readers) or find_worst_storage(compilation, use)[1].store is Store.MEMORY:
            continue
        entries = (compilation.inputs.catalog.entry(one) for one in use.names)
        if inner := next((found for entry in entries if entry and (found := _cached_type(compilation, entry))), None):
            yield diagnose_dataset(
                Code.DATASET_STATE,
                name,
                use,
                f"it is cached: with `kedro run`, {describe_jobs(compilation, use.readers, 'get')} the object that "
                f"{describe_jobs(compilation, use.producers, 'save')}, and here what a {inner} makes of the file. "
                "Types and indexes may differ",
                advice="Store it without CachedDataset and compare the results, or store it with pickle.PickleDataset",
            )


def _cached_type(compilation: Compilation, entry: Entry) -> str | None:
    """Return the type that a ``CachedDataset`` stores with; None if it is none, or if that keeps any object."""
    own = str(entry.get("type"))
    if own.rpartition(".")[2].lower() != "cacheddataset" and not any(
        "cacheddataset" in base.lower() for base in compilation.inputs.base_names(own)
    ):
        return None
    inner = entry.get("dataset")
    kind = str(inner.get("type", "")) if isinstance(inner, Mapping) else str(inner)
    return None if any(word in kind.lower() for word in _EXACT) else kind


def check_partitions(compilation: Compilation) -> Iterator[Diagnostic]:
    """Yield a note for each input in partitions that several jobs read: each lists them when it starts."""
    for name, use in compilation.dataset_uses.items():
        if use.producers or use.confirmers or len(use.readers) < 2:  # noqa: PLR2004  one job lists them once
            continue
        kinds = (str((compilation.inputs.catalog.entry(one) or {}).get("type")) for one in use.names)
        if any(kind.lower().endswith(("partitioneddataset", "incrementaldataset")) for kind in kinds):
            yield diagnose_dataset(
                Code.DATASET_STATE,
                name,
                use,
                f"{describe_jobs(compilation, use.readers, 'list')} its partitions when they start, and `kedro run` "
                "lists them once",
                severity=Severity.NOTE,
                advice="If files may arrive during a run, read it in one node, and store what it gives the others",
            )
