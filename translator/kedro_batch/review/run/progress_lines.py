"""A run as lines beneath each other, as in the log of a CI job: one for each job that ended, and a heartbeat.

Events come in, each with its time, and now and then the time alone; lines go out, most of them at once. The line of a
job that ended waits a moment for the event that tells how long it ran, and later lines wait behind it. Submissions are
told together, and so are jobs that will not run or were cancelled: one failure can keep thousands from running. The
exception of a job that failed is told once its log is known, unless that of another one was the same. Pure.
"""

import math
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import tzinfo

from rich.text import Text

from kedro_batch.plan.model import JobName
from kedro_batch.review.run.event_lines import changed_line, exception_line, run_line, submitted_line, timed
from kedro_batch.review.run.job_groups import Group
from kedro_batch.review.run.progress import Progress
from kedro_batch.review.run.progress_words import how_far, longest_at_work, worked_for
from kedro_batch.submitter.began import Began
from kedro_batch.submitter.events import Event, JobChanged, JobExecuted, JobLog, JobSubmitted, RunFinished, RunStarted
from kedro_batch.submitter.job_execution import JobExecution
from kedro_batch.submitter.job_state import ENDED, MAY_BE_WORKING, JobState
from kedro_batch.text.times import clock_time
from kedro_batch.text.wording import counted, duration

HEARTBEAT_S, SOON_S = 30.0, 600.0
"""How long nothing is printed before a heartbeat, in the first minutes of a command."""
LATER_HEARTBEAT_S = 300.0
_EXCEPTIONS = 50
"""Exceptions that are told while a run goes on; who has read so many reads how it ends."""
_COUNTED = (JobState.NOT_RUN, JobState.CANCELLED)
WAIT_S = 0.5
"""How long what is put together with what follows may wait for it."""
_MOST_WAITING = 1_000
"""Lines that wait behind a job of which it is not known how long it ran."""


@dataclass(slots=True)
class _Ended:
    """A job that has ended.

    Attributes:
        event: The event that told it.
        at: When it was told.
        began: When it began, as far as it is known.
        done: How many jobs were done then.
        execution: How it was executed; None until that is told.
    """

    event: JobChanged
    at: float
    began: Began | None
    done: int
    execution: JobExecution | None = None


@dataclass(slots=True)
class _Counted:
    """What is told in one line, once no more of it follows."""

    not_run: Counter[JobName | None] = field(default_factory=Counter)
    cancelled: int = 0
    submitted: int = 0
    found: int = 0


