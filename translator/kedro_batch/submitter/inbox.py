"""What wakes a run while it waits: signals, a cancel, replies, and jobs of this machine that changed.

A signal handler must not raise into the middle of anything: a lock, a request, a line that is being written. So it
only notes the signal, and the run checks between two steps. Whoever wakes the run may be a signal handler or another
thread: ``queue.SimpleQueue`` is documented as re-entrant for both.
"""

import queue
import time
from contextlib import suppress

from kedro_batch.errors import Interrupted, RunCancelled

_STUCK_AFTER_S = 1.0


class Inbox:
    """The signals and wake-ups of one run."""

    def __init__(self) -> None:
        """Begin empty."""
        self._signals: list[tuple[int, float]] = []
        self._raised = False
        self._cancelled: RunCancelled | None = None
        self._hears_cancel = True
        self._wakes: queue.SimpleQueue[None] = queue.SimpleQueue()

    def wake(self) -> None:
        """End the present wait, or else the next one."""
        self._wakes.put(None)

    def wait(self, seconds: float) -> bool:
        """Wait until somebody wakes the run, at most so long; True if somebody did."""
        try:
            self._wakes.get(timeout=seconds)
        except queue.Empty:
            return False
        with suppress(queue.Empty):
            while True:
                self._wakes.get_nowait()
        return True

    def on_signal(self, number: int) -> None:
        """Note a signal; this is the signal handler's part.

        Raises:
            Interrupted: The run has not checked for an earlier signal for a while: it is stuck in a call. Raised once.
        """
        now = time.monotonic()
        self._signals.append((number, now))
        self.wake()
        if now - self._signals[0][1] > _STUCK_AFTER_S:
            self.check_interrupt()

    def on_cancel(self, error: RunCancelled) -> None:
        """Note that another command has cancelled the run; this is another thread's part."""
        self._cancelled = error
        self.wake()

    def check_interrupt(self) -> None:
        """Check for a signal or a cancel; this is the run's part, between two steps.

        Raises:
            Interrupted: There is a signal. Raised once: the next signal finds the run on its way out.
            RunCancelled: The run was cancelled. Raised once.
        """
        if self._signals and not self._raised:
            self._raised = True
            raise Interrupted(self._signals[0][0])
        if self._cancelled and self._hears_cancel:
            error, self._cancelled = self._cancelled, None
            raise error

    def ignore_cancel(self) -> None:
        """Hear of no cancel from now on: the run is ending anyhow, and how it ends has to be recorded."""
        self._hears_cancel = False

    def forget_signals(self) -> None:
        """Forget the signals so far: what is being ended may take a while, and only a new signal breaks it off."""
        self._signals.clear()
        self._raised = False

    def noted(self) -> int | None:
        """The first signal that has come; None if none has."""
        return self._signals[0][0] if self._signals else None

    @property
    def is_interrupted(self) -> bool:
        """True if a signal has come."""
        return bool(self._signals)

    @property
    def impatient(self) -> bool:
        """True if more than one signal has come: what is being ended should end at once."""
        return len(self._signals) > 1
