"""The loop of a run: submit and follow, until nothing can change, or the run has to be compared with the service again.

One turn: the parts do what is due, and then replies are waited for and handed to the part that has asked.
"""

import math
from typing import assert_never

from kedro_batch.errors import KedroBatchError
from kedro_batch.submitter.context import RunContext
from kedro_batch.submitter.events import Notice, NoticeKind
from kedro_batch.submitter.job_events import job_changed
from kedro_batch.submitter.job_poller import JobPoller
from kedro_batch.submitter.job_state import CALLED_OFF, FAILURES
from kedro_batch.submitter.job_submitter import JobSubmitter
from kedro_batch.submitter.journal_view import journal_words
from kedro_batch.submitter.look_again import LookAgain
from kedro_batch.submitter.run_options import RunMode
from kedro_batch.submitter.run_state import RunState
from kedro_batch.submitter.service.call_pool import Lane, Reply
from kedro_batch.submitter.terminate import JobTerminator
from kedro_batch.text.wording import listed

_COMMIT_EVERY_S = 0.2
_LONGEST_WAIT_S = 30.0


class Loop:
    """Lets the parts of a run work beside each other, in one thread.

    Attributes:
        stopping: Nothing more is started, since a job has failed or the run was cancelled.
        cancelled: Another command has cancelled the run, as AWS Batch shows.
    """

    def __init__(  # noqa: PLR0913  it joins the parts of a run
        self,
        context: RunContext,
        run_state: RunState,
        *,
        submitter: JobSubmitter,
        poller: JobPoller,
        terminator: JobTerminator,
        look_again: LookAgain,
    ) -> None:
        """Prepare to work."""
        self._context = context
        self._run_state = run_state
        self._submitter = submitter
        self._poller = poller
        self._terminator = terminator
        self._look_again = look_again
        self._committed_at = context.calls.now()
        self.stopping = False
        self.cancelled = False

    def go_on(self) -> bool:
        """Work until nothing can change any more; True if the run has to be reconciled first."""
        context = self._context
        parts = (self._submitter, self._poller, self._terminator, context.lookup)
        self._look_again.enter_loop()
        while True:
            context.inbox.check_interrupt()
            now = context.calls.now()
            context.backoff.tell(now)
            self._look_again.act()
            for part in parts:
                part.act(now)
            self._stop_on_failure()
            submitting = not self._submitter.idle or self._submitter.holds_back
            if not submitting and context.options.mode is not RunMode.FOLLOW:
                context.on_all_submitted()
            context.backoff.to_submit = not self._submitter.holds_back if submitting else None
            idle, over = all(part.idle for part in parts), self.nothing_to_follow
            reconcile_at = self._look_again.due_at(over=over)
            if idle and now >= reconcile_at:
                return True
            if idle and over:
                if math.isinf(reconcile_at) and self._logs_read(now):
                    return False
                if not math.isinf(reconcile_at):
                    self._look_again.tell_of_the_wait(reconcile_at - now)
            until = min(reconcile_at if reconcile_at > now else math.inf, *(part.next_at(now) for part in parts))
            until = min(until, context.backoff.tell_at)
            self._wait(now, until)

    @property
    def nothing_to_follow(self) -> bool:
        """True if there is nothing left to wait for, once nothing is under way."""
        options = self._context.options
        polled = options.poll_once and self._poller.polls > 0
        return options.detach or polled or not self._run_state.any_live

    def _logs_read(self, now: float) -> bool:
        """True if no log of a failed job is waited for: only a command that follows the run to its end waits."""
        options = self._context.options
        return self._poller.logs.finish(now, waits=not (options.detach or options.poll_once))

    def _wait(self, now: float, until: float) -> None:
        """Wait for replies, at most until a time, and handle them."""
        context = self._context
        until = min(until, now + _LONGEST_WAIT_S)
        if context.journal.waiting:
            if now - self._committed_at >= _COMMIT_EVERY_S:
                began = context.calls.now()
                context.journal.try_commit()
                self._look_again.wrote(began)
                self._committed_at = now
            else:
                until = min(until, self._committed_at + _COMMIT_EVERY_S)
        self._look_again.wait(max(0.0, until - now))
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
        if reply.is_left_over:
            return
        match reply.lane:
            case Lane.SUBMIT:
                self._submitter.on_reply(reply, now)
            case Lane.DESCRIBE:
                self._poller.on_reply(reply, now, submitting=not self._submitter.idle)
                self._stop_on_failure()
                self._terminator.end_stuck(self._poller.stuck.pop_to_end())
            case Lane.LIST:
                self._context.lookup.on_reply(reply, now)
            case Lane.LOG:
                self._poller.logs.on_reply(reply)
            case Lane.TERMINATE:
                self._terminator.on_reply(reply, now)
                self._follow_what_goes_on()
            case _:
                assert_never(reply.lane)

    def _stop_on_failure(self) -> None:
        """Start nothing more once the run is cancelled elsewhere, or with ``--on-failure stop`` a job has failed."""
        cancelled = None if self._context.options.mode is RunMode.FOLLOW else self._poller.cancelled
        stop = self._context.options.stop_on_failure and self._run_state.count(FAILURES) > 0
        if not (stop or cancelled) or self.stopping:
            return
        self.stopping, self.cancelled = True, cancelled is not None
        self._submitter.stop()
        failed = cancelled or self._run_state.jobs_in(FAILURES)[0]
        became = "was cancelled, and with it the run, by another command" if cancelled else "has failed"
        message = f"{failed} {became}. No more jobs are started; running jobs continue"
        self._context.emit(Notice(kind=NoticeKind.TERMINATED, message=message, job=failed))
        self._submitter.withdraw()
        for transition in self._run_state.give_up_what_has_not_begun(failed):
            self._poller.leave(transition)
            self._terminator.call_off(transition.record)

    def _follow_what_goes_on(self) -> None:
        """Follow the jobs that were called off and cannot be terminated: they may start all the same."""
        refused = self._terminator.pop_refused()
        left = []
        for name, one in tuple(self._run_state.records.items()) if refused else ():
            called_off = one.state in CALLED_OFF and one.job_id in refused
            if called_off and self._run_state.may_start(name):
                left.append(self._run_state.goes_on(name))
        for transition in left:
            self._context.emit(job_changed(transition))
        if left:
            run = f"{self._context.run_id}{journal_words(self._context.journal.file)}"
            message = (
                f"{listed([one.job for one in left])} may start all the same, and are followed. Once you may terminate "
                f"jobs (batch:TerminateJob): kedro-batch cancel {run}"
            )
            self._context.emit(Notice(kind=NoticeKind.WARNING, message=message))
