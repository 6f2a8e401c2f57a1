"""Write the events of a run to standard output, one JSON object a line."""

import errno
import os
import select
import sys
import time
from collections.abc import Callable

from kedro_batch.cli.stream_writer import LAST_WORDS_S
from kedro_batch.cli.streams import redirect_to_null
from kedro_batch.submitter.event_json import event_json
from kedro_batch.submitter.events import Event

_LOOKS_S = 0.2


class JsonLines:
    """Write every event to standard output; where that fails, the run goes on.

    A reader that does not read makes the run wait: every event is written. Once a signal has come, it is waited for no
    longer.
    """

    def __init__(self, is_interrupted: Callable[[], bool], patience_s: float = LAST_WORDS_S) -> None:
        """Begin with a reader.

        Args:
            is_interrupted: True once a signal has come.
            patience_s: How long the reader may take then, in seconds.
        """
        self._read = True
        self._is_interrupted = is_interrupted
        self._patience_s = patience_s

    def show(self, event: Event) -> None:
        """Write one event."""
        if not self._read:
            return
        try:
            line = event_json(event, time.time()) + "\n"
            self._write(line.encode("utf-8", errors="backslashreplace"))
        except OSError:  # nobody reads, or the disk is full
            self._read = False
            redirect_to_null(sys.stdout)

    def _write(self, content: bytes) -> None:
        """Write a line, in parts that never have to wait once there is room.

        Raises:
            OSError: Nobody reads, or the disk is full.
        """
        descriptor, waits_until = sys.stdout.fileno(), None
        while content:
            if select.select([], [descriptor], [], _LOOKS_S)[1]:
                content = content[os.write(descriptor, content[: select.PIPE_BUF]) :]
                continue
            if self._is_interrupted():
                now = time.monotonic()
                waits_until = now + self._patience_s if waits_until is None else waits_until
                if now >= waits_until:
                    raise OSError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT))
