"""Every value of a job's settings with what has set it. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kedro_batch.compiler.nodes import ProjectNode
from kedro_batch.compiler.rules import NodeSettings, Rule
from kedro_batch.plan.model import MERGED_BY_KEY


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """One value of a job's settings and where it comes from.

    Attributes:
        path: Such as ``("resources", "memory_mib")``.
        value: As in the plan; None for what the job does not have, because not all of its nodes have it.
        origins: The numbers of the rules that gave it; None stands for the defaults.
        combined: It was made of the values of several nodes.
    """

    path: tuple[str, ...]
    value: Any
    origins: tuple[int | None, ...]
    combined: bool = field(default=False)


def _dropped(node_settings: NodeSettings, nodes: Sequence[ProjectNode]) -> Iterator[Value]:
    """Yield what some of the nodes have and the job of them all has not."""
    kept = {path for path, _ in _leaves(node_settings.together(nodes).stated)}
    resolved = {node_settings.of(node).fingerprint: node_settings.of(node) for node in nodes}
    for path in sorted({path for one in resolved.values() for path, _ in _leaves(one.stated)} - kept):
        yield Value(path=path, value=None, origins=(), combined=True)


def explained(node_settings: NodeSettings, nodes: Sequence[ProjectNode], rules: Sequence[Rule]) -> Iterator[Value]:
    """Yield every value of a job of these nodes with what set it."""
    together = node_settings.together(nodes)
    for path, value in _leaves(together.stated):
        origins = set()
        same = True
        for node in nodes:
            resolved = node_settings.of(node)
            own = _at(resolved.stated, path)
            same = same and own == value
            if own is not None and (own == value or path[0] in ("timeout_s", "retry_on")):
                setting = [number for number in resolved.rules if _at(rules[number].stated, path) is not None]
                origins.add(setting[-1] if setting else None)
        ordered = sorted(origins, key=lambda number: -1 if number is None else number)
        yield Value(path=path, value=value, origins=tuple(ordered), combined=not same)
    yield from _dropped(node_settings, nodes)


def _leaves(stated: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, value in stated.items():
        if name in MERGED_BY_KEY:
            yield from (((name, key), inner) for key, inner in value.items())
        else:
            yield (name,), value


def _at(stated: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    value: Any = stated
    for step in path:
        value = value.get(step) if isinstance(value, Mapping) else None
    return value
