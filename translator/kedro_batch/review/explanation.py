"""Write the origin of the settings of a job as text, for ``compile --explain``. Values come in, lines go out."""

import json
from collections.abc import Iterable, Iterator

from kedro_batch.compiler.explain import Value
from kedro_batch.compiler.inputs import Place
from kedro_batch.diagnostics import path_text
from kedro_batch.plan.model import Job


def explanation_lines(job: Job, values: Iterable[tuple[Value, tuple[Place, ...]]]) -> Iterator[str]:
    """Yield a job's nodes and command, and each of its values with the lines of the configuration that set it."""
    yield f"{job.name}"
    yield f"  nodes: {', '.join(job.nodes)}"
    yield f"  command: {' '.join(job.command)}"
    rows = [
        (path_text(value.path), _explained_value(value.value), f"{_how(value)}{', '.join(map(_source_text, origins))}")
        for value, origins in values
    ]
    widths = [max((len(row[column]) for row in rows), default=0) for column in (0, 1)]
    for name, value, origin in rows:
        yield f"  {name:<{widths[0]}}  {value:<{widths[1]}}  {origin}".rstrip()


def _source_text(place: Place) -> str:
    file, line, path = place
    return f"{file}{'' if line is None else f':{line}'}: {path_text(path)}"


def _explained_value(value: object) -> str:
    return value if isinstance(value, str) else "-" if value is None else json.dumps(value)


def _how(value: Value) -> str:
    """Return how the value of a job with several nodes was made of their values."""
    if not value.combined:
        return ""
    if not value.origins and value.value is not None:
        return "the next size that Fargate offers"
    if value.value is None:
        return "not set for all of its nodes"
    return "the sum of its nodes: " if value.path == ("timeout_s",) else "enough for each of its nodes: "
