"""Read the shape of one job in a DescribeJobs reply: its attempts, tasks and containers. Pure.

Any field may be missing or of another type: it is then left out. Jobs on EKS, and those with several containers, have
fields of their own.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any


def attempts_of(job: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    """Return the attempts, oldest first; those on EKS have a field of their own."""
    return mappings_in(job.get("attempts")) or mappings_in(job.get("eksAttempts"))


def tasks_of(job: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    """Return the tasks of a job with several containers."""
    return mappings_in(mapping_in(job.get("ecsProperties")).get("taskProperties"))


def containers_of_attempt(attempt: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    """Return the containers of one attempt."""
    tasks = mappings_in(attempt.get("taskProperties"))
    return (mapping_in(attempt.get("container")), *_containers_in((*tasks, attempt)))


def containers_of_job(job: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    """Return the containers of a job."""
    pod = mapping_in(mapping_in(job.get("eksProperties")).get("podProperties"))
    return (mapping_in(job.get("container")), *_containers_in((*tasks_of(job), pod)))


def _containers_in(groups: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for group in groups:
        yield from mappings_in(group.get("containers"))
        yield from mappings_in(group.get("initContainers"))


def first_exit_code(containers: Iterable[Mapping[str, Any]]) -> int | None:
    """Return the first exit code that is not 0, or else 0; None where there is none."""
    given = [one.get("exitCode") for one in containers]
    codes = [code for code in given if isinstance(code, int) and not isinstance(code, bool)]
    return next((code for code in codes if code), codes[0] if codes else None)


def text_in(value: Any) -> str:
    """Return a text; an empty one for anything else."""
    return value if isinstance(value, str) else ""


def mapping_in(value: Any) -> Mapping[str, Any]:
    """Return a mapping; an empty one for anything else."""
    return value if isinstance(value, Mapping) else {}


def mappings_in(value: Any) -> tuple[Mapping[str, Any], ...]:
    """Return the mappings in a list."""
    return tuple(one for one in value if isinstance(one, Mapping)) if isinstance(value, list | tuple) else ()
