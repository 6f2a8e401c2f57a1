"""What the compiler knows of a Kedro project: plain values, without a Kedro object among them."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from kedro_batch.errors import ProjectError
from kedro_batch.plan.model import Selection

DEFAULT_PIPELINE = "__default__"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectNode:
    """One node of the selected pipelines.

    Attributes:
        name: Kedro's full name, namespace included.
        pipeline: The registered pipeline by which a command can reach it.
        inputs: Names of its inputs as the node spells them, parameters and transcoding included.
        outputs: Names of its outputs, likewise.
    """

    name: str
    pipeline: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CompileOptions:
    """What the command line says of one compilation, spelled as ``kedro run`` spells it.

    Attributes:
        pipelines: Registered names; empty for ``__default__``.
        env: The configuration environment; None for the project's default.
        conf_source: Where the configuration is: a URL, or a path from the project's folder if it is inside,
            else an absolute one; None for the project's own.
        params: ``key=value`` pairs.
        load_versions: Dataset name to version.
        selection: The flags that choose nodes.
        verbose: Let Kedro's log through.
    """

    pipelines: tuple[str, ...] = ()
    env: str | None = None
    conf_source: str | None = None
    params: tuple[str, ...] = ()
    load_versions: Mapping[str, str] = field(default_factory=dict)
    selection: Selection = field(default_factory=Selection)
    verbose: bool = False


def find_project(start: Path) -> Path:
    """Find the Kedro project that a folder belongs to: the folder itself or the nearest one above it.

    Raises:
        ProjectError: There is none.
    """
    start = start.resolve()
    for folder in (start, *start.parents):
        if _is_kedro_project(folder / "pyproject.toml"):
            return folder
    raise ProjectError(
        f"no Kedro project in {start} or above: there is no pyproject.toml with a [tool.kedro] section. "
        "Go to your project, or name it with --project DIR; to see one first: kedro-batch demo"
    )


def _is_kedro_project(file: Path) -> bool:
    if not file.is_file():
        return False
    try:
        tool = tomllib.loads(file.read_text(encoding="utf-8")).get("tool")
    except OSError as error:
        raise ProjectError(f"cannot read {file}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ProjectError(f"{file} is not valid TOML: {error}") from error
    return isinstance(tool, dict) and "kedro" in tool


def is_parameter(dataset: str) -> bool:
    """Tell parameters from datasets, as Kedro names them."""
    return dataset == "parameters" or dataset.startswith("params:")


def without_transcoding(dataset: str) -> str:
    """Give the name by which producers and consumers meet: ``table@spark`` and ``table@pandas`` are one."""
    return dataset.partition("@")[0]


def node_parents(nodes: Iterable[ProjectNode]) -> dict[str, set[str]]:
    """Find for every node the nodes among these that write what it reads."""
    nodes = tuple(nodes)
    producer = {without_transcoding(output): node.name for node in nodes for output in node.outputs}
    return {
        node.name: {producer[name] for name in map(without_transcoding, node.inputs) if name in producer}
        for node in nodes
    }
