"""Carry a plan out on an engine: open the run, loop until nothing can change, close it.

``open`` finds out where the run stands, ``loop`` submits and follows, ``close`` sees to it that a signal, an error or a
full disk leaves a run that can be resumed. Nothing is printed. The stages, and who may call whom, stand in
``submitter/__init__``.
"""

import math
from collections.abc import Mapping
from contextlib import nullcontext
from typing import assert_never

from kedro_batch.errors import Interrupted, KedroBatchError
from kedro_batch.plan.submit_job import JobId
from kedro_batch.submitter.close import close, close_early, outcome_of, terminate_blocked
from kedro_batch.submitter.context import RunContext, RunMode
from kedro_batch.submitter.definitions.revisions import Revisions
from kedro_batch.submitter.events import Notice, NoticeKind, RunFinished, RunOutcome
from kedro_batch.submitter.job_poller import JobPoller
from kedro_batch.submitter.job_state import FAILURES, MAY_BE_WORKING
from kedro_batch.submitter.job_submitter import JobSubmitter
from kedro_batch.submitter.live_runs import beginning
from kedro_batch.submitter.preflight import (
    Targets,
    check_account,
    check_location,
    check_lookups,
    check_targets,
    current_location,
    look_at_targets,
)
from kedro_batch.submitter.reconcile.merge import jobs_left, propagate_failures
from kedro_batch.submitter.reconcile.reconcile import (
    Reconciled,
    reconcile,
    reconcile_to_resume,
)
from kedro_batch.submitter.reconcile.settle import emit_differences, settle
from kedro_batch.submitter.run_state import RunState
from kedro_batch.submitter.run_version import choose_version
from kedro_batch.submitter.service.call_pool import Lane, Reply
from kedro_batch.submitter.service.limits import VISIBLE_AFTER_S
from kedro_batch.submitter.terminate import JobTerminator, end_left_running

_COMMIT_EVERY_S = 0.2
_LONGEST_WAIT_S = 30.0


