"""Terminate the jobs of a run in rounds, as long as jobs appear: others may submit, and ListJobs may be late.

Jobs are found by their names and in the journal. What the journal has is believed only where the service shows the name
of the run for it (``reconcile.belongs``): a journal may have come with a repository.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain, repeat

from kedro_batch.plan.submit_job import JobId
from kedro_batch.submitter.context import RunContext
from kedro_batch.submitter.events import Notice, NoticeKind
from kedro_batch.submitter.job_state import ENDED
from kedro_batch.submitter.reconcile.belongs import is_of_run
from kedro_batch.submitter.service.api import JobDetail, JobSummary
from kedro_batch.submitter.service.limits import CANCEL_WITHIN_S, LOOKUP_DELAYS_S, VISIBLE_AFTER_S
from kedro_batch.submitter.terminate import CANCELLED, terminate
from kedro_batch.text.wording import counted, listed

_SHOWN = 5


@dataclass(kw_only=True)
class CancelRounds:
    """The jobs of a run that is being cancelled, as far as they are known.

    Attributes:
        found: Those that were found by their names.
        recorded: Those of the journal that are the run's, or that the service does not know.
        foreign: What the journal names and the service shows under another name, or from another plan: its name by its
            id. It is left alone.
        ended: Those of the journal that have ended, as it says: nobody waits until the service shows them.
        appeared: Jobs that were not there in the first round, by their ids.
        gave_up: Jobs still appeared after ``CANCEL_WITHIN_S``.
    """

    context: RunContext
    recorded: set[JobId]
    others_may_submit: bool
    ended: set[JobId] = field(default_factory=set)
    found: dict[JobId, JobSummary] = field(default_factory=dict)
    foreign: dict[JobId, str] = field(default_factory=dict)
    appeared: dict[JobId, JobSummary] = field(default_factory=dict)
    gave_up: bool = False
    _seen: set[JobId] = field(default_factory=set)
    _described: set[JobId] = field(default_factory=set)
    _told: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Begin: from now on the time runs, however often the rounds begin anew."""
        self._until = self.context.calls.now() + CANCEL_WITHIN_S
        self.others_may_submit &= self.context.options.adopt  # nobody looks for them

    @property
    def ids(self) -> set[JobId]:
        """All jobs of the run that are known."""
        return (self.recorded | self.found.keys()) - self.foreign.keys()

    @property
    def newest(self) -> JobSummary | None:
        """The job that was created last, of those that appeared."""
        return max(self.appeared.values(), key=lambda one: (one.created_at_ms, one.job_id), default=None)

    def drop_foreign(self) -> None:
        """Leave alone what the journal names and is not of the run; a warning names it."""
        for detail in self.context.service.describe_jobs(sorted(self.recorded)):
            if not self._is_ours(detail):
                self.foreign[detail.job_id] = detail.name
        if self.foreign:
            shown = listed([f"{name} ({job_id})" for job_id, name in sorted(self.foreign.items())], _SHOWN)
            message = (
                f"the journal names {counted(len(self.foreign), 'job')} that are not of run {self.context.run_id}: "
                f"{shown}. They are left alone"
            )
            self.context.emit(Notice(kind=NoticeKind.WARNING, message=message))

    def terminate_all(self) -> None:
        """Terminate jobs until no new ones appear, for as long as a new job may be invisible.

        A run whose jobs are all in this journal takes two looks and no pause. If there may be others, or DescribeJobs
        does not show a job yet, it is over once nothing new has appeared for ``VISIBLE_AFTER_S``.
        """
        pauses = _growing()
        quiet_s = 0.0
        while True:
            new = self._look() if self.context.options.adopt else self.ids - self._described
            described = self._terminate(new)
            self._described |= described
            late = new - described - self.ended
            if described:
                quiet_s = 0.0
            elif quiet_s >= VISIBLE_AFTER_S or not (self.others_may_submit or late):
                return
            if described and self.context.calls.now() >= self._until:
                self.gave_up = True
                return
            pause_s = 0.0
            if self.others_may_submit or late:
                self._say_what_is_waited_for(len(late))
                pause_s = next(pauses)
            self.context.service.pause(pause_s)
            quiet_s += pause_s

    def look_again(self) -> bool:
        """Look once more, after all have ended; True if jobs have appeared, which are not terminated yet."""
        if not self.context.options.adopt or self.gave_up:
            return False
        before = self.ids
        self._add(self.context.list_run())
        return not self.ids <= before

    def _say_what_is_waited_for(self, late: int) -> None:
        if late:
            what = f"AWS Batch does not know {counted(late, 'submitted job')}"
            self._tell("late", f"{what}: asking again for {VISIBLE_AFTER_S:.0f} s, since it may show new ones late")
        else:
            what = "others may submit jobs of this run"
            self._tell("others", f"{what}: looking until none has appeared for {VISIBLE_AFTER_S:.0f} s")

    def _tell(self, what: str, message: str) -> None:
        if what not in self._told:
            self._told.add(what)
            self.context.emit(Notice(kind=NoticeKind.TERMINATED, message=message))

    def _look(self) -> set[JobId]:
        """List the run; return what was never described."""
        is_first = not self._seen
        self._add(self.context.list_run())
        new = self.ids - self._seen
        strange = new - self.recorded
        self._seen |= new
        # A reply was lost, or another process submits: then there may be more, which ListJobs does not show yet.
        self.others_may_submit |= bool(strange)
        if not is_first:
            self.appeared |= {job_id: self.found[job_id] for job_id in strange}
        return self.ids - self._described

    def _add(self, listed_jobs: Iterable[JobSummary]) -> None:
        self.found |= {one.job_id: one for one in listed_jobs}

    def _terminate(self, ids: Iterable[JobId]) -> set[JobId]:
        """Terminate those of some jobs that have not ended and are the run's; return those that the service shows."""
        live = []
        described = self.context.service.describe_jobs(sorted(ids))
        for detail in described:
            if not self._is_ours(detail):
                self.foreign[detail.job_id] = detail.name
            elif detail.state not in ENDED:
                live.append(detail.job_id)
        if live:
            message = f"terminating {counted(len(live), 'job')}"
            self.context.emit(Notice(kind=NoticeKind.TERMINATED, message=message))
            terminate(self.context, live, CANCELLED)
        return {detail.job_id for detail in described}

    def _is_ours(self, detail: JobDetail) -> bool:
        """True if it is a job of this run, whichever: all of them are terminated."""
        return is_of_run(detail, self.context.run_id, self.context.run_digest)


def _growing() -> Iterator[float]:
    """Yield the pauses between two looks: growing, then as long as the longest."""
    return chain(LOOKUP_DELAYS_S, repeat(LOOKUP_DELAYS_S[-1]))
