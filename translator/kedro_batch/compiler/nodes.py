"""What the compiler knows of a Kedro project: plain values, without a Kedro object among them."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from kedro_batch.errors import ProjectError
from kedro_batch.plan.data_flow import without_transcoding
from kedro_batch.plan.model import Selection

DEFAULT_PIPELINE = "__default__"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectNode:
    """One node of a pipeline.

    Attributes:
        name: Kedro's full name, namespace included.
        inputs: Names of its inputs as the node spells them, parameters and transcoding included.
        outputs: Names of its outputs, likewise.
        tags: Its tags.
        namespace: Its namespace, such as ``a.b``; None where it has none.
        named: The project gave it its name; else Kedro makes one of function, inputs and outputs.
    """

    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    tags: frozenset[str] = frozenset()
    namespace: str | None = None
    named: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectNodes:
    """The nodes that are compiled, and the pipelines by which commands reach them.

    Attributes:
        selected: The nodes that are compiled, sorted by name.
        pipelines: All nodes of each pipeline that is compiled, by its registered name.
        registered: The nodes of all pipelines that are known, those that are not compiled included.
    """

    selected: tuple[ProjectNode, ...]
    pipelines: Mapping[str, tuple[ProjectNode, ...]]
    registered: Mapping[str, tuple[ProjectNode, ...]]


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
        group_by: How nodes become jobs; None for what the configuration says.
        verbose: Let Kedro's log through.
    """

    pipelines: tuple[str, ...] = ()
    env: str | None = None
    conf_source: str | None = None
    params: tuple[str, ...] = ()
    load_versions: Mapping[str, str] = field(default_factory=dict)
    selection: Selection = field(default_factory=Selection)
    group_by: tuple[str, ...] | None = None
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


def namespaces_of(namespace: str | None) -> tuple[str, ...]:
    """Give a namespace and those around it, the outermost first: ``a.b`` is in ``a`` and in ``a.b``."""
    parts = namespace.split(".") if namespace else []
    return tuple(".".join(parts[:depth]) for depth in range(1, len(parts) + 1))


def glob(pattern: str) -> str:
    """Give the regular expression of a pattern with ``*`` and ``?``; brackets, which names may have, are themselves."""
    return re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")


def split_names(text: str) -> list[str]:
    """Split at commas as ``kedro run`` does, but not inside the square brackets of Kedro's own names for nodes.

    Raises:
        ValueError: A bracket is not closed, or not opened: Kedro would select everything then.
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


def node_parents(nodes: Iterable[ProjectNode]) -> dict[str, set[str]]:
    """Find for every node the nodes among these that write what it reads."""
    nodes = tuple(nodes)
    producer = {without_transcoding(output): node.name for node in nodes for output in node.outputs}
    return {
        node.name: {producer[name] for name in map(without_transcoding, node.inputs) if name in producer}
        for node in nodes
    }