class ProgressLines:
    """The lines of a run."""

    def __init__(
        self, progress: Progress, at: float, *, zone: tzinfo | None = None, verbose: bool = False, doing: str = ""
    ) -> None:
        """Begin with nothing printed.

        Args:
            progress: How far the run is; it changes with what is printed here.
            at: The time, in seconds since the epoch.
            zone: The time zone of the reader; None for that of this machine.
            verbose: Print every submission and every change of a state in a line of its own.
            doing: What the command does with the run, if it is not the usual.
        """
        self._progress = progress
        self._zone = zone
        self._verbose = verbose
        self._doing = doing
        self._began_at = self._printed_at = at
        self._lines: deque[Text | _Ended] = deque()
        self._ended: dict[JobName, _Ended] = {}
        """Those among the lines, the latest of each job."""
        self._counted = _Counted()
        self._waits_since: float | None = None
        self._exceptions: set[str] = set()

    def on_event(self, event: Event, at: float) -> list[Text]:
        """Return the lines that are due with an event, after the progress has changed with it."""
        began = self._progress.at_work.get(event.job) if isinstance(event, JobChanged) else None
        self._lines += self._before(event, at)
        self._progress.on_event(event, at)
        self._lines += self._of(event, at, began)
        if isinstance(event, RunFinished):
            return self.rest(at)
        waits = self._counted.not_run.total() or self._counted.cancelled
        self._waits_since = (at if self._waits_since is None else self._waits_since) if waits else None
        return self._printed(list(self._due(at)), at)

    def on_time(self, at: float) -> list[Text]:
        """Return the lines that are due since time has passed: what has waited long enough, or else a heartbeat."""
        if self._waits_since is not None and at - self._waits_since >= WAIT_S:
            self._waits_since = None
            self._lines += self._counts(at)
        lines = list(self._due(at))
        every = HEARTBEAT_S if at - self._began_at < SOON_S else LATER_HEARTBEAT_S
        if not lines and not self._lines and at - self._printed_at >= every and self._is_followed:
            lines += [*self._submissions(at), self._heartbeat(at)]
        return self._printed(lines, at)

    def rest(self, at: float) -> list[Text]:
        """Return what has waited for an event that does not come any more."""
        self._waits_since = None
        self._lines += self._counts(at)
        return self._printed(list(self._due(math.inf)), at)

    @property
    def _is_followed(self) -> bool:
        return self._progress.started is not None or self._progress.unanswered_since is not None

    def _printed(self, lines: list[Text], at: float) -> list[Text]:
        self._printed_at = at if lines else self._printed_at
        return lines

    # What has waited for this event

    def _before(self, event: Event, at: float) -> Iterator[Text]:
        if isinstance(event, JobExecuted):
            ended = self._ended.get(event.job)
            if ended and ended.event.submission == event.submission:
                ended.execution = event.execution
        elif not (isinstance(event, JobChanged) and event.after in _COUNTED):
            yield from self._counts(at)
        if isinstance(event, RunFinished):
            yield from self._submissions(at)

    def _due(self, at: float) -> Iterator[Text]:
        """Yield the lines in their order, up to a job of which it may still be told how long it ran."""
        while self._lines:
            first = self._lines[0]
            if isinstance(first, Text):
                yield first
            elif first.execution or at - first.at >= WAIT_S or len(self._lines) > _MOST_WAITING:
                if self._ended.get(first.event.job) is first:
                    del self._ended[first.event.job]
                yield self._end(first)
            else:
                return
            self._lines.popleft()

    def _end(self, ended: _Ended) -> Text:
        """Return the line of a job that ended, with how long it ran as far as that is known."""
        took = ""
        if ended.execution and ended.execution.run_seconds is not None:
            took = duration(ended.execution.run_seconds)
        elif ended.began and ended.began.exact:
            took = worked_for(ended.began, ended.at)
        done = f"{ended.done:,}/{self._progress.jobs:,}"
        return changed_line(ended.event, ended.at, self._zone, took=took, how_far=done, with_log=self._verbose)

    def _counts(self, at: float) -> Iterator[Text]:
        for blocked_by, count in (+self._counted.not_run).items():
            because = f" because {blocked_by} did not succeed" if blocked_by else ""
            yield timed(at, self._zone).append(f"{counted(count, 'job')} {Group.NOT_RUN}{because}", "yellow")
        self._counted.not_run.clear()
        if count := self._counted.cancelled:
            self._counted.cancelled = 0
            yield timed(at, self._zone).append(f"{counted(count, 'job')} {'was' if count == 1 else 'were'} cancelled")

    def _submissions(self, at: float) -> Iterator[Text]:
        counts = self._counted
        if counts.submitted:
            found = f" ({counts.found:,} found there)" if counts.found else ""
            left = self._progress.count([Group.NOT_SUBMITTED])
            more = f", {left:,} not yet" if left else ""
            yield timed(at, self._zone, f"submitted {counted(counts.submitted, 'job')}{found}{more}")
        counts.submitted = counts.found = 0

    # What this event adds

    def _of(self, event: Event, at: float, began: Began | None) -> Iterator[Text | _Ended]:
        match event:
            case JobSubmitted():
                yield from self._submitted(event, at)
            case JobChanged():
                yield from self._changed(event, at, began)
            case JobLog():
                yield from self._logged(event, at)
            case _:
                if (line := run_line(event, at, self._zone, doing=self._doing)) is not None:
                    yield line
                if isinstance(event, RunStarted) and (self._progress.done or self._progress.at_work):
                    yield timed(at, self._zone, how_far(self._progress))

    def _changed(self, event: JobChanged, at: float, began: Began | None) -> Iterator[Text | _Ended]:
        if event.after in ENDED and event.after not in _COUNTED:
            was = began if event.before in MAY_BE_WORKING else None
            self._ended[event.job] = ended = _Ended(event, at, was, self._progress.done)
            yield ended
        elif event.after in _COUNTED and not self._verbose:
            self._counted.not_run[event.blocked_by] += event.after is JobState.NOT_RUN
            self._counted.cancelled += event.after is JobState.CANCELLED
        elif self._verbose and event.after is not JobState.NOT_SUBMITTED:  # its next submission is told itself
            yield changed_line(event, at, self._zone, with_log=True)

    def _logged(self, event: JobLog, at: float) -> Iterator[Text]:
        if event.exception and event.exception not in self._exceptions and len(self._exceptions) < _EXCEPTIONS:
            self._exceptions.add(event.exception)
            yield exception_line(event.job, event.exception, at, self._zone)

    def _submitted(self, event: JobSubmitted, at: float) -> Iterator[Text]:
        if self._verbose:
            yield submitted_line(event, at, self._zone)
            return
        self._counted.submitted += 1
        self._counted.found += event.adopted
        if not self._progress.count([Group.NOT_SUBMITTED, Group.UNCONFIRMED]):
            yield from self._submissions(at)

    def _heartbeat(self, at: float) -> Text:
        line, since = how_far(self._progress), self._progress.unanswered_since
        if longest := longest_at_work(self._progress):
            took = worked_for(self._progress.at_work[longest], at if since is None else since)
            line += f"; {longest} for {took}" if took else ""
        return timed(at, self._zone, line if since is None else f"as of {clock_time(since, self._zone)}: {line}")
