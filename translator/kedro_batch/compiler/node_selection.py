"""Selects nodes of a pipeline as ``kedro run`` would, from an index.

Kedro's own filter takes too long to be asked for every job. A property test holds the two equal.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from kedro_batch.compiler.nodes import ProjectNode, namespaces_of


class NodeIndex:
    """The nodes of one or several pipelines by name, tag and namespace."""

    def __init__(self, nodes: Iterable[ProjectNode], *, by_first_letters: bool = False) -> None:
        """Index the nodes; one that is in several pipelines counts once.

        Args:
            nodes: Of one or several pipelines.
            by_first_letters: A namespace selects all that begin like it, as before Kedro 1.0.
        """
        names: set[str] = set()
        tags: defaultdict[str, set[str]] = defaultdict(set)
        namespaces: defaultdict[str, set[str]] = defaultdict(set)
        for node in nodes:
            names.add(node.name)
            for tag in node.tags:
                tags[tag].add(node.name)
            for namespace in namespaces_of(node.namespace):
                namespaces[namespace].add(node.name)
        self.names = frozenset(names)
        self._by_first_letters = by_first_letters
        self._by_tag = {tag: frozenset(found) for tag, found in tags.items()}
        self._by_namespace = {namespace: frozenset(found) for namespace, found in namespaces.items()}

    def with_names(self, names: Sequence[str]) -> frozenset[str]:
        """Select what ``--nodes`` selects: all of these, or nothing where one of them is not there."""
        wanted = frozenset(names)
        return wanted if wanted <= self.names else frozenset()

    def with_tags(self, tags: Sequence[str]) -> frozenset[str]:
        """Select what ``--tags`` selects: the nodes with any of these."""
        return frozenset().union(*(self._by_tag.get(tag, frozenset()) for tag in tags))

    def in_namespace(self, namespace: str) -> frozenset[str]:
        """Select what ``--namespaces`` selects when it names one: the nodes in it or deeper."""
        if not self._by_first_letters:
            return self._by_namespace.get(namespace, frozenset())
        return frozenset().union(*(found for name, found in self._by_namespace.items() if name.startswith(namespace)))
