"""Writes a plan as YAML: the same bytes on every machine, made to be read and compared.

A plan has one fixed shape, and it has to be equal byte by byte wherever it is compiled.
Block style with one item a line where lists grow, flow style for commands and other short things; text is
quoted wherever YAML 1.1 and YAML 1.2 could disagree about it; no anchors, no folding.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from kedro_batch.files.yaml_block import block_lines, inline_text
from kedro_batch.files.yaml_scalars import write_scalar
from kedro_batch.plan.model import PLAN_SCHEMA, Job, Plan

_HEADER = "# Compiled by kedro-batch. Review it, commit it, then: kedro-batch apply plan.yaml"


def plan_text(plan: Plan) -> str:
    """Write a plan as YAML text with LF line ends and a final newline."""
    return "\n".join([_HEADER, *_plan_lines(plan)]) + "\n"


def _plan_lines(plan: Plan) -> Iterator[str]:
    yield f"schema: {PLAN_SCHEMA}"
    for name, value in plan.header().items():
        match value:
            case dict() if name in ("params", "job_definitions"):
                yield f"{name}:"
                yield from block_lines(dict(sorted(value.items())))
            case dict():
                yield from _nested(name, (line for flag, names in value.items() for line in _block_list(flag, names)))
            case list() if name == "not_secret":  # each name is a line of its own in a review
                yield from _block_list(name, value)
            case list():
                yield from _flow_list(name, value)
            case _:
                yield f"{name}: {inline_text(value)}"
    defaults = plan.defaults.to_dict()
    yield from _nested("defaults", _settings_lines(defaults, {}))
    yield "jobs:"
    written: dict[int, list[str]] = {}  # jobs with the same settings share them
    for job in plan.jobs:
        bullet = "  - "
        settings = written.get(id(job.settings))
        if settings is None:
            settings = written[id(job.settings)] = [*_settings_lines(job.settings.to_dict(), defaults)]
        for line in (*_job_lines(job), *settings):
            yield bullet + line
            bullet = "    "


def _job_lines(job: Job) -> Iterator[str]:
    yield f"name: {write_scalar(job.name)}"
    yield from _block_list("nodes", job.nodes)
    yield from _flow_list("command", job.command)
    yield from _block_list("depends_on", job.depends_on)
    yield from _block_list("reads", job.reads)
    yield from _block_list("writes", job.writes)


def _settings_lines(settings: Mapping[str, Any], defaults: Mapping[str, Any]) -> Iterator[str]:
    """Write the settings of a job, or the defaults themselves, without what ``defaults`` states already.

    Raises:
        ValueError: The defaults state something that the job does not have: a file cannot take it back.
    """
    for name in defaults:
        if name == "retry_on" and name not in settings:
            yield "retry_on: []"
        else:
            _refuse_missing(name, settings.get(name), defaults[name])
    for name, value in settings.items():
        stated = defaults.get(name)
        if value == stated:
            continue
        match name:
            case "resources":
                own = _difference(value, stated)
                yield f"resources: {{{', '.join(f'{key}: {number}' for key, number in own.items())}}}"
            case "retry_on":
                yield from _flow_list(name, value)
            case "environment" | "tags" | "submit":
                yield f"{name}:"
                yield from block_lines(dict(sorted(_difference(value, stated).items())))
            case _:
                yield f"{name}: {inline_text(value)}"


def _difference(own: Mapping[str, Any], stated: Mapping[str, Any] | None) -> dict[str, Any]:
    return {key: value for key, value in own.items() if not stated or stated.get(key) != value}


def _refuse_missing(name: str, own: Any, stated: Any) -> None:
    lacking = stated.keys() - (own or {}).keys() if isinstance(stated, Mapping) else own is None
    if lacking:
        raise ValueError(f"a job has no {name}, or less of it than the plan's defaults, which have: {stated!r}")


def _nested(name: str, lines: Iterable[str]) -> Iterator[str]:
    indented = [f"  {line}" for line in lines]
    if indented:
        yield f"{name}:"
        yield from indented


def _block_list(name: str, items: Iterable[str]) -> Iterator[str]:
    yield from _nested(name, (f"- {write_scalar(item)}" for item in items))


def _flow_list(name: str, items: Iterable[str]) -> Iterator[str]:
    texts = [write_scalar(item) for item in items]
    if texts:
        yield f"{name}: [{', '.join(texts)}]"
