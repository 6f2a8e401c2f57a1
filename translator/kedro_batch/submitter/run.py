"""Carries a plan out on an engine: submits every job exactly once, follows all to the end, whatever happens.

This is the loop around ``submission`` and ``polling``: it hands out the replies, decides when the run is over,
and sees to it that a signal, an error or a full disk leaves a run that can be resumed (``ending``). It prints nothing.
"""

import math
from collections.abc import Collection, Mapping
from dataclasses import replace

from kedro_batch.errors import Interrupted, KedroBatchError
from kedro_batch.plan.model import JobName
from kedro_batch.submitter.close import end_early, end_what_is_blocked, finish, outcome_of
from kedro_batch.submitter.context import Desk
from kedro_batch.submitter.events import Notice, NoticeKind, RunFinished, RunOutcome, RunStarted
from kedro_batch.submitter.job_poller import Pace, Polling
from kedro_batch.submitter.job_submitter import LOOKED_UP_AFTER_S, Submission
from kedro_batch.submitter.preflight import check_place, resolve_targets, whereabouts
from kedro_batch.submitter.reconcile.merge import Parents, Stock, closed, differences, renewed
from kedro_batch.submitter.reconcile.reconcile import plan_parents, take_stock, to_run_again
from kedro_batch.submitter.run_mode import Intent, Purpose
from kedro_batch.submitter.run_state import AT_WORK, ENDED, JobState, Progress, Standing
from kedro_batch.submitter.service.call_pool import Lane, Reply
from kedro_batch.submitter.terminate import terminate
from kedro_batch.text.wording import listed

_COMMIT_EVERY_S = 0.2
_LONGEST_WAIT_S = 30.0
_NAMES_SHOWN = 5


