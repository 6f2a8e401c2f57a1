"""Shows where each setting of a job comes from, as text for a terminal."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from kedro_batch.compiler.explain import ExplainedValue
from kedro_batch.compiler.settings.config_source import SourceRef
from kedro_batch.diagnostics import FieldPath, path_text
from kedro_batch.plan.model import Job
from kedro_batch.review.formatting import LONGEST_PARAM, spell_param
from kedro_batch.text.clipping import clip
from kedro_batch.text.escaping import for_review


def explanation_lines(
    job: Job,
    values: Iterable[tuple[ExplainedValue, tuple[SourceRef, ...]]],
    params: Iterable[tuple[FieldPath, Any, SourceRef]] = (),
) -> Iterator[str]:
    """Yield a job's nodes and command, and each of its settings and parameters with the places that set it."""
    yield f"{job.name}"
    yield f"  nodes: {', '.join(job.nodes)}"
    yield f"  command: {' '.join(job.command)}"
    rows = [
        (
            path_text(value.path),
            _spell(value.value),
            f"{_describe_merge(value)}{', '.join(map(_spell_source, sources))}",
        )
        for value, sources in values
    ]
    rows += [
        (
            for_review(path_text(("params", *path))),
            for_review(clip(spell_param(value), LONGEST_PARAM)),
            _spell_source(source),
        )
        for path, value, source in params
    ]
    widths = [
        max((len(row[column]) for row in rows if column == 0 or len(row[column]) <= _WIDE), default=0)
        for column in (0, 1)
    ]
    for name, value, source in rows:
        yield f"  {name:<{widths[0]}}  {value:<{widths[1]}}  {source}".rstrip()


_WIDE = 40
"""Characters of a value; longer ones push their own source to the right, and not those of all."""


def _spell_source(source: SourceRef) -> str:
    file, line, path = source
    return f"{file}{'' if line is None else f':{line}'}: {path_text(path)}" if path else file


def _spell(value: object) -> str:
    return value if isinstance(value, str) else "-" if value is None else json.dumps(value)


def _describe_merge(value: ExplainedValue) -> str:
    """Describe how the value of a job was made of different values of its nodes."""
    if not value.combined:
        return "" if value.rules else "filled in, since nothing states it"
    if not value.rules and value.value is not None:
        return "the next size of Fargate"
    if value.value is None:
        return "not all of its nodes have it"
    return "the sum of its nodes: " if value.path == ("timeout_s",) else "enough for all of its nodes: "
