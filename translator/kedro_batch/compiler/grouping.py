"""Groups nodes into jobs. Pure: nodes come in, groups go out that cover every node once and wait in no circle.

A grouping starts with one group for each node and joins groups, one way after the other. After each way, groups
that would wait for each other are joined too where one job can run them; else the grouping is refused.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from kedro_batch.compiler.nodes import ProjectNode, namespaces_of, node_parents
from kedro_batch.diagnostics import Code, Diagnostic, Severity
from kedro_batch.plan.data_flow import without_transcoding
from kedro_batch.plan.graph import CycleError, cycles, topological_order, transitive_reduction
from kedro_batch.text.wording import listed

NONE = "none"
CHAIN = "chain"
MEMORY = "memory"
WAYS = (NONE, "namespace", "namespace:DEPTH", "tag:PREFIX", CHAIN, MEMORY)
_NAMESPACE = re.compile(r"namespace(?::([1-9][0-9]?))?")
_TAG = "tag:"
_SHOWN = 12


def is_way(text: str) -> bool:
    """Tell whether a text names a way of grouping."""
    named = text in (NONE, CHAIN, MEMORY) or (text.startswith(_TAG) and text != _TAG)
    return named or _NAMESPACE.fullmatch(text) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The nodes of one job.

    Attributes:
        label: What people would call it: its namespace, its tag or the name of its first node.
        nodes: Its nodes, sorted by name.
        named_by: The way of grouping whose namespace or tag is the label; empty for the name of a node.
    """

    label: str
    nodes: tuple[ProjectNode, ...]
    named_by: str = ""

    @property
    def key(self) -> str:
        """Tells the group from all others; a namespace or tag keeps its key when nodes come and go."""
        return f"{self.named_by}\n{self.label}" if self.named_by else self.label


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """What a grouping has to know of the nodes beside themselves.

    Attributes:
        in_memory: Tells whether only the process that writes a dataset can read it.
        alike: Gives what a node asks for; nodes of a chain ask for the same.
        room: Tells how many characters a command has for the names of nodes that ask for what this one asks for.
        obstacle: Says why one job cannot run these nodes; None if it can.
    """

    in_memory: Callable[[str], bool]
    alike: Callable[[ProjectNode], Hashable]
    room: Callable[[ProjectNode], int]
    obstacle: Callable[[Sequence[ProjectNode]], str | None]


@dataclass(slots=True)
class Grouping:
    """Groups, and what is to be said about them. Groups that wait for each other come with an error."""

    groups: tuple[Group, ...]
    diagnostics: list[Diagnostic] = field(default_factory=list)


def group_nodes(nodes: Sequence[ProjectNode], ways: Sequence[str], conditions: Conditions) -> Grouping:
    """Group nodes.

    Args:
        nodes: Sorted by name.
        ways: Such as ``("namespace:2", "memory")``, applied in their order; none for one group for each node.
        conditions: What else has to be known.

    Returns:
        The groups, sorted by their first nodes.
    """
    grouping = Grouping(tuple(Group(label=node.name, nodes=(node,)) for node in nodes))
    if not ways:
        return grouping
    place = {name: index for index, name in enumerate(topological_order(node_parents(nodes)))}
    for way in ways:
        groups = grouping.groups
        if namespace := _NAMESPACE.fullmatch(way):
            keys = [_namespace_key(group, int(namespace[1] or 1)) for group in groups]
            groups = _joined_by_key(groups, keys, way, place)
        elif way.startswith(_TAG):
            prefix = way.removeprefix(_TAG)
            grouping.diagnostics += _ambiguous(groups, prefix)
            groups = _joined_by_key(groups, [_tag_key(group, prefix) for group in groups], way, place)
        elif way == CHAIN:
            groups = _joined(groups, _links(groups, conditions), place)
        elif way == MEMORY:
            groups = _joined(groups, _sharing_memory(groups, conditions), place)
        grouping.groups = groups
        _without_cycles(grouping, way, conditions, place)
    if any(way not in (CHAIN, MEMORY) for way in ways):
        grouping.diagnostics += _singles(grouping.groups, ways)
    for group in grouping.groups:
        if len(group.nodes) > 1 and (obstacle := conditions.obstacle(group.nodes)):
            grouping.diagnostics.append(_invalid(group.label, f"one job cannot run its nodes: {obstacle}"))
    return grouping


