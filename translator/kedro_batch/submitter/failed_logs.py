"""Read how the logs of failed jobs end, beside the loop of a run: of the first ones, since a run may have thousands.

On AWS a log comes later than the state of its job. So one that is missing, empty or without an exception at its end is
looked at again after seconds, and once more before the run is reported; what an earlier command has not found, too.
"""

from dataclasses import dataclass, field

from kedro_batch.plan.model import JobName
from kedro_batch.plan.submit_job import JobId
from kedro_batch.submitter.context import RunContext
from kedro_batch.submitter.events import JobLog
from kedro_batch.submitter.job_state import JobState
from kedro_batch.submitter.journal_view import journal_words
from kedro_batch.submitter.log_excerpt import Excerpt, excerpt_of
from kedro_batch.submitter.run_state import RunState
from kedro_batch.submitter.service.api import JobDetail, LogTail
from kedro_batch.submitter.service.call_pool import Lane, Reply
from kedro_batch.submitter.service.limits import LOG_AGAIN_S, LOG_END_S, LOG_LINES, LOG_S
from kedro_batch.text.escaping import one_line
from kedro_batch.text.wording import sentences

_AT_MOST = 50


@dataclass(slots=True, kw_only=True)
class _Log:
    """The log of a failed job.

    Attributes:
        name: The job.
        submission: The submission that failed.
        detail: What the service says of it.
        began: When it was looked at first.
        looks: How often it was looked at.
        asked_at: When the look began that is under way.
        done: It need not be looked at again.
        excerpt: What was found last.
        problem: Why there are no lines; it is told once no more looks are to come.
        told: What was told of it.
    """

    name: JobName
    submission: int
    detail: JobDetail
    began: float
    looks: int = 0
    asked_at: float | None = None
    done: bool = False
    excerpt: Excerpt = field(default_factory=Excerpt)
    problem: str | None = None
    told: JobLog | None = None

    @property
    def looked_at_often(self) -> bool:
        """True if it was looked at as often as is planned."""
        return self.looks > len(LOG_AGAIN_S)

    @property
    def due(self) -> float:
        """When to look again."""
        if self.done or self.asked_at is not None or self.looked_at_often:
            return float("inf")
        return self.began + (0.0, *LOG_AGAIN_S)[self.looks]


