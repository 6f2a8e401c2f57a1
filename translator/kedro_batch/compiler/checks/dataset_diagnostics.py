"""The words that all checks of datasets share: who writes and reads a dataset, and the catalog entry to add."""

import re
from collections.abc import Collection

from kedro_batch.compiler.compilation import Compilation
from kedro_batch.compiler.dataset_uses import DatasetUse
from kedro_batch.compiler.storage import Storage, Store
from kedro_batch.diagnostics import Code, Diagnostic, Severity
from kedro_batch.files.yaml_scalars import write_scalar
from kedro_batch.plan.model import JobName
from kedro_batch.text.wording import listed

_SEVERITIES = {
    Code.EPHEMERAL_BOUNDARY: Severity.ERROR,
    Code.MISSING_INPUT: Severity.ERROR,
    Code.LOCAL_BOUNDARY: Severity.WARNING,
    Code.VERSIONED_BOUNDARY: Severity.WARNING,
    Code.UNSTORED_OUTPUT: Severity.WARNING,
    Code.UNKNOWN_BOUNDARY: Severity.NOTE,
}
_WORST_FIRST = (Store.MEMORY, Store.LOCAL, Store.UNKNOWN, Store.SHARED)


def describe_jobs(compilation: Compilation, jobs: Collection[JobName], verb: str) -> str:
    """Return the labels of jobs and what they do: ``split_data writes``, ``train and test read``."""
    labels = sorted(compilation.groups[job].label for job in jobs)
    return f"{listed(labels)} {verb}s" if len(labels) == 1 else f"{listed(labels)} {verb}"


def describe_hooks(name: str) -> str:
    """Return what to do about a dataset or a parameter that is not in the configuration because a hook adds it."""
    return (
        f"Hooks do not run while compiling: if one adds it, write {write_scalar(name)}: shared in aws_batch.yml, under "
        "datasets"
    )


def find_worst_storage(compilation: Compilation, use: DatasetUse) -> tuple[str, Storage]:
    """Return the name of a dataset, among those it is transcoded to, with the worst storage, and that storage."""
    storages = ((name, compilation.storages.of(name)) for name in use.names)
    return min(storages, key=lambda one: _WORST_FIRST.index(one[1].store))


def diagnose_dataset(code: Code, name: str, use: DatasetUse, message: str, remedy: str = "") -> Diagnostic:
    """Return a diagnostic about a dataset or a parameter, with the jobs and nodes that use it."""
    return Diagnostic(
        source=name,
        code=code,
        severity=_SEVERITIES[code],
        message=message,
        remedy=remedy,
        about={
            "dataset": (name,),
            "producer": tuple(sorted(use.producers)),
            "consumer": tuple(sorted(use.readers)),
            "nodes": tuple(sorted(use.nodes)),
        },
    )


def pickle_entry(name: str, path: str) -> str:
    """Return a catalog entry that stores any Python object."""
    shown_path = path if re.fullmatch(r"[\w./:-]+", path) else write_scalar(path)
    return f"{write_scalar(name)}:\n  type: pickle.PickleDataset\n  filepath: {shown_path}\n"


def pickle_path(name: str) -> str:
    """Return a path for a dataset on S3, which all containers see."""
    letters = "".join(letter if letter.isalnum() or letter in "._-" else "_" for letter in name)
    return f"s3://my-bucket/{letters}.pickle"
