"""Nodes and pipelines of a Kedro project as plain values, without a Kedro object among them. Pure."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kedro_batch.plan.data_flow import without_transcoding

DEFAULT_PIPELINE = "__default__"
PARAMETER_PREFIX = "params:"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectNode:
    """One node of a pipeline.

    Attributes:
        name: Kedro's full name, namespace included.
        inputs: The names of its inputs as the node spells them, parameters and transcoding included.
        outputs: The names of its outputs, spelled likewise.
        tags: Its tags.
        namespace: Its namespace, such as ``a.b``; None if it has none.
        confirms: The datasets that it confirms: of an ``IncrementalDataset``, what has been read is done with.
        named: The project named it; otherwise Kedro made the name of function, inputs and outputs.
    """

    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    tags: frozenset[str] = frozenset()
    namespace: str | None = None
    confirms: tuple[str, ...] = ()
    named: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectNodes:
    """The nodes to compile, and the pipelines in which commands find them.

    Attributes:
        selected: The nodes to compile, sorted by name.
        pipelines: All nodes of each pipeline that is compiled, by its registered name.
        registered: All nodes of every pipeline that is known, compiled or not.
    """

    selected: tuple[ProjectNode, ...]
    pipelines: Mapping[str, tuple[ProjectNode, ...]]
    registered: Mapping[str, tuple[ProjectNode, ...]]


def is_parameter(dataset: str) -> bool:
    """True if Kedro takes the name for parameters, not for a dataset."""
    return dataset == "parameters" or dataset.startswith(PARAMETER_PREFIX)


def enclosing_namespaces(namespace: str | None) -> tuple[str, ...]:
    """Return a namespace and those around it, the outermost first: ``a`` and ``a.b`` for ``a.b``."""
    parts = namespace.split(".") if namespace else []
    return tuple(".".join(parts[:depth]) for depth in range(1, len(parts) + 1))


def glob_regex(pattern: str) -> str:
    """Return the regular expression of a pattern with ``*`` and ``?``; brackets stand for themselves."""
    return re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")


def find_node_parents(nodes: Iterable[ProjectNode]) -> dict[str, set[str]]:
    """Return for every node the names of the nodes among these that write its inputs."""
    nodes = tuple(nodes)
    producer = {without_transcoding(output): node.name for node in nodes for output in node.outputs}
    return {
        node.name: {producer[name] for name in map(without_transcoding, node.inputs) if name in producer}
        for node in nodes
    }
