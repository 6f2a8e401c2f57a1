"""The words that all checks of datasets share: who writes and reads a dataset, and how bad it is."""

from collections.abc import Collection
from typing import TypedDict, Unpack

from kedro_batch.compiler.compilation import Compilation
from kedro_batch.compiler.data.dataset_uses import DatasetUse
from kedro_batch.compiler.data.storage import Storage
from kedro_batch.compiler.data.stores import Store
from kedro_batch.compiler.grouping_names import MEMORY
from kedro_batch.diagnostics import Code, Diagnostic, Severity
from kedro_batch.plan.model import JobName
from kedro_batch.text.wording import listed

_SEVERITIES = {
    Code.EPHEMERAL_BOUNDARY: Severity.ERROR,
    Code.MISSING_INPUT: Severity.ERROR,
    Code.CONFIRMED_ELSEWHERE: Severity.ERROR,
    Code.DATASET_STATE: Severity.WARNING,
    Code.LOCAL_BOUNDARY: Severity.WARNING,
    Code.LOCAL_INPUT: Severity.WARNING,
    Code.LOCAL_OUTPUT: Severity.WARNING,
    Code.REPEATED_APPEND: Severity.WARNING,
    Code.SHARED_PLACE: Severity.WARNING,
    Code.VERSIONED_BOUNDARY: Severity.WARNING,
    Code.UNSTORED_OUTPUT: Severity.WARNING,
    Code.UNKNOWN_BOUNDARY: Severity.WARNING,
    Code.UNKNOWN_STORAGE: Severity.NOTE,
}
SHARE_ADVICE = (
    "Store what other jobs read on S3 or the like. If all containers mount its folder, add it to shared_paths in "
    "aws_batch.yml"
)
KEEP_ADVICE = (
    "Store results on S3 or the like. If all containers mount their folder, add it to shared_paths in aws_batch.yml"
)
_WORST_FIRST = (Store.MEMORY, Store.LOCAL, Store.UNKNOWN, Store.SHARED)


class MoreFields(TypedDict, total=False):
    """Fields of a diagnostic that few have: lines to paste, and a severity other than that of the code."""

    remedy: str
    severity: Severity


def describe_jobs(compilation: Compilation, jobs: Collection[JobName], verb: str) -> str:
    """Return the labels of jobs and what they do: ``split_data writes``, ``train and test read``."""
    labels = sorted(compilation.groups[job].label for job in jobs)
    return f"{listed(labels)} {verb}s" if len(labels) == 1 else f"{listed(labels)} {verb}"


def memory_advice(compilation: Compilation) -> str:
    """Return how to run nodes that share what is only in memory in one job; empty if that is configured already."""
    grouping = compilation.inputs.settings.group_by
    if MEMORY in grouping:
        return ""
    names = (*grouping, MEMORY)
    in_settings = compilation.inputs.options.for_runner  # kedro run has no such flag
    how = f"group_by: [{', '.join(names)}] in aws_batch.yml" if in_settings else f"--group-by {','.join(names)}"
    return f"Or run these nodes in one job: {how}"


def hooks_advice(compilation: Compilation, *, always: bool = False) -> str:
    """Return what to do about what a hook adds; empty if the project has no such hook, and it is not said always."""
    if not (always or compilation.inputs.catalog_hooks):
        return ""
    return (
        "Hooks do not run while compiling: declare what they add in aws_batch.yml, under datasets, such as NAME: shared"
    )


def find_worst_storage(compilation: Compilation, use: DatasetUse) -> tuple[str, Storage]:
    """Return the name of a dataset, among those it is transcoded to, with the worst storage, and that storage."""
    first, *others = use.names
    if not others:
        return first, compilation.storages.of(first)
    storages = ((name, compilation.storages.of(name)) for name in use.names)
    return min(storages, key=lambda one: _WORST_FIRST.index(one[1].store))


def diagnose_dataset(
    code: Code, name: str, use: DatasetUse, message: str, *, advice: str = "", **more: Unpack[MoreFields]
) -> Diagnostic:
    """Return a diagnostic about a dataset or a parameter, with the jobs and nodes that use it.

    Args:
        code: Its kind, which has a severity.
        name: The dataset's or parameter's name.
        use: Which jobs use it.
        message: What is wrong.
        advice: What to do, in words that fit all diagnostics of this code.
        more: Fields that few diagnostics have.
    """
    return Diagnostic(
        source=name,
        code=code,
        message=message,
        advice=advice,
        about={
            "dataset": (name,),
            "producer": tuple(sorted(use.producers)),
            "consumer": tuple(sorted(use.readers)),
            "nodes": tuple(sorted(use.nodes)),
        },
        severity=more.get("severity", _SEVERITIES[code]),
        remedy=more.get("remedy", ""),
    )


def reads_newest_version(compilation: Compilation, use: DatasetUse) -> bool:
    """True if a dataset is versioned, and a node reads its newest version, not one that is given."""
    given = compilation.inputs.options.load_versions
    return any(compilation.storages.of(one).versioned and one not in given for one in use.read)
