"""What all commands share: errors become messages and exit codes, signals interrupt, ``-q`` and ``-v`` say how much.

The exit codes are those of ``kedro_batch.errors``; ``docs/exit-codes.md`` documents them.
"""

import errno
import gc
import os
import shlex
import signal
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from kedro_batch.cli.inside_kedro import refuse_mixed_output
from kedro_batch.cli.signals import on_signals, raise_interrupted
from kedro_batch.cli.standard_input import with_files
from kedro_batch.cli.stream_writer import LAST_WORDS_S, write_patiently
from kedro_batch.cli.streams import cannot_write, escape_unencodable, redirect_to_null
from kedro_batch.errors import Interrupted, KedroBatchError, UsageError
from kedro_batch.text.escaping import for_terminal

if TYPE_CHECKING:
    from kedro_batch.diagnostics import Diagnostic

_WORDS = "kedro_batch.words"
"""Where the context's meta has the words after the command's name."""

CLOSED_PIPE = 128 + signal.SIGPIPE
"""The exit code when nobody reads our standard output any more, as for any program in a pipe."""

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""A disk is full. Where that is raised without a file's name, what is written is standard output: it may have no buffer
that still knows (``PYTHONUNBUFFERED``)."""

_F = TypeVar("_F", bound=Callable[..., Any])


MAY_BE_EMPTY = frozenset(
    {
        # Lists, as `kedro run` takes them: there, too, an empty one chooses nothing in particular.
        *("pipelines", "params", "nodes", "tags", "namespaces", "load_versions"),
        *("from_nodes", "to_nodes", "from_inputs", "to_outputs"),
        "prefix",  # of `init`: the whole bucket
        "docker_args",  # of `image`: words for another program
    }
)
"""The parameters that may be empty. All others are an id, a file or a name, which is never empty but by mistake."""

_OBJECTS_BETWEEN_COLLECTIONS = 200_000
"""Python looks for garbage after every 700 new objects. A plan of 10,000 jobs is a million objects, none of them
garbage: looking for it took a third of the time."""


class BatchCommand(click.Command):
    """A command whose errors end it with a message and their own exit code, here and inside Kedro."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the words of the command line, and keep them as they are."""
        ctx.meta[_WORDS] = tuple(args)
        if not ctx.resilient_parsing:
            self._refuse_empty(ctx, args)
        return super().parse_args(ctx, args)

    def _refuse_empty(self, ctx: click.Context, args: Sequence[str]) -> None:
        """Refuse empty values before anything is made of them: a new random id, say, or the working directory.

        Raises:
            BadParameter: There is one.
        """
        given = self.make_parser(ctx).parse_args(list(args))[0]
        params = {param.name: param for param in self.get_params(ctx) if param.name not in MAY_BE_EMPTY}
        if any(param.is_eager and given.get(name) is True for name, param in params.items()):
            return  # --help
        for name, param in params.items():
            if name in given:
                _check_not_empty(ctx, param, given[name], "it is empty: a variable that it comes from may not be set")
            elif isinstance(param.envvar, str):
                # An empty variable is an unset one, as everywhere; one of blanks is neither that nor a name.
                value = os.environ.get(param.envvar) or None
                _check_not_empty(ctx, param, value, f"the variable {param.envvar} is blank")

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
        escape_unencodable()  # here, too: inside Kedro, its own program has begun
        refuse_mixed_output(ctx, ctx.meta[_WORDS])
        try:
            with on_signals(raise_interrupted):
                return super().invoke(ctx)
        except KedroBatchError as error:
            _print_refusal(ctx, error)
            ctx.exit(error.exit_code)
        except Interrupted as error:
            if error.message:
                _print_last(f"{for_terminal(error.message)}\n")
            ctx.exit(error.exit_code)
        except BrokenPipeError:
            ctx.exit(CLOSED_PIPE)
        except OSError as error:  # a full disk, a folder that is gone: the machine's state, not a bug
            where = f": {error.filename}" if error.filename else ""
            of_output = not where and (error.errno in _FULL or cannot_write(sys.stdout))
            what = "cannot write standard output: " if of_output else ""
            _print_error(ctx, for_terminal(f"{what}{error.strerror or error}{where}"))
            ctx.exit(UsageError.exit_code)


def _check_not_empty(ctx: click.Context, param: click.Parameter, value: object, why: str) -> None:
    words = value if isinstance(value, (list, tuple)) else (value,)
    if any(isinstance(word, str) and not word.strip() for word in words):
        otherwise = ", or leave it out" if not param.required else ""
        raise click.BadParameter(f"{why}. Give it a value{otherwise}", ctx=ctx, param=param)


