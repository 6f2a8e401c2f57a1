"""A check for datasets that append, and that jobs with several attempts write."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from kedro_batch.compiler.checks.dataset_diagnostics import diagnose_dataset
from kedro_batch.compiler.compilation import Compilation
from kedro_batch.compiler.groups import Group
from kedro_batch.compiler.nodes import ProjectNode
from kedro_batch.diagnostics import Code, Diagnostic
from kedro_batch.plan.data_flow import without_transcoding
from kedro_batch.plan.settings import JobSettings, RetryReason

_MODES = ("mode", "write_mode", "if_exists")
_APPENDING = re.compile("append|insert|a[bt+]*", re.IGNORECASE)
"""``mode: append`` of Spark, Delta and Ibis, ``if_exists: append`` of pandas, ``mode: a`` of files."""
_SAME_SHEET = ("replace", "overlay")
"""``if_sheet_exists`` of pandas: with these, ``mode: a`` keeps the other sheets and writes its own one anew."""
_NOT_FOR_SAVING = ("load_args", "open_args_load", "credentials", "metadata")
_ADVICE = (
    "Set attempts: 1 in a rule for all nodes of the job that writes, as a job has the most attempts of its nodes, or "
    "let the dataset overwrite. `kedro-batch resume` starts a job that has failed once more, too"
)


def check_appends(compilation: Compilation) -> Iterator[Diagnostic]:
    """Yield a warning for each dataset that appends and that a job may write several times."""
    for job in compilation.plan.jobs:
        if job.nodes and (attempts := _count_writing_attempts(job.settings)) > 1:
            group = compilation.groups[job.name]
            for node in group.nodes:
                yield from _check_outputs(compilation, node, group, attempts)


def _count_writing_attempts(settings: JobSettings) -> int:
    """Return how many attempts of a job may write; before all other reasons to start it again, no node has run."""
    runs_again = not settings.retry_on or RetryReason.SPOT in settings.retry_on
    return settings.attempts or 1 if runs_again else 1


def _check_outputs(compilation: Compilation, node: ProjectNode, group: Group, attempts: int) -> Iterator[Diagnostic]:
    where = f", in the job {group.label}," if group.label != node.name else ""
    for name in node.outputs:
        entry = compilation.inputs.catalog.entry(name) or {}
        setting = None if entry.get("versioned") else next(_find_appending(entry), None)
        if setting is not None:
            yield diagnose_dataset(
                Code.REPEATED_APPEND,
                name,
                compilation.dataset_uses[without_transcoding(name)],
                f"it appends ({setting}), and {node.name} writes it{where} in up to {attempts} attempts: a second "
                "attempt adds the rows of the first once more",
                advice=_ADVICE,
            )


def _find_appending(arguments: Mapping[str, Any], path: str = "") -> Iterator[str]:
    """Yield the settings of an entry that let it append, such as ``save_args.mode: a``."""
    for key, value in arguments.items():
        if isinstance(value, Mapping):
            if key not in _NOT_FOR_SAVING:
                yield from _find_appending(value, f"{path}{key}.")
        elif _appends(key, value) and arguments.get("if_sheet_exists") not in _SAME_SHEET:
            yield f"{path}{key}: {str(value).lower() if value is True else value}"


def _appends(key: str, value: Any) -> bool:
    if key == "append":
        return value is True
    return key in _MODES and isinstance(value, str) and _APPENDING.fullmatch(value) is not None
