"""What all commands share: how they fail, how they are interrupted, how much they say.

The exit codes are those of the errors in ``kedro_batch.errors``; they are documented in the README.
"""

import gc
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, TextIO, TypeVar

import click

from kedro_batch.errors import Interrupted, KedroBatchError, Refused, UsageError

INSIDE_KEDRO = "kedro_batch.inside_kedro"
"""Set in the context's meta where the command was called as ``kedro batch ...``."""

CLOSED_PIPE = 128 + signal.SIGPIPE
"""The exit code when nobody reads our standard output any more, as for any program in a pipe."""

INTERRUPTING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)

_F = TypeVar("_F", bound=Callable[..., Any])


_OBJECTS_BETWEEN_COLLECTIONS = 200_000
"""Python looks for garbage after every 700 new objects. A plan of 10,000 jobs is a million objects, none of them
garbage, and the looking took a third of the time."""


class BatchCommand(click.Command):
    """A command whose errors end it with a message and their own exit code, here and inside Kedro."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
        try:
            with on_signals(_raise_interrupted):
                return super().invoke(ctx)
        except KedroBatchError as error:
            _complain(ctx, _spelled(error))
            ctx.exit(error.exit_code)
        except Interrupted as error:
            tell(f"Stopped by {error.signal_name}.")
            ctx.exit(error.exit_code)
        except BrokenPipeError:
            ctx.exit(CLOSED_PIPE)
        except OSError as error:  # a full disk, a folder that is gone: the machine's state, not a bug
            where = f": {error.filename}" if error.filename else ""
            _complain(ctx, f"{error.strerror or error}{where}")
            ctx.exit(UsageError.exit_code)


def _spelled(error: KedroBatchError) -> str:
    from kedro_batch.review.diagnostics import refusal_text  # noqa: PLC0415  reached only on the way out

    return refusal_text(error) if isinstance(error, Refused) else str(error)


def _complain(ctx: click.Context, message: str) -> None:
    from kedro_batch.text.escaping import for_terminal  # noqa: PLC0415  reached only on the way out

    plain = is_plain(asked=bool(ctx.params.get("no_color")))
    if message:
        head = click.style("Error: ", fg="red", bold=True)
        with suppress(OSError):  # where nobody can be told, the exit code still tells
            click.echo(head + for_terminal(message), err=True, color=False if plain else None)


def is_plain(*, asked: bool) -> bool:
    """Tell whether to write without colours, wherever it goes: as asked for, or as the environment has it."""
    return asked or bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"


def tell(message: str) -> None:
    """Say something on standard error; where that fails, the command goes on all the same."""
    try:
        click.echo(message, err=True)
    except OSError:
        lead_nowhere(sys.stderr)


@contextmanager
def on_signals(handle: Callable[[int], None]) -> Iterator[None]:
    """Let Ctrl-C, a polite kill and a closed terminal do one and the same thing.

    What the caller has told us to ignore, as ``nohup`` does, stays ignored.
    """
    heard = [number for number in INTERRUPTING if signal.getsignal(number) is not signal.SIG_IGN]
    before: dict[int, Any] = {number: signal.signal(number, lambda number, _: handle(number)) for number in heard}
    try:
        yield
    except Interrupted:  # we are on the way out: what comes now is late
        before = dict.fromkeys(before, signal.SIG_IGN)
        raise
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _raise_interrupted(number: int) -> None:
    raise Interrupted(number)


def talk_options(command: _F) -> _F:
    """Add ``-q``, ``-v`` and ``--no-color``."""
    for option in (
        click.option("--no-color", is_flag=True, help="Write without colours, as NO_COLOR=1 does."),
        click.option("-v", "--verbose", is_flag=True, help="Say more about what happens."),
        click.option("-q", "--quiet", is_flag=True, help="Say only what went wrong and how it ended."),
    ):
        command = option(command)
    return command


def read_input(file: str) -> tuple[bytes, str]:
    """Read a file, or standard input for ``-``.

    Returns:
        Its content, and its name for messages.

    Raises:
        UsageError: It cannot be read, or is too large for a plan.
    """
    if file == "-":
        if sys.stdin is None:
            raise UsageError("cannot read standard input: it is closed")
        return read_whole(sys.stdin.buffer, "standard input"), "standard input"
    try:
        with Path(file).open("rb") as stream:
            return read_whole(stream, file), file
    except OSError as error:
        raise UsageError(f"cannot read {file}: {error.strerror}") from error


def read_whole(stream: BinaryIO, name: str) -> bytes:
    """Read a stream to its end.

    Raises:
        UsageError: It is too large for a plan.
    """
    from kedro_batch.files.read_budget import MAX_BYTES  # noqa: PLC0415  the command line's --help does without

    content = stream.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise UsageError(f"cannot read {name}: it has more than {MAX_BYTES >> 20} MiB, the most that a plan may have")
    return content


def lead_nowhere(stream: TextIO) -> None:
    """Point a stream that cannot be written to at the null device, with what still waits in it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
