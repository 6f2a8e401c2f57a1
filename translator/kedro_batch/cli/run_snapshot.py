"""A snapshot of a run: how it stands now, for a command that shows it: what the journal has, and one look at AWS Batch.

It takes no lock and writes nothing: a run that somebody works on can be looked at.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from kedro_batch.cli.aws_access import no_job_listed, open_for_reading, tell_notices
from kedro_batch.cli.shown_run import ShownRun
from kedro_batch.cli.signals import noting_signals
from kedro_batch.errors import ServiceError
from kedro_batch.plan.digest import plan_digest
from kedro_batch.plan.model import JobName
from kedro_batch.plan.reader import read_plan
from kedro_batch.submitter.began import Began
from kedro_batch.submitter.events import Notice, NoticeKind, Sink
from kedro_batch.submitter.inbox import Inbox
from kedro_batch.submitter.job_state import LIVE, MAY_BE_WORKING, MAYBE_SUBMITTED, JobRecord, JobState
from kedro_batch.submitter.journal_rows import RunEntry
from kedro_batch.submitter.journal_view import journal_words, read_journal
from kedro_batch.submitter.look_events import with_earlier_look
from kedro_batch.submitter.stuck_jobs import FirstSight
from kedro_batch.submitter.usual_times import UsualTimes, read_usual_times
from kedro_batch.text.wording import counted, listed

if TYPE_CHECKING:
    from kedro_batch.submitter.log_service import AskedService
    from kedro_batch.submitter.run_look import RunLook


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSnapshot:
    """A run as it stands, or stood when AWS Batch was asked.

    Attributes:
        run: The run, with its newest plan.
        entry: The run as a whole.
        recorded: What the journal has of its jobs.
        records: The records of its jobs.
        began: When jobs that run began, as far as it is known.
        stuck: When jobs were first seen without a machine.
        revisions: The revision of its job definition that each job has, as far as the journal knows it.
        last_event_at: When the newest event happened that the journal has; None if it has none.
        usual: How long its jobs ran in earlier runs, if that was read.
        asked_at: When AWS Batch was asked; None if it was not.
        problem: Why AWS Batch could not be asked.
        note: What it does not know.
    """

    run: ShownRun
    entry: RunEntry
    recorded: Mapping[JobName, JobRecord] = field(default_factory=dict)
    records: Mapping[JobName, JobRecord]
    began: Mapping[JobName, Began] = field(default_factory=dict)
    stuck: Mapping[JobName, FirstSight] = field(default_factory=dict)
    revisions: Mapping[JobName, str] = field(default_factory=dict)
    last_event_at: float | None = None
    usual: UsualTimes | None = None
    asked_at: float | None = None
    problem: ServiceError | None = None
    note: str | None = None

    @property
    def goes_on(self) -> bool:
        """True if something is on AWS Batch, or on this machine, that has not ended, or may be."""
        return any(one.state in LIVE | MAYBE_SUBMITTED for one in self.records.values())

    @property
    def seen_at(self) -> float | None:
        """When the run was so, in seconds since the epoch: asked of AWS Batch, else at the journal's last event."""
        return self.last_event_at if self.asked_at is None else self.asked_at

    @property
    def running_since(self) -> dict[JobName, float]:
        """When jobs started that run, in seconds since the epoch, where that is known to the second."""
        running = {job for job, one in self.records.items() if one.state is JobState.RUNNING}
        return {job: began.at for job, began in self.began.items() if began.exact and job in running}


OpenService = Callable[[ShownRun, Inbox, Sink, float], "AskedService"]
"""Opens AWS Batch where a run is, as ``open_for_reading`` does."""


