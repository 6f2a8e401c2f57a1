"""A check for datasets that append, and that jobs with several attempts write."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from kedro_batch.compiler.catalog import Entry, with_inner_entries
from kedro_batch.compiler.checks.dataset_diagnostics import describe_jobs
from kedro_batch.compiler.compilation import Compilation
from kedro_batch.diagnostics import Code, Diagnostic, Severity

_MODES = ("mode", "write_mode", "if_exists")
_APPENDING = re.compile("append|insert|a[bt+]*", re.IGNORECASE)
"""``mode: append`` of Spark, Delta and Ibis, ``if_exists: append`` of pandas, ``mode: a`` of files."""
_ADVICE = (
    "Set attempts: 1 in a rule for the nodes that write them, or let them overwrite. `kedro-batch resume` starts a job "
    "that has failed once more, too"
)


def check_appends(compilation: Compilation) -> Iterator[Diagnostic]:
    """Yield a warning for each dataset that appends and that a job with several attempts writes."""
    attempts = {job.name: job.settings.attempts or 1 for job in compilation.plan.jobs}
    if max(attempts.values(), default=1) == 1:
        return
    for name, use, entry in compilation.used_entries():
        setting = next((found for one in with_inner_entries(entry) for found in _find_appending(one)), None)
        if setting is None or name not in use.written or entry.get("versioned"):
            continue
        if jobs := [job for job in use.producers if attempts[job] > 1]:
            yield Diagnostic(
                source=name,
                code=Code.REPEATED_APPEND,
                severity=Severity.WARNING,
                message=f"it appends ({setting}), and {describe_jobs(compilation, jobs, 'write')} it in up to "
                f"{max(attempts[job] for job in jobs)} attempts: a second attempt adds the rows of the first once more",
                about={
                    "dataset": (name,),
                    "producer": tuple(sorted(use.producers)),
                    "consumer": tuple(sorted(use.readers)),
                    "nodes": tuple(sorted(use.nodes)),
                },
                advice=_ADVICE,
            )


def _find_appending(entry: Entry) -> Iterator[str]:
    """Yield the settings of an entry that let it append, such as ``save_args.mode: a``."""
    if _appends("write_mode", entry.get("write_mode")):
        yield f"write_mode: {entry['write_mode']}"
    for argument in ("save_args", "fs_args"):
        yield from _find_in(entry.get(argument), argument)


def _find_in(value: Any, path: str) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            here = f"{path}.{key}"
            if _appends(key, inner):
                yield f"{here}: {str(inner).lower() if inner is True else inner}"
            yield from _find_in(inner, here)


def _appends(key: str, value: Any) -> bool:
    if key == "append":
        return value is True
    return key in _MODES and isinstance(value, str) and _APPENDING.fullmatch(value) is not None