def group_parents(groups: Sequence[Group]) -> dict[str, set[str]]:
    """Give for the key of every group the keys of those that write what it reads."""
    owner = {node.name: group.key for group in groups for node in group.nodes}
    parents: dict[str, set[str]] = {group.key: set() for group in groups}
    for node, above in node_parents(node for group in groups for node in group.nodes).items():
        parents[owner[node]].update(owner[parent] for parent in above)
    for key, above in parents.items():
        above.discard(key)
    return parents


def _namespace_key(group: Group, depth: int) -> str | None:
    found = {tuple(namespaces_of(node.namespace)[:depth]) for node in group.nodes}
    only = found.pop() if len(found) == 1 else ()
    return only[-1] if only else None


def _tags(group: Group, prefix: str) -> list[str]:
    return sorted({tag for node in group.nodes for tag in node.tags if tag.startswith(prefix)})


def _tag_key(group: Group, prefix: str) -> str | None:
    tags = _tags(group, prefix)
    return tags[0] if len(tags) == 1 else None


def _ambiguous(groups: Iterable[Group], prefix: str) -> Iterator[Diagnostic]:
    for group in groups:
        if len(tags := _tags(group, prefix)) > 1:
            remedy = f"tag:{prefix} can use one at most: take the others away, or group otherwise"
            yield _invalid(group.label, f"it has the tags {', '.join(tags)}, and {remedy}")


def _joined_by_key(
    groups: Sequence[Group], keys: Sequence[str | None], way: str, place: Mapping[str, int]
) -> tuple[Group, ...]:
    members: defaultdict[str, list[int]] = defaultdict(list)
    for index, key in enumerate(keys):
        if key is not None:
            members[key].append(index)
    names = {indexes[0]: Group(label=key, nodes=(), named_by=way) for key, indexes in members.items()}
    return _joined(groups, members.values(), place, names)


def _links(groups: Sequence[Group], conditions: Conditions) -> Iterator[tuple[int, int]]:
    """Find the pairs of groups of which the second can only follow the first, and asks for the same.

    A chain that no command could run, or whose list of nodes would be too long for one, is cut.
    """
    index_of = {group.key: index for index, group in enumerate(groups)}
    chain_to = {group.key: group.nodes for group in groups}  # all the nodes of the chain that ends with a group
    length = {group.key: sum(len(node.name) + 1 for node in group.nodes) for group in groups}
    parents = transitive_reduction(group_parents(groups))
    children = Counter(parent for above in parents.values() for parent in above)
    for key, above in parents.items():  # parents come before their children
        if len(above) != 1 or children[above[0]] != 1:
            continue
        both = (*chain_to[above[0]], *chain_to[key])
        together = length[above[0]] + length[key]
        alike = {conditions.alike(node) for node in (both[0], *groups[index_of[key]].nodes)}
        if len(alike) == 1 and together <= conditions.room(both[0]) and conditions.obstacle(both) is None:
            chain_to[key], length[key] = both, together
            yield index_of[above[0]], index_of[key]


def _sharing_memory(groups: Sequence[Group], conditions: Conditions) -> Iterator[tuple[int, int]]:
    """Find the pairs of groups of which one hands the other something that only memory holds."""
    writer: dict[str, tuple[int, str]] = {}
    for index, group in enumerate(groups):
        for node in group.nodes:
            writer.update({without_transcoding(name): (index, name) for name in node.outputs})
    for index, group in enumerate(groups):
        for name in (name for node in group.nodes for name in node.inputs):
            written_by, written = writer.get(without_transcoding(name), (index, name))
            if written_by != index and (conditions.in_memory(name) or conditions.in_memory(written)):
                yield written_by, index


def _joined(
    groups: Sequence[Group],
    together: Iterable[Sequence[int]],
    place: Mapping[str, int],
    names: Mapping[int, Group] | None = None,
) -> tuple[Group, ...]:
    """Join groups, given by their indexes; ``names`` says how to call that which the group of an index is joined to."""
    root = list(range(len(groups)))

    def find(index: int) -> int:
        while root[index] != index:
            root[index] = root[root[index]]
            index = root[index]
        return index

    for indexes in together:
        for index in indexes[1:]:
            one, other = sorted((find(indexes[0]), find(index)))
            root[other] = one
    members: defaultdict[int, list[int]] = defaultdict(list)
    for index in range(len(groups)):
        members[find(index)].append(index)
    named = {find(index): name for index, name in (names or {}).items()}
    made = [_join([groups[index] for index in indexes], named.get(top), place) for top, indexes in members.items()]
    return tuple(sorted(made, key=lambda group: group.nodes[0].name))


