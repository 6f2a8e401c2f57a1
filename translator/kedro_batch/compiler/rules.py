"""Which settings each node has: the defaults, and over them the rules that match it, in their order. Pure.

Nodes that the same rules match share one resolved value; a job of several nodes gets what is enough for all.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kedro_batch.compiler.nodes import ProjectNode, glob, namespaces_of
from kedro_batch.diagnostics import FieldPath
from kedro_batch.files.read_budget import MAX_HINTS
from kedro_batch.plan.checks.batch_limits import fitting_fargate_size
from kedro_batch.plan.model import MERGED_BY_KEY, JobSettings, Platform, merged_over
from kedro_batch.text.wording import did_you_mean

_AMOUNTS = ("vcpus", "memory_mib", "gpus")
_ONE_FOR_ALL = ("job_queue", "job_definition", "platform", "share_identifier", "submit")
_LONGEST_TIMEOUT_S = 2**31 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Which nodes a rule is for: those that every selector given here matches.

    Attributes:
        nodes: Names, or patterns with ``*`` and ``?``.
        tags: Any of these tags.
        namespaces: In any of these namespaces, or deeper.
        pipelines: In any of these registered pipelines.
    """

    nodes: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    namespaces: tuple[str, ...] = ()
    pipelines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What is set for the nodes that match.

    Attributes:
        match: Which nodes.
        stated: What it sets, in the shape of a plan's settings.
        runner: The Kedro runner of jobs of several nodes.
    """

    match: Match
    stated: Mapping[str, Any]
    runner: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """The settings of some nodes.

    Attributes:
        stated: In the shape of a plan's settings, defaults included.
        settings: The same as a value.
        runner: The Kedro runner of jobs of several nodes.
        rules: The numbers of the rules that match these nodes.
        fingerprint: Equal for equal settings.
    """

    stated: Mapping[str, Any]
    settings: JobSettings
    runner: str | None
    rules: tuple[int, ...]
    fingerprint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmatched:
    """A selector of a rule that nothing matches: where it stands, and what comes near."""

    path: FieldPath
    message: str


class NodeSettings:
    """The resolved settings of every node."""

    def __init__(
        self,
        defaults: Resolved,
        rules: Sequence[Rule],
        registered: Mapping[str, Sequence[ProjectNode]],
    ) -> None:
        """Apply the rules to the nodes of the pipelines of a project, those that are not compiled included."""
        self._rules = rules
        self._nodes = tuple({node.name: node for some in registered.values() for node in some}.values())
        self._registered = registered
        members = {name: frozenset(node.name for node in registered.get(name, ())) for name in _pipelines_of(rules)}
        matches = [_Matcher(rule.match, members) for rule in rules]
        by_rules: dict[tuple[int, ...], Resolved] = {(): defaults}
        self._of: dict[str, Resolved] = {}
        self._used: set[int] = set()
        for node in self._nodes:
            matching = tuple(number for number, matcher in enumerate(matches) if matcher.matches(node))
            if matching not in by_rules:
                by_rules[matching] = _applied(defaults, rules, matching)
                self._used.update(matching)
            self._of[node.name] = by_rules[matching]

    def of(self, node: ProjectNode) -> Resolved:
        """Give the settings of a node."""
        return self._of[node.name]

    def obstacle(self, nodes: Iterable[ProjectNode]) -> str | None:
        """Say why one job cannot have the settings of all these nodes; None if it can."""
        first: dict[tuple[str, str], tuple[str, Any]] = {}
        seen: set[str] = set()
        for node in nodes:
            resolved = self._of[node.name]
            if resolved.fingerprint in seen:
                continue
            seen.add(resolved.fingerprint)
            for place, value in _exclusive(resolved):
                other, stated = first.setdefault(place, (node.name, value))
                if stated != value:
                    return _difference(place, (other, stated), (node.name, value))
        return None

    def together(self, nodes: Sequence[ProjectNode]) -> Resolved:
        """Give the settings of a job of these nodes: the most resources, time enough for all of them."""
        distinct = {self._of[node.name].fingerprint: self._of[node.name] for node in nodes}
        one, *others = distinct.values()
        if len(nodes) == 1:
            return one
        stated: dict[str, Any] = dict(one.stated)
        for other in others:
            stated = merged_over(other.stated, stated)
        all_stated = [resolved.stated for resolved in distinct.values()]
        if most := {name: max(given) for name in _AMOUNTS if (given := [*_given(all_stated, name)])}:
            stated["resources"] = most
            if stated.get("platform") == Platform.FARGATE:
                fitting = fitting_fargate_size(JobSettings.from_dict({"resources": most}).resources)
                stated["resources"] = {name: getattr(fitting, name) for name in most}
        for name in ("attempts", "scheduling_priority"):
            if given := [settings[name] for settings in all_stated if name in settings]:
                stated[name] = max(given)
        times = [self._of[node.name].stated.get("timeout_s") for node in nodes]
        stated.pop("timeout_s", None)
        if None not in times:
            stated["timeout_s"] = min(sum(time for time in times if time), _LONGEST_TIMEOUT_S)
        # Who is never started again has no say in what for.
        reasons = [set(settings.get("retry_on", ())) for settings in all_stated if settings.get("attempts", 1) > 1]
        stated.pop("retry_on", None)
        if reasons and all(reasons):
            stated["retry_on"] = sorted(set().union(*reasons))
        rules = tuple(sorted({number for resolved in distinct.values() for number in resolved.rules}))
        return resolved_settings(stated, next((r.runner for r in distinct.values() if r.runner), None), rules)

    def unmatched(self) -> Iterator[Unmatched]:
        """Yield what is in rules and matches no node."""
        known = {
            "nodes": {node.name for node in self._nodes},
            "tags": {tag for node in self._nodes for tag in node.tags},
            "namespaces": {name for node in self._nodes for name in namespaces_of(node.namespace)},
            "pipelines": set(self._registered),
        }
        hints_left = MAX_HINTS
        for number, rule in enumerate(self._rules):
            here: FieldPath = ("rules", number, "match")
            missing = [*_missing(rule.match, known)]
            for selector, name in missing:
                hint = did_you_mean(name, known[selector]) if hints_left > 0 else ""
                hints_left -= 1
                yield Unmatched(path=(*here, selector), message=f"{_NO_SUCH[selector].format(name)}.{hint}")
            if number not in self._used and not missing:
                yield Unmatched(path=here, message="each of these matches nodes, but no node is matched by all of them")


def resolved_settings(stated: Mapping[str, Any], runner: str | None, rules: tuple[int, ...] = ()) -> Resolved:
    """Make resolved settings of plain ones."""
    return Resolved(
        stated=stated,
        settings=JobSettings.from_dict(stated),
        runner=runner,
        rules=rules,
        fingerprint=json.dumps([stated, runner], sort_keys=True),
    )


def _pipelines_of(rules: Iterable[Rule]) -> set[str]:
    return {name for rule in rules for name in rule.match.pipelines}


class _Matcher:
    def __init__(self, match: Match, members: Mapping[str, frozenset[str]]) -> None:
        self._match = match
        self._names = frozenset(match.nodes)
        self._pattern = re.compile("|".join(map(glob, match.nodes))) if match.nodes else None
        self._tags = frozenset(match.tags)
        self._namespaces = frozenset(match.namespaces)
        self._in_pipelines = frozenset().union(*(members[name] for name in match.pipelines))

    def matches(self, node: ProjectNode) -> bool:
        return (
            (self._pattern is None or node.name in self._names or self._pattern.fullmatch(node.name) is not None)
            and (not self._tags or not self._tags.isdisjoint(node.tags))
            and (not self._namespaces or not self._namespaces.isdisjoint(namespaces_of(node.namespace)))
            and (not self._match.pipelines or node.name in self._in_pipelines)
        )


def _applied(defaults: Resolved, rules: Sequence[Rule], matching: tuple[int, ...]) -> Resolved:
    stated: Mapping[str, Any] = defaults.stated
    runner = defaults.runner
    for number in matching:
        stated = merged_over(rules[number].stated, stated)
        runner = rules[number].runner or runner
    if stated.get("attempts") == 1 and not any("retry_on" in rules[number].stated for number in matching):
        # What a rule lets try once is not tried again, whatever the defaults say of reasons.
        stated = {name: value for name, value in stated.items() if name != "retry_on"}
    return resolved_settings(stated, runner, matching)


_NO_SUCH = {
    "nodes": "no node is called {!r}",
    "tags": "no node has the tag {!r}",
    "namespaces": "no node is in the namespace {!r}",
    "pipelines": "no pipeline is called {!r}",
}


def _missing(match: Match, known: Mapping[str, set[str]]) -> Iterator[tuple[str, str]]:
    for pattern in match.nodes:
        if pattern not in known["nodes"] and not any(map(re.compile(glob(pattern)).fullmatch, known["nodes"])):
            yield "nodes", pattern
    for selector in ("tags", "namespaces", "pipelines"):
        for name in getattr(match, selector):
            if name not in known[selector]:
                yield selector, name


def _exclusive(resolved: Resolved) -> Iterator[tuple[tuple[str, str], Any]]:
    """Yield what all nodes of a job have to agree on."""
    for name in _ONE_FOR_ALL:
        yield (name, ""), resolved.stated.get(name)
    yield ("runner", ""), resolved.runner
    for name in ("environment", "tags"):
        for key, value in resolved.stated.get(name, {}).items():
            yield (name, key), value


def _given(all_stated: Iterable[Mapping[str, Any]], amount: str) -> Iterator[float]:
    for stated in all_stated:
        if amount in stated.get("resources", {}):
            yield stated["resources"][amount]


def _difference(place: tuple[str, str], one: tuple[str, Any], other: tuple[str, Any]) -> str:
    """Say in what two nodes differ; what may be private is not shown."""
    name, key = place
    if name in MERGED_BY_KEY:
        return f"{one[0]} and {other[0]} have different values of {name}{key and '.'}{key}"
    return f"{one[0]} has {name}: {_shown(one[1])}, {other[0]} has {_shown(other[1])}"


def _shown(value: Any) -> str:
    return "none" if value is None else json.dumps(value)
