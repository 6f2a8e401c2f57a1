"""Show a run on a terminal: one screen that is drawn again as the run goes on, and above it what is worth keeping."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from types import TracebackType
from typing import Self

from rich.console import Group
from rich.control import Control
from rich.live import Live
from rich.text import Text

from kedro_batch.cli.terminal_prompt import drawing
from kedro_batch.cli.view_console import Ticker, ViewConsole
from kedro_batch.plan.model import JobName
from kedro_batch.review.run.event_lines import changed_line, run_line
from kedro_batch.review.run.expected_end import RunSoFar
from kedro_batch.review.run.live_screen import Screen, live_screen
from kedro_batch.review.run.progress import Progress
from kedro_batch.review.run.progress_words import NO_ESTIMATE, Estimate, RunHead
from kedro_batch.submitter.events import Event, JobChanged, PlanChanged
from kedro_batch.submitter.job_state import ENDED

_REDRAWN_EVERY_S = 0.25
_ESTIMATED_EVERY_S = 10.0

Estimator = Callable[[RunSoFar, float], Estimate]
"""Tells when a run is expected to end, from how far it is and the time, in seconds since the epoch."""


class TerminalView:
    """The screen of a run, drawn at most four times a second, and only if it has changed."""

    def __init__(self, console: ViewConsole, describe: Callable[[PlanChanged], str], *, verbose: bool) -> None:
        """Show nothing yet.

        Args:
            console: The terminal.
            describe: Returns what differs in a plan that the run goes on with.
            verbose: Keep a line for each job that ended above the screen.
        """
        self._console = console
        self._describe = describe
        self._verbose = verbose
        self._run: tuple[Progress, RunHead] | None = None
        self._lock = threading.RLock()  # a signal may end a command while it draws
        self._live = Live(console=console, auto_refresh=False, transient=True)
        self._ticker = Ticker(_REDRAWN_EVERY_S, self._on_time)
        self._estimator: Estimator | None = None
        self._estimate, self._estimated_at = NO_ESTIMATE, 0.0
        self._paused = False
        self._drawn: tuple[Screen, tuple[Text, ...]] | None = None
        self._held = ExitStack()

    def __enter__(self) -> Self:
        """Begin to draw."""
        self._live.start()
        self._held.enter_context(drawing(self._pause))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Remove the screen: how the run ended is told below what was kept."""
        self._held.close()
        self._ticker.stop()
        with suppress(OSError):
            self._live.stop()

    def begin(self, progress: Progress, head: RunHead, read_estimator: Callable[[], Estimator | None]) -> None:
        """Show a run from now on.

        Args:
            progress: How far it is, before the first event.
            head: What it is.
            read_estimator: Reads what earlier runs tell of it; a thread calls its result every few seconds.
        """
        self._run = progress, head
        self._draw()
        self._estimator = read_estimator()
        self._ticker.start()

    def show(self, event: Event) -> None:
        """Change the screen with an event, and print above it what is worth keeping."""
        with self._lock:
            now = time.time()
            if self._run:
                self._run[0].on_event(event, now)
            kept = [Text(text)] if isinstance(event, PlanChanged) and (text := self._describe(event)) else []
            if line := run_line(event, now, None, doing=self._run[1].doing if self._run else ""):
                kept.append(line)
            elif self._verbose and isinstance(event, JobChanged) and event.after in ENDED:
                kept.append(changed_line(event, now, None, with_log=True))
            self._console.show(kept)

    def began(self, name: JobName, at: float) -> None:
        """Show when a job that runs began."""
        with self._lock:
            if self._run:
                self._run[0].on_began(name, at)

    def answered(self, at: float) -> None:
        """Know when the service has told how jobs stand."""
        with self._lock:
            if self._run:
                self._run[0].on_answered(at)

    @contextmanager
    def _pause(self) -> Iterator[None]:
        """Clear the terminal of the screen, and draw it again afterwards."""
        with self._lock:
            self._paused = True
            self._live.stop()
        try:
            yield
        finally:
            with self._lock:
                self._live.start()
                self._paused, self._drawn = False, None

    def _on_time(self) -> None:
        self._renew_estimate()
        self._draw()

    def _renew_estimate(self) -> None:
        """Estimate anew when the run ends, without keeping it from going on meanwhile."""
        now = time.time()
        if self._estimator is None or self._run is None or now < self._estimated_at + _ESTIMATED_EVERY_S:
            return
        with self._lock:
            so_far = self._run[0].so_far(now)
        self._estimate = self._estimator(so_far, now)
        self._estimated_at = time.time()

    def _draw(self) -> None:
        with self._lock:
            if self._run is None or self._paused or self._console.quiet:
                return
            width, height = self._console.size
            screen = Screen(width=width, height=height, unicode=self._console.encoding.startswith("utf"))
            lines = live_screen(*self._run, screen, time.time(), self._estimate)
            if self._drawn == (screen, lines):
                return
            try:
                if self._drawn and width < self._drawn[0].width:  # its lines are wrapped now: nobody knows where
                    self._console.control(Control.clear(), Control.home())
                self._live.update(Group(*lines), refresh=True)
            except OSError:
                self._console.quiet = True
            self._drawn = screen, lines
