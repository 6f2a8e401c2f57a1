"""Show a run in a thread of its own, which alone writes: the run never waits for a terminal or for whoever reads.

The run's thread changes what is shown and goes on. The view's thread asks every so often for the text that is due, and
writes it, however long that takes: a terminal may be stopped (Ctrl-S), a connection may hang, a pipe may be full. What
waits meanwhile is bounded (``view_lines``). Another thread reads what earlier runs tell, and estimates the end.

Nothing that goes wrong here ends the run: what cannot be drawn is told in lines, what cannot be written is not shown.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from types import TracebackType
from typing import Protocol, Self

from rich.text import Text

from kedro_batch.cli.base import showing_notes
from kedro_batch.cli.stream_writer import LAST_WORDS_S, Noted, StreamWriter, no_signal, wait_until_read
from kedro_batch.cli.terminal_prompt import drawing
from kedro_batch.errors import Interrupted
from kedro_batch.plan.model import JobName
from kedro_batch.review.run.expected_end import RunSoFar
from kedro_batch.review.run.progress import Progress
from kedro_batch.review.run.progress_words import Estimate, RunHead
from kedro_batch.submitter.events import Event
from kedro_batch.text.escaping import one_line

_ESTIMATED_EVERY_S = 10.0

Estimator = Callable[[RunSoFar, float], Estimate]
"""Tells when a run is expected to end, from how far it is and the time, in seconds since the epoch."""


class Renderer(Protocol):
    """Turns what happens into text (``TerminalView``, ``PlainView``). One thread at a time calls it.

    Attributes:
        every_s: How often text may be due as time passes.
        at_once: Text may be due as soon as something has happened.
        estimate: When the run is expected to end.
    """

    every_s: float
    at_once: bool
    estimate: Estimate

    def begin(self, progress: Progress, head: RunHead, at: float) -> None:
        """Show a run from now on."""

    def on_event(self, event: Event, at: float) -> None:
        """Change with an event, and change the progress with it."""

    def say(self, line: Text) -> None:
        """Show a line."""

    def due(self, at: float) -> str:
        """Return the text that is to be written now."""

    def clear(self) -> str:
        """Return the text after which others may write: it removes what does not stay."""


class BackgroundView:
    """A view of a run, written by a thread."""

    def __init__(
        self, writer: StreamWriter, renderer: Renderer, lines: Callable[[], Renderer], noted: Noted = no_signal
    ) -> None:
        """Show nothing yet.

        Args:
            writer: Where text is written.
            renderer: Makes the text.
            lines: Returns what makes it where the renderer fails.
            noted: Returns a signal that came in the block, which the block has not raised.
        """
        self._writer = writer
        self._renderer = renderer
        self._lines = lines
        self._noted = noted
        self._failed = False
        self._cleared = ""
        self._run: tuple[Progress, RunHead] | None = None
        self._lock = threading.RLock()  # nobody waits for anything while holding it
        self._writing = threading.Lock()  # held while text is written, however long that takes
        self._unread = False
        self._woken, self._over = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._write_what_is_due, daemon=True, name="view")
        self._held = ExitStack()

    def __enter__(self) -> Self:
        """Begin to show."""
        self._thread.start()
        self._held.enter_context(drawing(self._pause))
        self._held.enter_context(showing_notes(self._say))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Wait until all has been read, as long as that takes: a signal ends it, also one that has ended the block.

        Raises:
            Interrupted: A signal came, and nobody reads.
        """
        self._held.close()
        self._over.set()
        self._woken.set()
        patience_s = LAST_WORDS_S if isinstance(error, Interrupted) else None
        wait_until_read(self._thread, self._writer.stream, patience_s, self._noted)

    # What happens: the run's thread

    def begin(self, progress: Progress, head: RunHead, read_estimator: Callable[[], Estimator | None]) -> None:
        """Show a run from now on; only this view changes its progress then.

        Args:
            progress: How far it is, before the first event.
            head: What it is.
            read_estimator: Reads what earlier runs tell of it; a thread of its own calls it, and its result every few
                seconds.
        """
        with self._lock:
            self._run = progress, head
            self._guarded(lambda renderer: renderer.begin(progress, head, time.time()))
        self._woken.set()
        threading.Thread(target=self._estimate, args=(progress, read_estimator), daemon=True, name="estimate").start()

    def show(self, event: Event) -> None:
        """Show an event."""
        now = time.time()
        with self._lock:
            self._guarded(lambda renderer: renderer.on_event(event, now))
            at_once = self._renderer.at_once
        if at_once:
            self._woken.set()

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

    def _say(self, text: str) -> None:
        with self._lock:
            self._guarded(lambda renderer: renderer.say(Text.from_ansi(text)))
        self._woken.set()

    @contextmanager
    def _pause(self) -> Iterator[None]:
        """Clear the terminal, and write nothing to it until the block ends."""
        with self._writing:
            self._write(self._clear())
            yield

    # What is written: the view's thread

    def _write_what_is_due(self) -> None:
        while not self._over.is_set():
            (self._woken if self._renderer.at_once else self._over).wait(self._renderer.every_s)
            self._woken.clear()
            with self._writing:
                self._write(self._due())
        with self._writing:
            while text := self._due():
                self._write(text)
            self._write(self._clear())

    def _due(self) -> str:
        return self._text(lambda renderer: renderer.due(time.time()))

    def _clear(self) -> str:
        return self._text(lambda renderer: renderer.clear())

    def _text(self, make: Callable[[Renderer], str]) -> str:
        texts: list[str] = []
        with self._lock:
            self._guarded(lambda renderer: texts.append(make(renderer)))
            texts.insert(0, self._cleared)
            self._cleared = ""
        return "".join(texts)

    def _write(self, text: str) -> None:
        if not text or self._unread:
            return
        try:
            self._writer.write(text)
        except OSError:  # nobody reads any more
            self._unread = True

    # What goes wrong

    def _guarded(self, call: Callable[[Renderer], None]) -> None:
        """Let the renderer do something; where it fails, that is told once, and lines take its place."""
        try:
            call(self._renderer)
        except Exception as error:  # noqa: BLE001  whatever it is: no run ends for want of a picture
            if not self._failed:
                self._failed = True
                self._give_way(one_line(f"{type(error).__name__}: {error}"))

    def _give_way(self, why: str) -> None:
        with suppress(Exception):  # what is broken may leave something behind
            self._cleared = self._renderer.clear()
        self._renderer = self._lines()
        if run := self._run:
            self._guarded(lambda lines: lines.begin(*run, time.time()))
        told = "the run goes on, and is told in lines from now on"
        self._guarded(lambda lines: lines.say(Text(f"Warning: cannot show all of the run ({why}): {told}", "yellow")))

    # What earlier runs tell: a thread of its own

    def _estimate(self, run: Progress, read_estimator: Callable[[], Estimator | None]) -> None:
        """Estimate anew every few seconds when the run ends; without an estimate where that fails."""
        with suppress(Exception):
            estimator = read_estimator()
            while estimator and not self._over.is_set():
                with self._lock:
                    so_far = run.so_far(time.time())
                self._renderer.estimate = estimator(so_far, time.time())
                self._over.wait(_ESTIMATED_EVERY_S)
