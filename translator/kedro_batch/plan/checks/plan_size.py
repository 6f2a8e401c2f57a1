"""Checks that a plan file is small enough to be made a plan, by the caps of ``files.read_budget``.

A file of a few megabytes can become a plan of gigabytes, because each job may copy the defaults.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from kedro_batch.diagnostics import Diagnostic
from kedro_batch.files.read_budget import MAX_COPIED_VALUES, MAX_NAMES, MAX_PARAMS, MAX_SUBMIT_VALUES, MAX_TEXT
from kedro_batch.plan.model import stated_settings


def check_size(file: Mapping[str, Any]) -> Iterator[Diagnostic]:
    """Yield what is too large.

    Args:
        file: What a plan file holds, as the schema allows it.
    """
    jobs: list[Mapping[str, Any]] = file["jobs"]
    names = sum(len(job.get(field, ())) for job in jobs for field in ("nodes", "reads", "writes"))
    if names > MAX_NAMES:
        message = f"name {names:,} nodes and datasets to run, read and write; {MAX_NAMES:,} are read at most"
        yield Diagnostic(path=("jobs",), message=message)
    params = file.get("params", {})
    if (size := _count_values(params)) > MAX_PARAMS or len(json.dumps(params)) > MAX_TEXT:
        yield Diagnostic(path=("params",), message=f"has {size:,} values, more than a command could have")
    for here, settings in stated_settings(file):
        if "submit" in settings and (size := _count_values(settings["submit"])) > MAX_SUBMIT_VALUES:
            message = f"has {size:,} values; {MAX_SUBMIT_VALUES:,} are read at most"
            yield Diagnostic(path=(*here, "submit"), message=message)
    for name, declared in file.get("job_definitions", {}).items():
        if (size := _count_values(declared)) > MAX_SUBMIT_VALUES:
            message = f"has {size:,} values; {MAX_SUBMIT_VALUES:,} are read at most"
            yield Diagnostic(path=("job_definitions", name), message=message)
    yield from _check_copies(jobs, file.get("defaults", {}))


def _check_copies(jobs: list[Mapping[str, Any]], defaults: Mapping[str, Any]) -> Iterator[Diagnostic]:
    """Count what jobs copy: a job that adds to a mapping has a copy of it, and every job sends ``submit``."""
    for name in ("environment", "tags", "submit"):
        takers = len(jobs) if name == "submit" else sum(name in job for job in jobs)
        if (size := _count_values(defaults.get(name))) * takers > MAX_COPIED_VALUES:
            found = f"has {size:,} values for {takers:,} jobs, which take {MAX_COPIED_VALUES:,} together at most"
            yield Diagnostic(path=("defaults", name), message=f"{found}: put them into the job definition")


def _count_values(value: Any) -> int:
    """Count what is in a value, however deep."""
    inner = [value]
    for one in inner:
        if isinstance(one, Mapping):
            inner += one.values()
        elif isinstance(one, list):
            inner += one
    return len(inner) - 1