def command_with(*options: str, instead_of: Collection[str] = (), behind_dashes: Collection[str] = ()) -> str:
    """Return the command line that is carried out with more options, ready to be copied into a shell.

    Where it has read standard input, that names a file (``standard_input``).

    Args:
        options: The options.
        instead_of: Options that they take the place of.
        behind_dashes: More words behind ``--``.
    """
    ctx = click.get_current_context()
    words = list(ctx.meta[_WORDS])
    end = words.index("--") if "--" in words else len(words)
    behind = [*words[end:], *([] if words[end:] or not behind_dashes else ["--"]), *behind_dashes]
    words = [*(word for word in with_files(words[:end]) if word not in instead_of), *options, *behind]
    return f"{ctx.command_path} {shlex.join(words)}"


def words_behind_dashes(ctx: click.Context) -> tuple[str, ...]:
    """Return the words that were typed behind ``--``."""
    words = ctx.meta[_WORDS]
    return words[words.index("--") + 1 :] if "--" in words else ()


def _print_refusal(ctx: click.Context, error: KedroBatchError) -> None:
    from kedro_batch.cli.diagnostics_output import message_text  # noqa: PLC0415  only if a command is refused

    _print_error(ctx, message_text(error, every=bool(ctx.params.get("verbose"))))


def _print_error(ctx: click.Context, message: str) -> None:
    """Print a message that is harmless for a terminal; it may be for want of a working directory."""
    if message and not _has_working_directory():
        message = f"{message}. {_NO_WORKING_DIRECTORY}"
    plain = is_plain(asked=bool(ctx.params.get("no_color")))
    if message:
        head = click.style("Error: ", fg="red", bold=True)
        with suppress(OSError):  # if it cannot be written, the exit code still tells
            click.echo(head + message, err=True, color=False if plain else None)


_NO_WORKING_DIRECTORY = (
    "The working directory does not exist any more: it was removed or moved. Go to one that does: cd DIR"
)


def _has_working_directory() -> bool:
    try:
        Path.cwd()
    except OSError:
        return False
    return True


def print_diagnostics(diagnostics: "Sequence[Diagnostic]", *, every: bool, no_color: bool, headline: str = "") -> None:
    """Print diagnostics below a headline or their number, all that is known if ``every``; nothing if there are none."""
    from kedro_batch.cli.diagnostics_output import diagnostics_text  # noqa: PLC0415  only if there are diagnostics

    if diagnostics:
        text = diagnostics_text(diagnostics, every=every, headline=headline)
        print_note(click.unstyle(text) if is_plain(asked=no_color) else text)


def shown_if(diagnostics: "Sequence[Diagnostic]", *, quiet: bool) -> "Sequence[Diagnostic]":
    """Return the diagnostics that are printed: if quiet, no notes."""
    from kedro_batch.diagnostics import Severity  # noqa: PLC0415  not loaded for --help

    return [one for one in diagnostics if one.severity is not Severity.NOTE] if quiet else diagnostics


def is_plain(*, asked: bool) -> bool:
    """True if text is written without colours: as asked for, or as the environment says."""
    return asked or bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"


_shown_by: list[Callable[[str], None]] = []
"""What shows a run on standard error now, and shows notes, too: nobody else writes there meanwhile."""


@contextmanager
def showing_notes(show: Callable[[str], None]) -> Iterator[None]:
    """Let a view show the notes of the block, in its own time."""
    _shown_by.append(show)
    try:
        yield
    finally:
        _shown_by.remove(show)


def print_note(message: str) -> None:
    """Print a note on standard error; where that fails, the command goes on."""
    if _shown_by:
        _shown_by[-1](message)
        return
    try:
        click.echo(message, err=True)
    except OSError:
        redirect_to_null(sys.stderr)


def _print_last(text: str) -> None:
    """Print what a command says that a signal has ended: for a while, as it hears no more signals."""
    with suppress(OSError):
        write_patiently(sys.stderr, text, LAST_WORDS_S)


def print_plainly(message: str) -> None:
    """Print a note that may hold what others have written: a terminal obeys nothing in it."""
    print_note(for_terminal(message))


def verbosity_options(command: _F) -> _F:
    """Add ``-q``, ``-v`` and ``--no-color``."""
    for option in (
        click.option("--no-color", is_flag=True, help="Write without colours, as NO_COLOR=1 does."),
        click.option("-v", "--verbose", is_flag=True, help="Say more about what happens."),
        click.option("-q", "--quiet", is_flag=True, help="Say only warnings, what went wrong and how it ended."),
    ):
        command = option(command)
    return command
