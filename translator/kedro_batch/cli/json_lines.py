"""Write the events of a run to standard output, one JSON object a line."""

import sys
from datetime import UTC, datetime

from kedro_batch.cli.streams import redirect_to_null
from kedro_batch.submitter.event_json import event_json
from kedro_batch.submitter.events import Event


class JsonLines:
    """Write every event to standard output; where that fails, the run goes on."""

    def __init__(self) -> None:
        """Begin with a reader."""
        self._read = True

    def show(self, event: Event) -> None:
        """Write one event."""
        if not self._read:
            return
        try:
            line = event_json(event, datetime.now(UTC)) + "\n"
            sys.stdout.buffer.write(line.encode("utf-8", errors="backslashreplace"))
            sys.stdout.buffer.flush()
        except OSError:  # nobody reads, or the disk is full
            self._read = False
            redirect_to_null(sys.stdout)
