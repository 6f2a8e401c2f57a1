"""Groups of nodes: what one job runs, and which groups wait for which. ``grouping`` makes them. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from kedro_batch.compiler.nodes import ProjectNode, find_node_parents
from kedro_batch.diagnostics import Diagnostic, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The nodes of one job.

    Attributes:
        label: Its name for people: its namespace, its tag or the name of its first node.
        nodes: Its nodes, sorted by name.
        named_by: The grouping whose namespace or tag is the label; empty if the label is the name of a node.
    """

    label: str
    nodes: tuple[ProjectNode, ...]
    named_by: str = ""

    @property
    def key(self) -> str:
        """An identifier among all groups; that of a namespace or tag stays when its nodes change."""
        return f"{self.named_by}\n{self.label}" if self.named_by else self.label


@dataclass(slots=True)
class GroupedNodes:
    """Groups, and the diagnostics about them. An error is among them if the groups make no plan."""

    groups: tuple[Group, ...]
    diagnostics: list[Diagnostic] = field(default_factory=list)

    @property
    def has_errors(self) -> bool:
        """True if the nodes cannot be grouped in this way."""
        return any(one.severity is Severity.ERROR for one in self.diagnostics)


def find_group_parents(groups: Sequence[Group]) -> dict[str, set[str]]:
    """Return for the key of every group the keys of the groups that write its inputs."""
    owner = {node.name: group.key for group in groups for node in group.nodes}
    parents: dict[str, set[str]] = {group.key: set() for group in groups}
    for node, above in find_node_parents(node for group in groups for node in group.nodes).items():
        parents[owner[node]].update(owner[parent] for parent in above)
    return {key: above - {key} for key, above in parents.items()}
