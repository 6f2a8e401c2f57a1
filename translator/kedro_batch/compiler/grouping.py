"""Groups nodes into jobs. Pure: nodes come in; groups go out that hold every node once and form no cycle.

At first every node is a group of its own. Each grouping, in turn, joins some of the groups. Groups that would wait for
each other after that are joined too if one job can run them; otherwise the grouping is refused.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from kedro_batch.compiler.grouping_names import CHAIN, MEMORY, NAMESPACE, TAG
from kedro_batch.compiler.groups import Group, GroupedNodes, find_group_parents
from kedro_batch.compiler.nodes import ProjectNode, enclosing_namespaces, find_node_parents
from kedro_batch.diagnostics import Code, Diagnostic, Severity
from kedro_batch.plan.data_flow import without_transcoding
from kedro_batch.plan.graph import CycleError, cycles, topological_order, transitive_reduction
from kedro_batch.text.wording import listed

_MAX_SHOWN = 12
_MAX_NODES_SHOWN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupingRules:
    """What limits which nodes one job can run.

    Attributes:
        is_in_memory: True if only the process that writes a dataset can read it.
        settings_key: Return a value that is equal for nodes with equal settings; only such nodes form a chain.
        names_limit: Return how many characters a command has for names of nodes with the settings of this one.
        find_conflict: Return the reason why one job cannot run these nodes; None if it can.
    """

    is_in_memory: Callable[[str], bool]
    settings_key: Callable[[ProjectNode], Hashable]
    names_limit: Callable[[ProjectNode], int]
    find_conflict: Callable[[Sequence[ProjectNode]], str | None]


def group_nodes(nodes: Sequence[ProjectNode], groupings: Sequence[str], rules: GroupingRules) -> GroupedNodes:
    """Group nodes.

    Args:
        nodes: Sorted by name.
        groupings: Such as ``("namespace:2", "memory")``, applied in this order; empty for one group for each node.
        rules: What limits the groups.

    Returns:
        The groups, sorted by their first nodes.
    """
    grouped = GroupedNodes(tuple(Group(label=node.name, nodes=(node,)) for node in nodes))
    if not groupings:
        return grouped
    rank = {name: index for index, name in enumerate(topological_order(find_node_parents(nodes)))}
    for grouping in groupings:
        grouped.diagnostics += _find_ambiguous_tags(grouped.groups, grouping)
        grouped.groups = _apply_grouping(grouped.groups, grouping, rules, rank)
        _join_cycles(grouped, grouping, rules, rank)
    if any(grouping not in (CHAIN, MEMORY) for grouping in groupings):
        grouped.diagnostics += _find_single_nodes(grouped.groups, groupings)
    for group in grouped.groups:
        if len(group.nodes) > 1 and (conflict := rules.find_conflict(group.nodes)):
            grouped.diagnostics.append(_diagnose_group(group.label, f"one job cannot run its nodes: {conflict}"))
    return grouped


def _apply_grouping(
    groups: Sequence[Group], grouping: str, rules: GroupingRules, rank: Mapping[str, int]
) -> tuple[Group, ...]:
    if grouping == CHAIN:
        return _join_groups(groups, _find_chain_links(groups, rules), rank)
    if grouping == MEMORY:
        return _join_groups(groups, _find_memory_links(groups, rules), rank)
    if namespace := NAMESPACE.fullmatch(grouping):
        labels = [_namespace_of(group, int(namespace[1] or 1)) for group in groups]
    else:
        labels = [_tag_of(group, grouping.removeprefix(TAG)) for group in groups]
    return _join_by_label(groups, labels, grouping, rank)


def _namespace_of(group: Group, depth: int) -> str | None:
    found = {tuple(enclosing_namespaces(node.namespace)[:depth]) for node in group.nodes}
    only = found.pop() if len(found) == 1 else ()
    return only[-1] if only else None


def _tags_of(group: Group, prefix: str) -> list[str]:
    return sorted({tag for node in group.nodes for tag in node.tags if tag.startswith(prefix)})


def _tag_of(group: Group, prefix: str) -> str | None:
    tags = _tags_of(group, prefix)
    return tags[0] if len(tags) == 1 else None


def _find_ambiguous_tags(groups: Iterable[Group], grouping: str) -> Iterator[Diagnostic]:
    prefix = grouping.removeprefix(TAG)
    for group in groups if grouping.startswith(TAG) else ():
        if len(tags := _tags_of(group, prefix)) > 1:
            yield _diagnose_group(
                group.label,
                f"it has the tags {', '.join(tags)}, but {grouping} needs a single one. Remove the others, or use "
                "another grouping",
            )


def _join_by_label(
    groups: Sequence[Group], labels: Sequence[str | None], grouping: str, rank: Mapping[str, int]
) -> tuple[Group, ...]:
    members: defaultdict[str, list[int]] = defaultdict(list)
    for index, label in enumerate(labels):
        if label is not None:
            members[label].append(index)
    names = {indexes[0]: Group(label=label, nodes=(), named_by=grouping) for label, indexes in members.items()}
    return _join_groups(groups, members.values(), rank, names)


def _find_chain_links(groups: Sequence[Group], rules: GroupingRules) -> Iterator[tuple[int, int]]:
    """Yield pairs of groups with equal settings: the second follows only the first, and nothing else follows that.

    A chain is cut where no command could run it, or where its list of nodes would be too long for a command.
    """
    index_of = {group.key: index for index, group in enumerate(groups)}
    chain_to = {group.key: group.nodes for group in groups}  # all nodes of the chain that ends with this group
    length = {group.key: sum(len(node.name) + 1 for node in group.nodes) for group in groups}
    parents = transitive_reduction(find_group_parents(groups))
    children = Counter(parent for above in parents.values() for parent in above)
    for key, above in parents.items():  # parents come before their children
        if len(above) != 1 or children[above[0]] != 1:
            continue
        both = (*chain_to[above[0]], *chain_to[key])
        together = length[above[0]] + length[key]
        keys = {rules.settings_key(node) for node in (both[0], *groups[index_of[key]].nodes)}
        if len(keys) == 1 and together <= rules.names_limit(both[0]) and rules.find_conflict(both) is None:
            chain_to[key], length[key] = both, together
            yield index_of[above[0]], index_of[key]


def _find_memory_links(groups: Sequence[Group], rules: GroupingRules) -> Iterator[tuple[int, int]]:
    """Yield pairs of groups that share what is only in memory: writer and reader of a dataset, reader and confirmer."""
    writer: dict[str, tuple[int, str]] = {}
    for index, group in enumerate(groups):
        for node in group.nodes:
            writer.update({without_transcoding(name): (index, name) for name in node.outputs})
    for index, group in enumerate(groups):
        for name in (name for node in group.nodes for name in node.inputs):
            written_by, written = writer.get(without_transcoding(name), (index, name))
            if written_by != index and (rules.is_in_memory(name) or rules.is_in_memory(written)):
                yield written_by, index
    yield from _find_confirm_links(groups)


def _find_confirm_links(groups: Sequence[Group]) -> Iterator[tuple[int, int]]:
    """Yield pairs of groups of which one confirms a dataset that the other reads or confirms."""
    users: defaultdict[str, list[int]] = defaultdict(list)
    confirmed = {without_transcoding(name) for group in groups for node in group.nodes for name in node.confirms}
    for index, group in enumerate(groups) if confirmed else ():
        for name in {without_transcoding(name) for node in group.nodes for name in (*node.inputs, *node.confirms)}:
            if name in confirmed:
                users[name].append(index)
    for indexes in users.values():
        yield from ((indexes[0], index) for index in indexes[1:])


def _join_groups(
    groups: Sequence[Group],
    together: Iterable[Sequence[int]],
    rank: Mapping[str, int],
    names: Mapping[int, Group] | None = None,
) -> tuple[Group, ...]:
    """Join groups, given by their indexes. ``names`` has labels for the joined groups, by the index of any member."""
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
    joined = [
        _merge_groups([groups[index] for index in indexes], named.get(top), rank) for top, indexes in members.items()
    ]
    return tuple(sorted(joined, key=lambda group: group.nodes[0].name))


def _merge_groups(parts: Sequence[Group], name: Group | None, rank: Mapping[str, int]) -> Group:
    """Make one group of several. Its label is that of the first with a namespace or tag, otherwise of the first."""
    if len(parts) == 1 and name is None:
        return parts[0]
    if name is None:
        name = min(parts, key=lambda part: (not part.named_by, min(rank[node.name] for node in part.nodes)))
    nodes = tuple(sorted((node for part in parts for node in part.nodes), key=lambda node: node.name))
    return Group(label=name.label, nodes=nodes, named_by=name.named_by)


def _join_cycles(grouped: GroupedNodes, grouping: str, rules: GroupingRules, rank: Mapping[str, int]) -> None:
    """Join the groups that wait for each other, and say so; if one job cannot run them, add an error.

    It is a warning where the groups are a wish. What is in memory leaves no choice, so that is a note.
    """
    parents = find_group_parents(grouped.groups)
    index_of = {group.key: index for index, group in enumerate(grouped.groups)}
    together: list[list[int]] = []
    for cycle in cycles(parents):
        groups = [grouped.groups[index_of[key]] for key in cycle]
        inside = set(cycle)
        path = _describe_cycle({key: parents[key] & inside for key in cycle}, grouped.groups, index_of)
        conflict = rules.find_conflict([node for group in groups for node in group.nodes])
        if conflict is not None:
            severity, code = Severity.ERROR, Code.GROUP_CYCLE
            result = f"One job cannot run them all: {conflict}. Use another grouping, or give them equal settings"
        elif grouping == MEMORY:
            severity, code = Severity.NOTE, Code.MERGED_CYCLE
            result = "They are now one job: what is only in memory, or confirmed, stays in one process"
        else:
            severity, code = Severity.WARNING, Code.MERGED_CYCLE
            result = "They are now one job. To keep them apart, use another grouping"
        if conflict is None:
            together.append([index_of[key] for key in cycle])
        grouped.diagnostics.append(
            Diagnostic(
                source="group_by",
                code=code,
                severity=severity,
                message=f"with {grouping}, {len(groups)} jobs would wait for each other: {path}. {result}",
                about={"jobs": tuple(sorted(group.label for group in groups))},
            )
        )
    grouped.groups = _join_groups(grouped.groups, together, rank)


def _describe_cycle(parents: Mapping[str, set[str]], groups: Sequence[Group], index_of: Mapping[str, int]) -> str:
    """Spell one cycle, with the datasets that lead from job to job."""
    try:
        topological_order(parents)
    except CycleError as error:
        cycle = [groups[index_of[key]] for key in reversed(error.cycle)]
    # Start with a job that people have named, such as a namespace: it is the easiest to recognise.
    start = next((number for number, group in enumerate(cycle) if group.named_by), 0)
    cycle = cycle[start:] + cycle[:start]
    steps = []
    for writer, reader in zip(cycle, [*cycle[1:], cycle[0]], strict=True):
        written = {without_transcoding(name) for node in writer.nodes for name in node.outputs}
        read = {without_transcoding(name) for node in reader.nodes for name in node.inputs}
        steps.append(f"{_describe_group(writer)} -({min(written & read)})-> ")
    if len(steps) > _MAX_SHOWN:
        steps[_MAX_SHOWN - 1 : -1] = [f"... {len(steps) - _MAX_SHOWN} more jobs ... -> "]
    return "".join([*steps, _describe_group(cycle[0])])


def _describe_group(group: Group) -> str:
    """Return what people call a group; if that is a node, the other nodes too."""
    if group.named_by:
        return group.label
    others = (node.name for node in group.nodes if node.name != group.label)
    return listed([group.label, *others], _MAX_NODES_SHOWN, separator=" + ")


def _find_single_nodes(groups: Sequence[Group], groupings: Sequence[str]) -> Iterator[Diagnostic]:
    alone = [group.label for group in groups if len(group.nodes) == 1 and not group.named_by]
    if len(alone) == len(groups):
        yield Diagnostic(
            source="group_by",
            code=Code.UNMATCHED,
            severity=Severity.WARNING,
            message=f"{', '.join(groupings)} groups nothing: no node has such a namespace or tag",
        )
    elif alone:
        one = len(alone) == 1
        nodes = "1 node is a job of its own" if one else f"{len(alone)} nodes are jobs of their own"
        cause = f"{', '.join(groupings)} does not group {'it' if one else 'them'}"
        yield Diagnostic(
            source="group_by",
            code=Code.SINGLE_NODE_GROUPS,
            severity=Severity.NOTE,
            message=f"{nodes}, because {cause}: {listed(alone, _MAX_SHOWN)}",
            about={"jobs": tuple(alone)},
        )


def _diagnose_group(label: str, message: str) -> Diagnostic:
    return Diagnostic(
        source="group_by", code=Code.INVALID_GROUPING, message=f"{label}: {message}", about={"jobs": (label,)}
    )
