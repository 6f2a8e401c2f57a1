"""Follow the jobs of a run: ask about those that can change, and record what became of them.

A job that the service does not know any more is not asked about for ever: after a while it is looked up by its name,
and then it is LOST. A job that is RUNNABLE for long is judged stuck here.
"""

from collections import deque
from dataclasses import dataclass, field

from kedro_batch.plan.model import JobName
from kedro_batch.plan.submit_job import JobId, batch_job_name
from kedro_batch.submitter.context import RunContext
from kedro_batch.submitter.events import JobLog, Notice, NoticeKind, job_changed
from kedro_batch.submitter.failures import (
    classify_failure,
    exit_code_of,
    log_of,
    reason_of,
)
from kedro_batch.submitter.job_state import ENDED, MAY_BE_WORKING, JobState, Transition
from kedro_batch.submitter.poll_schedule import PollSchedule
from kedro_batch.submitter.reconcile.duplicates import kept_instead
from kedro_batch.submitter.run_state import RunState
from kedro_batch.submitter.service.api import JobDetail, JobSummary
from kedro_batch.submitter.service.call_pool import Lane, Reply
from kedro_batch.submitter.service.limits import DESCRIBE_BURST
from kedro_batch.submitter.service.rate_limit import Bucket
from kedro_batch.submitter.stuck_advice import stuck_advice
from kedro_batch.text.escaping import one_line

_LOG_LINES = 30
_LOGS_AT_MOST = 50
_NOTICES_APART = 6
"""After how many times ``until_stuck`` a queue and a reason are shown again."""


@dataclass(slots=True)
class _Waits:
    """Since when jobs are missing or RUNNABLE, and when it was last shown that a queue and a reason are stuck."""

    missing_since: dict[JobName, float] = field(default_factory=dict)
    runnable_since: dict[JobName, float] = field(default_factory=dict)
    stuck_shown_at: dict[tuple[str, str], float] = field(default_factory=dict)


