"""Lines of logs as they are shown: which job, when, what. Pure.

A log is foreign text. Whatever it holds, a line shows as it is on a terminal, also at the end of a pipe: sequences that
a terminal obeys are dropped, and of a progress bar, that writes one line over and over, its last state is left.
"""

from collections.abc import Collection, Iterator
from zlib import crc32

from rich.cells import cell_len

from kedro_batch.plan.model import JobName
from kedro_batch.submitter.service.log_cursor import LogEvent
from kedro_batch.text.escaping import last_written, one_line
from kedro_batch.text.fitting import fitted_name
from kedro_batch.text.times import iso_time

LONGEST = 4000
"""Characters of a line on a terminal."""
WIDEST = 32
"""Columns of a name before its lines."""
_COLOURS = ("36", "33", "32", "35", "34", "1;36", "1;33", "1;32", "1;35", "1;34")
"""Of ECMA-48: the dark ones, which are legible on light, too, plain and bold. No red, which stands for failures."""


class LogLines:
    """How the lines of some jobs are shown."""

    def __init__(self, jobs: Collection[JobName], *, widest: int, colours: bool, times: bool, most: int | None) -> None:
        """Choose the shape.

        Args:
            jobs: The jobs.
            widest: Each line begins with the name of its job, of so many columns at most; 0 for no name.
            colours: Each job has a colour of its own, the same each time.
            times: Each line has the time at which it was written.
            most: Characters of a line; None for all.
        """
        self._width = min(widest, max(map(cell_len, jobs), default=0))
        self._colours = colours
        self._times = times
        self._most = most

    def shown(self, job: JobName, event: LogEvent) -> Iterator[str]:
        """Yield the lines of an event, without their ends."""
        head = self._prefix(job)
        if self._times:
            head += f"{_time(event.at_ms)} "
        for line in event.text.removesuffix("\n").removesuffix("\r").split("\n"):
            yield head + self._harmless(line)

    def _harmless(self, line: str) -> str:
        if line.isascii() and line.isprintable() and (self._most is None or len(line) <= self._most):
            return line  # nearly all lines
        return one_line(last_written(line.removesuffix("\r")), self._most)

    def _prefix(self, job: JobName) -> str:
        if not self._width:
            return ""
        text = f"{fitted_name(job, self._width)} |"
        if self._colours:
            return f"\x1b[{_COLOURS[crc32(job.encode()) % len(_COLOURS)]}m{text}\x1b[0m "
        return f"{text} "


def _time(at_ms: int | None) -> str:
    """Return a time as ISO 8601 in UTC."""
    try:
        return iso_time((at_ms or 0) / 1000).replace("+00:00", "Z")
    except (ValueError, OverflowError, OSError):
        return "?"
