"""Explains the errors of Kedro and of a project's own code: what is wrong, where, and what to do. Imports no Kedro."""

import traceback
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import chdir, contextmanager
from pathlib import Path

from yaml import MarkedYAMLError

from kedro_batch.compiler.nodes import ProjectNode, enclosing_namespaces
from kedro_batch.compiler.project.interpolations import find_remedy
from kedro_batch.errors import ProjectError
from kedro_batch.text.wording import did_you_mean

NOT_IMPORTED = "An error occurred while importing the "
"""How Kedro's warning about a module of pipelines begins that it has left out."""


def describe_unknown_pipelines(unknown: Iterable[str], known: Iterable[str]) -> str:
    """Name the pipelines that are not registered, with near names and all that are."""
    known = sorted(known)
    hints = [f"no pipeline is named {name!r}.{did_you_mean(name, known)}" for name in unknown]
    return "\n".join([*hints, f"Choose one of: {', '.join(known)}"])


def describe_unknown_names(nodes: Sequence[ProjectNode], chosen: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Yield a line for each selected name that a pipeline of these nodes does not have, with near names.

    Args:
        nodes: The nodes of the pipeline.
        chosen: The names that each flag selects.
    """
    datasets = {name for node in nodes for name in (*node.inputs, *node.outputs)}
    known: dict[str, Collection[str]] = {
        "tags": {tag for node in nodes for tag in node.tags},
        "namespaces": {prefix for node in nodes for prefix in enclosing_namespaces(node.namespace)},
        "from_inputs": datasets,
        "to_outputs": datasets,
    }
    every = [node.name for node in nodes]
    for flag, names in chosen.items():
        candidates = known.get(flag, every)
        for name in names:
            if name not in candidates:
                yield f"  --{flag.replace('_', '-')}: there is no {name!r}.{did_you_mean(name, candidates)}"


def describe_needed_pipelines(lacking: Iterable[str], names: Iterable[str], failure: Exception | None) -> str:
    """Explain that a registry makes a pipeline of others, and makes it without nodes if it is not asked for them.

    Args:
        lacking: The pipelines that it does not make.
        names: The pipelines that it is asked for.
        failure: What it raised, if it did.
    """
    reason = f"{failure}\n" if failure else ""
    return (
        f"{reason}Kedro asks the registry only for the pipelines that are named, and of these alone it makes no nodes "
        f"for {', '.join(lacking)}. `kedro run` fails in the same way. Name those that it is made of too, and all of "
        f"their nodes are compiled: --pipelines={','.join(names)},..."
    )


def describe_broken_modules(broken: Iterable[str]) -> str:
    """Name the pipeline modules that Kedro left out: a plan without their nodes would look complete."""
    lines = []
    for warning in broken:
        headline, _, details = warning.partition("\n")
        module = headline.removeprefix(NOT_IMPORTED).partition(" module")[0].strip("'")
        reason = details.strip().splitlines()[-1] if details.strip() else "no reason given"
        lines.append(f"  {module}: {reason}")
    return "\n".join(
        [
            "some pipelines cannot be imported, and their nodes would be missing in the plan:",
            *lines,
            "Fix the import (is a package missing?), or compile other pipelines with --pipelines",
        ]
    )


def explain_error(error: Exception) -> str:
    """Return Kedro's reason, with line and column counted from 1 as editors do, and with what to do if known."""
    cause = error.__cause__
    mark = cause.problem_mark if isinstance(cause, MarkedYAMLError) else None
    if isinstance(cause, MarkedYAMLError) and mark is not None:
        file = str(error).removeprefix("Invalid YAML or JSON file ").partition(", unable to read")[0]
        return f"{file} is not valid YAML: line {mark.line + 1}, column {mark.column + 1}: {cause.problem}"
    if isinstance(error, MarkedYAMLError) and error.problem_mark is not None:
        return f"line {error.problem_mark.line + 1}: {error.problem}"
    return first_line(error) + find_remedy(first_line(error))


def first_line(error: BaseException) -> str:
    """Return the first line of an error's message."""
    return next(iter(str(error).strip().splitlines()), "no reason given")


@contextmanager
def guard_project_code(task: str, root: Path) -> Iterator[None]:
    """Run a project's code in its folder, and turn whatever it raises into an error that says what and where."""
    try:
        with chdir(root):
            yield
    except (Exception, SystemExit) as error:
        cause: BaseException = error
        while cause.__cause__ is not None:
            cause = cause.__cause__
        raise ProjectError(f"{task} in {root}: {type(cause).__name__}: {_locate_error(cause, root)}") from error


def _locate_error(error: BaseException, root: Path) -> str:
    """Return an error's message, the last line of the project's own code in its traceback, and what to do if known."""
    frames = [(frame.filename, frame.lineno) for frame in traceback.extract_tb(error.__traceback__)]
    if isinstance(error, SyntaxError) and error.filename:
        frames.append((error.filename, error.lineno))
    own = [(Path(file), line) for file, line in frames if Path(file).is_relative_to(root)]
    message = error.msg if isinstance(error, SyntaxError) else str(error)
    place = f" ({own[-1][0].relative_to(root)}, line {own[-1][1]})" if own else ""
    remedy = ". Is it installed where kedro-batch is?" if isinstance(error, ModuleNotFoundError) else ""
    return f"{message}{place}{remedy}"
