"""What a run pays attention to while it works and waits: signals, and jobs of this machine that changed.

A signal handler must not raise into the middle of anything: a lock, a request, a line that is being written.
So it only takes note here, and the run looks at the note between two steps. Waiting is done on a pipe, which
a signal handler and other threads may write to without a lock.
"""

import os
import select
import time
from contextlib import suppress

from kedro_batch.errors import Interrupted

_STUCK_AFTER_S = 1.0


class Inbox:
    """Notes and wake-up calls for one run."""

    def __init__(self) -> None:
        """Begin with nothing noted."""
        self._signals: list[tuple[int, float]] = []
        self._heeded = False
        self._reading, self._writing = os.pipe()
        os.set_blocking(self._reading, False)
        os.set_blocking(self._writing, False)

    def wake(self) -> None:
        """End the present wait, or else the next one."""
        with suppress(BlockingIOError):  # it is full of calls already
            os.write(self._writing, b"!")

    def wait(self, seconds: float) -> bool:
        """Wait so long, or until somebody calls; True when somebody did."""
        called = bool(select.select([self._reading], [], [], seconds)[0])
        if called:
            os.read(self._reading, 65_536)
        return called

    def on_signal(self, number: int) -> None:
        """Take note of a signal; this is the signal handler's part.

        Raises:
            Interrupted: Once at most: when the run has not come to look at an earlier signal for a while, because it
                is stuck in a call.
        """
        now = time.monotonic()
        self._signals.append((number, now))
        self.wake()
        if now - self._signals[0][1] > _STUCK_AFTER_S:
            self.check_interrupt()

    def check_interrupt(self) -> None:
        """Look whether a signal has come; this is the run's part, between two steps.

        Raises:
            Interrupted: One has. It is raised once: what comes later finds the run on its way out.
        """
        if self._signals and not self._heeded:
            self._heeded = True
            raise Interrupted(self._signals[0][0])

    def begin_anew(self) -> None:
        """Forget the signals so far: what is being ended may take a while, and only a further signal breaks it off."""
        self._signals.clear()
        self._heeded = False

    @property
    def impatient(self) -> bool:
        """More than one signal has come: what is being ended should end at once."""
        return len(self._signals) > 1