class BatchAccess:
    """AWS Batch as a command asks it that only shows a run: opened when it is first asked, and then kept."""

    def __init__(
        self, run: ShownRun, tell: Sink, patience_s: float, open_service: OpenService = open_for_reading
    ) -> None:
        """Ask nothing yet.

        Args:
            run: The run.
            tell: Receives what goes wrong while AWS Batch is asked.
            patience_s: How long it is asked again while it does not answer.
            open_service: Opens it.
        """
        self._run = run
        self._tell = tell
        self._patience_s = patience_s
        self._open = open_service
        self._inbox = Inbox()
        self._service: AskedService | None = None

    @contextmanager
    def service(self) -> Iterator["AskedService"]:
        """Yield the service; a signal ends the block between two calls.

        Raises:
            ServiceError: It cannot be opened, or the credentials are of another account.
            Interrupted: A signal came.
        """
        with noting_signals(self._inbox):
            if self._service is None:
                self._service = self._open(self._run, self._inbox, self._tell, self._patience_s)
            yield self._service


def recorded_snapshot(run: ShownRun, entry: RunEntry, tell: Sink, *, with_usual: bool = False) -> RunSnapshot:
    """Return how a run stands as the journal has it, which is opened once.

    Args:
        run: The run.
        entry: The run as a whole, as it was read before.
        tell: Receives why nothing happens, while another program holds the journal.
        with_usual: Read how long the jobs ran in earlier runs, too, if the run may go on.

    Raises:
        UsageError: The journal cannot be read.
        PlanError: The run goes on with a plan that cannot be read.
    """
    with read_journal(run.journal, lambda text: tell(Notice(kind=NoticeKind.WARNING, message=text))) as book:
        newest = book.run(run.run_id) or entry
        plan, earlier = run.plan, run.earlier
        if newest.plan_digest != entry.plan_digest:  # reading one may take seconds
            plan, earlier = read_plan(book.plan(run.run_id), f"the plan of run {run.run_id}"), (*earlier, plan)
        records = book.records(run.run_id)
        at_work = {job for job, one in records.items() if one.state in MAY_BE_WORKING}
        seen = book.began(run.run_id) if at_work else {}
        may_go_on = newest.outcome is None or any(one.state in LIVE for one in records.values())
        return RunSnapshot(
            run=replace(run, entry=newest, plan=plan, earlier=earlier),
            entry=newest,
            recorded=records,
            records=records,
            began={job: seen[job] for job in at_work & seen.keys()},
            stuck=book.first_sights(run.run_id),
            revisions=book.revisions(run.run_id),
            last_event_at=book.last_event_at(run.run_id),
            usual=read_usual_times(book, newest, plan) if with_usual and may_go_on else None,
        )


def take_snapshot(
    run: ShownRun, batch: BatchAccess | None, tell: Sink = tell_notices, *, with_usual: bool = False
) -> RunSnapshot:
    """Look at a run once.

    Args:
        run: The run.
        batch: AWS Batch; None if nobody is asked.
        tell: Receives what goes wrong.
        with_usual: Read how long the jobs ran in earlier runs, too, if the run may go on.

    Raises:
        RunUnknown: Neither the journal nor AWS Batch knows it.
        UsageError: The journal cannot be read.
        ServiceError: The journal does not have it, and AWS Batch could not be asked.
        Interrupted: A signal came.
    """
    if run.entry is None:
        return listed_snapshot(run, batch or BatchAccess(run, tell, 0.0))
    return look_at_batch(recorded_snapshot(run, run.entry, tell, with_usual=with_usual), batch)