class FailedLogs:
    """The logs of failed jobs that are read."""

    def __init__(self, context: RunContext, run_state: RunState) -> None:
        """Begin with none."""
        self._context = context
        self._run_state = run_state
        self._nodes = {job.name: job.nodes for job in context.plan.jobs}
        self._logs: list[_Log] = []
        self._described_at: float | None = None
        self._seen = set[JobId]()
        self._ends_at: float | None = None

    @property
    def under_way(self) -> bool:
        """True if some log is being read: one that is not answered for long is not waited for."""
        recent = self._context.calls.now() - LOG_S
        asked = (self._described_at, *(one.asked_at for one in self._logs))
        return any(at is not None and at > recent for at in asked)

    def next_at(self, now: float) -> float:
        """Return when to look at a log again, or to wait no longer."""
        ends = (self._ends_at, *(one.asked_at + LOG_S for one in self._logs if one.asked_at is not None))
        return min([*(one.due for one in self._logs), *(at for at in ends if at and at > now)], default=float("inf"))

    def read(self, name: JobName, detail: JobDetail) -> None:
        """Begin to read the end of a failed job's log, unless enough have been read."""
        if len(self._logs) >= _AT_MOST or detail.job_id in self._seen:
            return
        self._seen.add(detail.job_id)
        self._ends_at = None
        now, submission = self._context.calls.now(), self._run_state.record(name).submission
        self._logs.append(_Log(name=name, submission=submission, detail=detail, began=now))
        self.act(now)

    def act(self, now: float) -> None:
        """Look at the logs whose time has come."""
        for one in self._logs:
            if now >= one.due:
                self._look(one)

    def _look(self, one: _Log) -> None:
        one.looks += 1
        one.asked_at = self._context.calls.now()
        engine, nodes = self._context.engine, self._nodes.get(one.name, ())

        def look() -> tuple[Excerpt, LogTail]:
            tail = engine.log_tail(one.detail, LOG_LINES)
            return excerpt_of(tail.lines, nodes), tail

        self._context.calls.start(Lane.LOG, one, look)

    def finish(self, now: float, *, waits: bool = True) -> bool:
        """Look once more at what is missing, since the run is about to be reported; True once that need not wait.

        Args:
            now: The time.
            waits: Wait for logs, ``LOG_END_S`` at most; for one that has lines and no exception until the second look.
        """
        if waits and self._ends_at is None:
            self._ends_at = now + LOG_END_S
            self._look_for_the_last_time()
        if waits and now < (self._ends_at or now) and (self._described_at is not None or any(map(_is_due, self._logs))):
            return False
        for one in self._logs:
            if not one.excerpt.lines and one.told is None:
                self._tell(one, self._and_then(one.problem or "its log could not be read in time"))
        return True

    def _look_for_the_last_time(self) -> None:
        for one in self._logs:
            if one.looked_at_often and not (one.done or one.excerpt.lines):
                one.done = True
                self._look(one)

    def on_reply(self, reply: Reply) -> None:
        """Handle the last lines of a log, or why they cannot be read: that never harms the run."""
        if reply.about is None:
            self._on_described(reply)
            return
        one: _Log = reply.about
        one.asked_at = None
        complete = False
        if reply.error:
            one.done |= not reply.error.passing
            one.problem = str(reply.error)
        else:
            tail: LogTail
            found, tail = reply.value
            complete, one.problem = tail.complete, tail.problem
            if tail.lines and not found.lines:
                one.problem = "its log has only empty lines"
            one.done |= complete or bool(found.exception and not found.cut_off)
            one.excerpt = found if found.lines else one.excerpt
        if one.excerpt.lines:
            self._tell(one, None)
        elif one.problem and (one.done or one.looked_at_often):
            self._tell(one, one.problem if complete else self._and_then(one.problem))

    def _and_then(self, problem: str) -> str:
        """Add what to do about a log that may come later; that of a run on this machine is there, and has its path."""
        if not self._context.engine.capabilities.keeps_jobs:
            return problem
        words = journal_words(self._context.journal.file)
        return sentences(problem, f"To look again: kedro-batch wait {self._context.run_id}{words}")

    def _tell(self, one: _Log, problem: str | None) -> None:
        found = one.excerpt
        event = JobLog(
            job=one.name,
            submission=one.submission,
            exception=found.exception,
            exception_cause=found.exception_cause,
            node=found.node,
            lines=found.lines,
            problem=one_line(problem) if problem else None,
        )
        if event == one.told:
            return
        one.told = event
        self._run_state.add_log(
            one.name,
            one.submission,
            log_tail=event.lines,
            log_problem=event.problem,
            exception=event.exception,
            exception_cause=event.exception_cause,
            node=event.node,
        )
        self._context.emit(event)

    # What earlier commands have not found

    def read_missing(self) -> None:
        """Begin to read the logs of jobs that have failed before, and of which the journal has no lines."""
        records = self._run_state.records.values()
        missing = [
            one.job_id
            for one in records
            if one.state is JobState.FAILED and one.job_id and one.failure and not one.failure.log_tail
        ]
        if ids := missing[:_AT_MOST]:
            self._described_at = self._context.calls.now()
            self._context.calls.start(Lane.LOG, None, lambda: self._context.engine.describe_jobs(ids))

    def _on_described(self, reply: Reply) -> None:
        """Read the logs of the jobs that the service still knows."""
        self._described_at = None
        details: dict[JobId, JobDetail] = {} if reply.error else {one.job_id: one for one in reply.value}
        for name, one in self._run_state.records.items():
            detail = details.get(one.job_id) if one.job_id else None
            if detail and one.state is JobState.FAILED:
                self.read(name, detail)


def _is_due(one: _Log) -> bool:
    """True if the end of a run waits for a log: it is being read, or may come yet."""
    seen_twice = bool(one.excerpt.lines) and one.looks > 1
    return one.asked_at is not None or not (one.done or one.looked_at_often or seen_twice)
