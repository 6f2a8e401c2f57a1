"""Append the events of a run to a file, one JSON object a line, beside what people are shown (``--events``)."""

import os
import stat
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from kedro_batch.cli.base import print_plainly
from kedro_batch.errors import UsageError
from kedro_batch.submitter.event_json import event_json
from kedro_batch.submitter.events import Event


class EventFile:
    """A file of events. Where it cannot be written any more, that is told once, and the run goes on."""

    def __init__(self, file: Path) -> None:
        """Open the file, or create it.

        Raises:
            UsageError: It cannot be written.
        """
        self._file = file
        try:
            cut = _ends_within_a_line(file)
            self._descriptor: int | None = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o666)
        except OSError as error:
            raise UsageError(
                f"cannot write the events to {file}: {error.strerror}. Name another --events FILE"
            ) from error
        if cut:
            self._write(b"\n")  # an earlier command was stopped, or its disk was full: its last line stays apart

    def show(self, event: Event) -> None:
        """Write one event."""
        self._write(f"{event_json(event, time.time())}\n".encode(errors="backslashreplace"))

    def _write(self, line: bytes) -> None:
        if self._descriptor is None:
            return
        try:
            while line:
                line = line[os.write(self._descriptor, line) :]
        except OSError as error:
            self._close()
            print_plainly(
                f"Warning: cannot write the events to {self._file}: {error.strerror}. From now on they are missing "
                "there; the run goes on, and the journal has them"
            )

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
