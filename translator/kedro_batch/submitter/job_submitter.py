"""Submit the jobs of a run: each exactly once, as soon as its parents have ids, as fast as the service takes them.

The order for every job: its intent is in the journal, one call is made, its id is in the journal. A call that was
certainly not executed is made again. After an ambiguous one the job is UNCONFIRMED: it is looked up by its name several
times, since ListJobs may be late; only then it is submitted again.
"""

from collections import deque
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import assert_never

from kedro_batch.errors import Fault, ServiceError
from kedro_batch.plan.model import Job, JobName
from kedro_batch.plan.submit_job import JobId
from kedro_batch.submitter.contested import ContestedJobs
from kedro_batch.submitter.context import RunContext
from kedro_batch.submitter.definitions.revisions import Revisions
from kedro_batch.submitter.events import JobSubmitted, Notice, NoticeKind
from kedro_batch.submitter.intents import Intents
from kedro_batch.submitter.job_events import job_changed
from kedro_batch.submitter.job_state import JobState, Transition
from kedro_batch.submitter.refusals import Refusals
from kedro_batch.submitter.run_state import RunState
from kedro_batch.submitter.sender import NotSentError, Sender
from kedro_batch.submitter.service.api import JobSummary
from kedro_batch.submitter.service.call_pool import Lane, Reply
from kedro_batch.submitter.service.limits import INTENT_FRESH_S, LOOKUP_DELAYS_S
from kedro_batch.submitter.stock_taking import Answers, StillnessWatch
from kedro_batch.submitter.submit_pace import SubmitPace
from kedro_batch.submitter.terminate import JobTerminator
from kedro_batch.submitter.unconfirmed import Lookup, UnconfirmedJobs

_NONE: Mapping[JobName, int] = MappingProxyType({})


