"""Carries a plan out on an engine: submits every job exactly once, follows all to the end, whatever happens.

This is the loop around ``submission`` and ``poller``: it hands out the replies, decides when the run is over,
and sees to it that a signal, an error or a full disk leaves a run that can be resumed (``ending``). It prints nothing.
"""

import math
from collections.abc import Collection, Mapping
from dataclasses import replace

from kedro_batch.errors import Interrupted, KedroBatchError
from kedro_batch.plan.model import JobName
from kedro_batch.submitter.close import end_early, end_what_is_blocked, finish, outcome_of
from kedro_batch.submitter.context import RunContext
from kedro_batch.submitter.events import Notice, NoticeKind, RunFinished, RunOutcome, RunStarted
from kedro_batch.submitter.job_poller import JobPoller, Pace
from kedro_batch.submitter.job_submitter import LOOKED_UP_AFTER_S, JobSubmitter
from kedro_batch.submitter.preflight import check_location, current_location, resolve_targets
from kedro_batch.submitter.reconcile.merge import Parents, Stock, closed, differences, renewed
from kedro_batch.submitter.reconcile.reconcile import plan_parents, take_stock, to_run_again
from kedro_batch.submitter.run_mode import Purpose, RunMode
from kedro_batch.submitter.run_state import AT_WORK, ENDED, JobRecord, JobState, RunState
from kedro_batch.submitter.service.call_pool import Lane, Reply
from kedro_batch.submitter.terminate import terminate
from kedro_batch.text.wording import listed

_COMMIT_EVERY_S = 0.2
_LONGEST_WAIT_S = 30.0
_NAMES_SHOWN = 5


