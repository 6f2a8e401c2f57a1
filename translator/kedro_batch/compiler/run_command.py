"""Finds the ``run`` command that jobs will start, where it is not Kedro's own, and asks it for its options.

A project replaces ``run`` in its ``cli.py``, and a plugin may bring one too. Only the ``cli.py`` of a project that has
one is imported, and a plugin whose source has such a command.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from itertools import pairwise
from pathlib import Path
from typing import Any

import click

from kedro_batch.compiler.kedro_errors import guard_project_code
from kedro_batch.compiler.python_source import find_functions, find_source, read_decorators
from kedro_batch.errors import ProjectError

_RUN = "run"


class _Start(Enum):
    """How a command starts Kedro."""

    KEDRO = auto()
    """As ``kedro run``."""
    PACKAGE = auto()
    """As ``python -m PACKAGE``, or as the script of a packaged project."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCommand:
    """A ``run`` command that is not Kedro's own.

    Attributes:
        source: The file of the project, or the plugin, that defines it.
        command: The command.
        words_before: The number of words of a job's command that stand before its arguments.
    """

    source: str
    command: click.Command
    words_before: int

    def refuses(self, word: str) -> bool:
        """True if the command would end with an error because of this option, such as ``--nodes=a``."""
        context = self._context()
        try:
            _, extra, _ = self.command.make_parser(context).parse_args([word])
        except click.NoSuchOption:
            return True
        except click.UsageError:
            return "=" in word  # otherwise its value may be the next word
        return bool(extra) and not context.allow_extra_args

    def find_missing(self, words: Sequence[str]) -> Iterator[str]:
        """Yield the options and arguments that the command requires, and that are not among these words."""
        context = self._context(resilient_parsing=True)
        given, _, _ = self.command.make_parser(context).parse_args([*words])
        for parameter in self.command.params:
            if parameter.required:
                value, _ = parameter.consume_value(context, given)
                if parameter.value_is_missing(value):
                    yield max(parameter.opts, key=len)

    def _context(self, **settings: Any) -> click.Context:
        settings = {**self.command.context_settings, **settings}
        return self.command.context_class(self.command, info_name=_RUN, **settings)


def find_run_command(package: str, prefix: Sequence[str], root: Path) -> RunCommand | None:
    """Find the ``run`` command that a command prefix starts; None if it is Kedro's own, or if that cannot be told.

    Args:
        package: The project's package, which can be imported.
        prefix: The first words of every command.
        root: The project's folder.

    Raises:
        ProjectError: The project's ``cli.py`` is broken, so that no job would start.
    """
    start, words_before = _find_start(prefix, package)
    if start is None:
        return None
    found: tuple[str, Any] | None = None
    if start is _Start.KEDRO:
        found = _find_in_plugins("kedro.global_commands")
    found = found or _find_in_project(package, root, start) or _find_in_plugins("kedro.project_commands")
    if found is None or not isinstance(found[1], click.Command):
        return None
    return RunCommand(source=found[0], command=found[1], words_before=words_before)


def _find_start(prefix: Sequence[str], package: str) -> tuple[_Start | None, int]:
    """Return how a command prefix starts Kedro, and the number of words until then."""
    names = [Path(word).name for word in prefix]
    for number, pair in enumerate(pairwise(names)):
        if pair == ("kedro", _RUN):
            return _Start.KEDRO, number + 2
        if pair == ("-m", package):
            return _Start.PACKAGE, number + 2
    if names[-1] in {package, package.replace("_", "-")}:
        return _Start.PACKAGE, len(names)
    return None, 0


def _find_in_project(package: str, root: Path, start: _Start) -> tuple[str, Any] | None:
    """Import the project's commands, if it has any, and take the one that Kedro would take."""
    module = f"{package}.cli"
    file = find_source(module)
    if file is None:
        return None
    source = str(file.relative_to(root)) if file.is_relative_to(root) else module
    with guard_project_code("cannot load the project's own commands", root):
        try:
            commands = import_module(module)
        except ModuleNotFoundError:
            if start is _Start.KEDRO:
                return None  # `kedro` goes on without the project's commands
            raise
    for name in ("cli", _RUN) if start is _Start.PACKAGE else ("cli",):
        if not hasattr(commands, name):
            raise ProjectError(f"{source} defines no {name!r}, so the jobs would not start: Kedro looks for it there")
    command = commands.run if start is _Start.PACKAGE else _command_of(commands.cli)
    return command and (source, command)


def _find_in_plugins(group: str) -> tuple[str, Any] | None:
    for entry in entry_points(group=group):
        if _may_have_run(entry):
            try:
                command = _command_of(entry.load())
            except Exception:  # noqa: BLE001, S112  Kedro goes on without such a plugin too
                continue
            if command:
                return entry.module, command
    return None


def _command_of(group: Any) -> Any:
    return group.get_command(click.Context(group), _RUN) if isinstance(group, click.Group) else None


def _may_have_run(entry: EntryPoint) -> bool:
    """True if the source of a plugin adds a command named ``run`` to its group. The plugin is not imported."""
    return any(
        decorator.name == f"{entry.attr}.command" and _name_of(name, decorator.arguments) == _RUN
        for name, function in find_functions(entry.module).items()
        for decorator in read_decorators(function)
    )


def _name_of(function: str, arguments: Mapping[int | str, object]) -> object:
    return arguments.get(0) or arguments.get("name") or function
