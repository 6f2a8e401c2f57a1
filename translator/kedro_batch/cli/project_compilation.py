"""Compile a project as the options of ``compile`` and ``doctor`` say, and spell the command that was typed."""

import os
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kedro_batch.cli.base import print_note
from kedro_batch.cli.streams import read_input
from kedro_batch.compiler.compile import compile_project
from kedro_batch.compiler.options import CompileOptions
from kedro_batch.compiler.params_file import read_params_file
from kedro_batch.compiler.project.missing_target import MissingTarget
from kedro_batch.compiler.project.project_folder import find_project
from kedro_batch.errors import ConfigError, UsageError
from kedro_batch.plan.model import Selection
from kedro_batch.text.escaping import for_terminal

if TYPE_CHECKING:
    from kedro_batch.compiler.compilation import Compilation


def options_from_flags(root: Path, flags: dict[str, Any]) -> CompileOptions:
    """Return the options of a compilation.

    Args:
        root: The project's folder.
        flags: The options of the command line.

    Raises:
        UsageError: The options ask for what cannot be.
    """
    params_file = flags["params_file"]
    env = flags["env"] or os.environ.get("KEDRO_ENV") or None
    if env is not None and (Path(env).is_absolute() or ".." in Path(env).parts):
        raise UsageError(f"--env: {env!r} is a path: name a folder of the configuration, such as base")
    names = ("nodes", "tags", "namespaces", "from_nodes", "to_nodes", "from_inputs", "to_outputs")
    return CompileOptions(
        pipelines=flags["pipelines"],
        env=env,
        conf_source=relative_to_project(root, flags["conf_source"]),
        params=flags["params"],
        params_file=None if params_file is None else read_params_file(*read_input(params_file)),
        load_versions=flags["load_versions"],
        selection=Selection(**{name: flags[name] for name in names}),
        group_by=flags["group_by"],
        image=flags["image"],
        verbose=flags["verbose"],
    )


def compile_from_flags(context: click.Context, project: Path, flags: dict[str, Any]) -> "Compilation":
    """Compile a project as the options of the command line say.

    Raises:
        Refused: The project cannot be loaded, or its configuration is wrong.
        UsageError: The options ask for what cannot be.
    """
    root = find_project(project)
    options = options_from_flags(root, flags)
    try:
        on_warning = None if flags["quiet"] else lambda line: print_note(for_terminal(line))
        resolve = None
        if flags["resolve_image"]:
            from kedro_batch.cli.image_resolver import image_resolver  # noqa: PLC0415  it loads boto3, which is slow

            resolve = image_resolver()
        return compile_project(root, options, strict=flags["strict"], on_warning=on_warning, resolve_image=resolve)
    except MissingTarget as error:
        if error.other_env is None:
            raise
        raise ConfigError(f"{error.headline}:\n\n    {command_with_env(context, error.other_env)}\n") from error


def relative_to_project(root: Path, conf_source: str | None) -> str | None:
    """Make a path relative to the project's folder if it is inside, so that it means the same on every machine.

    Raises:
        UsageError: It does not exist.
    """
    if conf_source is None or "://" in conf_source:
        return conf_source
    path = Path(conf_source).resolve()
    if not path.exists():
        raise UsageError(f"--conf-source: {conf_source} does not exist")
    return str(path.relative_to(root)) if path.is_relative_to(root) else str(path)


def command_with_env(context: click.Context, env: str) -> str:
    """Return the command that was typed, ours or ``kedro run``, with another environment."""
    to_stdout = context.info_name == "compile" and not context.params["output"] and not context.params["check"]
    words = typed_words(str(context.info_name), "--env", "-e")
    return shlex.join([*context.command_path.split(), f"--env={env}", *words]) + (" > plan.yaml" if to_stdout else "")


def typed_words(command: str, *dropped: str) -> Iterator[str]:
    """Yield the words that were typed after a command, without some options and their values."""
    typed = iter(sys.argv[sys.argv.index(command) + 1 :] if command in sys.argv else [])
    for word in typed:
        if word in dropped:
            next(typed, None)  # its value
        elif word.partition("=")[0] not in dropped and word[:2] not in dropped:
            yield word
