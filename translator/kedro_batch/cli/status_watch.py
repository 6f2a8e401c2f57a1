"""Watch a run: look at it every few seconds until it has ended, and show it as those commands do that follow a run.

What has changed between two looks is told to the view as the events that a follower would have told.
"""

import sys
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from kedro_batch.cli.aws_access import open_for_reading, tell_notices
from kedro_batch.cli.background_view import Estimator
from kedro_batch.cli.live_view import View, plan_words, run_view
from kedro_batch.cli.options import Verbosity
from kedro_batch.cli.run_estimate import estimator, reaches_its_end, read_usual
from kedro_batch.cli.run_snapshot import (
    BatchAccess,
    OpenService,
    RunSnapshot,
    listed_snapshot,
    look_at_batch,
    recorded_snapshot,
)
from kedro_batch.cli.shown_run import ShownRun
from kedro_batch.cli.status_report import status_report
from kedro_batch.cli.stream_writer import LAST_WORDS_S, write_patiently
from kedro_batch.cli.streams import fitted_to, redirect_to_null
from kedro_batch.errors import Interrupted, ServiceError, UsageError
from kedro_batch.review.run.progress import Progress
from kedro_batch.review.run.progress_words import RunHead
from kedro_batch.submitter.events import Event, Notice, NoticeKind, RunFinished, RunStarted
from kedro_batch.submitter.job_state import ENDED, NEW
from kedro_batch.submitter.look_events import events_between, stuck_notices
from kedro_batch.submitter.run_options import DEFAULT_RETRY_FOR_S
from kedro_batch.submitter.run_plans import queues_in
from kedro_batch.submitter.service.limits import LOG_PATIENCE_S

if TYPE_CHECKING:
    from kedro_batch.submitter.usual_times import UsualTimes

_PAUSE_S, _LONGEST_PAUSE_S = 4.0, 30.0
_SHARE = 4
"""A pause is so many times as long as a look took: those of a large run are many calls."""
_LAST_WORDS_S = 30.0
"""How long whoever works on a run may take to record how it ended, once its jobs have: logs of failed jobs are read."""


def watch_status(  # noqa: PLR0913  what tests put in place of AWS Batch and of the time between two looks
    run: ShownRun,
    *,
    offline: bool,
    plan_file: str | None,
    no_color: bool,
    open_service: OpenService = open_for_reading,
    pause: Callable[[float], None] = time.sleep,
) -> None:
    """Look at a run, and show it, until it has ended; then print how it stands.

    Args:
        run: The run.
        offline: Do not ask AWS Batch.
        plan_file: The plan that the user has named.
        no_color: Show it without colours.
        open_service: Opens AWS Batch.
        pause: Waits for so many seconds between two looks.

    Raises:
        RunUnknown: Neither the journal nor AWS Batch knows it.
        UsageError: The journal cannot be read.
        ServiceError: AWS Batch could not be asked for long, and nobody else tells how the run stands.
        Interrupted: A signal came; its message says so.
    """
    watch = _Watch(run, offline=offline, open_service=open_service, pause=pause)
    verbosity = Verbosity(as_json=False, quiet=False, verbose=False, no_color=no_color)
    patience_s: float | None = None
    try:
        over = False
        while not over:  # one view for each plan of the run
            with run_view(verbosity, lambda _: "") as view:
                over = watch.show_in(view)
    except Interrupted as error:
        patience_s = LAST_WORDS_S
        error.message = f"Stopped watching. Nothing was changed in run {run.run_id}."
        raise
    finally:
        if seen := watch.as_seen():
            _print_status(fitted_to(sys.stdout, status_report(seen, plan_file=plan_file).text), patience_s)


def _print_status(text: str, patience_s: float | None) -> None:
    """Print how a run stands; once a signal has come, that ends the command, whoever reads this.

    Args:
        text: How it stands.
        patience_s: How long a reader may take after a signal, in seconds; None if none has come.

    Raises:
        UsageError: It cannot be written, such as on a full disk.
        BrokenPipeError: Nobody reads it any more.
        Interrupted: A signal came, and nobody reads.
    """
    try:
        write_patiently(sys.stdout, text, patience_s)
    except OSError as error:
        redirect_to_null(sys.stdout)
        if patience_s is not None:
            return
        if isinstance(error, BrokenPipeError):
            raise
        raise UsageError(f"cannot write standard output: {error.strerror}") from error


