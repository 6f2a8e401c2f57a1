"""Follow the jobs of a run: ask about those that can change, and record what became of them.

Jobs that the service does not know any more are not asked about for ever: after a while they are looked up by their
names, all at once (``missing_jobs``), and then they are LOST. Those that get no machine: ``stuck_watch``.
"""

from collections import deque
from collections.abc import Mapping

from kedro_batch.plan.model import JobName
from kedro_batch.plan.submit_job import JobId, batch_job_name
from kedro_batch.submitter.context import RunContext
from kedro_batch.submitter.executions import record_execution
from kedro_batch.submitter.failed_logs import FailedLogs
from kedro_batch.submitter.failures import classify_failure, exit_code_of, reason_of
from kedro_batch.submitter.job_events import job_changed
from kedro_batch.submitter.job_state import ENDED, FAILED_ON_SERVICE, MAY_BE_WORKING, JobRecord, JobState, Transition
from kedro_batch.submitter.log_places import log_of
from kedro_batch.submitter.missing_jobs import MissingJobs
from kedro_batch.submitter.poll_schedule import PollSchedule, in_calls
from kedro_batch.submitter.reconcile.duplicates import ended_as_duplicate
from kedro_batch.submitter.run_state import RunState
from kedro_batch.submitter.service.api import JobDetail, JobSummary, detail_of_summary
from kedro_batch.submitter.service.call_pool import Lane, Reply
from kedro_batch.submitter.service.limits import DESCRIBE_BURST, REMEMBERED_S
from kedro_batch.submitter.service.rate_limit import Bucket
from kedro_batch.submitter.stuck_watch import StuckWatch
from kedro_batch.submitter.unconfirmed import what_to_search


