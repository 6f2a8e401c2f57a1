"""What a plan was compiled from: enough to tell whether two plans are of the same pipeline. Pure."""

import re
from dataclasses import dataclass

from kedro_batch.files import yaml_reader
from kedro_batch.plan.model import Plan

BEGINNING = 16_384
"""Bytes of a plan file that are enough for ``read_origin``."""
_HEAD = re.compile(rb"\A(?:#.*\n|(?:schema|project|pipelines|env):.*\n)+")
"""What the writer writes first, each field in one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanOrigin:
    """What a plan was compiled from. Two plans with the same one may have other nodes, settings and parameters."""

    project: str | None = None
    pipelines: tuple[str, ...] = ()
    env: str | None = None


def origin_of(plan: Plan) -> PlanOrigin:
    """Return what a plan was compiled from."""
    return PlanOrigin(project=plan.project, pipelines=tuple(sorted(plan.pipelines)), env=plan.env)


def read_origin(beginning: bytes) -> PlanOrigin | None:
    """Return what a plan was compiled from; None if it does not begin as ``compile`` writes it.

    Args:
        beginning: The first bytes of its file: a plan of 10,000 jobs takes seconds to read.
    """
    found = _HEAD.match(beginning)
    document = yaml_reader.parse(found[0] if found else b"", "plan")
    fields = document.value
    if document.broken or document.diagnostics or not isinstance(fields, dict):
        return None
    project, pipelines, env = fields.get("project"), fields.get("pipelines", []), fields.get("env")
    if not isinstance(pipelines, list) or not all(isinstance(one, str) for one in pipelines):
        return None
    texts = [one if isinstance(one, str) else None for one in (project, env)]
    return PlanOrigin(project=texts[0], pipelines=tuple(sorted(pipelines)), env=texts[1])
