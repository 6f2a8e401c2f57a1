"""Carry a plan out on an engine: open the run, loop until nothing can change, close it.

``open`` finds out where the run stands, ``loop`` submits and follows, ``close`` sees to it that a signal, an error or a
full disk leaves a run that can be resumed. Nothing is printed. The stages, and who may call whom, stand in
``submitter/__init__``.
"""

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import replace
from typing import assert_never

from kedro_batch.errors import Interrupted, KedroBatchError, RunCancelled
from kedro_batch.plan.model import JobName
from kedro_batch.plan.submit_job import JobId
from kedro_batch.submitter.close import close, outcome_of, second_jobs_left, terminate_blocked
from kedro_batch.submitter.close_early import close_early
from kedro_batch.submitter.context import RunContext
from kedro_batch.submitter.definitions.revisions import Revisions
from kedro_batch.submitter.events import RunFinished, RunOutcome
from kedro_batch.submitter.executions import record_unseen_executions
from kedro_batch.submitter.job_poller import JobPoller
from kedro_batch.submitter.job_state import JobRecord
from kedro_batch.submitter.job_submitter import JobSubmitter
from kedro_batch.submitter.live_runs import beginning
from kedro_batch.submitter.look_again import LookAgain
from kedro_batch.submitter.loop import Loop
from kedro_batch.submitter.new_plan import check_plan, go_on_with_new_plan
from kedro_batch.submitter.preflight import (
    Targets,
    check_account,
    check_location,
    check_lookups,
    check_targets,
    current_location,
    look_at_targets,
)
from kedro_batch.submitter.reconcile.merge import propagate_failures
from kedro_batch.submitter.reconcile.reconcile import (
    Reconciled,
    reconcile,
    reconcile_to_resume,
)
from kedro_batch.submitter.reconcile.rerun import jobs_left, with_descendants
from kedro_batch.submitter.reconcile.settle import emit_differences, record_as_cancelled, settle
from kedro_batch.submitter.run_options import RunMode
from kedro_batch.submitter.run_state import RunState
from kedro_batch.submitter.run_version import choose_version
from kedro_batch.submitter.stock_taking import ids_in, jobs_of_others, with_what_is_to_run
from kedro_batch.submitter.terminate import JobTerminator, end_left_running


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
        self._began = context.calls.now()
        self._look_again = LookAgain(context, self.run_state, self._submitter, self._poller)
        self._loop = Loop(
            context,
            self.run_state,
            submitter=self._submitter,
            poller=self._poller,
            terminator=self._terminator,
            look_again=self._look_again,
        )
        self._known = set[JobId]()
        self._cancels = False

    def to_the_end(self, outcome: RunOutcome | None = None) -> RunFinished:
        """Submit what is to be submitted, and follow it until nothing can change.

        Args:
            outcome: How it ends, where that is not told by its jobs.

        Returns:
            How it ended; jobs that failed do not raise.

        Raises:
            ServiceError: AWS refused or did not answer for too long; what has been submitted goes on there.
            RunUnknown: Neither the journal nor the service knows the run.
            UsageError: The run cannot be taken up so, or the journal cannot be written.
            RunCancelled: Another command has cancelled it.
            Interrupted: A signal came.
        """
        context = self._context
        self._cancels = outcome == "cancelled"
        try:
            self._open()
            while self._loop.go_on():
                self._reconcile_again()
            waiting = terminate_blocked(context, self.run_state)
            left = second_jobs_left(context)
        except (Interrupted, KedroBatchError) as error:
            first = self._heard_first(error)
            match first:
                case Interrupted():
                    self._close_early("interrupted")
                case RunCancelled():
                    self._close_early("cancelled")
                case _:
                    self._close_early("stopped")
            if first is error:
                raise
            raise first from error
        except BaseException:  # a bug of ours: nothing that runs here may be left behind
            context.engine.interrupt(lambda _: None)
            raise
        context.inbox.ignore_cancel()
        outcome = outcome or ("failed" if waiting else outcome_of(self.run_state, context.options))
        if self._loop.cancelled and outcome == "failed":
            outcome = "cancelled"
        if left and outcome == "succeeded":
            outcome = "unfinished"
        record_unseen_executions(context, self.run_state)
        note = "; ".join(filter(None, (waiting, left))) or None
        return close(context, self.run_state, outcome, began=self._began, note=note)

    # Open: where does the run stand, and may it be taken up here?

    def _open(self) -> None:
        context = self._context
        account = check_account(context)
        if self._mode is RunMode.FOLLOW:
            left = self._enter(current_location(context, account))
            context.emit_started(continued=context.continued)
            if self._cancels:
                record_as_cancelled(context, left)
            self._load(self._reconciled(), self._began, self._reconciled)
            self._poller.logs.read_missing()
            return
        self._targets = look_at_targets(context)
        self._enter({**self._targets.location, **account})
        left_out = check_plan(context)
        reconciled = self._reconciled()
        self._choose_revisions(reconciled, may_ask=True)
        left = jobs_left(context.parents, reconciled.records, context.options.only_jobs)
        with beginning(context) if left else nullcontext():  # what submits nothing writes nothing beside others
            choose_version(context, reconciled)
        # Only from here on is anything changed.
        context.emit_started(continued=context.continued or bool(reconciled.records))
        go_on_with_new_plan(context, left, left_out)
        self._revisions.register()
        if not reconciled.records:
            self._look_again.take_turns()
        self._load(reconciled, self._began, self._reconciled)
        self._poller.logs.read_missing()
        self._poller.begin()

    def _enter(self, here: Mapping[str, str]) -> tuple[str, ...]:
        """Take the run up here; return the jobs of an earlier command that were ended."""
        check_location(self._context, self._location, here)
        check_lookups(self._context)
        self._context.location = {**self._location, **here}
        return end_left_running(self._context)

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

    def _load(
        self, reconciled: Reconciled, began: float, look: Callable[[], Reconciled], *, again: bool = False
    ) -> None:
        """End what is not to go on, and go on where the run stands.

        Args:
            reconciled: How the run stands.
            began: When it was begun to look.
            look: Finds out again how it stands.
            again: It has to be looked at once more.
        """
        duplicates = {found.job_id for found, _ in reconciled.duplicates}
        reconciled = settle(self._context, reconciled, lambda: self._chosen(look()))
        duplicates |= {found.job_id for found, _ in reconciled.duplicates}
        # A duplicate may have started, and removed data, just before it was terminated: look once more.
        again |= not duplicates <= self._known
        self.run_state.load(reconciled.records)
        self._look_again.looked(began, again=again)
        self._known |= duplicates | ids_in(reconciled.records)
        stopped = self._mode is RunMode.FOLLOW or self._loop.stopping
        self._submitter.open(reconciled.unconfirmed, stopped=stopped, contested=reconciled.contested)
        self._poller.open()
        if reconciled.created_at and not reconciled.known:
            self._context.began_with(reconciled.created_at)
        emit_differences(self._context, self.run_state.records, reconciled.known)

    def _reconcile_again(self) -> None:
        """Look for duplicates: a node may have two jobs, or another process may have dropped some."""
        context = self._context
        # After another process has dropped a job, look once more: what was submitted just now may be invisible yet.
        others = bool(self._poller.superseded)
        self._submitter.withdraw()
        waits = self.run_state.has_ready and self._mode is not RunMode.FOLLOW
        context.backoff.to_submit = False if waits else None
        context.journal.commit()
        before = dict(self.run_state.records)
        self._known |= ids_in(before)
        began = self._look_again.begin()
        reconciled = self._compared(before)
        found = jobs_of_others(reconciled.records, before, self._known)
        if others or found:
            self._look_again.tell_of_others(found)
        if self._look_again.goes_first(began, found):  # it ends the other process's job later: that takes a while
            reconciled, others = replace(reconciled, duplicates=()), True
        self._load(self._chosen(reconciled), began, lambda: self._compared(before), again=others)

    def _compared(self, before: Mapping[JobName, JobRecord]) -> Reconciled:
        """Find out how the run stands, without forgetting what was about to run."""
        context = self._context
        reconciled = reconcile(context, must_exist=bool(self._known), before=self._poller.fresh(before))
        if self._mode is RunMode.FOLLOW:
            return reconciled
        named = {*with_descendants(context.parents, context.options.from_jobs), *context.options.only_jobs}
        records = with_what_is_to_run(context.parents, reconciled.records, before, named)
        return replace(reconciled, records=records)

    def _chosen(self, reconciled: Reconciled) -> Reconciled:
        """Choose version and revisions for what is left to submit of a run that goes on."""
        self._choose_revisions(reconciled, may_ask=False)
        if self._mode is not RunMode.FOLLOW:
            choose_version(self._context, reconciled)
        self._revisions.register()
        return reconciled

    # Close

    def _heard_first(self, error: Interrupted | KedroBatchError) -> Interrupted | KedroBatchError:
        """Return what ends the run: a signal or a cancel that came while the service did not answer comes first."""
        if not isinstance(error, Interrupted):
            try:
                self._context.inbox.check_interrupt()
            except (Interrupted, RunCancelled) as heard:
                return heard
        return error

    def _close_early(self, outcome: RunOutcome) -> None:
        context = self._context
        ends_jobs = outcome == "interrupted" and context.options.terminate_on_interrupt
        if ends_jobs and self._mode is not RunMode.START and context.location:
            context.emit_started(continued=True)  # what runs already is to end, too
        context.inbox.ignore_cancel()
        if context.begun:
            close_early(context, self.run_state, self._submitter, self._terminator, outcome, began=self._began)
