"""Compiles nodes without a project: the compiler's pure part, from plain values to a ``Compilation``."""

from collections.abc import Mapping, Sequence
from typing import Any

from kedro_batch.compiler.compilation import Compilation
from kedro_batch.compiler.compile import compile_inputs
from kedro_batch.compiler.data.catalog import Catalog
from kedro_batch.compiler.inputs import CompileInputs
from kedro_batch.compiler.nodes import ProjectNode, ProjectNodes
from kedro_batch.compiler.options import CompileOptions
from kedro_batch.compiler.project.kedro_version import find_kedro_features
from kedro_batch.compiler.settings.batch_config import resolve_settings
from kedro_batch.compiler.settings.config_source import ConfigSource

CATALOG = {
    "raw": {"type": "json.JSONDataset", "filepath": "s3://bucket/raw.json"},
    "raw@pandas": {"type": "pandas.CSVDataset", "filepath": "s3://bucket/raw.csv"},
    "d_{rest}": {"type": "json.JSONDataset", "filepath": "s3://bucket/{rest}.json"},
    "ns.{rest}": {"type": "json.JSONDataset", "filepath": "s3://bucket/ns/{rest}.json"},
}
"""Stores what begins with ``d_``; everything else is in memory."""

TARGET = {"job_queue": "q", "job_definition": "d:1"}
"""With a revision: there is no note about it."""


def parse_node(
    data: str, name: str, tags: str = "", namespace: str | None = None, *, named: bool = True
) -> ProjectNode:
    """Make a node of ``in other -> out``."""
    read, written = (tuple(side.split()) for side in data.split("->"))
    return ProjectNode(
        name=name, inputs=read, outputs=written, tags=frozenset(tags.split()), namespace=namespace, named=named
    )


def compile_nodes(
    nodes: Sequence[ProjectNode],
    settings: Mapping[str, Any] | None = None,
    *,
    catalog: Mapping[str, Any] | None = None,
    strict: bool = False,
    image: str | None = None,
    **inputs: Any,
) -> Compilation:
    """Compile these nodes as the default pipeline of a project.

    Args:
        nodes: The nodes.
        settings: As in ``aws_batch.yml``, beside queue and definition.
        catalog: The catalog, in place of the one above.
        strict: Turn warnings into errors.
        image: The image of the command line.
        inputs: Fields of ``CompileInputs``.
    """
    source = ConfigSource(
        aws_batch={**TARGET, **(settings or {})}, parameters={}, files={}, expected_file="conf/base/aws_batch.yml"
    )
    given = {
        "project": "a_project",
        "nodes": ProjectNodes(
            selected=tuple(sorted(nodes, key=lambda node: node.name)),
            pipelines={"__default__": tuple(nodes)},
            registered={"__default__": tuple(nodes)},
        ),
        "options": CompileOptions(),
        "settings": resolve_settings(source, None, image=image),
        "source": source,
        "catalog": Catalog(CATALOG if catalog is None else catalog),
        "catalog_file": "conf/base/catalog.yml",
        "parameters": [{"x": 1}],
        "parameters_file": "conf/base/parameters.yml",
        "features": find_kedro_features("1.7.0"),
    }
    return compile_inputs(CompileInputs(**{**given, **inputs}), strict=strict)