class JobSubmitter:
    """Submits the jobs of a run, beside its loop."""

    def __init__(
        self, context: RunContext, run_state: RunState, terminator: JobTerminator, revisions: Revisions
    ) -> None:
        """Prepare to submit; the terminator ends jobs that were submitted and are not to run any more."""
        self._context = context
        self._run_state = run_state
        self._terminator = terminator
        self._jobs: dict[JobName, Job] = {job.name: job for job in context.plan.jobs}
        self._pace = SubmitPace(context)
        self._sender = Sender(context, run_state, revisions)
        self._outbox: deque[JobName] = deque()
        self._under_way: set[JobName] = set()
        self._unconfirmed = UnconfirmedJobs(
            context, run_state, on_found=self._on_found, on_not_found=self._submit_after_all
        )
        self._maybe_sent: set[JobName] = set()
        self._refusals = Refusals(context)
        self.intents = Intents(context, run_state, revisions, pace=self._pace, refusals=self._refusals)
        """Which jobs are begun next."""
        self._contested = ContestedJobs(context)
        self._stopped = False
        self._lost_reply: ServiceError | None = None
        self.submitted_again = False
        """True if a job was submitted again after its reply was lost."""
        self.of_others: list[JobName] = []
        """Jobs that only another process can have submitted."""
        self.stood_still = False
        """True if a call was not made because the process stood still just before it."""
        self.answers = Answers()
        """When submissions were answered."""

    def open(
        self, unconfirmed: Collection[JobName], *, stopped: bool, contested: Mapping[JobName, int] = _NONE
    ) -> None:
        """Begin, or begin again after the run was reconciled.

        Args:
            unconfirmed: Jobs that may have been submitted already: they are looked up first.
            stopped: Send nothing.
            contested: Jobs that another process submits as well, as ``ContestedJobs.open``.
        """
        self._stopped = stopped
        self._contested.open(contested)
        self._outbox.clear()
        self._refusals.open()
        self.submitted_again = False
        self.stood_still = False
        self._unconfirmed.open(unconfirmed)
        self._maybe_sent.update(unconfirmed)

    @property
    def idle(self) -> bool:
        """True if no call is under way, no job is unconfirmed, and nothing is to be sent."""
        return not self._waits and (self._stopped or not (self._to_send or self._refusals.jobs))

    @property
    def holds_back(self) -> bool:
        """True if jobs are ready that are not to be sent before ``Intents.most_begun`` is raised."""
        return not self._stopped and self.intents.held_back

    @property
    def watch(self) -> StillnessWatch:
        """That of the turn of the loop, which begins it."""
        return self._sender.watch

    @property
    def under_way(self) -> frozenset[JobName]:
        """The jobs whose submission has not been answered."""
        return frozenset(self._under_way)

    @property
    def unconfirmed(self) -> tuple[JobName, ...]:
        """The jobs that may or may not have been submitted, sorted."""
        return tuple(sorted({*self._unconfirmed.lookups, *self._under_way}))

    def stop(self) -> None:
        """Send nothing more; what is under way is still answered, what is unconfirmed is still looked up."""
        self._stopped = True

    def withdraw(self) -> None:
        """Take back the intents of the jobs that were surely not sent; they may be offered again."""
        waiting = (*self._outbox, *self._refusals.put_off_jobs, *self._refusals.jobs)
        not_sent = [name for name in waiting if self._may_send(name) and name not in self._maybe_sent]
        intents = [(name, self._run_state.record(name).submission) for name in not_sent]
        self._context.journal.record_not_sent(self._context.run_id, intents)
        for name in not_sent:
            self._run_state.not_sent(name)
        self._outbox.clear()
        self._refusals.open()

    # What is done next

    def act(self, now: float) -> None:
        """Send what may be sent now.

        Raises:
            ServiceError: The first jobs were all refused, with the same words.
        """
        self._unconfirmed.act(now)
        if self._stopped or self._refusals.judge(self._run_state, waits=self._waits, to_send=self._to_send):
            return
        if now < self._context.backoff.retry_at(Lane.SUBMIT):
            return
        self._outbox.extendleft(self._refusals.pop_due(now))
        while self._fill_outbox(now) and self._pace.may_send(now):
            if not self._send(self._outbox.popleft()):
                return

    def next_at(self, now: float) -> float:
        """Return when there is something to do, apart from replies."""
        times = [self._unconfirmed.next_at]
        if not self._stopped:
            times += [self._refusals.next_at, self._pace.next_at(now) if self._outbox else float("inf")]
        return min(times)

    @property
    def _waits(self) -> bool:
        return bool(self._under_way or self._unconfirmed.lookups)

    @property
    def _to_send(self) -> bool:
        return bool(self._outbox or self._refusals.put_off_jobs or self.intents.any_left)

    def _may_send(self, name: JobName) -> bool:
        return self._run_state.state(name) is JobState.SUBMITTING

    def _fill_outbox(self, now: float) -> bool:
        """Write the intents of the jobs that are ready; True if there is something to send."""
        while self._outbox and not self._is_fresh(self._outbox[0], now):
            self._outbox.popleft()
        while not self._outbox and (wave := self.intents.write_next(now, self.watch)):
            self._outbox += [name for name in wave if not self._waits_for_other(name, now)]
        return bool(self._outbox)

    def _waits_for_other(self, name: JobName, now: float) -> bool:
        """Let a job wait, and be looked up, if another process submits it over and over as this one does."""
        pause_s = self._contested.take_pause_s(name)
        if pause_s is None:
            return False
        self._run_state.not_confirmed(name)
        self._unconfirmed.add(name, Lookup(0, now + pause_s, before_loop=True))
        return True

    def _is_fresh(self, name: JobName, now: float) -> bool:
        """True if a job may be sent now; one whose intent is old is looked up first, and gets a new one."""
        if not self._may_send(name):
            return False  # blocked since
        if not self._context.adopts or self.intents.age_s(name) <= INTENT_FRESH_S:
            return True
        self._run_state.not_confirmed(name)
        self._unconfirmed.add(name, Lookup(0, now, before_loop=True, of_others=name not in self._maybe_sent))
        return False

    def _send(self, name: JobName) -> bool:
        """Send a job, unless the process stood still in this turn; True if it was sent."""
        if not self._sender.send(self._jobs[name]):
            self._on_not_sent(name)
            return False
        self._under_way.add(name)
        return True

    # What comes back

    def on_reply(self, reply: Reply, now: float) -> None:
        """Handle the reply of a submission.

        Raises:
            ServiceError: It was refused for good.
        """
        name: JobName = reply.about
        self._under_way.discard(name)
        if isinstance(reply.error, NotSentError):
            self._on_not_sent(name)
            return
        self.answers.add(now)
        if reply.error is None:
            self._context.backoff.on_success(Lane.SUBMIT)
            self._record_id(name, JobId(reply.value))
            return
        match reply.error.fault:
            case Fault.THROTTLED:
                self._pace.on_throttled(reply, now)
                self._context.backoff.on_throttled(Lane.SUBMIT, reply.error, now)
                self._outbox.appendleft(name)
            case Fault.UNREACHABLE | Fault.CREDENTIALS | Fault.SETTINGS:
                self._outbox.appendleft(name)
                self._context.backoff.on_failure(Lane.SUBMIT, reply.error, now)
            case Fault.AMBIGUOUS:
                self._run_state.not_confirmed(name)
                self._maybe_sent.add(name)
                self._lost_reply = reply.error
                self._unconfirmed.add(name, Lookup(0, now + LOOKUP_DELAYS_S[0]))
                if not self._context.options.adopt:
                    raise self._unconfirmed.cannot_know(name, reply.error)
            case Fault.REFUSED | Fault.DENIED:
                self._on_refused(name, reply.error, now)
            case _:
                assert_never(reply.error.fault)

    def _on_refused(self, name: JobName, error: ServiceError, now: float) -> None:
        """Handle a refusal: the call was not executed, so that the intent can be withdrawn."""
        job, waits = self._jobs[name], bool(self._run_state.live_parent_ids(name))
        if self._refusals.may_pass(job, error, now, waits=waits):
            self._refusals.put_off(name, now)
        elif not self._refusals.set_aside(job, error):
            self._outbox.appendleft(name)
            raise error

    def _on_not_sent(self, name: JobName) -> None:
        """Send nothing more: the process stood still, and the run is looked at first."""
        self._outbox.appendleft(name)
        self.stood_still = True
        self.stop()

    def _record_id(self, name: JobName, job_id: JobId, *, adopted: bool = False) -> None:
        if adopted:
            self._context.adopted.add(job_id)
        self._refusals.accepted = True
        transition = self._run_state.submitted(name, job_id)
        submission = transition.record.submission
        self._context.emit(JobSubmitted(job=name, job_id=job_id, submission=submission, adopted=adopted))
        if transition.record.state is not JobState.SUBMITTED:
            self._call_off(transition)

    def _call_off(self, transition: Transition) -> None:
        """Terminate a job that was blocked before its id came: nobody would follow it."""
        self._context.emit(job_changed(replace(transition, before=JobState.SUBMITTED)))
        failed = transition.record.blocked_by
        when = f"{failed} failed" if failed else "the run was cancelled"
        message = f"terminating {transition.job}, which was being submitted when {when}"
        self._context.emit(Notice(kind=NoticeKind.TERMINATED, message=message, job=transition.job))
        self._terminator.call_off(transition.record)

    # Unconfirmed jobs

    def _on_found(self, name: JobName, lookup: Lookup, ours: Sequence[JobSummary]) -> None:
        self.of_others += [name] if lookup.of_others else []
        self._record_id(name, ours[0].job_id, adopted=True)
        self.submitted_again |= len(ours) > 1

    def _submit_after_all(self, name: JobName, lookup: Lookup) -> None:
        """Submit a job that was not found anywhere, unless it is blocked by now.

        Raises:
            ServiceError: Submitting has not worked for too long.
        """
        if self._lost_reply and not lookup.before_loop:
            self._context.backoff.on_failure(Lane.SUBMIT, self._lost_reply, self._context.calls.now())
        if lookup.before_loop:
            for transition in self._run_state.not_sent(name):
                if self._stopped:  # else its next intent says so
                    self._context.emit(job_changed(transition))
        elif self._run_state.state(name) is JobState.UNCONFIRMED:
            self.submitted_again = True
            self._run_state.intend(name)
            self._outbox.append(name)
