"""Counts what a plan passes on, and what its defaults say again and again: a small file could fill any memory."""

from collections.abc import Iterator, Mapping
from typing import Any

from kedro_batch.errors import FieldPath

_REPEATED_AT_MOST = 500_000
"""Values that all jobs together take over from the defaults: 20 each for 25,000 jobs."""
_SUBMIT_AT_MOST = 2000
"""Values of what one job passes on: with their names, about as many as a request has room for."""


def repetition_problems(plan: Mapping[str, Any]) -> Iterator[tuple[FieldPath, str]]:
    """Yield what is passed on and too large for a job, and which of the defaults are too large for so many jobs.

    What is merged by key is copied for every job that adds to it; ``submit`` is sent by every job.

    Args:
        plan: What a plan file holds, allowed by the schema.
    """
    jobs = plan["jobs"]
    places: list[tuple[FieldPath, Mapping[str, Any]]] = [(("defaults",), plan.get("defaults", {}))]
    places += [(("jobs", index), job) for index, job in enumerate(jobs) if "submit" in job]
    for here, settings in places:
        if (size := _size(settings.get("submit"))) > _SUBMIT_AT_MOST:
            yield (*here, "submit"), f"has {size:,} values; {_SUBMIT_AT_MOST:,} are read at most"
    for name in ("environment", "tags", "submit"):
        stated = plan.get("defaults", {}).get(name, {})
        takers = len(jobs) if name == "submit" else sum(name in job for job in jobs)
        if (size := _size(stated)) * takers > _REPEATED_AT_MOST:
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
