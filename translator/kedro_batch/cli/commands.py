"""What all commands share: how they fail, how they are interrupted, how much they say.

The exit codes are those of the errors in ``kedro_batch.errors``; they are documented in the README.
"""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any, TextIO, TypeVar

import click

from kedro_batch.errors import Interrupted, KedroBatchError, UsageError

INSIDE_KEDRO = "kedro_batch.inside_kedro"
"""Set in the context's meta where the command was called as ``kedro batch ...``."""

CLOSED_PIPE = 128 + signal.SIGPIPE
"""The exit code when nobody reads our standard output any more, as for any program in a pipe."""

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

_F = TypeVar("_F", bound=Callable[..., Any])


class BatchCommand(click.Command):
    """A command whose errors end it with a message and their own exit code, here and inside Kedro."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            with _signals_raise():
                return super().invoke(ctx)
        except KedroBatchError as error:
            _complain(ctx, str(error))
            ctx.exit(error.exit_code)
        except Interrupted as error:
            _complain(ctx, f"interrupted by {error}")
            ctx.exit(error.exit_code)
        except BrokenPipeError:
            ctx.exit(CLOSED_PIPE)
        except OSError as error:  # a full disk, a folder that is gone: the machine's state, not a bug
            where = f": {error.filename}" if error.filename else ""
            _complain(ctx, f"{error.strerror or error}{where}")
            ctx.exit(UsageError.exit_code)


def _complain(ctx: click.Context, message: str) -> None:
    from kedro_batch.review.printable import printable  # noqa: PLC0415  reached only on the way out

    if message:
        head = click.style("Error: ", fg="red", bold=True)
        with suppress(OSError):  # where nobody can be told, the exit code still tells
            click.echo(head + printable(message), err=True, color=False if ctx.params.get("no_color") else None)


@contextmanager
def _signals_raise() -> Iterator[None]:
    """Let Ctrl-C, a polite kill and a closed terminal end the command in one and the same way.

    What the caller has told us to ignore, as ``nohup`` does, stays ignored.
    """

    def raise_interrupted(number: int, _: FrameType | None) -> None:
        raise Interrupted(number)

    heard = [number for number in _SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, raise_interrupted) for number in heard}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


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
        UsageError: It cannot be read.
    """
    if file == "-":
        if sys.stdin is None:
            raise UsageError("cannot read standard input: it is closed")
        return sys.stdin.buffer.read(), "standard input"
    try:
        return Path(file).read_bytes(), file
    except OSError as error:
        raise UsageError(f"cannot read {file}: {error.strerror}") from error


def lead_nowhere(stream: TextIO) -> None:
    """Point a stream that cannot be written to at the null device, with what still waits in it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