class JobPoller:
    """Asks about the jobs of a run, beside its loop."""

    def __init__(self, context: RunContext, run_state: RunState) -> None:
        """Prepare to follow."""
        self._context = context
        self._run_state = run_state
        self._pace = context.pace
        self._jobs = {job.name: job for job in context.plan.jobs}
        self._queue = {name: job.settings.job_queue for name, job in self._jobs.items()}
        self._bucket = Bucket(self._pace.calls, DESCRIBE_BURST, context.calls.now())
        self._settled: set[JobId] = set()
        self._told_of: dict[JobName, tuple[JobId, int]] = {}
        self._asking = False
        self.logs = FailedLogs(context, run_state)
        """The logs of the jobs that have failed."""
        self.superseded: list[JobId] = []
        """Jobs that another process has terminated as duplicates: the run is to be reconciled."""
        self.cancelled: JobName | None = None
        """A job that ``cancel`` has terminated, elsewhere, since this command began."""
        self.stuck = StuckWatch(context, run_state)
        self._ended_before = set[JobId]()
        self.out_of_touch = False
        """True if a job is missing, and could have been forgotten since the service last answered."""
        self.open()

    def open(self) -> None:
        """Begin, or begin again after the run was reconciled: what was superseded until now is settled."""
        self._settled.update(self.superseded)
        self.superseded.clear()
        now, seed = self._context.calls.now(), self._context.poll_seed
        self._schedule = PollSchedule(now, shortest_s=self._pace.shortest, seed=seed)
        self._chunks: deque[tuple[JobName, ...]] = deque()
        self._changed = False
        self._missing = MissingJobs(self._pace.until_lookup)
        self._sweeping = False
        self._looking_up: tuple[JobName, ...] = ()
        self._stopped = False
        self._answered_at = self._context.calls.wall()  # the run was looked at just now
        self.out_of_touch = False
        self.polls = 0
        """The number of complete polls."""

    def begin(self) -> None:
        """Record that the run is opened: what may have ended before says nothing of a ``cancel`` that goes on."""
        records = self._run_state.records.values()
        self._ended_before = {one.job_id for one in records if one.job_id and one.state is JobState.SUBMITTED}

    @property
    def idle(self) -> bool:
        """True if no call is under way, no log is being read, and no missing job is being looked up."""
        return not (self._asking or self._chunks or self.logs.under_way or self._looking_up)

    def stop(self) -> None:
        """Ask nothing more until the run has been reconciled; what is under way is still answered."""
        self._stopped = True
        self._chunks.clear()

    def fresh(self, records: Mapping[JobName, JobRecord]) -> Mapping[JobName, JobRecord]:
        """Return what is still known: that a job was nowhere is not, once the service may have forgotten jobs since."""
        if self._context.calls.wall() - self._answered_at <= REMEMBERED_S:
            return records
        return {name: one for name, one in records.items() if one.state is not JobState.NOT_SUBMITTED}

    def poll_now(self) -> None:
        """Poll at once: something has changed."""
        self._schedule.poll_now(self._context.calls.now())

    def act(self, now: float) -> None:
        """Ask what is due to be asked."""
        if self._stopped:
            return
        self.logs.act(now)
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
        if self._stopped:
            return float("inf")
        return min(self.logs.next_at(now), self._asks_at(now))

    def _asks_at(self, now: float) -> float:
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
        if reply.error and self._stopped and reply.error.passing:
            return
        if reply.error:
            self._chunks.appendleft(tuple(name for name, _ in asked))
            self._context.backoff.on_failure(Lane.DESCRIBE, reply.error, now)
            return
        self._context.backoff.on_success(Lane.DESCRIBE)
        details: dict[JobId, JobDetail] = {detail.job_id: detail for detail in reply.value}
        wall = self._context.calls.wall()
        forgets = self._context.engine.capabilities.forgets_jobs
        if forgets and wall - self._answered_at > REMEMBERED_S and any(one not in details for _, one in asked):
            self.out_of_touch = True  # what became of them is asked, as of a run that nobody has followed
            return
        self._answered_at = wall
        self._context.tell_answered(wall)
        for name, job_id in asked:
            if self._run_state.record(name).job_id != job_id:
                continue  # another job stands for the node by now
            detail = details.get(job_id)
            if detail is None:
                self._on_missing(name, now)
            else:
                self._missing.discard(name)
                self._on_seen(name, detail, now)
        if not self._chunks:
            self._complete_poll(now)

    def _complete_poll(self, now: float) -> None:
        if self._sweeping:
            self._sweeping = False
            self._look_up_missing(now)
        self.polls += 1
        self._schedule.polled(now, changed=self._changed)

    def _on_seen(self, name: JobName, detail: JobDetail, now: float) -> None:
        state = detail.state
        if state is JobState.FAILED and ended_as_duplicate(detail.reason) and detail.job_id not in self._settled:
            self.superseded.append(detail.job_id)
            return
        if state in FAILED_ON_SERVICE and not self._run_state.on_frontier(name):
            return  # it has ended because of a job above it, which is asked about first
        failure = classify_failure(detail.reply) if state is JobState.FAILED else None
        transitions = self._run_state.seen(
            name,
            state,
            status=detail.status,
            failure=failure,
            depends_on=detail.depends_on,
            started=detail.started,
        )
        self._changed |= bool(transitions)
        for transition in transitions:
            if transition.job == name:
                self._emit(transition, detail)
            else:
                self.leave(transition)
        self._tell_began(name, detail)
        if not any(transition.job == name for transition in transitions):
            pass
        elif state in ENDED:
            self._schedule.leave(name)
        elif state in MAY_BE_WORKING:
            self._schedule.enter(name, self._queue[name], at_work=True)
        if state is JobState.RUNNABLE:
            self.stuck.see(name, detail, self._queue[name], now, others_at_work=self._schedule.any_at_work)
        else:
            self.stuck.leave(name)
        if transitions and state is JobState.FAILED:
            self.logs.read(name, detail)

    def _tell_began(self, name: JobName, detail: JobDetail) -> None:
        """Tell of a job that runs when it began, once for each attempt."""
        attempt = detail.job_id, detail.attempts_begun
        if detail.state is not JobState.RUNNING or self._told_of.get(name) == attempt:
            return
        self._told_of[name] = attempt
        if (started_at := detail.execution.started_at) is not None:
            self._context.tell_began(name, started_at)

    def _emit(self, transition: Transition, detail: JobDetail) -> None:
        reason = None if detail.state is JobState.SUCCEEDED else reason_of(detail.reply)  # of a success it says nothing
        exit_code, log = exit_code_of(detail.reply), log_of(detail.reply)
        started_at = detail.execution.started_at if detail.state is JobState.RUNNING else None
        event = job_changed(transition, reason=reason, exit_code=exit_code, log=log, started_at=started_at)
        self._context.emit(event)
        record_execution(self._context, self._run_state, transition.job, detail)
        if detail.state is JobState.CANCELLED and detail.job_id not in self._ended_before:
            self.cancelled = transition.job

    def leave(self, transition: Transition) -> None:
        """Stop asking about a job that cannot change any more, and emit why."""
        self._schedule.leave(transition.job)
        self._context.emit(job_changed(transition))

    # Jobs that the service does not know

    def _on_missing(self, name: JobName, now: float) -> None:
        """Handle a job that the service does not know; right after the submission it may just be late."""
        gone_s = self._missing.add(name, now)
        looks_up = self._context.options.adopt
        if gone_s >= self._pace.until_lost or (gone_s >= self._pace.until_lookup and not looks_up):
            self._lose(name)
        if not self._sweeping and not self._looking_up and self._missing.begin_sweep(now):
            self._sweeping = True
            self._chunks.extend(in_calls(self._run_state.live))

    def _look_up_missing(self, now: float) -> None:
        """Look up the jobs that are missing for long, all at once."""
        names = self._missing.to_judge(self._run_state.live, now)
        if not names or not self._context.options.adopt:
            return
        self._looking_up = names
        run_id, records = self._context.run_id, self._run_state.records
        jobs = {batch_job_name(run_id, name, records[name].submission): self._jobs[name] for name in names}
        self._context.lookup.search(*what_to_search(self._context, jobs), self._on_found)

    def _on_found(self, found: tuple[JobSummary, ...]) -> None:
        names, self._looking_up = self._looking_up, ()
        by_id = {one.job_id: one for one in found}
        for name in names:
            job_id = self._live_id(name)
            ours = by_id.get(job_id) if job_id else None
            if job_id and ours is None:
                self._lose(name)
            elif ours and ours.state in ENDED:
                self._on_seen(name, detail_of_summary(ours), self._context.calls.now())

    def _lose(self, name: JobName) -> None:
        self._missing.discard(name)
        for transition in self._run_state.seen(name, JobState.LOST):
            self.leave(transition)