class Run:
    """One replay of a plan on one engine."""

    def __init__(self, context: RunContext, *, location: Mapping[str, str] | None = None) -> None:
        """Build the parts of the run; nothing is sent yet.

        Args:
            context: The run.
            location: Where it ran until now, as the journal has it.
        """
        self._context = context
        self._mode = context.options.mode
        self._location = location or {}
        self._targets: Targets | None = None
        records = propagate_failures(context.parents, context.journal.records(context.run_id))
        self.run_state = RunState(context.parents, records, only=context.options.only_jobs or None)
        self._terminator = JobTerminator(context)
        self._revisions = Revisions(context)
        self._submitter = JobSubmitter(context, self.run_state, self._terminator, self._revisions)
        self._poller = JobPoller(context, self.run_state)
        self._began = self._committed_at = context.calls.now()
        self._others_may_submit = self._mode in (RunMode.CONTINUE, RunMode.RESUME)
        self._stopping = False
        self._dropped = set[JobId]()

    def to_the_end(self) -> RunFinished:
        """Submit what is to be submitted, and follow it until nothing can change.

        Returns:
            How it ended; jobs that failed do not raise.

        Raises:
            ServiceError: AWS refused or did not answer for too long; what has been submitted goes on there.
            RunUnknown: Neither the journal nor the service knows the run.
            UsageError: The run cannot be taken up so, or the journal cannot be written.
            Interrupted: A signal came.
        """
        context = self._context
        try:
            self._open()
            while self._loop():
                self._reconcile_again()
            terminate_blocked(context, self.run_state)
        except Interrupted:
            self._close_early("interrupted")
            raise
        except KedroBatchError:
            try:
                context.inbox.check_interrupt()  # a signal that came while the service did not answer comes first
            except Interrupted:
                self._close_early("interrupted")
                raise
            self._close_early("stopped")
            raise
        except BaseException:  # a bug of ours: nothing that runs here may be left behind
            context.engine.interrupt()
            raise
        return close(context, self.run_state, outcome_of(self.run_state, context.options), began=self._began)

    # Open: where does the run stand, and may it be taken up here?

    def _open(self) -> None:
        context = self._context
        account = check_account(context)
        if self._mode is RunMode.FOLLOW:
            self._enter(current_location(context, account))
            context.emit_started(continued=context.continued)
            self._load(self._reconciled())
            return
        self._targets = look_at_targets(context)
        self._enter({**self._targets.location, **account})
        reconciled = self._reconciled()
        self._choose_revisions(reconciled, may_ask=True)
        left = jobs_left(context.parents, reconciled.records, context.options.only_jobs)
        with beginning(context) if left else nullcontext():  # what submits nothing writes nothing beside others
            choose_version(context, reconciled)
        # Only from here on is anything changed.
        context.emit_started(continued=context.continued or bool(reconciled.records))
        self._revisions.register()
        self._load(reconciled)

    def _enter(self, here: Mapping[str, str]) -> None:
        check_location(self._context, self._location, here)
        check_lookups(self._context)
        self._context.location = {**self._location, **here}
        end_left_running(self._context)

    def _choose_revisions(self, reconciled: Reconciled, *, may_ask: bool) -> None:
        """Check the targets of the jobs that are left to submit, and choose revisions for them."""
        context = self._context
        left = set(jobs_left(context.parents, reconciled.records, context.options.only_jobs))
        jobs = self._revisions.missing(job for job in context.plan.jobs if job.name in left)
        if jobs and self._targets:
            newest = check_targets(context, self._targets, jobs)
            self._revisions.choose(jobs, newest, may_ask=may_ask)

    def _reconciled(self) -> Reconciled:
        context = self._context
        match self._mode:
            case RunMode.START:
                return Reconciled(records={}, unconfirmed=())
            case RunMode.CONTINUE | RunMode.FOLLOW:
                return reconcile(context, must_exist=context.must_exist)
            case RunMode.RESUME:
                return reconcile_to_resume(context)
            case _:
                assert_never(self._mode)

    def _load(self, reconciled: Reconciled) -> None:
        """End what is not to go on, and go on where the run stands."""
        settle(self._context, reconciled)
        # A duplicate may have started, and removed data, just before it was terminated: look once more.
        duplicates = {found.job_id for found, _ in reconciled.duplicates}
        self._others_may_submit |= not duplicates <= self._dropped
        self._dropped |= duplicates
        self.run_state.load(reconciled.records)
        stopped = self._mode is RunMode.FOLLOW or self._stopping
        self._submitter.open(reconciled.unconfirmed, stopped=stopped)
        self._poller.open()
        emit_differences(self._context, self.run_state.records)

    def _reconcile_again(self) -> None:
        """Look for duplicates: a node may have two jobs, or another process may have dropped some."""
        # After another process has dropped a job, look once more: what was submitted just now may be invisible yet.
        self._others_may_submit = bool(self._poller.superseded)
        self._context.journal.commit()
        reconciled = reconcile(self._context, must_exist=True)
        self._choose_revisions(reconciled, may_ask=False)
        if self._mode is not RunMode.FOLLOW:
            choose_version(self._context, reconciled)
        self._revisions.register()
        self._load(reconciled)

    # Loop: submit and follow, until nothing can change

    def _loop(self) -> bool:
        """Work until nothing can change any more; True if the run has to be reconciled first."""
        context = self._context
        parts = (self._submitter, self._poller, self._terminator, context.lookup)
        while True:
            context.inbox.check_interrupt()
            now = context.calls.now()
            for part in parts:
                part.act(now)
            if self._poller.superseded:
                self._submitter.stop()
            idle = all(part.idle for part in parts)
            reconcile_at = self._reconcile_at()
            if idle and now >= reconcile_at:
                return True
            if idle and self._nothing_to_follow and math.isinf(reconcile_at):
                return False
            until = min(reconcile_at if reconcile_at > now else math.inf, *(part.next_at(now) for part in parts))
            self._wait(now, until)

    @property
    def _nothing_to_follow(self) -> bool:
        """True if there is nothing left to wait for, once nothing is under way."""
        options = self._context.options
        polled = options.poll_once and self._poller.polls > 0
        return options.detach or polled or not self.run_state.any_live

    def _reconcile_at(self) -> float:
        """Return when to look whether a node has two jobs; infinity if nothing hints at that.

        A reply may have been lost, or others may work on the same run. It is looked at when even the last submission is
        visible, or earlier when all jobs have ended.
        """
        if self._poller.superseded:
            return -math.inf
        if not self._context.adopts or not (self._submitter.submitted_again or self._others_may_submit):
            return math.inf
        return self._submitter.last_sent + VISIBLE_AFTER_S if self.run_state.any_live else -math.inf

    def _wait(self, now: float, until: float) -> None:
        """Wait for replies, at most until a time, and handle them."""
        context = self._context
        until = min(until, now + _LONGEST_WAIT_S)
        if context.journal.waiting:
            if now - self._committed_at >= _COMMIT_EVERY_S:
                context.journal.commit()
                self._committed_at = now
            else:
                until = min(until, self._committed_at + _COMMIT_EVERY_S)
        replies = context.calls.wait(max(0.0, until - now))
        after = context.calls.now()
        refusals = [error for reply in replies if (error := self._refusal(reply, after))]
        if refusals:  # what came with a refusal has been heard all the same: it may be the id of a job
            raise refusals[0]
        if not replies and after < until and context.engine.capabilities.notifies:
            self._poller.poll_now()

    def _refusal(self, reply: Reply, now: float) -> KedroBatchError | None:
        """Handle a reply; return why the run cannot go on, if so."""
        try:
            self._on_reply(reply, now)
        except KedroBatchError as error:
            return error
        return None

    def _on_reply(self, reply: Reply, now: float) -> None:
        match reply.lane:
            case Lane.SUBMIT:
                self._submitter.on_reply(reply, now)
            case Lane.DESCRIBE:
                self._poller.on_reply(reply, now, submitting=not self._submitter.idle)
                self._stop_on_failure()
            case Lane.LIST:
                self._context.lookup.on_reply(reply, now)
            case Lane.LOG:
                self._poller.on_log(reply)
            case Lane.TERMINATE:
                self._terminator.on_reply(reply, now)
            case _:
                assert_never(reply.lane)

    def _stop_on_failure(self) -> None:
        """With ``--on-failure stop``: start nothing more once a job has failed."""
        stop = self._context.options.stop_on_failure and self.run_state.count(FAILURES) > 0
        if not stop or self._stopping:
            return
        self._stopping = True
        self._submitter.stop()
        failed = self.run_state.jobs_in(FAILURES)[0]
        message = f"{failed} has failed. No more jobs are started; running jobs continue"
        self._context.emit(Notice(kind=NoticeKind.TERMINATED, message=message, job=failed))
        live = [self.run_state.record(job) for job in self.run_state.live]
        not_begun = [one.job_id for one in live if one.job_id and one.state not in MAY_BE_WORKING]
        for transition in self.run_state.give_up_what_has_not_begun(failed):
            self._poller.leave(transition)
        self._terminator.terminate(not_begun, f"kedro-batch: not started, because {failed} failed")

    # Close

    def _close_early(self, outcome: RunOutcome) -> None:
        context = self._context
        ends_jobs = outcome == "interrupted" and context.options.terminate_on_interrupt
        if ends_jobs and self._mode is not RunMode.START and context.location:
            context.emit_started(continued=True)  # what runs already is to end, too
        if context.begun:
            close_early(context, self.run_state, self._submitter, self._terminator, outcome, began=self._began)
