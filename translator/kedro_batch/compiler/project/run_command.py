"""Finds the command that jobs will start, where it is not Kedro's own ``run``, and asks it for its options.

A project replaces ``run`` in its ``cli.py``, and a plugin may bring one too; ``command_prefix`` may name another one.
Only the ``cli.py`` of a project that has one is imported, and a plugin whose source names such a command.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import click

from kedro_batch.compiler.project.kedro_errors import first_line, guard_project_code
from kedro_batch.compiler.project.python_source import find_source, find_words
from kedro_batch.errors import ProjectError
from kedro_batch.plan.params_words import PARAMS_OPTION

_RUN = "run"


class _Start(Enum):
    """How a command starts Kedro."""

    KEDRO = auto()
    """As ``kedro run``, or as another command of ``kedro``."""
    PACKAGE = auto()
    """As ``python -m PACKAGE``, or as the script of a packaged project."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCommand:
    """A command that jobs start, and that is not Kedro's own ``run``.

    Attributes:
        source: The file of the project, or the plugin, that defines it.
        name: Its name, after those of the groups that it is in: ``run``.
        command: The command.
        parent: The context of its group; None if it is in none but that of ``kedro``.
        words_before: The number of words of a job's command that stand before its arguments.
    """

    source: str
    name: str
    command: click.Command
    parent: click.Context | None = None
    words_before: int

    def find_refused(self, words: Sequence[str]) -> Iterator[str]:
        """Yield those options among its arguments that would end the command with an error, without their values."""
        coming = iter(words)
        for word in coming:
            if word == "--":
                return
            if word.startswith("-") and word != "-":
                context = self._context()
                try:
                    _, extra, _ = self.command.make_parser(context).parse_args([word])
                    refused = bool(extra) and not context.allow_extra_args
                except click.NoSuchOption:
                    refused = True
                except click.UsageError:
                    refused = "=" in word
                    if not refused:
                        next(coming, None)  # its value
                if refused:
                    yield word.partition("=")[0]

    def find_missing(self, words: Sequence[str]) -> Iterator[str]:
        """Yield the options and arguments that the command requires, and that are not among these words.

        Those that a variable may give are not judged: the job definition may set it.
        """
        context = self._context(resilient_parsing=True)
        refused = {*self.find_refused(words)}
        taken = [word for word in words if word.partition("=")[0] not in refused]  # the first other one ends the parser
        given, _, _ = self.command.make_parser(context).parse_args(taken)
        for parameter in self.command.params:
            if parameter.required and not _reads_variable(parameter, context):
                value, _ = parameter.consume_value(context, given)
                if parameter.value_is_missing(value):
                    yield max(parameter.opts, key=len)

    def read_params(self, words: Sequence[str]) -> Any:
        """Return what the command's option ``--params`` makes of words; None if that cannot be told.

        No other option is processed. What the command itself does with the result is not known.

        Raises:
            ProjectError: The option refuses them.
        """
        option = next((one for one in self.command.params if PARAMS_OPTION in one.opts), None)
        if option is None:
            return None
        context = self._context()
        try:
            given, _, _ = self.command.make_parser(context).parse_args([*words])
            return option.handle_parse_result(context, given, [])[0]
        except click.UsageError as error:
            message = f"{self.source}: its command `{self.name}` refuses the parameters: {first_line(error)}"
            raise ProjectError(message) from error
        except Exception:  # noqa: BLE001  a callback is the project's own; it may need what only a container has
            return None

    def _context(self, **settings: Any) -> click.Context:
        return _make_context(self.command, self.name, self.parent, **settings)


def find_run_command(package: str, prefix: Sequence[str], root: Path) -> RunCommand | None:
    """Find the command that a command prefix starts; None if it is Kedro's own, or if that cannot be told.

    Args:
        package: The project's package, which can be imported.
        prefix: The first words of every command.
        root: The project's folder.

    Raises:
        ProjectError: The project's ``cli.py`` is broken, so that no job would start.
    """
    start, name, words = _find_start(prefix, package)
    if start is None:
        return None
    found: tuple[str, Any] | None = None
    if start is _Start.KEDRO:
        found = _find_in_plugins("kedro.global_commands", name)
    found = found or _find_in_project(package, root, start, name) or _find_in_plugins("kedro.project_commands", name)
    if found is None or not isinstance(found[1], click.Command):
        return None
    with guard_project_code("cannot load the project's own commands", root):
        return _follow(*found, name, words, len(prefix))


