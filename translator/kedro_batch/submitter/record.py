"""The record of a run on this machine: the plan as it was applied, and every event, in one folder.

.kedro-batch/
    .gitignore                so that no record is committed
    runs/RUN/plan.yaml        the plan, byte for byte
    runs/RUN/events.jsonl     the events, the first with the plan's digest
    runs/RUN/logs/            local runs: the output of each attempt
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from kedro_batch.errors import UsageError
from kedro_batch.plan.request import RunId
from kedro_batch.submitter.events import Event, event_json


class RunRecord:
    """The folder of one run, to which its events are added."""

    def __init__(self, parent: Path, run_id: RunId, plan: bytes) -> None:
        """Make the folder ``parent/.kedro-batch/runs/RUN``.

        Raises:
            UsageError: It cannot be written.
        """
        self.run_id = run_id
        self.failure: str | None = None
        state = parent / ".kedro-batch"
        self.folder = state / "runs" / run_id
        self.logs = self.folder / "logs"
        try:
            self.logs.mkdir(parents=True)
            (state / ".gitignore").write_text("*\n", encoding="utf-8")
            (self.folder / "plan.yaml").write_bytes(plan)
            # Every line is flushed as it is written; the file is closed with the process.
            self._events: IO[str] = (self.folder / "events.jsonl").open(
                "a", encoding="utf-8", errors="backslashreplace"
            )
        except OSError as error:
            raise UsageError(
                f"cannot write the record of the run in {state}: {error.strerror}. "
                "Run it from a folder that you can write to"
            ) from error

    def take(self, event: Event) -> None:
        """Write an event, at once. Where that fails, ``failure`` says why, and the run goes on."""
        if self.failure is None:
            try:
                self._events.write(event_json(event, datetime.now(UTC)) + "\n")
                self._events.flush()
            except OSError as error:
                self.failure = error.strerror or str(error)