class JobPoller:
    """Asks about the jobs of a run, beside its loop."""

    def __init__(self, context: RunContext, run_state: RunState) -> None:
        """Prepare to follow."""
        self._context = context
        self._run_state = run_state
        self._pace = context.pace
        self._queue = {job.name: job.settings.job_queue for job in context.plan.jobs}
        self._bucket = Bucket(self._pace.calls, DESCRIBE_BURST, context.calls.now())
        self._settled: set[JobId] = set()
        self._asking = False
        self._logs_under_way = 0
        self._logs_read = 0
        self.superseded: list[JobId] = []
        """Jobs that another process has terminated in favour of others: the run is to be reconciled."""
        self.open()

    def open(self) -> None:
        """Begin, or begin again after the run was reconciled: what was superseded until now is settled."""
        self._settled.update(self.superseded)
        self.superseded.clear()
        now, seed = self._context.calls.now(), self._context.poll_seed
        self._schedule = PollSchedule(now, shortest_s=self._pace.shortest, seed=seed)
        self._chunks: deque[tuple[JobName, ...]] = deque()
        self._changed = False
        self._waits = _Waits()
        self._looking_up: set[JobName] = set()
        self.polls = 0
        """The number of complete polls."""

    @property
    def idle(self) -> bool:
        """True if no call is under way, no log is being read, and no missing job is being looked up."""
        return not (self._asking or self._chunks or self._logs_under_way or self._looking_up)

    def poll_now(self) -> None:
        """Poll at once: something has changed."""
        self._schedule.poll_now(self._context.calls.now())

    def act(self, now: float) -> None:
        """Ask what is due to be asked."""
        for name in self._run_state.pop_new_on_frontier():
            self._schedule.enter(name, self._queue[name], at_work=self._run_state.state(name) in MAY_BE_WORKING)
        if self._chunks and not self._asking:
            self._drop_ended(now)
        if not self._chunks and not self._asking and now >= self._schedule.due and self._run_state.any_live:
            self._chunks.extend(self._schedule.poll(now, self._run_state.live))
            self._changed = False
            self._drop_ended(now)
        if (
            self._chunks
            and not self._asking
            and now >= self._context.backoff.retry_at(Lane.DESCRIBE)
            and self._bucket.try_acquire(now)
        ):
            asked = [(name, job_id) for name in self._chunks.popleft() if (job_id := self._live_id(name))]
            ids = [job_id for _, job_id in asked]
            self._asking = True
            self._context.calls.start(Lane.DESCRIBE, asked, lambda: self._context.engine.describe_jobs(ids))

    def _live_id(self, name: JobName) -> JobId | None:
        """Return the id of a job; None if it has ended since it was chosen."""
        one = self._run_state.record(name)
        return one.job_id if one.live else None

    def _drop_ended(self, now: float) -> None:
        """Leave out calls about nothing but ended jobs; the poll is complete when no call is left."""
        while self._chunks and not any(map(self._live_id, self._chunks[0])):
            self._chunks.popleft()
        if not self._chunks:
            self._complete_poll(now)

    def next_at(self, now: float) -> float:
        """Return when there is something to do, apart from replies."""
        if self._asking or not self._run_state.any_live:
            return float("inf")
        if not self._chunks:
            return self._schedule.due
        return max(self._context.backoff.retry_at(Lane.DESCRIBE), now + self._bucket.wait_s(now))

    # What comes back

    def on_reply(self, reply: Reply, now: float, *, submitting: bool = False) -> None:
        """Handle the reply of a poll.

        Args:
            reply: The reply.
            now: The time.
            submitting: There are jobs to submit: a poll that is refused waits until they are.

        Raises:
            ServiceError: It was refused, or not answered for too long.
        """
        self._asking = False
        asked: list[tuple[JobName, JobId]] = reply.about
        if reply.error and submitting and not reply.error.passing:
            self._chunks.clear()
            self._complete_poll(now)
            return
        if reply.error:
            self._chunks.appendleft(tuple(name for name, _ in asked))
            self._context.backoff.on_failure(Lane.DESCRIBE, reply.error, now)
            return
        self._context.backoff.on_success(Lane.DESCRIBE)
        details: dict[JobId, JobDetail] = {detail.job_id: detail for detail in reply.value}
        for name, job_id in asked:
            if self._run_state.record(name).job_id != job_id:
                continue  # another job stands for the node by now
            detail = details.get(job_id)
            if detail is None:
                self._on_missing(name, now)
            else:
                self._waits.missing_since.pop(name, None)
                self._on_seen(name, detail, now)
        if not self._chunks:
            self._complete_poll(now)

    def _complete_poll(self, now: float) -> None:
        self.polls += 1
        self._schedule.polled(now, changed=self._changed)

    def _on_seen(self, name: JobName, detail: JobDetail, now: float) -> None:
        state = detail.state
        if state is JobState.FAILED and kept_instead(detail.reason) and detail.job_id not in self._settled:
            self.superseded.append(detail.job_id)
            return
        if state in ENDED and not self._run_state.on_frontier(name):
            return  # it has ended because of a job above it, which is asked about first
        failure = classify_failure(detail.reply) if state is JobState.FAILED else None
        transitions = self._run_state.seen(name, state, status=detail.status, failure=failure)
        self._changed |= bool(transitions)
        for transition in transitions:
            if transition.job == name:
                self._emit(transition, detail)
            else:
                self.leave(transition)
        if not transitions:
            pass
        elif state in ENDED:
            self._schedule.leave(name)
        elif state in MAY_BE_WORKING:
            self._schedule.enter(name, self._queue[name], at_work=True)
        if state is JobState.RUNNABLE:
            self._judge_stuck(name, detail, now)
        else:
            self._waits.runnable_since.pop(name, None)
        if transitions and state is JobState.FAILED:
            self._read_log(name, detail)

    def _emit(self, transition: Transition, detail: JobDetail) -> None:
        reason = None if detail.state is JobState.SUCCEEDED else reason_of(detail.reply)  # of a success it says nothing
        exit_code, log = exit_code_of(detail.reply), log_of(detail.reply)
        self._context.emit(job_changed(transition, reason=reason, exit_code=exit_code, log=log))

    def leave(self, transition: Transition) -> None:
        """Stop asking about a job that cannot change any more, and emit why."""
        self._schedule.leave(transition.job)
        self._context.emit(job_changed(transition))

    # Logs

    def _read_log(self, name: JobName, detail: JobDetail) -> None:
        self._logs_read += 1
        if self._logs_read > _LOGS_AT_MOST:
            return
        self._logs_under_way += 1
        about = (name, self._run_state.record(name).submission)
        self._context.calls.start(Lane.LOG, about, lambda: self._context.engine.log_tail(detail, _LOG_LINES))

    def on_log(self, reply: Reply) -> None:
        """Handle the last lines of a log, or why they cannot be read: that never harms the run."""
        self._logs_under_way -= 1
        name, submission = reply.about
        problem = one_line(str(reply.error)) if reply.error else None
        tail = () if reply.error else tuple(one_line(line) for line in reply.value)
        self._run_state.add_log(name, submission, tail=tail, problem=problem)
        self._context.emit(JobLog(job=name, submission=submission, lines=tail, problem=problem))

    # Jobs that the service does not know

    def _on_missing(self, name: JobName, now: float) -> None:
        """Handle a job that the service does not know; right after the submission it may just be late."""
        gone_s = now - self._waits.missing_since.setdefault(name, now)
        looks_up = self._context.options.adopt
        if gone_s >= self._pace.until_lost or (gone_s >= self._pace.until_lookup and not looks_up):
            self._lose(name)
        elif gone_s >= self._pace.until_lookup and name not in self._looking_up:
            self._looking_up.add(name)
            on_batch = batch_job_name(self._context.run_id, name, self._run_state.record(name).submission)
            self._context.lookup.search([self._queue[name]], [on_batch], lambda found: self._on_found(name, found))

    def _on_found(self, name: JobName, found: tuple[JobSummary, ...]) -> None:
        self._looking_up.discard(name)
        ours = next((one for one in found if one.job_id == self._run_state.record(name).job_id), None)
        if ours is None:
            self._lose(name)
        elif ours.state in ENDED:
            reply = {"statusReason": ours.reason}
            detail = JobDetail(
                job_id=ours.job_id,
                name=ours.name,
                state=ours.state,
                reason=ours.reason,
                reply=reply,
            )
            self._on_seen(name, detail, self._context.calls.now())

    def _lose(self, name: JobName) -> None:
        self._waits.missing_since.pop(name, None)
        for transition in self._run_state.seen(name, JobState.LOST):
            self.leave(transition)

    # Jobs that are RUNNABLE for long

    def _judge_stuck(self, name: JobName, detail: JobDetail, now: float) -> None:
        waited_s = now - self._waits.runnable_since.setdefault(name, now)
        if waited_s < self._pace.until_stuck:
            return
        reason, queue = one_line(detail.reason), self._queue[name]
        if not reason and self._schedule.any_at_work:
            return  # its turn has not come: others are at work
        shown_s = now - self._waits.stuck_shown_at.get((queue, reason), float("-inf"))
        if shown_s < _NOTICES_APART * self._pace.until_stuck:
            return
        self._waits.stuck_shown_at[queue, reason] = now
        why = f": {reason}" if reason else ", and AWS Batch gives no reason"
        minutes = f"{waited_s / 60:.0f} min"
        message = f"{name} has been RUNNABLE in {queue} for {minutes}{why}. {stuck_advice(reason or None)}"
        self._context.emit(Notice(kind=NoticeKind.STUCK, message=message, job=name))