def _join(parts: Sequence[Group], name: Group | None, place: Mapping[str, int]) -> Group:
    """Make one group of several, called as the first of them that a namespace or a tag has named, else as the first."""
    if len(parts) == 1 and name is None:
        return parts[0]
    if name is None:
        name = min(parts, key=lambda part: (not part.named_by, min(place[node.name] for node in part.nodes)))
    nodes = tuple(sorted((node for part in parts for node in part.nodes), key=lambda node: node.name))
    return Group(label=name.label, nodes=nodes, named_by=name.named_by)


def _without_cycles(grouping: Grouping, way: str, conditions: Conditions, place: Mapping[str, int]) -> None:
    """Join the groups that wait for each other, and say so; or say why that cannot be."""
    parents = group_parents(grouping.groups)
    index_of = {group.key: index for index, group in enumerate(grouping.groups)}
    together: list[list[int]] = []
    for circle in cycles(parents):
        inside = set(circle)
        groups = [grouping.groups[index_of[key]] for key in circle]
        path = _closing_path({key: parents[key] & inside for key in circle}, grouping.groups, index_of)
        about = {"jobs": tuple(sorted(group.label for group in groups))}
        obstacle = conditions.obstacle([node for group in groups for node in group.nodes])
        if obstacle is None:
            together.append([index_of[key] for key in circle])
            severity, code = Severity.WARNING, Code.MERGED_CYCLE
            end = ": they have become one job. To keep them apart, group otherwise"
        else:
            severity, code = Severity.ERROR, Code.GROUP_CYCLE
            end = f", and one job cannot run them all: {obstacle}. Group otherwise, or let them agree in this"
        message = f"by {way}, {len(groups)} jobs would wait for each other, {path}{end}"
        grouping.diagnostics.append(
            Diagnostic(source="group_by", code=code, severity=severity, message=message, about=about)
        )
    grouping.groups = _joined(grouping.groups, together, place)


def _closing_path(parents: Mapping[str, set[str]], groups: Sequence[Group], index_of: Mapping[str, int]) -> str:
    """Spell one way round, with the datasets that lead from job to job."""
    try:
        topological_order(parents)
    except CycleError as error:
        round_trip = [groups[index_of[key]] for key in reversed(error.cycle)]
    # It reads best from a job that people have named, such as the namespace.
    start = next((number for number, group in enumerate(round_trip) if group.named_by), 0)
    round_trip = round_trip[start:] + round_trip[:start]
    steps = []
    for giver, taker in zip(round_trip, [*round_trip[1:], round_trip[0]], strict=True):
        written = {without_transcoding(name) for node in giver.nodes for name in node.outputs}
        read = {without_transcoding(name) for node in taker.nodes for name in node.inputs}
        steps.append(f"{giver.label} -({min(written & read)})-> ")
    if len(steps) > _SHOWN:
        steps[_SHOWN - 1 : -1] = ["... -> "]
    return "".join([*steps, round_trip[0].label])


def _singles(groups: Sequence[Group], ways: Sequence[str]) -> Iterator[Diagnostic]:
    alone = [group.label for group in groups if len(group.nodes) == 1 and not group.named_by]
    if len(alone) == len(groups):
        yield Diagnostic(
            source="group_by",
            code=Code.UNMATCHED,
            severity=Severity.WARNING,
            message=f"{', '.join(ways)} puts no node into a group: none has such a namespace or tag",
        )
    elif alone:
        what = "1 node is a job of its own" if len(alone) == 1 else f"{len(alone)} nodes are jobs of their own"
        yield Diagnostic(
            source="group_by",
            code=Code.SINGLE_NODE_GROUPS,
            severity=Severity.INFO,
            message=f"{what}, which {', '.join(ways)} puts into no group: {listed(alone, _SHOWN)}",
            about={"jobs": tuple(alone)},
        )


def _invalid(label: str, message: str) -> Diagnostic:
    return Diagnostic(
        source="group_by", code=Code.INVALID_GROUPING, message=f"{label}: {message}", about={"jobs": (label,)}
    )
