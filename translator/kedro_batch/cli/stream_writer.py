"""Write to a standard stream that perhaps nobody reads now: a stopped terminal (Ctrl-S), a full pipe, a hung ssh.

Who writes there waits until it is read. So the writing is done by a thread, past the stream's own lock, and the main
thread can wait for it in a way that a signal ends, or leave it behind.
"""

import io
import os
import select
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TextIO

from kedro_batch.cli.signals import on_signals
from kedro_batch.cli.streams import redirect_to_null
from kedro_batch.errors import Interrupted

LAST_WORDS_S = 3.0
"""How long a command that a signal has ended waits for somebody to read what it says."""
_SOON_S = 1.0
"""How long what is being written may take once a signal has come: nothing is cut off that somebody reads."""
_LOOKS_S = 0.1

Noted = Callable[[], int | None]
"""Returns the signal that whoever heard signals before has noted, and on which it does not act any more."""


class StreamWriter:
    """Writes text to a standard stream; what its encoding does not have becomes an escape."""

    def __init__(self, stream: TextIO) -> None:
        """Write to this stream."""
        self.stream = stream
        self.encoding = getattr(stream, "encoding", None) or "utf-8"
        self.descriptor = _descriptor(stream)

    def write(self, text: str) -> None:
        """Write text, and wait until it is taken.

        Raises:
            OSError: Nobody reads it any more, or the disk is full.
        """
        content = text.encode(self.encoding, errors="backslashreplace")
        if self.descriptor is None:  # not one of the system's: of a notebook, say
            self.stream.write(content.decode(self.encoding))
            self.stream.flush()
            return
        while content:
            try:
                content = content[os.write(self.descriptor, content) :]
            except BlockingIOError:  # whoever shares it has set it so
                select.select([], [self.descriptor], [])


def _descriptor(stream: TextIO) -> int | None:
    """Return the descriptor of a stream of the system; None for an object that only behaves like one."""
    if not isinstance(stream, io.TextIOWrapper) or not isinstance(stream.buffer, io.BufferedWriter):
        return None
    with suppress(OSError, ValueError):
        stream.flush()
        return stream.fileno()
    return None


def no_signal() -> None:
    """Return that no signal was noted: whoever hears signals acts on each at once."""


def write_patiently(stream: TextIO, text: str, patience_s: float | None = None, noted: Noted = no_signal) -> None:
    """Write text, however long nobody reads it; a signal ends the waiting.

    Args:
        stream: Where to.
        text: What.
        patience_s: How long to wait at most, in seconds; then nothing more is written there.
        noted: Returns the signal that came before.

    Raises:
        OSError: Nobody reads it any more, or the disk is full.
        Interrupted: A signal came, and nobody reads.
    """
    failed: list[OSError] = []

    def write() -> None:
        try:
            StreamWriter(stream).write(text)
        except OSError as error:
            failed.append(error)

    thread = threading.Thread(target=write, daemon=True, name="output")
    thread.start()
    wait_until_read(thread, stream, patience_s, noted)
    for error in failed:
        raise error


def wait_until_read(
    thread: threading.Thread, stream: TextIO, patience_s: float | None = None, noted: Noted = no_signal
) -> None:
    """Wait for a thread that writes, until somebody reads what it writes; a signal ends the waiting.

    Args:
        thread: The thread.
        stream: Where it writes; nothing more is written there, once a signal or the time has ended this.
        patience_s: How long to wait at most, in seconds.
        noted: Returns the signal that came before: nobody sends it a second time.

    Raises:
        Interrupted: A signal came, and nobody reads. It has no message: there is nobody to read that either. If all
            is read, the signal is raised again, for the handler that was there before.
    """
    began, heard = time.monotonic(), _Heard()
    with on_signals(heard.on_signal):
        # Only now: from here on, signals are heard here. With patience, the command is on its way out already.
        before = noted() if patience_s is None else None
        if before is not None:
            heard.on_signal(before)
        while thread.is_alive():
            thread.join(_LOOKS_S)
            now = time.monotonic()
            if not thread.is_alive():
                break
            if heard.number is not None and now - heard.at > _SOON_S:
                leave_unread(stream)
                interrupted = Interrupted(heard.number)
                interrupted.message = ""
                raise interrupted
            if patience_s is not None and now - began > patience_s:
                leave_unread(stream)
                return
    if heard.number is not None and before is None and patience_s is None:
        signal.raise_signal(heard.number)  # for whoever hears signals here


class _Heard:
    """The first signal that came, and when."""

    def __init__(self) -> None:
        self.number: int | None = None
        self.at = 0.0

    def on_signal(self, number: int) -> None:
        if self.number is None:
            self.number, self.at = number, time.monotonic()


def leave_unread(stream: TextIO) -> None:
    """Write nothing more to a stream, nor to the other one if that is the same terminal or pipe.

    What a thread writes there now goes on until the program ends.
    """
    with suppress(OSError, ValueError):
        unread = os.fstat(stream.fileno())
        for other in (stream, sys.stdout, sys.stderr):
            if os.path.samestat(unread, os.fstat(other.fileno())):
                redirect_to_null(other)