class _Watch:
    """A run that is watched: what was seen of it, and what was told."""

    def __init__(
        self, run: ShownRun, *, offline: bool, open_service: OpenService, pause: Callable[[float], None]
    ) -> None:
        """Begin before the first look."""
        self._run = run
        # Where the journal has the run, it goes on with that; else there is nothing but AWS Batch to wait for.
        patience_s = LOG_PATIENCE_S if run.entry else DEFAULT_RETRY_FOR_S
        self._batch = BatchAccess(run, self._tell, patience_s, open_service)
        self._asks = not offline
        self._pause = pause
        self._view: View | None = None
        self._last_seen: RunSnapshot | None = None
        self._shown: RunSnapshot | None = None
        self._usual: UsualTimes | None = None
        self._in_trouble = self._note_told = False
        self._problem_since: float | None = None
        self._ended_at: float | None = None

    def show_in(self, view: View) -> bool:
        """Look, and show what was seen, until the run has ended; False if it goes on with another plan before."""
        self._view, self._shown, self._last_seen = view, None, None
        begun = False
        while True:
            began = time.monotonic()
            worked_on = self._run.is_worked_on  # before the look: what it submits last is seen
            recorded = self._recorded()
            if recorded:
                plan, self._run = self._run.plan, recorded.run
                if begun and recorded.run.plan is not plan:
                    return False
                if not begun:
                    self._begin(recorded)
            seen = self._look(recorded)
            if not begun and not recorded:
                self._begin(seen)
            begun = True
            self._show(seen)
            if self._is_over(seen, worked_on=worked_on, now=began):
                view.show(_finished(seen))  # so that nothing is kept back that waits for what follows it
                return True
            self._pause(min(_LONGEST_PAUSE_S, max(_PAUSE_S, _SHARE * (time.monotonic() - began))))

    def as_seen(self) -> RunSnapshot | None:
        """Return how the run stood when it was shown last, with how long its jobs usually run, as the view knows it."""
        return replace(self._shown, usual=self._usual) if self._shown else None

    # One look

    def _recorded(self) -> RunSnapshot | None:
        return recorded_snapshot(self._run, self._run.entry, self._tell) if self._run.entry else None

    def _look(self, recorded: RunSnapshot | None) -> RunSnapshot:
        if recorded is None:
            return listed_snapshot(self._run, self._batch, self._last_seen)
        return look_at_batch(recorded, self._batch if self._asks else None, self._last_seen)

    def _is_over(self, seen: RunSnapshot, *, worked_on: bool, now: float) -> bool:
        """True if the run has ended, or nobody submits the rest.

        Raises:
            ServiceError: Nobody tells any more how it stands.
        """
        if all(seen.records.get(name, NEW).state in ENDED for name in seen.run.names):
            self._ended_at = now if self._ended_at is None else self._ended_at
            return not worked_on or now - self._ended_at > _LAST_WORDS_S
        self._ended_at = None
        if worked_on:
            return False
        if seen.problem and self._problem_since is not None:
            if not seen.problem.passing or now - self._problem_since > DEFAULT_RETRY_FOR_S:
                raise seen.problem
            return False
        return seen.run.is_local or not seen.goes_on

    # What the view is told

    def _begin(self, seen: RunSnapshot) -> None:
        """Show the run from now on, as it stands."""
        self._shown = seen
        plan = seen.run.plan
        parents = plan.parents
        head = RunHead(
            run=seen.run.run_id,
            plan=plan_words(plan),
            plan_digest=seen.entry.plan_digest,
            queues=() if seen.run.is_local else tuple(sorted(queues_in(plan))),
            began_at=seen.entry.began_at,
            doing="watching",
            location=seen.entry.location,
            tells_age=True,
        )
        progress = Progress({name: parents[name] for name in seen.run.names}, seen.records, seen.began)
        if self._view:
            self._view.begin(progress, head, self._read_estimator)

    def _show(self, seen: RunSnapshot) -> None:
        """Show what has changed since the run was shown last."""
        shown, view, first = self._shown, self._view, self._last_seen is None
        asked_before = self._last_seen.asked_at if self._last_seen else None
        self._shown = self._last_seen = seen
        if shown is None or view is None:
            return
        if first:
            view.show(_started(seen))
        for event in events_between(shown.records, seen.records, seen.running_since):
            view.show(event)
        for job, at in seen.running_since.items():
            known = shown.began.get(job)
            if job in shown.records and not (known and known.exact and known.at == at):
                view.began(job, at)
        for notice in stuck_notices({} if first else shown.stuck, seen.stuck):
            view.show(notice)
        if seen.note and not self._note_told:
            self._note_told = True
            view.show(Notice(kind=NoticeKind.WARNING, message=seen.note))
        self._show_problem(seen.problem)
        if seen.asked_at is not None and seen.asked_at != asked_before:
            view.answered(seen.asked_at)

    def _show_problem(self, problem: ServiceError | None) -> None:
        """Show that AWS Batch cannot be asked, once, and when it can be again."""
        if problem and self._problem_since is None:
            self._problem_since = time.monotonic()
            message = f"AWS Batch could not be asked: {problem}. What follows is what the journal has"
            self._tell(Notice(kind=NoticeKind.TROUBLE, message=message))
        elif problem is None and self._problem_since is not None:
            self._problem_since = None
            if self._in_trouble:
                self._tell(Notice(kind=NoticeKind.RECOVERED, message="AWS Batch can be asked again"))

    def _tell(self, event: Event) -> None:
        """Show what goes wrong."""
        if isinstance(event, Notice) and event.kind in (NoticeKind.TROUBLE, NoticeKind.RECOVERED):
            self._in_trouble = event.kind is NoticeKind.TROUBLE
        if self._view and self._shown:
            self._view.show(event)
        else:  # the view knows of no run yet
            tell_notices(event)

    def _read_estimator(self) -> Estimator | None:
        """Read what earlier runs tell of this one, once; the view calls this."""
        seen = self._shown
        if seen is None or seen.run.entry is None or not reaches_its_end(seen.entry, seen.records):
            return None
        self._usual = read_usual(seen.run.journal, seen.run.plan, seen.entry)
        parents = seen.run.plan.parents
        return estimator(self._usual, {name: parents[name] for name in seen.run.names})


def _started(seen: RunSnapshot) -> RunStarted:
    """Return what a command says of a run as it begins to follow it."""
    entry = seen.entry
    return RunStarted(
        run=entry.run,
        plan_digest=entry.plan_digest,
        engine=entry.engine,
        jobs=len(seen.run.plan.jobs),
        journal=str(seen.run.journal),
        version=entry.version,
        account=entry.location.get("account"),
        region=entry.location.get("region"),
        continued=True,
        first_plan_digest=entry.digest if entry.new_digest else None,
    )


def _finished(seen: RunSnapshot) -> RunFinished:
    """Return what ends the following of a run, whatever became of it."""
    return RunFinished(run=seen.entry.run, outcome="detached", counts={}, seconds=0.0)
