"""Draw a run that is watched: the status anew on a terminal, elsewhere a line for each change."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

import click
from rich.console import Console
from rich.live import Live
from rich.text import Text

from kedro_batch.cli.shown_status import StatusNow

Draw = Callable[[StatusNow], None]


@contextmanager
def status_view() -> Iterator[Draw]:
    """Yield what draws the status on standard output."""
    console = Console(force_terminal=sys.stdout.isatty(), highlight=False, markup=False, emoji=False)
    if not console.is_terminal or console.is_dumb_terminal:
        yield ChangedLines(click.echo).draw
        return
    last: list[StatusNow] = []
    try:
        with Live(console=console, auto_refresh=False, transient=True, vertical_overflow="ellipsis") as live:

            def draw(now: StatusNow) -> None:
                last[:] = [now]
                live.update(_drawn(now), refresh=True)

            yield draw
    finally:  # what was seen last stays on the screen, the whole of it
        for now in last:
            console.print(_drawn(now), soft_wrap=True)


def _drawn(now: StatusNow) -> Text:
    return Text.from_ansi(now.text.rstrip())


class ChangedLines:
    """The first line of the status, a line for each job that changes, and the whole status at the end."""

    def __init__(self, write: Callable[[str], None]) -> None:
        """Write lines with this function."""
        self._write = write
        self._last: StatusNow | None = None

    def draw(self, now: StatusNow) -> None:
        """Write what has changed since the last time."""
        moment = datetime.now().astimezone().strftime("%H:%M:%S")
        before, self._last = self._last, now
        if before is None:
            self._write(now.text.rstrip())
            return
        for job, state in now.states.items():
            if state is not before.states.get(job):
                self._write(f"{moment}  {job} {state}")
        if before.goes_on and not now.goes_on:
            self._write(now.text.rstrip())
