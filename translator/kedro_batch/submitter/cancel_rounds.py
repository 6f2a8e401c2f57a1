"""Terminate the jobs of a run in rounds, as long as jobs appear: others may submit, and ListJobs may be late.

Jobs are found by their names and in the journal. What the journal has is believed only where the service shows the name
of the run for it (``reconcile.belongs``): a journal may have come with a repository.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain, repeat

from kedro_batch.errors import Fault, ServiceError
from kedro_batch.plan.submit_job import JobId
from kedro_batch.submitter.cancel_place import RunListing
from kedro_batch.submitter.context import RunContext
from kedro_batch.submitter.events import Notice, NoticeKind
from kedro_batch.submitter.job_state import CANCEL_REASON, ENDED
from kedro_batch.submitter.journal_view import journal_words
from kedro_batch.submitter.reconcile.belongs import digest_in, is_of_run
from kedro_batch.submitter.service.api import JobDetail, JobSummary
from kedro_batch.submitter.service.limits import CANCEL_WITHIN_S, LOOKUP_DELAYS_S, VISIBLE_AFTER_S
from kedro_batch.submitter.terminate import try_to_terminate
from kedro_batch.text.escaping import one_line
from kedro_batch.text.wording import counted, listed

_SHOWN, _IDS_NAMED = 5, 20


@dataclass(kw_only=True)
class CancelRounds:
    """The jobs of a run that is being cancelled, as far as they are known.

    Attributes:
        listing: Finds jobs by their names.
        found: Those that were found so.
        recorded: Those of the journal, each with the name of its job: they are the run's, or the service does not know
            them.
        others_may_submit: There may be jobs that neither the journal nor ListJobs shows yet.
        unread: Another program held the journal when it was to be read after another process had worked on the run.
        foreign: What the journal names and the service shows under another name, or from another plan: its name by its
            id. It is left alone.
        of_other_plans: The digests in the tags of those that have the run's name and go on.
        ended: Those of the journal that have ended, as it says: nobody waits until the service shows them.
        terminated: What was terminated here.
        refused: What cannot be terminated, and why.
        appeared: Jobs that were not there in the first round, by their ids.
        gave_up: Jobs still appeared after ``CANCEL_WITHIN_S``.
    """

    context: RunContext
    listing: RunListing
    others_may_submit: bool = False
    unread: bool = False
    recorded: dict[JobId, str] = field(default_factory=dict)
    ended: set[JobId] = field(default_factory=set)
    found: dict[JobId, JobSummary] = field(default_factory=dict)
    foreign: dict[JobId, str] = field(default_factory=dict)
    of_other_plans: dict[JobId, str] = field(default_factory=dict)
    terminated: set[JobId] = field(default_factory=set)
    refused: dict[JobId, str] = field(default_factory=dict)
    appeared: dict[JobId, JobSummary] = field(default_factory=dict)
    gave_up: bool = False
    _seen: set[JobId] = field(default_factory=set)
    _described: set[JobId] = field(default_factory=set)
    _told: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Begin: from now on the time runs, however often the rounds begin anew."""
        self._until = self.context.calls.now() + CANCEL_WITHIN_S

    @property
    def ids(self) -> set[JobId]:
        """All jobs of the run that are known."""
        return (self.recorded.keys() | self.found.keys()) - self.foreign.keys()

    @property
    def newest(self) -> JobSummary | None:
        """The job that was created last, of those that appeared."""
        return max(self.appeared.values(), key=lambda one: (one.created_at_ms, one.job_id), default=None)

    def terminate_recorded(self, recorded: Mapping[JobId, str]) -> None:
        """Terminate what the journal names and was not asked about yet; a warning names what is not the run's."""
        self.recorded |= recorded
        before = len(self.foreign)
        self._described |= self._terminate(self.ids - self._described)
        if len(self.foreign) > before:
            shown = listed([f"{one_line(name)} ({job_id})" for job_id, name in sorted(self.foreign.items())], _SHOWN)
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
            elif quiet_s >= VISIBLE_AFTER_S or not (self._may_appear or late):
                return
            if described and self.context.calls.now() >= self._until:
                self.gave_up = True
                return
            pause_s = 0.0
            if self._may_appear or late:
                self._say_what_is_waited_for(len(late))
                pause_s = next(pauses)
            self.context.service.pause(pause_s)
            quiet_s += pause_s

    @property
    def _may_appear(self) -> bool:
        """True if jobs may appear that nobody knows yet, and somebody looks for them."""
        listable = self.context.options.adopt and not self.listing.unlisted.keys() >= {*self.context.queues}
        return (self.others_may_submit or self.unread) and listable

    def look_again(self) -> bool:
        """Look once more, after all have ended; True if jobs have appeared, which are not terminated yet."""
        if not self.context.options.adopt or self.gave_up:
            return False
        before = self.ids
        self._add(self.listing.look())
        return not self.ids <= before

    def terminate_again(self, ids: Iterable[JobId]) -> Collection[JobId]:
        """Terminate once more what has not ended though nobody refused that; return what cannot be terminated."""
        self._terminate(ids, again=" once more")
        return self.refused.keys()

    def try_refused_again(self) -> tuple[JobId, ...]:
        """Try once more to terminate what could not be terminated; return what goes on all the same."""
        refused, self.refused = self.refused, {}
        self._terminate(refused, again=" once more")
        return tuple(detail.job_id for detail in self.describe(self.refused) if detail.state not in ENDED)

    def describe(self, ids: Iterable[JobId]) -> list[JobDetail]:
        """Describe jobs; unknown ones are left out.

        Raises:
            ServiceError: It was refused, in which case the message names the jobs; or there is no answer.
        """
        ids = sorted(ids)
        try:
            return self.context.service.describe_jobs(ids)
        except ServiceError as error:
            if error.passing:
                raise
            live = [job_id for job_id in ids if job_id not in self.ended] or ids
            why = "Without it nobody can tell whether these jobs are those of the run, so they were left alone"
            raise self._refusal(error, why, live, "batch:DescribeJobs") from error

    def _refusal(self, error: ServiceError, why: str, ids: Iterable[JobId], action: str) -> ServiceError:
        """Return the error of a call that was denied or refused, which names the jobs that may go on."""
        jobs = listed(self.named(ids), _IDS_NAMED)
        command = f"kedro-batch cancel {self.context.run_id}{journal_words(self.context.journal.file)}"
        todo = f"Allow {action}, then" if error.fault is Fault.DENIED else "Try again"
        return ServiceError(f"{error}. {why}: {jobs}. {todo}: {command}", fault=error.fault)

    def named(self, ids: Iterable[JobId]) -> list[str]:
        """Return jobs with their names, sorted: ``train_model (id)``."""
        names = {job_id: one.name for job_id, one in self.found.items()} | self.recorded
        return sorted(f"{one_line(names.get(one, ''))} ({one})" for one in ids)

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
        self._add(self.listing.look())
        new = self.ids - self._seen
        strange = new - self.recorded.keys()
        self._seen |= new
        # A reply was lost, or another process submits: then there may be more, which ListJobs does not show yet.
        self.others_may_submit |= bool(strange)
        if not is_first:
            self.appeared |= {job_id: self.found[job_id] for job_id in strange}
        return self.ids - self._described

    def _add(self, listed_jobs: Iterable[JobSummary]) -> None:
        self.found |= {one.job_id: one for one in listed_jobs}

    def _terminate(self, ids: Iterable[JobId], again: str = "") -> set[JobId]:
        """Terminate those of some jobs that have not ended and are the run's; return those that the service shows."""
        live = []
        described = self.describe(ids)
        for detail in described:
            if not self._is_ours(detail):
                self.foreign[detail.job_id] = detail.name
                if detail.state not in ENDED and is_of_run(detail, self.context.run_id, digest_in(detail)):
                    self.of_other_plans[detail.job_id] = digest_in(detail)
            elif detail.state not in ENDED:
                live.append(detail.job_id)
        if live:
            message = f"terminating {counted(len(live), 'job')}{again}"
            self.context.emit(Notice(kind=NoticeKind.TERMINATED, message=message))
            try:
                self.refused |= try_to_terminate(self.context, live, CANCEL_REASON)
            except ServiceError as error:
                if error.passing:
                    raise
                raise self._refusal(error, "These jobs go on", live, "batch:TerminateJob") from error
            self.terminated |= {job_id for job_id in live if job_id not in self.refused}
        return {detail.job_id for detail in described}

    def _is_ours(self, detail: JobDetail) -> bool:
        """True if it is a job of this run, whichever: all of them are terminated."""
        return is_of_run(detail, self.context.run_id, self.context.run_digest)


def _growing() -> Iterator[float]:
    """Yield the pauses between two looks: growing, then as long as the longest."""
    return chain(LOOKUP_DELAYS_S, repeat(LOOKUP_DELAYS_S[-1]))
