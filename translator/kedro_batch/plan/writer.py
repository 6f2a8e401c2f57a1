"""Writes a plan as YAML: the same bytes on every machine, made to be read and compared.

The YAML is written here and not by PyYAML because libyaml and PyYAML's own emitter differ in details, and so
do their versions: a plan has one fixed shape, and it has to be equal byte by byte wherever it is compiled.
Block style with one item a line where lists grow, flow style for commands and other short things; text is
quoted wherever YAML 1.1 and YAML 1.2 could disagree about it; no anchors, no folding.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict

from kedro_batch.plan.model import PLAN_SCHEMA, Defaults, Job, Plan, Resources
from kedro_batch.strict_yaml import INVISIBLE

_HEADER = "# Compiled by kedro-batch. Review it, commit it, then: kedro-batch apply plan.yaml"


def plan_text(plan: Plan) -> str:
    """Write a plan as YAML text with LF line ends and a final newline."""
    return "\n".join([_HEADER, *_plan_lines(plan)]) + "\n"


def _plan_lines(plan: Plan) -> Iterator[str]:
    yield f"schema: {PLAN_SCHEMA}"
    if plan.project is not None:
        yield f"project: {scalar(plan.project)}"
    yield from _flow_list("pipelines", plan.pipelines)
    if plan.env is not None:
        yield f"env: {scalar(plan.env)}"
    if plan.kedro_version is not None:
        yield f"kedro_version: {scalar(plan.kedro_version)}"
    chosen = {flag: names for flag, names in asdict(plan.selection).items() if names}
    yield from _nested("selection", (line for flag, names in chosen.items() for line in _block_list(flag, names)))
    yield from _nested("defaults", _settings_lines(plan.defaults, Defaults()))
    yield "jobs:"
    for job in plan.jobs:
        bullet = "  - "
        for line in _job_lines(job, plan.defaults):
            yield bullet + line
            bullet = "    "


def _job_lines(job: Job, defaults: Defaults) -> Iterator[str]:
    yield f"name: {scalar(job.name)}"
    yield from _block_list("nodes", job.nodes)
    yield from _flow_list("command", job.command)
    yield from _block_list("depends_on", job.depends_on)
    yield from _block_list("reads", job.reads)
    yield from _block_list("writes", job.writes)
    yield from _settings_lines(job, defaults)


def _settings_lines(settings: Job | Defaults, defaults: Defaults) -> Iterator[str]:
    """Write what a job or the defaults say beyond what ``defaults`` has said already.

    Raises:
        ValueError: The defaults say something that the job does not have: a file cannot take it back.
    """
    _refuse_unsayable(asdict(settings.resources), asdict(defaults.resources))
    _refuse_unsayable(settings.tags, defaults.tags)
    _refuse_unsayable(
        {name: getattr(settings, name) for name in ("timeout_s", "attempts")},
        {name: getattr(defaults, name) for name in ("timeout_s", "attempts")},
    )
    for name in ("job_queue", "job_definition"):
        target = getattr(settings, name)
        if target is not None and target != getattr(defaults, name):
            yield f"{name}: {scalar(target)}"
    yield from _resources_line(settings.resources, defaults.resources)
    for name in ("timeout_s", "attempts"):
        number = getattr(settings, name)
        if number is not None and number != getattr(defaults, name):
            yield f"{name}: {number}"
    tags = {key: text for key, text in sorted(settings.tags.items()) if defaults.tags.get(key) != text}
    yield from _nested("tags", (f"{scalar(key)}: {scalar(text)}" for key, text in tags.items()))


def _refuse_unsayable(own: Mapping[str, object], stated: Mapping[str, object]) -> None:
    for name, value in stated.items():
        if value is not None and own.get(name) is None:
            raise ValueError(f"a job has no {name}, but the plan's defaults have: {value!r}")


def _resources_line(resources: Resources, defaults: Resources) -> Iterator[str]:
    stated: Mapping[str, float | None] = asdict(defaults)
    own = {name: n for name, n in asdict(resources).items() if n is not None and n != stated[name]}
    if own:
        yield f"resources: {{{', '.join(f'{name}: {number}' for name, number in own.items())}}}"


def _nested(name: str, lines: Iterable[str]) -> Iterator[str]:
    indented = [f"  {line}" for line in lines]
    if indented:
        yield f"{name}:"
        yield from indented


def _block_list(name: str, items: Iterable[str]) -> Iterator[str]:
    yield from _nested(name, (f"- {scalar(item)}" for item in items))


def _flow_list(name: str, items: Iterable[str]) -> Iterator[str]:
    texts = [scalar(item) for item in items]
    if texts:
        yield f"{name}: [{', '.join(texts)}]"


# Plain in block and in flow context for every YAML version: no space, no indicator but the dashes that begin an
# option, nothing after which a parser could stop, and nothing that begins as a number may.
_PLAIN = re.compile(r"(?:[^\W\d]|(?:--?|[./])(?=[^\W\d_]))[\w./@=+%-]*")
# What is a boolean or null in some YAML version; numbers cannot begin as _PLAIN does, but .inf and .nan can.
_FOUR_DIGITS = 0xFFFF
_WORDS = re.compile(r"(?:y|n|yes|no|on|off|true|false|null|[-.]?\.?inf|\.?nan)", re.IGNORECASE)


def scalar(text: str) -> str:
    """Write a text as a YAML scalar that every YAML version reads back as this text."""
    seen = text.isprintable() and not INVISIBLE.search(text)
    if seen and _PLAIN.fullmatch(text) and not _WORDS.fullmatch(text):
        return text
    quoted = json.dumps(text, ensure_ascii=False)
    return quoted if seen else "".join(map(_escaped, quoted))


def _escaped(letter: str) -> str:
    if letter.isprintable() and not INVISIBLE.match(letter):
        return letter
    code = ord(letter)
    return f"\\u{code:04x}" if code <= _FOUR_DIGITS else f"\\U{code:08x}"