class Run:
    """One replay of a plan on one engine."""

    def __init__(
        self, desk: Desk, purpose: Purpose, *, place: Mapping[str, str] | None = None, pace: Pace | None = None
    ) -> None:
        """Prepare to work on a run; nothing is sent yet.

        Args:
            desk: The run.
            purpose: What to do with it.
            place: Where it ran until now, as the journal has it.
            pace: How often to look.
        """
        self._desk = desk
        self._purpose = purpose
        self._place = place or {}
        self._pace = pace or Pace()
        self._parents: Parents = plan_parents(desk)
        self._definitions: dict[str, str] = {}
        self._began = desk.calls.now()
        self._committed = self._began
        self._not_alone = purpose.intent not in (Intent.BEGIN, Intent.FOLLOW)
        self._stopping = False
        self._settled: set[str] = set()
        self._only = purpose.only_jobs or None
        recorded = desk.journal.recorded(desk.run_id)
        self.progress = Progress(desk.plan)
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
        desk = self._desk
        try:
            self._start()
            self._open()
            while self._work():
                self._take_stock_again()
            end_what_is_blocked(desk, self.progress)
        except Interrupted:
            self._end_early("interrupted")
            raise
        except KedroBatchError:
            try:
                desk.attention.heed()  # a signal that came while the service did not answer comes first
            except Interrupted:
                self._end_early("interrupted")
                raise
            self._end_early("stopped")
            raise
        except BaseException:  # a bug of ours: nothing that runs here may be left behind
            desk.engine.interrupt()
            raise
        return finish(desk, self.progress, outcome_of(self.progress, desk.options), began=self._began)

    def _end_early(self, outcome: RunOutcome) -> None:
        note = end_early(self._desk, self.progress, self._submission, outcome, adopts=self._adopts)
        finish(self._desk, self.progress, outcome, began=self._began, note=note)

    # Before the first step

    def _start(self) -> None:
        desk = self._desk
        desk.emit(
            RunStarted(
                run=desk.run_id,
                plan_digest=desk.digest,
                engine=desk.engine.name,
                jobs=len(self._parents),
                journal=str(desk.journal.file),
                continued=self._purpose.known,
            )
        )

    def _open(self) -> None:
        desk, purpose = self._desk, self._purpose
        if purpose.intent is Intent.FOLLOW:
            check_place(desk, self._place, whereabouts(desk))
        else:
            self._resolve()
        self._check_adoption()
        if purpose.intent is Intent.BEGIN:
            self._take_up({}, ())
            return
        stock = take_stock(desk, self._parents, expected=purpose.expected, done=purpose.assumed_done)
        if stock.unsure and not self._adopts:
            stock = self._sent_anew(stock)
        if purpose.intent is Intent.RESUME:
            standing, in_doubt = to_run_again(
                desk, self._parents, stock, from_jobs=purpose.from_jobs, only_jobs=purpose.only_jobs
            )
            self._take_up(standing, in_doubt)
        else:
            self._take_up(closed(self._parents, self._to_be_described(stock.standing)), stock.unsure)
        self._write_differences()

    def _resolve(self) -> None:
        """Look at the targets of what is to be submitted."""
        desk = self._desk
        targets = resolve_targets(desk)
        for problem in targets.unchecked:
            message = f"{problem}. It is taken as the plan names it, unchecked"
            desk.emit(Notice(kind=NoticeKind.WARNING, message=message))
        here = {**desk.engine.place, **({"account": targets.account} if targets.account else {})}
        check_place(desk, self._place, here)
        desk.journal.locate(desk.run_id, {**self._place, **here})
        self._definitions = targets.definitions

    def _check_adoption(self) -> None:
        """Make sure, before anything is sent, that a job can be found again whose reply is lost."""
        desk = self._desk
        if self._adopts:
            for queue in desk.queues:
                desk.can_list(queue)

    def _sent_anew(self, stock: Stock) -> Stock:
        """Give up to know whether jobs were submitted, as ``--no-adopt`` and local runs have it: they are sent anew."""
        if self._desk.engine.name == "aws":
            shown = listed(sorted(stock.unsure)[:_NAMES_SHOWN])
            message = f"whether {shown} were submitted is not known, and not looked up: they are submitted anew"
            self._desk.emit(Notice(kind=NoticeKind.WARNING, message=message))
        given_up = {job: replace(stock.standing[job], state=JobState.LOST) for job in stock.unsure}
        return replace(stock, standing=renewed({**stock.standing, **given_up}, stock.unsure), unsure=frozenset())

    def _to_be_described(self, standing: Mapping[JobName, Standing]) -> dict[JobName, Standing]:
        """Let the jobs that have failed unseen be asked about once more: ListJobs does not tell why they failed."""
        recorded = self._desk.journal.recorded(self._desk.run_id)
        unseen = {
            job
            for job, one in standing.items()
            if one.state is JobState.FAILED and not (job in recorded and recorded[job].standing.state in ENDED)
        }
        return {job: replace(one, state=JobState.SUBMITTED) if job in unseen else one for job, one in standing.items()}

    def _take_up(self, standing: Mapping[JobName, Standing], unsure: Collection[JobName]) -> None:
        """Begin to work where a run stands."""
        self.progress = Progress(self._desk.plan, standing, only=self._only)
        self._submission = Submission(self._desk, self.progress, self._definitions, unsure=unsure)
        self._polling = Polling(self._desk, self.progress, self._pace, settled=self._settled)
        if self._purpose.intent is Intent.FOLLOW or self._stopping:
            self._submission.stop()

    def _write_differences(self) -> None:
        """Emit what is found to be otherwise than the journal has it."""
        recorded = self._desk.journal.recorded(self._desk.run_id)
        for event in differences({job: one.standing for job, one in recorded.items()}, self.progress):
            self._desk.emit(event)

    # The loop

    def _work(self) -> bool:
        """Work until nothing can change any more; True when stock has to be taken first."""
        desk = self._desk
        while True:
            desk.attention.heed()
            now = desk.calls.now()
            self._submission.act(now)
            self._polling.act(now)
            desk.listing.act(now)
            if self._polling.superseded:
                self._submission.stop()
            quiet = self._submission.idle and self._polling.idle and desk.listing.idle
            count_at = self._count_at()
            if quiet and now >= count_at:
                return True
            if quiet and self._is_over and math.isinf(count_at):
                return False
            self._wait(now, count_at if count_at > now else math.inf)

    @property
    def _is_over(self) -> bool:
        """Nothing is left to wait for, once nothing is under way."""
        options = self._desk.options
        looked = options.looks_once and self._polling.looks > 0
        return options.detach or looked or not self.progress.any_live

    def _count_at(self) -> float:
        """Give the time to look whether there are two jobs for one node; infinity where nothing hints at that.

        A reply may have been lost, or others may work on the same run. It is looked at when even the last submission
        has to be visible, or when all jobs have ended before.
        """
        if self._polling.superseded:
            return -math.inf
        if not self._adopts or not (self._submission.sent_again or self._not_alone):
            return math.inf
        return self._last_sent + sum(LOOKED_UP_AFTER_S) if self.progress.any_live else -math.inf

    @property
    def _adopts(self) -> bool:
        return self._desk.options.adopt and self._desk.engine.name == "aws"

    def _wait(self, now: float, until: float) -> None:
        """Wait for whatever comes first, at most until a time, and deal with it."""
        desk = self._desk
        parts = (self._submission, self._polling, desk.listing)
        until = min(until, now + _LONGEST_WAIT_S, *(part.next_at(now) for part in parts))
        if desk.journal.waiting:
            if now - self._committed >= _COMMIT_EVERY_S:
                desk.journal.commit()
                self._committed = now
            else:
                until = min(until, self._committed + _COMMIT_EVERY_S)
        replies = desk.replies(max(0.0, until - now))
        after = desk.calls.now()
        for reply in replies:
            self._take(reply, after)
        if not replies and after < until and desk.engine.name == "local":
            self._polling.hurry()  # a job of this machine has called

    def _take(self, reply: Reply, now: float) -> None:
        match reply.lane:
            case Lane.SUBMIT:
                self._last_sent = now
                self._submission.take(reply, now)
            case Lane.DESCRIBE:
                self._polling.take(reply, now, submitting=not self._submission.idle)
                self._stop_on_failure()
            case Lane.LIST:
                self._desk.listing.take(reply, now)
            case Lane.LOG:
                self._polling.take_log(reply)
            case Lane.TERMINATE:
                pass

    _last_sent = -math.inf

    def _take_stock_again(self) -> None:
        """Look who is there: two jobs may stand for one node, or another process may have settled that."""
        # After another process has settled something, count once more: what was sent just now may be invisible yet.
        self._not_alone = bool(self._polling.superseded)
        self._settled.update(self._polling.superseded)
        self._desk.journal.commit()
        stock = take_stock(self._desk, self._parents, expected=True)
        self._take_up(closed(self._parents, self._to_be_described(stock.standing)), stock.unsure)
        self._write_differences()

    def _stop_on_failure(self) -> None:
        counts = self.progress.counts
        if (
            not self._desk.options.stop_on_failure
            or self._stopping
            or not (counts[JobState.FAILED] or counts[JobState.LOST])
        ):
            return
        self._stopping = True
        self._submission.stop()
        failed = next(
            job for job in self.progress.names if self.progress.state(job) in (JobState.FAILED, JobState.LOST)
        )
        not_begun = [job for job in self.progress.live if self.progress.state(job) not in AT_WORK]
        ids = [job_id for job in not_begun if (job_id := self.progress.job_id(job))]
        message = f"{failed} has failed: nothing more is started; what runs may end"
        self._desk.emit(Notice(kind=NoticeKind.TERMINATED, message=message, job=failed))
        for change in self.progress.give_up_what_has_not_begun(failed):
            self._polling.leave(change)
        terminate(self._desk, ids, f"kedro-batch: not started, because {failed} failed")
