"""Follows the jobs of a run: asks about those that can change, takes note of what became of them.

A job that the service does not know any more is not asked about for ever: after a while it is looked up by
its name, and then it counts as lost.
"""

from collections import deque
from collections.abc import Collection
from dataclasses import dataclass

from kedro_batch.plan.model import JobName
from kedro_batch.plan.submit_job import JobId, batch_job_name
from kedro_batch.submitter.context import RunContext
from kedro_batch.submitter.events import JobChanged, JobLog, Notice, NoticeKind
from kedro_batch.submitter.poll_schedule import PollSchedule
from kedro_batch.submitter.reconcile.duplicates import KEPT_INSTEAD, NONE_KEPT
from kedro_batch.submitter.run_state import AT_WORK, ENDED, JobState, RunState, Transition
from kedro_batch.submitter.service.api import JobDetail, JobSummary
from kedro_batch.submitter.service.call_pool import Lane, Reply
from kedro_batch.submitter.service.failures import classified, log_places, plain, waiting_advice
from kedro_batch.submitter.service.rate_limit import Bucket

_BURST = 5.0
_LOG_LINES = 30
_LOGS_AT_MOST = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How often a run is looked at; times in seconds.

    Attributes:
        calls: DescribeJobs calls a second in the long run.
        shortest: Between two looks while things change.
        until_sought: After so long without a trace of a submitted job, it is looked up by its name.
        until_lost: After so long it counts as lost, even if ListJobs still has it.
        until_stuck: After so long in RUNNABLE, the service's reason is told.
    """

    calls: float = 1.0
    shortest: float = 1.0
    until_sought: float = 60.0
    until_lost: float = 600.0
    until_stuck: float = 300.0


class JobPoller:
    """What is being asked about."""

    def __init__(
        self, context: RunContext, run_state: RunState, pace: Pace, *, deduplicate: Collection[str] = ()
    ) -> None:
        """Prepare to follow.

        Args:
            context: The run.
            run_state: How it stands.
            pace: How often to look.
            deduplicate: Jobs that were terminated in favour of others, of which stock has been taken: they have failed.
        """
        self._settled = deduplicate
        self._context = context
        self._run_state = run_state
        self._pace = pace
        now = context.calls.now()
        self._schedule = PollSchedule(now, shortest_s=pace.shortest)
        self._queue = {job.name: job.settings.job_queue for job in context.plan.jobs}
        self._bucket = Bucket(pace.calls, _BURST, now)
        self._left: deque[tuple[JobName, ...]] = deque()
        self._asking = False
        self._moved = False
        self._missing_since: dict[JobName, float] = {}
        self._sought: set[JobName] = set()
        self._runnable_since: dict[JobName, float] = {}
        self._told_stuck: dict[tuple[str, str], float] = {}
        self._logs_under_way = 0
        self._logs_asked = 0
        self.looks = 0
        """How many looks have been completed."""
        self.superseded: list[JobId] = []
        """Jobs that somebody else has terminated in favour of others."""

    @property
    def idle(self) -> bool:
        """Nothing is being asked, no log is being read, and no lost job is being sought."""
        return not (self._asking or self._left or self._logs_under_way or self._sought)

    def poll_now(self) -> None:
        """Look at once: something has changed."""
        self._schedule.poll_now(self._context.calls.now())

    def act(self, now: float) -> None:
        """Ask what is due to be asked."""
        for name in self._run_state.take_new_on_frontier():
            self._schedule.enter(name, self._queue[name], at_work=self._run_state.state(name) in AT_WORK)
        if self._left and not self._asking:
            self._drop_ended(now)
        if not self._left and not self._asking and now >= self._schedule.due and self._run_state.any_live:
            self._left.extend(self._schedule.look(now, self._run_state.live))
            self._moved = False
            self._drop_ended(now)
        if (
            self._left
            and not self._asking
            and now >= self._context.backoff.retry_at(Lane.DESCRIBE)
            and self._bucket.take(now)
        ):
            asked = [(name, job_id) for name in self._left.popleft() if (job_id := self._asked_by(name))]
            ids = [job_id for _, job_id in asked]
            self._asking = True
            self._context.calls.start(Lane.DESCRIBE, asked, lambda: self._context.engine.describe_jobs(ids))

    def _asked_by(self, name: JobName) -> JobId | None:
        """Give the id by which a job is asked about; None when it has ended meanwhile."""
        return self._run_state.job_id(name) if self._run_state.standing(name).live else None

    def _drop_ended(self, now: float) -> None:
        """Leave out the calls in which nobody is left to ask about; the look ends when no call is left."""
        while self._left and not any(map(self._asked_by, self._left[0])):
            self._left.popleft()
        if not self._left:
            self._looked(now)

    def next_at(self, now: float) -> float:
        """Give the time at which there is something to do, apart from replies."""
        if self._asking or not self._run_state.any_live:
            return float("inf")
        if not self._left:
            return self._schedule.due
        return max(self._context.backoff.retry_at(Lane.DESCRIBE), now + self._bucket.wait_s(now))

    # What comes back

    def take(self, reply: Reply, now: float, *, submitting: bool = False) -> None:
        """Take what was asked for.

        Args:
            reply: The reply.
            now: The time.
            submitting: There are jobs to submit: a look that is refused waits until they are.

        Raises:
            ServiceError: It was refused, or there was no answer for too long.
        """
        self._asking = False
        asked: list[tuple[JobName, JobId]] = reply.about
        if reply.error and submitting and not reply.error.passing:
            self._left.clear()
            self._looked(now)
            return
        if reply.error:
            self._left.appendleft(tuple(name for name, _ in asked))
            self._context.backoff.failed(Lane.DESCRIBE, reply.error, now)
            return
        self._context.backoff.worked(Lane.DESCRIBE)
        details: dict[JobId, JobDetail] = {detail["jobId"]: detail for detail in reply.value}
        for name, job_id in asked:
            if self._run_state.job_id(name) != job_id:
                continue  # another one stands for it meanwhile
            detail = details.get(job_id)
            if detail is None:
                self._miss(name, now)
            else:
                self._missing_since.pop(name, None)
                self._see(name, detail, now)
        if not self._left:
            self._looked(now)

    def _looked(self, now: float) -> None:
        self.looks += 1
        self._schedule.looked(now, moved=self._moved)

    def _see(self, name: JobName, detail: JobDetail, now: float) -> None:
        state = JobState(detail["status"])
        kept = _kept_instead(detail)
        if kept and state is JobState.FAILED and detail["jobId"] not in self._settled:
            self.superseded.append(detail["jobId"])
            return
        if state in ENDED and not self._run_state.on_frontier(name):
            return  # it has ended because of a job above it, which is asked about first
        changes = self._run_state.seen(name, state)
        self._moved |= bool(changes)
        for change in changes:
            own = change.job == name
            self._context.emit(self._described(change, detail) if own else self._event(change))
            if change.after in ENDED:
                self._schedule.leave(change.job)
        if changes and state in AT_WORK:
            self._schedule.enter(name, self._queue[name], at_work=True)
        if state is JobState.RUNNABLE:
            self._tell_if_stuck(name, detail, now)
        else:
            self._runnable_since.pop(name, None)
        if changes and state is JobState.FAILED:
            self._read_log(name, detail)

    def leave(self, change: Transition) -> None:
        """Ask no more about a job that is not to begin."""
        self._schedule.leave(change.job)
        self._context.emit(self._event(change))

    def _event(self, change: Transition) -> JobChanged:
        standing = self._run_state.standing(change.job)
        return JobChanged(
            job=change.job,
            job_id=standing.job_id,
            submission=standing.submission,
            before=change.before,
            after=change.after,
            blocked_by=change.blocked_by,
        )

    def _described(self, change: Transition, detail: JobDetail) -> JobChanged:
        failure = classified(detail)
        failed = change.after is JobState.FAILED
        standing = self._run_state.standing(change.job)
        succeeded = change.after is JobState.SUCCEEDED
        log = detail.get("container", {}).get("logStreamName") or next((one.stream for one in log_places(detail)), None)
        return JobChanged(
            job=change.job,
            job_id=standing.job_id,
            submission=standing.submission,
            before=change.before,
            after=change.after,
            reason=None if succeeded else failure.reason or None,  # of a success it says no more than that
            exit_code=failure.exit_code,
            cause=failure.cause if failed else None,
            advice=(failure.advice or None) if failed else None,
            attempts=failure.attempts if failed and failure.attempts > 1 else None,
            log=log,
        )

    # Logs

    def _read_log(self, name: JobName, detail: JobDetail) -> None:
        self._logs_asked += 1
        if self._logs_asked > _LOGS_AT_MOST:
            return
        self._logs_under_way += 1
        about = (name, self._run_state.submission(name))
        self._context.calls.start(Lane.LOG, about, lambda: self._context.engine.log_tail(detail, _LOG_LINES))

    def take_log(self, reply: Reply) -> None:
        """Take the last lines of a log, or why they cannot be read: that never harms the run."""
        self._logs_under_way -= 1
        name, submission = reply.about
        if reply.error:
            self._context.emit(JobLog(job=name, submission=submission, problem=plain(str(reply.error))))
        else:
            self._context.emit(
                JobLog(job=name, submission=submission, lines=tuple(plain(line) for line in reply.value))
            )

    # Jobs that nobody knows

    def _miss(self, name: JobName, now: float) -> None:
        """Take note that the service does not know a job; it may be late right after the submission."""
        gone_s = now - self._missing_since.setdefault(name, now)
        if gone_s >= self._pace.until_lost or (gone_s >= self._pace.until_sought and not self._context.options.adopt):
            self._lose(name)
        elif gone_s >= self._pace.until_sought and name not in self._sought:
            self._sought.add(name)
            on_batch = batch_job_name(self._context.run_id, name, self._run_state.submission(name))
            self._context.lookup.search([self._queue[name]], [on_batch], lambda found: self._was_sought(name, found))

    def _was_sought(self, name: JobName, found: tuple[JobSummary, ...]) -> None:
        self._sought.discard(name)
        job_id = self._run_state.job_id(name)
        ours = next((one for one in found if one["jobId"] == job_id), None)
        if ours is None:
            self._lose(name)
        elif ours["status"] in ENDED:
            self._see(name, JobDetail(**{**ours, "container": ours.get("container", {})}), self._context.calls.now())  # type: ignore[typeddict-item]

    def _lose(self, name: JobName) -> None:
        self._missing_since.pop(name, None)
        for change in self._run_state.seen(name, JobState.LOST):
            self._schedule.leave(change.job)
            self._context.emit(self._event(change))

    # Jobs that wait for long

    def _tell_if_stuck(self, name: JobName, detail: JobDetail, now: float) -> None:
        waited_s = now - self._runnable_since.setdefault(name, now)
        if waited_s < self._pace.until_stuck:
            return
        reason, queue = plain(detail.get("statusReason", "")), self._queue[name]
        if not reason and self._schedule.any_at_work:
            return  # its turn has not come: others are at work
        told_s = now - self._told_stuck.get((queue, reason), float("-inf"))
        if told_s < 6 * self._pace.until_stuck:
            return
        self._told_stuck[queue, reason] = now
        why = f": {reason}" if reason else ", and AWS Batch gives no reason"
        message = (
            f"{name} has been RUNNABLE in {queue} for {waited_s / 60:.0f} min{why}. {waiting_advice(reason or None)}"
        )
        self._context.emit(Notice(kind=NoticeKind.STUCK, message=message, job=name))


def _kept_instead(detail: JobDetail) -> JobId | None:
    """Give the id for which another process has terminated this job, if it has, and if there is one."""
    reason = detail.get("statusReason", "") or ""
    kept = reason.removeprefix(KEPT_INSTEAD) if reason.startswith(KEPT_INSTEAD) else NONE_KEPT
    return None if kept == NONE_KEPT else JobId(kept)
