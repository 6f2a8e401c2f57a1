"""Append the events of a run to a file, one JSON object a line, beside what people are shown (``--events``)."""

import errno
import json
import os
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from kedro_batch.cli.base import print_plainly
from kedro_batch.cli.json_lines import missing_lines, write_line
from kedro_batch.cli.stream_writer import LAST_WORDS_S
from kedro_batch.errors import UsageError

_OPENED = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK
"""A pipe is opened only if somebody reads it: without O_NONBLOCK, a signal would not end the waiting for that."""
_OTHERWISE = "Name another --events FILE"
_BEGINNINGS = (b'{"event": ', b'{"schema": ')
"""How events begin (``event_json``)."""
_MANY, _LONGEST = 1 << 16, 1 << 24
"""In so many bytes at the end of a file there is a line; the longest is that of a new plan with all of its jobs."""


class EventFile:
    """A file of events. Where it cannot be written any more, that is told once, and the run goes on.

    It may be a pipe with a name that another program reads, now and to the end: that makes the run wait as
    standard output does (``JsonLines``).
    """

    def __init__(
        self, file: Path, is_interrupted: Callable[[], bool] = lambda: False, patience_s: float = LAST_WORDS_S
    ) -> None:
        """Open the file, or create it.

        Args:
            file: The file.
            is_interrupted: True once a signal has come.
            patience_s: How long a reader may take then, in seconds.

        Raises:
            UsageError: It cannot be written, or holds something else.
        """
        self._file = file
        self._is_interrupted = is_interrupted
        self._patience_s = patience_s
        refuse_other_content(file)
        try:
            cut = _ends_within_a_line(file)
            self._descriptor: int | None = os.open(file, _OPENED, 0o666)
        except OSError as error:
            raise UsageError(f"cannot write the events to {file}: {_why(file, error)}") from error
        if cut:
            self.write("")  # an earlier command was stopped, or its disk was full: its last line stays apart

    def write(self, line: str) -> None:
        """Write one line."""
        if self._descriptor is None:
            return
        try:
            write_line(self._descriptor, line, self._is_interrupted, self._patience_s)
        except OSError as error:
            self._close()
            print_plainly(missing_lines(str(self._file), error))

    def _close(self) -> None:
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            with suppress(OSError):
                os.close(descriptor)

    def __enter__(self) -> Self:
        """Return the file."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close it."""
        self._close()


def refuse_other_content(file: Path) -> None:
    """Refuse a file that holds something else than events, such as a plan: lines behind that would ruin it.

    Raises:
        UsageError: Its last line is no event, nor the beginning of one.
    """
    if (line := _last_line(file)) is None or not line.strip():
        return
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        if any(line.startswith(begin) or begin.startswith(line) for begin in _BEGINNINGS):
            return  # an earlier command was stopped within this line
    else:
        if isinstance(event, dict) and "event" in event:
            return
    raise UsageError(f"cannot write the events to {file}: it holds something else than events. {_OTHERWISE}")


def _last_line(file: Path) -> bytes | None:
    """Return the last line of a file that is not empty; None if it cannot be read, or is none that keeps anything."""
    try:
        size = file.stat().st_size
        if not stat.S_ISREG(file.stat().st_mode):
            return None
        with file.open("rb") as content:
            for length in (_MANY, _LONGEST):
                content.seek(-min(length, size), os.SEEK_END)
                lines = content.read().rstrip().splitlines() or [b""]
                if len(lines) > 1 or length >= size:
                    break
            return lines[-1]
    except OSError:
        return None  # it is not there, or may only be written


def _ends_within_a_line(file: Path) -> bool:
    """True if there is such a file, and its last line has no end."""
    try:
        found = file.stat()
        if not stat.S_ISREG(found.st_mode) or not found.st_size:
            return False
        with file.open("rb") as content:
            content.seek(-1, os.SEEK_END)
            return content.read(1) != b"\n"
    except OSError:
        return False  # it is not there, or may only be written


def _why(file: Path, error: OSError) -> str:
    """Return why a file cannot be opened, and what to do."""
    if error.errno == errno.ENXIO and file.is_fifo():
        return "nobody reads this pipe. Start its reader first"
    return f"{error.strerror}. {_OTHERWISE}"