def is_known(run: RunCommand | None, package: str, prefix: Sequence[str]) -> bool:
    """True if it is known which command a prefix starts: one that was found, or Kedro's own ``run``."""
    start, name, _ = _find_start(prefix, package)
    return run is not None or (start is not None and name == _RUN)


def _find_start(prefix: Sequence[str], package: str) -> tuple[_Start | None, str, Sequence[str]]:
    """Return how a command prefix starts Kedro, with the name of the command and the words after it.

    The last word that can start it counts: those before may be the options of ``uv run`` or ``conda run``.
    """
    names = [Path(word).name for word in prefix]
    if names[-1] in {package, package.replace("_", "-")}:
        return _Start.PACKAGE, _RUN, ()
    for end in range(len(names), 0, -1):
        command = next((at for at in range(end, len(names)) if not names[at].startswith("-")), None)
        if names[end - 1] == "kedro" and command is not None:
            return _Start.KEDRO, prefix[command], prefix[command + 1 :]
        if names[end - 2 : end] == ["-m", package]:
            return _Start.PACKAGE, _RUN, prefix[end:]
    return None, "", ()


def _follow(source: str, command: Any, name: str, words: Sequence[str], all_words: int) -> RunCommand | None:
    """Follow words through groups to the command that they start; None if there is no such command."""
    parent = None
    while _is_group(command) and words:
        context = _make_context(command, name, parent)
        try:
            _, rest, _ = command.make_parser(context).parse_args([*words])
        except click.UsageError:
            break  # the group itself does not take them
        if not rest:
            break
        inner = command.get_command(context, rest[0])
        if inner is None:
            return None
        command, name, parent, words = inner, f"{name} {rest[0]}", context, rest[1:]
    return RunCommand(source=source, name=name, command=command, parent=parent, words_before=all_words - len(words))


def _make_context(
    command: click.Command, name: str, parent: click.Context | None = None, **settings: Any
) -> click.Context:
    settings = {**command.context_settings, **settings}
    return command.context_class(command, parent=parent, info_name=name.rsplit(maxsplit=1)[-1], **settings)


def _reads_variable(parameter: click.Parameter, context: click.Context) -> bool:
    """True if an environment variable can give a parameter its value."""
    by_itself = isinstance(parameter, click.Option) and parameter.allow_from_autoenv and context.auto_envvar_prefix
    return bool(parameter.envvar or by_itself)


def _find_in_project(package: str, root: Path, start: _Start, name: str) -> tuple[str, Any] | None:
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
    for needed in ("cli", _RUN) if start is _Start.PACKAGE else ("cli",):
        if not hasattr(commands, needed):
            raise ProjectError(f"{source} defines no {needed!r}, so the jobs would not start: Kedro looks for it there")
    with guard_project_code("cannot load the project's own commands", root):
        command = commands.run if start is _Start.PACKAGE else _command_of(commands.cli, name)
    return command and (source, command)


def _find_in_plugins(group: str, name: str) -> tuple[str, Any] | None:
    for entry in entry_points(group=group):
        if name in map(_command_name, find_words(entry.module)):  # otherwise it is not imported
            try:
                command = _command_of(entry.load(), name)
            except Exception:  # noqa: BLE001, S112  Kedro goes on without such a plugin too
                continue
            if command:
                return entry.module, command
    return None


def _is_group(command: Any) -> bool:
    """True for a ``click.Group``, and for a ``click.CommandCollection``, which is none in click 8.1."""
    return hasattr(command, "get_command")


def _command_of(group: Any, name: str) -> Any:
    return group.get_command(click.Context(group), name) if _is_group(group) else None


def _command_name(word: str) -> str:
    """Return the name that click gives to the command that a function of this name makes."""
    return re.sub(r"_(command|cmd|group|grp)$", "", word).replace("_", "-")
