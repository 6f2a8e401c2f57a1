"""Show a run as lines on standard error, where there is no terminal that can be drawn on."""

import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from rich.text import Text

from kedro_batch.cli.view_console import Ticker, ViewConsole
from kedro_batch.plan.model import JobName
from kedro_batch.review.run.progress import Progress
from kedro_batch.review.run.progress_lines import WAIT_S, ProgressLines
from kedro_batch.review.run.progress_words import RunHead
from kedro_batch.submitter.events import Event, PlanChanged


class PlainView:
    """The lines of a run, and a thread that prints what is due once time has passed."""

    def __init__(self, console: ViewConsole, describe: Callable[[PlanChanged], str], *, verbose: bool) -> None:
        """Show nothing yet.

        Args:
            console: Where lines are printed.
            describe: Returns what differs in a plan that the run goes on with.
            verbose: Print a line for every change of a state.
        """
        self._console = console
        self._describe = describe
        self._verbose = verbose
        self._progress: Progress | None = None
        self._lines: ProgressLines | None = None
        self._lock = threading.RLock()  # a signal may end a command while it prints
        self._ticker = Ticker(WAIT_S, self._on_time)

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Print nothing more."""
        self._ticker.stop()

    def begin(self, progress: Progress, head: RunHead, read_estimator: object) -> None:  # noqa: ARG002  lines need none
        """Show a run from now on."""
        self._progress = progress
        self._lines = ProgressLines(progress, time.time(), verbose=self._verbose, doing=head.doing)
        self._ticker.start()

    def show(self, event: Event) -> None:
        """Print the lines that are due with an event."""
        with self._lock:
            if isinstance(event, PlanChanged) and (text := self._describe(event)):
                self._console.show([Text(text)])
            if self._lines:
                self._console.show(self._lines.on_event(event, time.time()))

    def began(self, name: JobName, at: float) -> None:
        """Know when a job that runs began, for the heartbeats."""
        with self._lock:
            if self._progress:
                self._progress.on_began(name, at)

    def answered(self, at: float) -> None:
        """Know when the service has told how jobs stand, for the heartbeats."""
        with self._lock:
            if self._progress:
                self._progress.on_answered(at)

    def _on_time(self) -> None:
        with self._lock:
            if self._lines:
                self._console.show(self._lines.on_time(time.time()))
