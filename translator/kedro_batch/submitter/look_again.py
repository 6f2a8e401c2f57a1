"""Beside the loop of a run: notice that others may have worked on it, stop what would go on blindly, and say so once.

``stock_taking`` has the rules; here they meet the parts of the run. ``run`` does the looking.
"""

import math
from collections.abc import Collection

from kedro_batch.plan.model import JobName
from kedro_batch.submitter.context import RunContext
from kedro_batch.submitter.events import Notice, NoticeKind
from kedro_batch.submitter.job_poller import JobPoller
from kedro_batch.submitter.job_state import UNSUCCESSFUL, JobState
from kedro_batch.submitter.job_submitter import JobSubmitter
from kedro_batch.submitter.run_options import RunMode
from kedro_batch.submitter.run_state import RunState
from kedro_batch.submitter.service.limits import LOOK_TOOK_S, STILL_S
from kedro_batch.submitter.stock_taking import StockTaking
from kedro_batch.submitter.turn import Turn
from kedro_batch.text.wording import counted, duration, listed

_TELLS_FROM_S = 1.0
"""A shorter wait is not told."""
_WAITS = "this one submits nothing as long as new jobs of the run appear, and then goes on"


class LookAgain:
    """Says when a run is to be compared with the service again."""

    def __init__(self, context: RunContext, run_state: RunState, submitter: JobSubmitter, poller: JobPoller) -> None:
        """Begin before the run is opened."""
        self._context = context
        self._run_state = run_state
        self._submitter = submitter
        self._poller = poller
        self._watch = submitter.watch
        self._watch.start(context.calls.now(), context.calls.wall(), LOOK_TOOK_S)
        self._stock = StockTaking(
            adopts=context.adopts,
            others_may_submit=context.options.mode is not RunMode.START,
            waits_at_end=context.options.reconcile_at_end and not context.options.poll_once,
        )
        self._still_s = 0.0
        self._renewing_s = 0.0
        self._turn: Turn | None = None
        self._looked_twice = False
        self._told = set[str]()

    def begin(self) -> float:
        """Record that a look begins; return the time."""
        began, self._still_s = self._context.calls.now(), 0.0
        self._watch.start(began, self._context.calls.wall(), LOOK_TOOK_S)
        return began

    def take_turns(self) -> None:
        """Submit the first job alone: another process may begin this run, which is new, at the same moment."""
        options = self._context.options
        can_look = self._context.adopts and options.reconcile_at_end and not options.poll_once
        if options.mode is RunMode.CONTINUE and can_look:
            self._turn = Turn()
            self._submitter.intents.most_begun = self._turn.most_begun

    def goes_first(self, began: float, found: Collection[JobName]) -> bool:
        """Say whose turn it is after a look; True if it is that of this process, which goes on at once.

        Args:
            began: When the look began.
            found: Jobs that another process has submitted, unknown until now.
        """
        if self._turn is None:
            return False
        asked = self._submitter.holds_back
        first = self._first_job
        sent = self._run_state.state(first) is not JobState.NOT_SUBMITTED
        last_sent = self._submitter.answers.last if sent else -math.inf
        self._turn.looked(began, last_sent=last_sent, first_of_other=first in found, appeared=bool(found))
        self._submitter.intents.most_begun = self._turn.most_begun
        if first in found and asked:
            self._tell("turn", f"the other process goes first: {_WAITS}")
        return asked and not found and self._turn.most_begun is None

    @property
    def _first_job(self) -> JobName:
        """The first job of the plan that is not refused, nor below one that is: everybody begins with it."""
        records = self._run_state.records
        sendable = (name for name, one in records.items() if one.job_id or one.state not in UNSUCCESSFUL)
        return next(sendable, next(iter(records)))

    def looked(self, began: float, *, again: bool) -> None:
        """Record a look, as ``StockTaking.looked``."""
        self._stock.others_may_submit |= again
        self._stock.looked(began, again=again, live=self._run_state.any_live)

    def enter_loop(self) -> None:
        """Look again, but once, after a look that took long: the process may have stood still in it."""
        now, wall = self._context.calls.now(), self._context.calls.wall()
        self._looked_twice = bool(self._watch.still_s(now, wall)) and self._context.adopts and not self._looked_twice
        self._stock.at_once |= self._looked_twice
        self._watch.start(now, wall)

    def wrote(self, began: float) -> None:
        """Record that the journal was written since then."""
        self._watch.wrote(began, self._context.calls.now())

    def wait(self, seconds: float) -> None:
        """Record that the loop is about to wait so long; the machine may have slept while it did what was due."""
        self._notice()
        self._renewing_s = self._context.backoff.renewing_s
        self._watch.start(self._context.calls.now(), self._context.calls.wall(), seconds)

    def _notice(self) -> None:
        """Note how long the process has stood still since the watch was started, and start it again."""
        now, wall = self._context.calls.now(), self._context.calls.wall()
        self._still_s = max(self._still_s, self._watch.still_s(now, wall))
        self._watch.start(now, wall)

    def act(self) -> None:
        """Begin nothing more if the run has to be looked at now."""
        if not self._context.engine.capabilities.keeps_jobs:
            return  # nobody else works on the jobs of this process
        self._notice()
        still_s, self._still_s = self._still_s, 0.0
        if still_s or self._submitter.stood_still:
            self._stock.others_may_submit = self._stock.at_once = True
            self._tell_of_standing_still(still_s)
        self._stock.at_once |= self._poller.out_of_touch
        if self._submitter.of_others:
            self.tell_of_others(self._submitter.of_others)
            self._stock.others_may_submit = True
        if self._poller.superseded or self._stock.at_once:
            self._submitter.stop()
        if self._stock.at_once:
            self._poller.stop()

    def _tell_of_standing_still(self, still_s: float) -> None:
        """Say that the process stood still, unless it waited for somebody whom it had asked for a code."""
        asked_s = self._context.backoff.renewing_s - self._renewing_s
        if asked_s and still_s - asked_s <= STILL_S:
            return
        long = f" for {duration(still_s)}" if still_s else ""
        self._tell("still", f"this process stood still{long}. Others may have worked on the run: looking at it first")

    def due_at(self, *, over: bool) -> float:
        """Return when to look, as ``StockTaking.due_at``; ``over`` if nothing is left to follow."""
        submitter = self._submitter
        if submitter.stood_still:
            self.act()  # noticed within this turn
        if self._poller.superseded:
            return -math.inf
        self._stock.others_may_submit |= submitter.submitted_again
        if over:
            self._stock.others_may_submit |= submitter.answers.took_long
        turn_at = self._turn.due_at(submitter.answers.last) if self._turn and submitter.holds_back else math.inf
        return min(turn_at, self._stock.due_at(submitter.answers.last, over=over, live=self._run_state.any_live))

    def tell_of_the_wait(self, seconds: float) -> None:
        """Say why the command does not end, and how long that will take."""
        if seconds > _TELLS_FROM_S and not self._submitter.holds_back:
            message = (
                f"looking at the run once more in {math.ceil(seconds)} s, when jobs that another process may have "
                "submitted are visible, before this command ends (--no-reconcile leaves it out)"
            )
            self._tell("wait", message)

    def tell_of_others(self, found: Collection[JobName]) -> None:
        """Say that another process works on the run, or did; ``found`` are jobs that it has submitted."""
        jobs = f". It has submitted {counted(len(found), 'job')} that count: {listed(found)}" if found else ""
        self._tell("others", f"another process works on run {self._context.run_id} too, or did{jobs}")

    def _tell(self, what: str, message: str) -> None:
        if what not in self._told:
            self._told.add(what)
            self._context.emit(Notice(kind=NoticeKind.WARNING, message=message))
