"""Explains the settings of a job: every value, with the places in the configuration that set it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from kedro_batch.compiler.compilation import Compilation
from kedro_batch.compiler.nodes import ProjectNode
from kedro_batch.compiler.settings.config_source import SourceRef
from kedro_batch.compiler.settings.declared_definitions import declared_in
from kedro_batch.compiler.settings.rules import NodeSettings, ResolvedSettings, Rule
from kedro_batch.diagnostics import FieldPath
from kedro_batch.plan.model import JobName
from kedro_batch.plan.settings import MERGED_BY_KEY


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedValue:
    """One value of a job's settings and what set it.

    Attributes:
        path: Such as ``("resources", "memory_mib")``.
        value: As in the plan; None if the job does not have it, because not all of its nodes have it.
        rules: The numbers of the rules that set it; None stands for the defaults.
        combined: The value was made of different values of several nodes.
    """

    path: tuple[str, ...]
    value: Any
    rules: tuple[int | None, ...]
    combined: bool = field(default=False)


def explain_job(compilation: Compilation, job: JobName) -> Iterator[tuple[ExplainedValue, tuple[SourceRef, ...]]]:
    """Yield every value of a job's settings with the places in the configuration that set it."""
    rules = compilation.inputs.settings.rules
    for value in explain_settings(compilation.node_settings, compilation.groups[job].nodes, rules):
        places = [_locate(compilation, number, value) for number in value.rules]
        planned = _planned(compilation, job, value)
        if planned != value.value:
            places.append(SourceRef("--resolve-image", None, ()))
        yield replace(value, value=planned), tuple(places)


def find_origin(compilation: Compilation, job: JobName, path: FieldPath) -> SourceRef | None:
    """Return the first place in the configuration that set a value; None if no setting did."""
    for value, places in explain_job(compilation, job) if path and job in compilation.groups else ():
        if value.path[: len(path)] == path[: len(value.path)]:
            return places[0] if places else None
    return None


def _planned(compilation: Compilation, job: JobName, value: ExplainedValue) -> Any:
    """Return a value as the plan has it: the images of its job definitions may have been resolved."""
    settings = compilation.node_settings.merge(compilation.groups[job].nodes).settings
    definition = compilation.plan.job_definitions.get(settings.job_definition)
    if value.path[0] != "job_definition" or definition is None:
        return value.value
    planned = _look_up(definition.to_dict(), value.path[1:])
    return value.value if planned is None else planned


def explain_settings(
    node_settings: NodeSettings, nodes: Sequence[ProjectNode], rules: Sequence[Rule]
) -> Iterator[ExplainedValue]:
    """Yield every value of a job of these nodes with the rules that set it."""
    merged = node_settings.merge(nodes)
    for path, value in _leaves(merged.stated):
        setters = set()
        same = True
        for node in nodes:
            resolved = node_settings.of(node)
            own = _look_up(resolved.stated, path)
            same = same and own == value
            if own is not None and (own == value or path[0] in ("timeout_s", "retry_on")):
                numbers = [number for number in resolved.rules if _look_up(rules[number].stated, path) is not None]
                setters.add(numbers[-1] if numbers else None)
        ordered = sorted(setters, key=lambda number: -1 if number is None else number)
        yield ExplainedValue(path=path, value=value, rules=tuple(ordered), combined=not same)
    yield from _explain_filled_in(merged)
    yield from _explain_dropped(node_settings, nodes, {path for path, _ in _leaves(merged.stated)})


def _explain_filled_in(merged: ResolvedSettings) -> Iterator[ExplainedValue]:
    """Yield the resources of a declared job definition that nothing states."""
    stated = (declared_in(merged.stated) or {}).get("resources", {})
    for name, value in merged.definition.resources.to_dict().items() if merged.definition else ():
        if name not in stated:
            yield ExplainedValue(path=("job_definition", "resources", name), value=value, rules=())


def _explain_dropped(
    node_settings: NodeSettings, nodes: Sequence[ProjectNode], kept: set[tuple[str, ...]]
) -> Iterator[ExplainedValue]:
    """Yield the values that some of the nodes have, but not their job."""
    resolved = {node_settings.of(node).fingerprint: node_settings.of(node) for node in nodes}
    for path in sorted({path for one in resolved.values() for path, _ in _leaves(one.stated)} - kept):
        yield ExplainedValue(path=path, value=None, rules=(), combined=True)


def _locate(compilation: Compilation, rule: int | None, value: ExplainedValue) -> SourceRef:
    source, path = compilation.inputs.source, value.path
    if rule is None and path == ("job_definition", "image") and value.value == compilation.inputs.settings.image:
        return SourceRef("--image", None, ())
    given: Mapping[str, Any] = source.aws_batch if rule is None else source.aws_batch["rules"][rule]
    here: FieldPath = () if rule is None else ("rules", rule)
    stands_alone = path[0] == "resources" and path[-1] in given
    return source.locate((*here, path[-1]) if stands_alone else (*here, *path))


def _leaves(stated: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, value in stated.items():
        if name in MERGED_BY_KEY:
            yield from (((name, key), inner) for key, inner in value.items())
        elif name == "job_definition" and isinstance(value, Mapping):
            yield from _parts(value, (name,))
        else:
            yield (name,), value


def _parts(declared: Mapping[str, Any], here: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield the parts of a declared job definition, however deep, since each may come from another place."""
    for name, value in declared.items():
        if isinstance(value, Mapping) and value:
            yield from _parts(value, (*here, name))
        else:
            yield (*here, name), value


def _look_up(stated: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    value: Any = stated
    for step in path:
        value = value.get(step) if isinstance(value, Mapping) else None
    return value
