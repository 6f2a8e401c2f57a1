"""Selects nodes of a pipeline as ``kedro run`` would, from an index. Pure.

Kedro's own filter is too slow to ask for every job. A property test proves that both select the same nodes.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from kedro_batch.compiler.nodes import ProjectNode, enclosing_namespaces


class NodeIndex:
    """The nodes of one or several pipelines by name, tag and namespace."""

    def __init__(self, nodes: Iterable[ProjectNode], *, by_first_letters: bool = False) -> None:
        """Index the nodes; a node of several pipelines counts once.

        Args:
            nodes: The nodes of one or several pipelines.
            by_first_letters: A namespace also selects every namespace that starts with the same letters, as
                before Kedro 1.0.
        """
        names: set[str] = set()
        tags: defaultdict[str, set[str]] = defaultdict(set)
        namespaces: defaultdict[str, set[str]] = defaultdict(set)
        for node in nodes:
            names.add(node.name)
            for tag in node.tags:
                tags[tag].add(node.name)
            for namespace in enclosing_namespaces(node.namespace):
                namespaces[namespace].add(node.name)
        self.names = frozenset(names)
        self._by_first_letters = by_first_letters
        self._by_tag = {tag: frozenset(found) for tag, found in tags.items()}
        self._by_namespace = {namespace: frozenset(found) for namespace, found in namespaces.items()}

    def with_names(self, names: Sequence[str]) -> frozenset[str]:
        """Return what ``--nodes`` selects: all of these, or nothing if one of them is missing."""
        wanted = frozenset(names)
        return wanted if wanted <= self.names else frozenset()

    def with_tags(self, tags: Sequence[str]) -> frozenset[str]:
        """Return what ``--tags`` selects: the nodes with any of these tags."""
        return frozenset().union(*(self._by_tag.get(tag, frozenset()) for tag in tags))

    def in_namespace(self, namespace: str) -> frozenset[str]:
        """Return what ``--namespaces`` selects for one name: the nodes in this namespace or deeper."""
        if not self._by_first_letters:
            return self._by_namespace.get(namespace, frozenset())
        return frozenset().union(*(found for name, found in self._by_namespace.items() if name.startswith(namespace)))


def split_names(text: str) -> list[str]:
    """Split a list at its commas as ``kedro run`` does, but not inside the brackets of names that Kedro made.

    Raises:
        ValueError: A bracket is not closed or not opened. Kedro would select every node then.
    """
    if "[" not in text and "]" not in text:
        return [part.strip() for part in text.split(",") if part.strip()]
    parts, depth, part = [], 0, ""
    for letter in text + ",":
        depth += (letter == "[") - (letter == "]")
        if depth < 0:
            raise ValueError(f"a square bracket is not opened in {text!r}")
        if letter == "," and depth == 0:
            parts.append(part.strip())
            part = ""
        else:
            part += letter
    if part.strip():
        raise ValueError(f"a square bracket is not closed in {text!r}")
    return [part for part in parts if part]
