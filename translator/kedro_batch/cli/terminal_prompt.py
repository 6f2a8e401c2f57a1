"""Asks for something secret on the terminal, whatever the standard streams are, with what is drawn there paused."""

import os
import signal
import termios
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from typing import TextIO

from kedro_batch.cli.questions import read_line
from kedro_batch.cli.signals import heard_signals, raise_interrupted

Pause = Callable[[], AbstractContextManager[None]]
"""Clears the terminal of what is drawn there, and draws it again afterwards."""

_drawn: list[Pause] = []
"""How to pause what is drawn now: a process has one terminal."""
_LOCAL_MODES = 3
"""Where ``termios`` has the modes with ``ECHO``."""


@contextmanager
def drawing(pause: Pause) -> Iterator[None]:
    """Let a question pause what the block draws on the terminal."""
    _drawn.append(pause)
    try:
        yield
    finally:
        _drawn.remove(pause)


def ask_hidden(question: str) -> str | None:
    """Ask on the terminal, and show nothing of what is typed; None if there is no terminal, or not for this process.

    Ctrl-C ends the question at once. Only the main thread may ask: no other one hears signals.

    Raises:
        EOFError: The input has ended (Ctrl-D).
        Interrupted: A signal came.
    """
    with _terminal() as terminal:
        if terminal is None:
            return None
        with _interruptible(), _drawn[-1]() if _drawn else nullcontext(), _without_echo(terminal):
            try:
                _write(terminal, question)
                return read_line(terminal).rstrip("\r\n")
            except OSError:  # it was closed
                return None
            finally:
                with suppress(OSError):
                    _write(terminal, "\n")


@contextmanager
def _terminal() -> Iterator[TextIO | None]:
    """Open the terminal of this process; in the background, reading from it would stop the process without a word."""
    try:
        descriptor = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY)
        in_front = os.tcgetpgrp(descriptor) == os.getpgrp()
    except OSError:
        yield None
        return
    with os.fdopen(descriptor, encoding="utf-8", errors="replace") as terminal:
        yield terminal if in_front else None


def _write(terminal: TextIO, text: str) -> None:
    """Write past the stream, which Python opens for reading and writing only where it can be wound back."""
    os.write(terminal.fileno(), text.encode())


@contextmanager
def _without_echo(terminal: TextIO) -> Iterator[None]:
    before = termios.tcgetattr(terminal)
    hidden = termios.tcgetattr(terminal)
    hidden[_LOCAL_MODES] &= ~termios.ECHO
    termios.tcsetattr(terminal, termios.TCSAFLUSH, hidden)
    try:
        yield
    finally:
        with suppress(termios.error):
            termios.tcsetattr(terminal, termios.TCSAFLUSH, before)


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let a signal end the question at once: a run only notes it, and looks for it between two steps."""
    before = {number: signal.signal(number, lambda number, _: raise_interrupted(number)) for number in heard_signals()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
