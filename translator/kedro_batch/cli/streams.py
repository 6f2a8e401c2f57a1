"""Standard streams: read a plan from them, keep them for results, and live on when they are closed, full or unread."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BufferedWriter, FileIO, TextIOWrapper
from pathlib import Path
from typing import Any, BinaryIO, TextIO

from kedro_batch.errors import UsageError


@contextmanager
def reserve_stdout() -> Iterator[BinaryIO]:
    """Point file descriptor 1 to standard error, and yield a stream to the real standard output.

    Redirecting ``sys.stdout`` would miss the output of subprocesses. The descriptor stays redirected: output of a
    project while the interpreter exits does not belong to the result either.
    """
    with suppress(OSError, ValueError):
        sys.stdout.flush()
    try:
        real = os.dup(1)
    except OSError:  # standard output is closed
        real = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(2, 1)
    except OSError:  # standard error is closed
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    with BufferedWriter(_StandardOutput(real, "wb")) as stream:
        yield stream


class _StandardOutput(FileIO):
    """Standard output under another descriptor: that it cannot be written is said with its name."""

    def write(self, content: Any) -> int:
        """Write, as far as there is room.

        Raises:
            UsageError: It cannot be written, such as on a full disk.
            BrokenPipeError: Nobody reads it any more.
        """
        try:
            return super().write(content)
        except (BrokenPipeError, BlockingIOError):
            raise
        except OSError as error:
            raise UsageError(f"cannot write standard output: {error.strerror}") from error


def read_input(file: str) -> tuple[bytes, str]:
    """Read a file, or standard input for ``-``.

    Returns:
        Its content, and its name for messages.

    Raises:
        UsageError: It cannot be read, or is too large.
    """
    if file == "-":
        if sys.stdin is None:
            raise UsageError("cannot read standard input: it is closed")
        return read_whole(sys.stdin.buffer, "standard input"), "standard input"
    try:
        with Path(file).open("rb") as stream:
            return read_whole(stream, file), file
    except OSError as error:
        raise UsageError(f"cannot read {file}: {error.strerror}{_file_named_alike(file)}") from error


def _file_named_alike(file: str) -> str:
    """Return what to say of the file beside one that is not there, whose name is most like it; nothing otherwise."""
    from kedro_batch.text.wording import closest  # noqa: PLC0415  reached only on the way out

    path = Path(file)
    with suppress(OSError):
        if not os.path.lexists(path):
            near = closest(path.name, [one.name for one in path.parent.iterdir() if one.is_file()])
            return f". There is {path.with_name(near[0])}" if near else ""
    return ""


def read_whole(stream: BinaryIO, name: str) -> bytes:
    """Read a stream to its end.

    Raises:
        UsageError: It is too large.
    """
    from kedro_batch.files.read_budget import MAX_BYTES  # noqa: PLC0415  the command line's --help does without

    content = stream.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise UsageError(too_large(name))
    return content


def too_large(name: str) -> str:
    """Return the message for what is too large to be read."""
    from kedro_batch.files.read_budget import MAX_BYTES  # noqa: PLC0415  the command line's --help does without

    return f"cannot read {name}: it has more than {MAX_BYTES >> 20} MiB, the most that is read"


def is_standard_output(output: str | None) -> bool:
    """True if a name means standard output, also through links."""
    if output in (None, "-"):
        return True
    try:
        return os.path.samestat(Path(str(output)).stat(), os.fstat(1))
    except OSError:
        return False


def refuse_closed_output() -> None:
    """Refuse to make a result that goes nowhere.

    Raises:
        UsageError: Standard output was closed when the program started (``open_closed_streams``).
    """
    if sys.stdout.name == os.devnull:
        raise UsageError("cannot write standard output: it is closed")


def redirect_to_null(stream: TextIO) -> None:
    """Point a stream that cannot be written to at the null device, with what still waits in it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def open_closed_streams() -> None:
    """Point the standard streams that are closed at the null device."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            # It stays open until the process ends.
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115, PTH123


def escape_unencodable() -> None:
    """Let the standard streams write as escapes what the locale cannot encode: no text ends a command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            with suppress(OSError, ValueError):  # it cannot be written to, or is closed
                stream.reconfigure(errors="backslashreplace")


def drop_unwritable_output() -> None:
    """Drop what still waits to be written, if it cannot be: else the interpreter ends with code 120."""
    for stream in (sys.stdout, sys.stderr):
        if cannot_write(stream):
            redirect_to_null(stream)


def cannot_write(stream: TextIO) -> bool:
    """True if something waits to be written to a stream, and cannot be."""
    try:
        stream.flush()
    except OSError:
        return True
    return False


def shows_links(stream: TextIO) -> bool:
    """True if a stream is a terminal that shows links (OSC 8), or the text of a link alone.

    The console of Linux and dumb terminals would show the whole sequence.
    """
    return stream.isatty() and os.environ.get("TERM", "dumb") not in ("dumb", "linux")


def fitted_to(stream: TextIO, text: str) -> str:
    """Return a text with its lines broken at blanks where a stream is a terminal that is too narrow for them."""
    if not stream.isatty():
        return text
    try:
        width = os.get_terminal_size(stream.fileno()).columns
    except (OSError, ValueError):
        return text
    from kedro_batch.text.fitting import fitted  # noqa: PLC0415  rich is not loaded where nothing is shown

    return fitted(text, width) if width else text