def look_at_batch(recorded: RunSnapshot, batch: BatchAccess | None, earlier: RunSnapshot | None = None) -> RunSnapshot:
    """Return a snapshot with what AWS Batch says now, if something of the run goes on there.

    Args:
        recorded: The run as the journal has it.
        batch: AWS Batch; None if nobody is asked.
        earlier: The run as it was seen before.

    Raises:
        Interrupted: A signal came.
    """
    from kedro_batch.submitter.run_look import look_at_recorded_run, merge_look  # noqa: PLC0415  only where AWS is asked

    run, now = recorded.run, recorded
    if batch is None or run.is_local:
        return now
    if earlier:
        known = with_earlier_look(recorded.recorded, earlier.recorded, earlier.records)
        asked_at = earlier.asked_at if known != recorded.recorded else None  # else the journal knows it all
        now = replace(now, records=merge_look(run.plan, known, {}), asked_at=asked_at)
        now = replace(now, began=_began(now, {}, earlier))
    if not now.goes_on:
        return now
    try:
        with batch.service() as service:
            look = look_at_recorded_run(run.run_id, run.plan, now.records, service, run.queues)
    except ServiceError as error:
        return replace(now, problem=error)
    note = None
    if look.not_known:
        wait = f"kedro-batch wait {run.run_id} --once{journal_words(run.journal)}"
        further = "The process that works on the run will find out" if run.is_worked_on else f"To find out: {wait}"
        note = f"AWS Batch does not know {listed(look.not_known)}, which the journal has as going on. {further}"
    seen = replace(now, records=look.records, asked_at=time.time(), note=note)
    return replace(seen, began=_began(seen, look.running_since, earlier))


def _began(
    now: RunSnapshot, running_since: Mapping[JobName, float], earlier: RunSnapshot | None
) -> dict[JobName, Began]:
    """Return when jobs that run began: as AWS Batch says, or as it was known before of the same submission."""
    known: dict[JobName, Began] = {}
    for records, began in ((now.recorded, now.began), (earlier.records, earlier.began) if earlier else ({}, {})):
        for job, at in began.items():
            before, one = records.get(job), now.records.get(job)
            if before and one and one.state in MAY_BE_WORKING and one.job_id == before.job_id:
                known[job] = at
    return known | {job: Began(at=at, exact=True) for job, at in running_since.items()}


def listed_snapshot(run: ShownRun, batch: BatchAccess, earlier: RunSnapshot | None = None) -> RunSnapshot:
    """Return how a run stands that the journal does not have, by the names of its jobs on AWS Batch.

    Raises:
        RunUnknown: AWS Batch does not know it.
        UsageError: The plan is none of the run's.
        ServiceError: AWS Batch could not be asked.
        Interrupted: A signal came.
    """
    from kedro_batch.submitter.run_look import look_at_listed_run  # noqa: PLC0415  only where AWS is asked

    with batch.service() as service:
        look: RunLook = look_at_listed_run(run.run_id, run.plan, service, earlier.records if earlier else {})
        region = service.engine.location.get("region")
    if not look.records:
        raise no_job_listed(run)
    now, jobs = time.time(), len(run.plan.jobs)
    location = {"region": region, "account": run.plan.account or look.account}
    entry = RunEntry(
        run=run.run_id,
        digest=plan_digest(run.plan),
        engine="aws",
        jobs=jobs,
        began_at=now if look.created_at is None else look.created_at,
        location={name: value for name, value in location.items() if value},
    )
    return RunSnapshot(
        run=run,
        entry=earlier.entry if earlier else entry,
        records=look.records,
        began={job: Began(at=at, exact=True) for job, at in look.running_since.items()},
        asked_at=now,
        note=_what_is_not_listed(look.records, jobs),
    )


def _what_is_not_listed(records: Mapping[JobName, JobRecord], jobs: int) -> str | None:
    """Say of how many jobs AWS Batch knows nothing, and what is known of them all the same; None of none."""
    without_id = [one.state for one in records.values() if one.job_id is None]
    done = without_id.count(JobState.SUCCEEDED)
    others = sum(state in (JobState.NOT_SUBMITTED, JobState.EXPIRED) for state in without_id)
    if not (done or others):
        return None
    told = [f"AWS Batch knows {jobs - len(without_id):,} of the {counted(jobs, 'job')} of the run"]
    if done:
        told.append(f"It has forgotten {counted(done, 'job')}, which succeeded: jobs below were started")
    if others:
        told.append(f"{counted(others, 'job')} may not be submitted yet, or may have ended long ago and be forgotten")
    return ". ".join(told)
