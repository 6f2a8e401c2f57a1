"""The signals that end a command: Ctrl-C, a polite kill and a closed terminal are handled in the same way."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from kedro_batch.errors import Interrupted

if TYPE_CHECKING:
    from kedro_batch.submitter.inbox import Inbox

INTERRUPTING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


@contextmanager
def on_signals(handle: Callable[[int], None]) -> Iterator[None]:
    """Handle Ctrl-C, a polite kill and a closed terminal in the same way.

    A signal that the caller ignores, as ``nohup`` does, stays ignored.
    """
    before: dict[int, Any] = {
        number: signal.signal(number, lambda number, _: handle(number)) for number in heard_signals()
    }
    try:
        yield
    except Interrupted:  # the command is on its way out: a later signal changes nothing
        before = dict.fromkeys(before, signal.SIG_IGN)
        raise
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def noting_signals(inbox: "Inbox") -> Iterator[None]:
    """Let an inbox note the signals of the block, which looks for them between two steps.

    Raises:
        Interrupted: A signal came after the block had looked for one the last time.
    """
    try:
        with on_signals(inbox.on_signal):
            yield
    finally:
        inbox.check_interrupt()


def heard_signals() -> tuple[int, ...]:
    """Return the signals that end a command, without those that the caller ignores.

    There are none outside the main thread, where only a program of the user's own calls this: Python allows handlers in
    the main thread alone, so signals are left to that program.
    """
    if threading.current_thread() is not threading.main_thread():
        return ()
    return tuple(number for number in INTERRUPTING if signal.getsignal(number) is not signal.SIG_IGN)


def raise_interrupted(number: int) -> None:
    """Raise what ends a command; for ``on_signals``, where nothing has to be closed first."""
    raise Interrupted(number)
