"""Writes the lines of logs to standard output, and what is to be said about them to standard error.

Whoever reads may be slow: a pager, a stopped terminal. A signal ends the waiting for that.
"""

import shutil
import sys
from collections.abc import Collection, Sequence
from typing import TextIO

import click

from kedro_batch.cli.base import is_plain, print_note, print_plainly
from kedro_batch.cli.options import Verbosity
from kedro_batch.cli.partwise_writing import write_in_parts
from kedro_batch.cli.stream_writer import LAST_WORDS_S, leave_unread
from kedro_batch.cli.streams import redirect_to_null
from kedro_batch.plan.model import JobName
from kedro_batch.review.run.log_lines import LONGEST, WIDEST, LogLines
from kedro_batch.submitter.inbox import Inbox
from kedro_batch.submitter.log_places import LogPlace, shown_place
from kedro_batch.submitter.service.log_cursor import LogEvent

_NARROWEST = 12
"""Characters of a job's name that are shown however narrow the terminal is."""


class LogOutput:
    """Where lines go.

    Attributes:
        shown: Something was written.
    """

    def __init__(self, inbox: Inbox, verbosity: Verbosity, *, times: bool, patience_s: float = LAST_WORDS_S) -> None:
        """Show nothing yet.

        Args:
            inbox: Hears the signals that end the command.
            verbosity: Whether to write notes, where logs are, and colours.
            times: Write lines with their times.
            patience_s: How long a reader may take once a signal has come, in seconds.
        """
        self._inbox = inbox
        self._patience_s = patience_s
        self.shown = False
        self._verbose = verbosity.verbose
        self._places: set[LogPlace] = set()
        self._times = times
        self._quiet = verbosity.quiet
        self._terminal = sys.stdout.isatty()
        self._colours = self._terminal and not is_plain(asked=verbosity.no_color)
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
            OSError: Nobody reads them any more, or the disk is full.
            Interrupted: A signal came.
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
        self._write(sys.stdout, lines.encode("utf-8", errors="backslashreplace"))
        self.shown = True

    def write_note(self, text: str) -> None:
        """Write a note to standard error; where that fails, the command goes on.

        Raises:
            Interrupted: A signal came.
        """
        shown = text if sys.stderr.isatty() else click.unstyle(text)
        try:
            self._write(sys.stderr, f"{shown}\n".encode(sys.stderr.encoding, errors="backslashreplace"))
        except OSError:
            redirect_to_null(sys.stderr)

    def _write(self, stream: TextIO, content: bytes) -> None:
        try:
            write_in_parts(stream.fileno(), content, lambda: self._inbox.is_interrupted, self._patience_s)
        except TimeoutError:
            leave_unread(stream)
        self._inbox.check_interrupt()

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
