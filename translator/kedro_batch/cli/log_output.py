"""Writes the lines of logs to standard output, and what is to be said about them to standard error."""

import shutil
import sys
from collections.abc import Collection, Sequence

from kedro_batch.cli.base import is_plain, print_note, print_plainly
from kedro_batch.plan.model import JobName
from kedro_batch.review.run.log_lines import LONGEST, WIDEST, LogLines
from kedro_batch.submitter.log_places import LogPlace, shown_place
from kedro_batch.submitter.service.log_cursor import LogEvent

_NARROWEST = 12
"""Characters of a job's name that are shown however narrow the terminal is."""


class LogOutput:
    """Where lines go.

    Attributes:
        shown: Something was written.
    """

    def __init__(self, *, times: bool, no_color: bool, quiet: bool, verbose: bool) -> None:
        """Write lines with their times or without; no notes if ``quiet``, and where logs are if ``verbose``."""
        self.shown = False
        self._verbose = verbose
        self._places: set[LogPlace] = set()
        self._times = times
        self._quiet = quiet
        self._terminal = sys.stdout.isatty()
        self._colours = self._terminal and not is_plain(asked=no_color)
        self._lines = LogLines((), widest=0, colours=False, times=times, most=None)
        self._attempts: dict[JobName, tuple[int, int]] = {}

    def shape(self, jobs: Collection[JobName]) -> None:
        """Show the lines of these jobs: with their names, if they are several."""
        third = shutil.get_terminal_size().columns // 3 if self._terminal else WIDEST
        self._lines = LogLines(
            jobs,
            widest=min(WIDEST, max(_NARROWEST, third)) if len(jobs) > 1 else 0,
            colours=self._colours,
            times=self._times,
            most=LONGEST if self._terminal else None,
        )

    def show(self, place: LogPlace, events: Sequence[LogEvent]) -> None:
        """Write lines of a log, and first which attempt it is of, if the job was started again meanwhile.

        Raises:
            OSError: Nobody reads them, or the disk is full.
        """
        now = (place.submission, place.attempt)
        if (before := self._attempts.setdefault(place.job, now)) != now:
            self._attempts[place.job] = now
            which = "attempt" if before[0] == now[0] else "submission"
            self.say(f"{place.job} was started again: {which} {now[1] if before[0] == now[0] else now[0]}")
        if self._verbose and place not in self._places:
            self._places.add(place)
            self.say(f"{place.job}: {shown_place(place.where)}")
        lines = "".join(f"{line}\n" for event in events for line in self._lines.shown(place.job, event))
        sys.stdout.buffer.write(lines.encode("utf-8", errors="backslashreplace"))
        sys.stdout.buffer.flush()
        self.shown = True

    def say(self, message: str) -> None:
        """Say something that helps to read what is shown."""
        if not self._quiet and message:
            print_note(message)

    def tell(self, place: LogPlace, problem: str) -> None:
        """Tell why there is nothing in a log."""
        self.tell_job(place.job, problem)

    def tell_job(self, job: JobName, problem: str) -> None:
        """Tell why there is nothing of a job."""
        print_plainly(f"{job}: {problem}")

    def tell_jobs(self, jobs: Sequence[JobName], problem: str) -> None:
        """Tell why there is nothing of several jobs, the same of each."""
        print_plainly(f"{', '.join(jobs)}: {problem}")
