"""The settings of each node: the defaults, and over them the rules that match it, in their order. Pure.

Nodes that the same rules match share one value. The settings of a job of several nodes are enough for all of them.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from kedro_batch.compiler.nodes import ProjectNode, enclosing_namespaces, glob_regex
from kedro_batch.compiler.settings.declared_definitions import merge_settings, platform_of, split_settings, with_image
from kedro_batch.diagnostics import FieldPath
from kedro_batch.files.read_budget import MAX_HINTS
from kedro_batch.plan.checks.batch_limits import fitting_fargate_size
from kedro_batch.plan.settings import AMOUNTS, MERGED_BY_KEY, JobDefinition, JobSettings, Platform, Resources
from kedro_batch.text.wording import did_you_mean

_ONE_FOR_ALL = ("job_queue", "job_definition", "platform", "share_identifier", "submit")
_LONGEST_TIMEOUT_S = 2**31 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """The selectors of a rule: it is for the nodes that all of them match.

    Attributes:
        nodes: Names, or patterns with ``*`` and ``?``.
        tags: The node has any of these tags.
        namespaces: The node is in any of these namespaces, or deeper.
        pipelines: The node is in any of these registered pipelines.
    """

    nodes: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    namespaces: tuple[str, ...] = ()
    pipelines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Settings for the nodes that match.

    Attributes:
        match: The selectors.
        stated: The settings, in the shape of a plan.
        runner: The Kedro runner of jobs of several nodes.
    """

    match: Match
    stated: Mapping[str, Any]
    runner: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedSettings:
    """The settings of some nodes, defaults included.

    Attributes:
        stated: The settings in the shape of a plan; ``job_definition`` may be a mapping.
        settings: The same settings as a value.
        definition: The job definition that they declare; None if they name one.
        runner: The Kedro runner of jobs of several nodes.
        rules: The numbers of the rules that match these nodes.
        fingerprint: Equal if and only if settings and runner are equal.
    """

    stated: Mapping[str, Any]
    settings: JobSettings
    definition: JobDefinition | None
    runner: str | None
    rules: tuple[int, ...]
    fingerprint: str

    @classmethod
    def from_dict(cls, stated: Mapping[str, Any], runner: str | None, rules: tuple[int, ...] = ()) -> Self:
        """Make settings of those in the shape of a plan."""
        settings, definition = split_settings(stated)
        return cls(
            stated=stated,
            settings=settings,
            definition=definition,
            runner=runner,
            rules=rules,
            fingerprint=json.dumps([stated, runner], sort_keys=True),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmatched:
    """A selector of a rule that matches no node: its path, and a message that may suggest a near name."""

    path: FieldPath
    message: str


class NodeSettings:
    """The settings of every node, and of jobs of several nodes."""

    def __init__(
        self,
        defaults: ResolvedSettings,
        rules: Sequence[Rule],
        registered: Mapping[str, Sequence[ProjectNode]],
        image: str | None = None,
    ) -> None:
        """Apply the rules to the nodes of all registered pipelines of a project, compiled or not.

        Args:
            defaults: The settings of nodes that no rule matches.
            rules: The rules.
            registered: The nodes of each registered pipeline.
            image: The image of declared definitions that name none.
        """
        self._rules = rules
        self._nodes = tuple({node.name: node for some in registered.values() for node in some}.values())
        self._registered = registered
        named = sorted({name for rule in rules for name in rule.match.pipelines})
        members = {name: frozenset(node.name for node in registered.get(name, ())) for name in named}
        matches = [_Matcher(rule.match, members) for rule in rules]
        by_rules: dict[tuple[int, ...], ResolvedSettings] = {(): defaults}
        self._of: dict[str, ResolvedSettings] = {}
        self._used: set[int] = set()
        for node in self._nodes:
            matching = tuple(number for number, matcher in enumerate(matches) if matcher.matches(node))
            if matching not in by_rules:
                by_rules[matching] = _apply_rules(defaults, rules, matching, image)
                self._used.update(matching)
            self._of[node.name] = by_rules[matching]

    def of(self, node: ProjectNode) -> ResolvedSettings:
        """Return the settings of a node."""
        return self._of[node.name]

    def distinct(self, nodes: Iterable[ProjectNode]) -> list[ResolvedSettings]:
        """Return the settings of nodes, each once: those without rules first."""
        return sorted({id(one): one for one in map(self.of, nodes)}.values(), key=lambda one: one.rules)

    def find_conflict(self, nodes: Iterable[ProjectNode]) -> str | None:
        """Return the reason why one job cannot have the settings of all these nodes; None if it can."""
        first: dict[tuple[str, str], tuple[str, Any]] = {}
        seen: set[str] = set()
        for node in nodes:
            resolved = self._of[node.name]
            if resolved.fingerprint in seen:
                continue
            seen.add(resolved.fingerprint)
            for key, value in _exclusive_settings(resolved):
                other, stated = first.setdefault(key, (node.name, value))
                if stated != value:
                    return _describe_difference(key, (other, stated), (node.name, value))
        return None

    def merge(self, nodes: Sequence[ProjectNode]) -> ResolvedSettings:
        """Return the settings of one job of these nodes: the most resources, and time enough for all of them."""
        distinct = {self._of[node.name].fingerprint: self._of[node.name] for node in nodes}
        one, *others = distinct.values()
        if len(nodes) == 1:
            return one
        stated: dict[str, Any] = dict(one.stated)
        for other in others:
            stated = merge_settings(other.stated, stated)
        all_stated = [resolved.stated for resolved in distinct.values()]
        if most := {name: max(given) for name in AMOUNTS if (given := [*_amounts(all_stated, name)])}:
            stated["resources"] = most
            if platform_of(stated) is Platform.FARGATE:
                fitting = fitting_fargate_size(Resources.from_dict(most))
                stated["resources"] = {name: getattr(fitting, name) for name in most}
        for name in ("attempts", "scheduling_priority"):
            if given := [settings[name] for settings in all_stated if name in settings]:
                stated[name] = max(given)
        times = [self._of[node.name].stated.get("timeout_s") for node in nodes]
        stated.pop("timeout_s", None)
        if None not in times:
            stated["timeout_s"] = min(sum(time for time in times if time), _LONGEST_TIMEOUT_S)
        # A node with one attempt is never retried, so its retry_on is ignored.
        reasons = [set(settings.get("retry_on", ())) for settings in all_stated if settings.get("attempts", 1) > 1]
        stated.pop("retry_on", None)
        if reasons and all(reasons):
            stated["retry_on"] = sorted(set().union(*reasons))
        rules = tuple(sorted({number for resolved in distinct.values() for number in resolved.rules}))
        return ResolvedSettings.from_dict(stated, next((r.runner for r in distinct.values() if r.runner), None), rules)

    def find_unmatched(self) -> Iterator[Unmatched]:
        """Yield the selectors of rules that match no node."""
        known = {
            "nodes": {node.name for node in self._nodes},
            "tags": {tag for node in self._nodes for tag in node.tags},
            "namespaces": {name for node in self._nodes for name in enclosing_namespaces(node.namespace)},
            "pipelines": set(self._registered),
        }
        hints_left = MAX_HINTS
        for number, rule in enumerate(self._rules):
            here: FieldPath = ("rules", number, "match")
            missing = [*_find_missing(rule.match, known)]
            for selector, name in missing:
                hint = did_you_mean(name, known[selector]) if hints_left > 0 else ""
                hints_left -= 1
                yield Unmatched(path=(*here, selector), message=f"{_NO_SUCH[selector].format(name)}.{hint}")
            if number not in self._used and not missing:
                yield Unmatched(path=here, message="each selector matches nodes, but no node matches all of them")


class _Matcher:
    def __init__(self, match: Match, members: Mapping[str, frozenset[str]]) -> None:
        self._match = match
        self._names = frozenset(match.nodes)
        self._pattern = re.compile("|".join(map(glob_regex, match.nodes))) if match.nodes else None
        self._tags = frozenset(match.tags)
        self._namespaces = frozenset(match.namespaces)
        self._in_pipelines = frozenset().union(*(members[name] for name in match.pipelines))

    def matches(self, node: ProjectNode) -> bool:
        return (
            (self._pattern is None or node.name in self._names or self._pattern.fullmatch(node.name) is not None)
            and (not self._tags or not self._tags.isdisjoint(node.tags))
            and (not self._namespaces or not self._namespaces.isdisjoint(enclosing_namespaces(node.namespace)))
            and (not self._match.pipelines or node.name in self._in_pipelines)
        )


def _apply_rules(
    defaults: ResolvedSettings, rules: Sequence[Rule], matching: tuple[int, ...], image: str | None
) -> ResolvedSettings:
    stated: Mapping[str, Any] = defaults.stated
    runner = defaults.runner
    for number in matching:
        stated = merge_settings(rules[number].stated, stated)
        runner = rules[number].runner or runner
    if stated.get("attempts") == 1 and not any("retry_on" in rules[number].stated for number in matching):
        # A rule that allows one attempt switches the retries of the defaults off.
        stated = {name: value for name, value in stated.items() if name != "retry_on"}
    return ResolvedSettings.from_dict(with_image(stated, image), runner, matching)


_NO_SUCH = {
    "nodes": "no node is named {!r}",
    "tags": "no node has the tag {!r}",
    "namespaces": "no node is in the namespace {!r}",
    "pipelines": "no pipeline is named {!r}",
}


def _find_missing(match: Match, known: Mapping[str, set[str]]) -> Iterator[tuple[str, str]]:
    for pattern in match.nodes:
        if pattern not in known["nodes"] and not any(map(re.compile(glob_regex(pattern)).fullmatch, known["nodes"])):
            yield "nodes", pattern
    for selector in ("tags", "namespaces", "pipelines"):
        for name in getattr(match, selector):
            if name not in known[selector]:
                yield selector, name


def _exclusive_settings(resolved: ResolvedSettings) -> Iterator[tuple[tuple[str, str], Any]]:
    """Yield the settings that must be equal for all nodes of a job."""
    for name in _ONE_FOR_ALL:
        yield (name, ""), resolved.stated.get(name)
    yield ("runner", ""), resolved.runner
    for name in ("environment", "tags"):
        for key, value in resolved.stated.get(name, {}).items():
            yield (name, key), value


def _amounts(all_stated: Iterable[Mapping[str, Any]], amount: str) -> Iterator[float]:
    for stated in all_stated:
        if amount in stated.get("resources", {}):
            yield stated["resources"][amount]


def _describe_difference(setting: tuple[str, str], one: tuple[str, Any], other: tuple[str, Any]) -> str:
    """Describe how two nodes differ, without the values of variables and tags, which may be private."""
    name, key = setting
    if name == "job_definition" and _spell(one[1]) == _spell(other[1]):
        return f"{one[0]} and {other[0]} have different job definitions named {_spell(one[1])}"
    if name in MERGED_BY_KEY:
        return f"{one[0]} and {other[0]} have different values of {name}{key and '.'}{key}"
    return f"{one[0]} has {name}: {_spell(one[1])}, {other[0]} has {_spell(other[1])}"


def _spell(value: Any) -> str:
    """Spell a value; a declared job definition by its name."""
    if isinstance(value, Mapping):
        value = value.get("name")
    return "none" if value is None else json.dumps(value)
