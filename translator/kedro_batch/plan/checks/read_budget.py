"""Finds what is too large in a plan of a few megabytes: what its jobs take over from the defaults, and so on.

The limits of AWS Batch are those of ``limits``; these keep time and memory small whatever a file holds.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from kedro_batch.diagnostics import FieldPath

JOBS = 25_000
"""Of one plan."""
_REPEATED_AT_MOST = 500_000
"""Values that all jobs together take over from the defaults: 20 each for 25,000 jobs."""
_SUBMIT_AT_MOST = 2000
"""Values of what one job passes on: with their names, about as many as a request has room for."""
_NAMES_AT_MOST = 400_000
"""Of nodes and datasets: 16 for each of 25,000 jobs."""


def too_large(plan: Mapping[str, Any]) -> Iterator[tuple[FieldPath, str]]:
    """Yield what is too large to be worked with.

    Args:
        plan: What a plan file holds, allowed by the schema.
    """
    jobs: list[Mapping[str, Any]] = plan["jobs"]
    defaults: Mapping[str, Any] = plan.get("defaults", {})
    names = sum(len(job.get(field, ())) for job in jobs for field in ("nodes", "reads", "writes"))
    if names > _NAMES_AT_MOST:
        message = f"name {names:,} nodes and datasets to run, read and write; {_NAMES_AT_MOST:,} are read at most"
        yield ("jobs",), message
    for here, settings in ((("defaults",), defaults), *((("jobs", index), job) for index, job in enumerate(jobs))):
        if "submit" in settings and (size := _size(settings["submit"])) > _SUBMIT_AT_MOST:
            yield (*here, "submit"), f"has {size:,} values; {_SUBMIT_AT_MOST:,} are read at most"
    yield from _repeated(jobs, defaults)


def _repeated(jobs: list[Mapping[str, Any]], defaults: Mapping[str, Any]) -> Iterator[tuple[FieldPath, str]]:
    """Look at the defaults: a job that adds to a mapping has a copy of it, and ``submit`` is sent by every job."""
    for name in ("environment", "tags", "submit"):
        takers = len(jobs) if name == "submit" else sum(name in job for job in jobs)
        if (size := _size(defaults.get(name))) * takers > _REPEATED_AT_MOST:
            found = f"has {size:,} values for {takers:,} jobs, which take {_REPEATED_AT_MOST:,} together at most"
            yield ("defaults", name), f"{found}: put them into the job definition"


def _size(value: Any) -> int:
    """Count what is in a value, however deep."""
    inner = [value]
    for one in inner:
        if isinstance(one, Mapping):
            inner += one.values()
        elif isinstance(one, list):
            inner += one
    return len(inner) - 1
