"""A run as lines, where there is no terminal that can be drawn on: the lines that are due, and those as time passes.

Events come in, text goes out; ``background_view`` calls this and writes the text.
"""

import time
from collections.abc import Callable

from rich.text import Text

from kedro_batch.cli.view_console import ViewConsole
from kedro_batch.cli.view_lines import MOST_LINES_AT_ONCE, WaitingLines
from kedro_batch.review.run.event_lines import run_line
from kedro_batch.review.run.progress import Progress
from kedro_batch.review.run.progress_lines import WAIT_S, ProgressLines
from kedro_batch.review.run.progress_words import NO_ESTIMATE, Estimate, RunHead
from kedro_batch.submitter.events import WARNINGS, Event, Notice, PlanChanged


class PlainView:
    """The lines of a run.

    Attributes:
        every_s: How often it is looked whether lines are due as time passes.
        at_once: Lines are due as soon as there is an event.
        estimate: When the run is expected to end; lines do not tell it.
    """

    every_s = WAIT_S
    at_once = True

    def __init__(
        self, console: ViewConsole, describe: Callable[[PlanChanged], str], waiting: WaitingLines, *, verbose: bool
    ) -> None:
        """Show nothing yet.

        Args:
            console: What the stream can show.
            describe: Returns what differs in a plan that the run goes on with.
            waiting: The lines that wait to be written.
            verbose: Print a line for every change of a state.
        """
        self._console = console
        self._describe = describe
        self._verbose = verbose
        self._lines: ProgressLines | None = None
        self.estimate: Estimate = NO_ESTIMATE
        self._waiting = waiting

    def begin(self, progress: Progress, head: RunHead, at: float) -> None:
        """Show a run from now on."""
        self._lines = ProgressLines(progress, at, verbose=self._verbose, doing=head.doing)

    def on_event(self, event: Event, at: float) -> None:
        """Change with an event."""
        if isinstance(event, PlanChanged) and (text := self._describe(event)):
            self.say(Text(text))
        if self._lines:
            self._waiting.add(self._lines.on_event(event, at))

    def say(self, line: Text) -> None:
        """Tell something in a line."""
        self._waiting.add([line])

    def due(self, at: float) -> str:
        """Return the lines that are due."""
        if self._lines:
            self._waiting.add(self._lines.on_time(at))
        return self._taken()

    def clear(self) -> str:
        """Return the lines that wait for what follows; lines stay."""
        if self._lines:
            self._waiting.add(self._lines.rest(time.time()))
        return self._taken()

    def _taken(self) -> str:
        return "".join(f"{self._console.styled(line)}\n" for line in self._waiting.take(MOST_LINES_AT_ONCE))


class QuietView(PlainView):
    """The warnings of a run as lines, and nothing else."""

    def begin(self, progress: Progress, head: RunHead, at: float) -> None:
        """Show no run."""

    def on_event(self, event: Event, at: float) -> None:
        """Show a warning."""
        if isinstance(event, Notice) and event.kind in WARNINGS and (line := run_line(event, at, None)):
            self.say(line)