class Run:
    """One replay of a plan on one engine."""

    def __init__(
        self,
        context: RunContext,
        purpose: Purpose,
        *,
        location: Mapping[str, str] | None = None,
        pace: Pace | None = None,
    ) -> None:
        """Prepare to work on a run; nothing is sent yet.

        Args:
            context: The run.
            purpose: What to do with it.
            location: Where it ran until now, as the journal has it.
            pace: How often to look.
        """
        self._context = context
        self._purpose = purpose
        self._location = location or {}
        self._pace = pace or Pace()
        self._parents: Parents = plan_parents(context)
        self._definitions: dict[str, str] = {}
        self._began = context.calls.now()
        self._committed = self._began
        self._not_alone = purpose.mode not in (RunMode.START, RunMode.FOLLOW)
        self._stopping = False
        self._settled: set[str] = set()
        self._only = purpose.only_jobs or None
        recorded = context.journal.recorded(context.run_id)
        self.run_state = RunState(context.plan)
        self._take_up({job: one.standing for job, one in recorded.items()}, ())

    def to_the_end(self) -> RunFinished:
        """Submit what is to be submitted, follow it until nothing can change.

        Returns:
            How it ended; jobs that failed do not raise.

        Raises:
            ServiceError: AWS refused or did not answer for too long; what has been submitted goes on there.
            UsageError: The run cannot be taken up so, or the journal cannot be written.
            Interrupted: A signal came.
        """
        context = self._context
        try:
            self._start()
            self._open()
            while self._work():
                self._take_stock_again()
            end_what_is_blocked(context, self.run_state)
        except Interrupted:
            self._end_early("interrupted")
            raise
        except KedroBatchError:
            try:
                context.inbox.check_interrupt()  # a signal that came while the service did not answer comes first
            except Interrupted:
                self._end_early("interrupted")
                raise
            self._end_early("stopped")
            raise
        except BaseException:  # a bug of ours: nothing that runs here may be left behind
            context.engine.interrupt()
            raise
        return finish(context, self.run_state, outcome_of(self.run_state, context.options), began=self._began)

    def _end_early(self, outcome: RunOutcome) -> None:
        note = end_early(self._context, self.run_state, self._submitter, outcome, adopts=self._adopts)
        finish(self._context, self.run_state, outcome, began=self._began, note=note)

    # Before the first step

    def _start(self) -> None:
        context = self._context
        context.emit(
            RunStarted(
                run=context.run_id,
                plan_digest=context.digest,
                engine=context.engine.name,
                jobs=len(self._parents),
                journal=str(context.journal.file),
                continued=self._purpose.known,
            )
        )

    def _open(self) -> None:
        context, purpose = self._context, self._purpose
        if purpose.mode is RunMode.FOLLOW:
            check_location(context, self._location, current_location(context))
        else:
            self._resolve()
        self._check_adoption()
        if purpose.mode is RunMode.START:
            self._take_up({}, ())
            return
        stock = take_stock(context, self._parents, expected=purpose.expected, done=purpose.assumed_done)
        if stock.unsure and not self._adopts:
            stock = self._sent_anew(stock)
        if purpose.mode is RunMode.RESUME:
            standing, in_doubt = to_run_again(
                context, self._parents, stock, from_jobs=purpose.from_jobs, only_jobs=purpose.only_jobs
            )
            self._take_up(standing, in_doubt)
        else:
            self._take_up(closed(self._parents, self._to_be_described(stock.standing)), stock.unsure)
        self._write_differences()

    def _resolve(self) -> None:
        """Look at the targets of what is to be submitted."""
        context = self._context
        targets = resolve_targets(context)
        for problem in targets.unchecked:
            message = f"{problem}. It is taken as the plan names it, unchecked"
            context.emit(Notice(kind=NoticeKind.WARNING, message=message))
        here = {**context.engine.location, **({"account": targets.account} if targets.account else {})}
        check_location(context, self._location, here)
        context.journal.locate(context.run_id, {**self._location, **here})
        self._definitions = targets.definitions

    def _check_adoption(self) -> None:
        """Make sure, before anything is sent, that a job can be found again whose reply is lost."""
        context = self._context
        if self._adopts:
            for queue in context.queues:
                context.can_list(queue)

    def _sent_anew(self, stock: Stock) -> Stock:
        """Give up to know whether jobs were submitted, as ``--no-adopt`` and local runs have it: they are sent anew."""
        if self._context.engine.name == "aws":
            shown = listed(sorted(stock.unsure)[:_NAMES_SHOWN])
            message = f"whether {shown} were submitted is not known, and not looked up: they are submitted anew"
            self._context.emit(Notice(kind=NoticeKind.WARNING, message=message))
        given_up = {job: replace(stock.standing[job], state=JobState.LOST) for job in stock.unsure}
        return replace(stock, standing=renewed({**stock.standing, **given_up}, stock.unsure), unsure=frozenset())

    def _to_be_described(self, standing: Mapping[JobName, JobRecord]) -> dict[JobName, JobRecord]:
        """Let the jobs that have failed unseen be asked about once more: ListJobs does not tell why they failed."""
        recorded = self._context.journal.recorded(self._context.run_id)
        unseen = {
            job
            for job, one in standing.items()
            if one.state is JobState.FAILED and not (job in recorded and recorded[job].standing.state in ENDED)
        }
        return {job: replace(one, state=JobState.SUBMITTED) if job in unseen else one for job, one in standing.items()}

    def _take_up(self, standing: Mapping[JobName, JobRecord], unsure: Collection[JobName]) -> None:
        """Begin to work where a run stands."""
        self.run_state = RunState(self._context.plan, standing, only=self._only)
        self._submitter = JobSubmitter(self._context, self.run_state, self._definitions, unsure=unsure)
        self._poller = JobPoller(self._context, self.run_state, self._pace, deduplicate=self._settled)
        if self._purpose.mode is RunMode.FOLLOW or self._stopping:
            self._submitter.stop()

    def _write_differences(self) -> None:
        """Emit what is found to be otherwise than the journal has it."""
        recorded = self._context.journal.recorded(self._context.run_id)
        for event in differences({job: one.standing for job, one in recorded.items()}, self.run_state):
            self._context.emit(event)

    # The loop

    def _work(self) -> bool:
        """Work until nothing can change any more; True when stock has to be taken first."""
        context = self._context
        while True:
            context.inbox.check_interrupt()
            now = context.calls.now()
            self._submitter.act(now)
            self._poller.act(now)
            context.lookup.act(now)
            if self._poller.superseded:
                self._submitter.stop()
            quiet = self._submitter.idle and self._poller.idle and context.lookup.idle
            count_at = self._count_at()
            if quiet and now >= count_at:
                return True
            if quiet and self._is_over and math.isinf(count_at):
                return False
            self._wait(now, count_at if count_at > now else math.inf)

    @property
    def _is_over(self) -> bool:
        """Nothing is left to wait for, once nothing is under way."""
        options = self._context.options
        looked = options.looks_once and self._poller.looks > 0
        return options.detach or looked or not self.run_state.any_live

    def _count_at(self) -> float:
        """Give the time to look whether there are two jobs for one node; infinity where nothing hints at that.

        A reply may have been lost, or others may work on the same run. It is looked at when even the last submission
        has to be visible, or when all jobs have ended before.
        """
        if self._poller.superseded:
            return -math.inf
        if not self._adopts or not (self._submitter.sent_again or self._not_alone):
            return math.inf
        return self._last_sent + sum(LOOKED_UP_AFTER_S) if self.run_state.any_live else -math.inf

    @property
    def _adopts(self) -> bool:
        return self._context.options.adopt and self._context.engine.name == "aws"

    def _wait(self, now: float, until: float) -> None:
        """Wait for whatever comes first, at most until a time, and deal with it."""
        context = self._context
        parts = (self._submitter, self._poller, context.lookup)
        until = min(until, now + _LONGEST_WAIT_S, *(part.next_at(now) for part in parts))
        if context.journal.waiting:
            if now - self._committed >= _COMMIT_EVERY_S:
                context.journal.commit()
                self._committed = now
            else:
                until = min(until, self._committed + _COMMIT_EVERY_S)
        replies = context.replies(max(0.0, until - now))
        after = context.calls.now()
        for reply in replies:
            self._take(reply, after)
        if not replies and after < until and context.engine.name == "local":
            self._poller.poll_now()  # a job of this machine has called

    def _take(self, reply: Reply, now: float) -> None:
        match reply.lane:
            case Lane.SUBMIT:
                self._last_sent = now
                self._submitter.take(reply, now)
            case Lane.DESCRIBE:
                self._poller.take(reply, now, submitting=not self._submitter.idle)
                self._stop_on_failure()
            case Lane.LIST:
                self._context.lookup.take(reply, now)
            case Lane.LOG:
                self._poller.take_log(reply)
            case Lane.TERMINATE:
                pass

    _last_sent = -math.inf

    def _take_stock_again(self) -> None:
        """Look who is there: two jobs may stand for one node, or another process may have deduplicate that."""
        # After another process has deduplicate something, count once more: what was sent just now may be invisible yet.
        self._not_alone = bool(self._poller.superseded)
        self._settled.update(self._poller.superseded)
        self._context.journal.commit()
        stock = take_stock(self._context, self._parents, expected=True)
        self._take_up(closed(self._parents, self._to_be_described(stock.standing)), stock.unsure)
        self._write_differences()

    def _stop_on_failure(self) -> None:
        counts = self.run_state.counts
        if (
            not self._context.options.stop_on_failure
            or self._stopping
            or not (counts[JobState.FAILED] or counts[JobState.LOST])
        ):
            return
        self._stopping = True
        self._submitter.stop()
        failed = next(
            job for job in self.run_state.names if self.run_state.state(job) in (JobState.FAILED, JobState.LOST)
        )
        not_begun = [job for job in self.run_state.live if self.run_state.state(job) not in AT_WORK]
        ids = [job_id for job in not_begun if (job_id := self.run_state.job_id(job))]
        message = f"{failed} has failed: nothing more is started; what runs may end"
        self._context.emit(Notice(kind=NoticeKind.TERMINATED, message=message, job=failed))
        for change in self.run_state.give_up_what_has_not_begun(failed):
            self._poller.leave(change)
        terminate(self._context, ids, f"kedro-batch: not started, because {failed} failed")
