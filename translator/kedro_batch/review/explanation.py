"""Where the settings of a job come from, as text."""

import json
from collections.abc import Iterable, Iterator

from kedro_batch.compiler.explain import Value
from kedro_batch.compiler.inputs import Place
from kedro_batch.diagnostics import path_text
from kedro_batch.plan.model import Job


def explanation_lines(job: Job, values: Iterable[tuple[Value, tuple[Place, ...]]]) -> Iterator[str]:
    """Write a job's command, and each of its values with the places in the configuration that set it."""
    yield f"{job.name}"
    yield f"  nodes: {', '.join(job.nodes)}"
    yield f"  command: {' '.join(job.command)}"
    rows = [
        (path_text(value.path), _spelled(value.value), f"{_how(value)}{', '.join(map(_spelled_place, origins))}")
        for value, origins in values
    ]
    widths = [max((len(row[column]) for row in rows), default=0) for column in (0, 1)]
    for name, value, origin in rows:
        yield f"  {name:<{widths[0]}}  {value:<{widths[1]}}  {origin}".rstrip()


def _spelled_place(place: Place) -> str:
    file, line, path = place
    return f"{file}{'' if line is None else f':{line}'}: {path_text(path)}"


def _spelled(value: object) -> str:
    return value if isinstance(value, str) else "-" if value is None else json.dumps(value)


def _how(value: Value) -> str:
    """Say how a value for several nodes was made of theirs."""
    if not value.combined:
        return ""
    if not value.origins and value.value is not None:
        return "the next size that Fargate has"
    if value.value is None:
        return "not all of its nodes have it"
    return "the sum of its nodes': " if value.path == ("timeout_s",) else "of its nodes', what is enough for all: "
