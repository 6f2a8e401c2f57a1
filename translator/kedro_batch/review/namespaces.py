"""The Kedro namespaces of jobs: a plan has none of its own, the names of its nodes tell them. Pure."""

from collections.abc import Sequence

_DEEPEST = 16
"""Levels of a namespace that are looked at: names of nodes come from files, and may be nothing but dots."""


def namespace_of_node(node: str) -> str:
    """Return what stands before the last dot of a node's name; nothing if it has no namespace.

    A node without a name of its own is called ``f([a.b]) -> [c]``: dots behind the parenthesis are those of datasets.
    """
    return node.partition("(")[0].rpartition(".")[0]


def own_node_name(node: str) -> str:
    """Return a node's name without its namespace."""
    namespace = namespace_of_node(node)
    return node[len(namespace) + 1 :] if namespace else node


def namespaces_of(nodes: Sequence[str]) -> tuple[str, ...]:
    """Return the namespaces that hold all nodes of a job, the outermost first: ``("a", "a.b")``.

    Join jobs and jobs with a node outside of any namespace have none.
    """
    parts = [namespace_of_node(node).split(".") for node in nodes]
    if not parts:
        return ()
    first, last = min(parts), max(parts)  # what these two have in common, all have
    shared = []
    for one, other in zip(first[:_DEEPEST], last, strict=False):
        if one != other or not one:
            break
        shared.append(one)
    return tuple(".".join(shared[: depth + 1]) for depth in range(len(shared)))
