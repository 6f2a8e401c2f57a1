"""Compare the journal with the service: for a run that is resumed, that lost its journal, or that may have duplicates.

A run whose journal is lost is rebuilt here from the jobs that AWS Batch still knows.

It asks the journal, ListJobs and DescribeJobs, and returns records (``merge``). It changes nothing: ``settle``
terminates duplicates, and earlier submissions that another one is to replace.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from kedro_batch.errors import RunUnknown
from kedro_batch.plan.data_version import DataVersion, time_of_version
from kedro_batch.plan.model import JobName
from kedro_batch.plan.submit_job import JobId
from kedro_batch.submitter.context import RunContext
from kedro_batch.submitter.events import Notice, NoticeKind
from kedro_batch.submitter.job_state import ENDED, FAILED_ON_SERVICE, MAY_STILL_LIVE, NEW, JobRecord, JobState
from kedro_batch.submitter.reconcile.ask_service import list_jobs_of_run, too_old
from kedro_batch.submitter.reconcile.check_journal import described_rows
from kedro_batch.submitter.reconcile.copies import ids_of, join, with_earlier_ids, with_what_is_known
from kedro_batch.submitter.reconcile.duplicates import Duplicate
from kedro_batch.submitter.reconcile.job_versions import look_at_versions
from kedro_batch.submitter.reconcile.merge import Records, assume_done, jobs_in, propagate_failures, with_what_came_back
from kedro_batch.submitter.reconcile.named_jobs import check_names
from kedro_batch.submitter.reconcile.rerun import jobs_to_rerun, with_next_submission
from kedro_batch.submitter.reconcile.standing import Facts, created_at, jobs_to_compare, standing_of
from kedro_batch.submitter.run_options import RunMode
from kedro_batch.submitter.service.limits import REMEMBERED_S
from kedro_batch.text.wording import listed


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciled:
    """How a run stands.

    Attributes:
        records: The record of every job that may have been submitted.
        unconfirmed: Jobs that may have been submitted: they are looked up before anything is sent for them. Some of
            them may be blocked, and NOT_RUN in the records.
        known: What journal and process knew of the latest submission of each job.
        duplicates: Jobs to be terminated, because another one stands for their node.
        lost_data: Nodes of which no job stands, because one may have removed what another one saved: that one's id.
        contested: Nodes to be submitted anew, with how many of their submissions were made twice until now.
        earlier: Jobs to be terminated before another submission replaces them.
        replaced: The records of the submissions that another one replaces.
        on_service: ListJobs has jobs of the run.
        created_at: When each job was created that the service has; seconds since the epoch.
        versions: Under which versions they save data, where the journal does not say it.
    """

    records: dict[JobName, JobRecord]
    unconfirmed: tuple[JobName, ...]
    known: Records = field(default_factory=dict)
    duplicates: tuple[Duplicate, ...] = ()
    lost_data: Mapping[JobName, JobId] = field(default_factory=dict)
    contested: Mapping[JobName, int] = field(default_factory=dict)
    earlier: tuple[JobId, ...] = ()
    replaced: Records = field(default_factory=dict)
    on_service: bool = False
    created_at: tuple[float, ...] = ()
    versions: frozenset[DataVersion] = frozenset()


def reconcile(context: RunContext, *, must_exist: bool, before: Records = MappingProxyType({})) -> Reconciled:
    """Find out how a run stands.

    Args:
        context: The run.
        must_exist: The run has to be known, to the journal or to the service.
        before: What this process knows of it: the journal may not have all of that.

    Raises:
        RunUnknown: The run is not known, or is too old to be known.
        UsageError: It has jobs of another plan, its journal cannot be believed, or it cannot be resumed so.
        ServiceError: The service refused.
    """
    found = compare_with_service(context, must_exist=must_exist, before=before)
    records = _submit_again_what_cannot_be_confirmed(context, found.records)
    records = _after_other_jobs(context, propagate_failures(context.parents, _to_be_described(found.known, records)))
    return replace(
        found,
        records=records,
        unconfirmed=jobs_in(records, JobState.UNCONFIRMED),
    )


def reconcile_to_resume(context: RunContext) -> Reconciled:
    """Find out how a run stands, and give what failed, was blocked or lost another submission.

    Raises:
        RunUnknown: As ``reconcile``.
        UsageError: As ``reconcile``; or a job that is asked for cannot be run again.
        ServiceError: The service refused.
    """
    found = compare_with_service(context, must_exist=context.must_exist, done=context.options.assume_done)
    records = propagate_failures(context.parents, _submit_again_what_cannot_be_confirmed(context, found.records))
    options = context.options
    jobs = jobs_to_rerun(context.parents, records, from_jobs=options.from_jobs, only_jobs=options.only_jobs)
    replaced = {job: records[job] for job in jobs if job in records}
    return replace(
        found,
        records=_after_other_jobs(context, with_next_submission(records, jobs)),
        unconfirmed=jobs_in(records, JobState.UNCONFIRMED),
        earlier=tuple(
            one.job_id
            for one in (*replaced.values(), *_left_out(context, found.known))
            if one.job_id and one.state in MAY_STILL_LIVE
        ),
        replaced=replaced,
    )


def _may_have_been_forgotten(context: RunContext) -> bool:
    """True if a journal without any job of the run is no proof that there never was one.

    It may be that of a ``cancel`` that has found nothing. Or a process was killed that had found jobs of another
    machine, and had written down no more than the version of the run, which is old by now.
    """
    if context.options.assume_done is not None:
        return False
    if context.version is None:
        return context.options.mode in (RunMode.RESUME, RunMode.FOLLOW)
    return context.calls.wall() - time_of_version(context.version).timestamp() > REMEMBERED_S


def compare_with_service(
    context: RunContext,
    *,
    must_exist: bool,
    done: Collection[JobName] | None = None,
    before: Records = MappingProxyType({}),
) -> Reconciled:
    """Return what journal and service together say of each job; nothing is decided yet of what is not known.

    Raises:
        RunUnknown: As ``reconcile``.
        UsageError: As ``reconcile``.
        ServiceError: The service refused.
    """
    done = None if done is None else set(done) - context.earlier_jobs
    rows = with_what_is_known(context.journal.submissions(context.run_id), before)
    journal = known = dict(rows)
    must_exist |= not rows and _may_have_been_forgotten(context)
    must_exist &= context.new_plan is None  # it has been found by its plan until now, perhaps with no job of this one
    listed_jobs = list_jobs_of_run(context, journal, must_exist=must_exist)
    told = context.journal.submitted_ids(context.run_id)
    details = described_rows(context, with_earlier_ids(rows, told), listed_jobs)
    discovered = join(listed_jobs, journal, details)
    versions = look_at_versions(context, discovered, journal, ids_of(listed_jobs) | details.keys())
    journal = {job: one for job, one in journal.items() if one.job_id not in versions.other}
    compared = jobs_to_compare(context.parents, discovered, versions.other)
    details |= {one.job_id: one for one in context.service.describe_jobs(one for one in compared if one not in details)}
    data_versions = versions.found | ({context.version} if context.version else set())
    facts = Facts(
        journal=with_what_came_back(journal, rows, discovered.jobs),
        discovered=discovered,
        details=details,
        replaced=versions.other,
        wall=context.calls.wall(),
        version_at=min((time_of_version(one).timestamp() for one in data_versions), default=None),
        forgets=context.engine.capabilities.forgets_jobs,
        proving=context.proving_parents,
        taken_over=context.taken_over,
    )
    standing = standing_of(context.parents, facts)
    if must_exist and not journal and not discovered.jobs:
        raise RunUnknown(
            f"no job of run {context.run_id} is in {listed(context.queues)}: nothing was submitted under this id, or "
            "it was more than a day ago and AWS Batch has forgotten it. Check account and region, or start a new run: "
            "kedro-batch apply PLAN"
        )
    records = {
        job: one
        for job, one in standing.records.items()
        if not (job in context.added_jobs and one.state is JobState.EXPIRED)
    }
    check_names(context.parents, (), done or ())
    if done is not None:
        forgotten = (
            () if journal or discovered.jobs else [one for one in context.parents if one not in context.added_jobs]
        )
        expired_jobs = dict.fromkeys(forgotten, NEW.in_state(JobState.EXPIRED))
        records = assume_done({**expired_jobs, **records}, done)
    if expired := jobs_in(records, JobState.EXPIRED):
        raise too_old(context, expired)
    return Reconciled(
        records=records,
        known=known,
        unconfirmed=(),
        duplicates=standing.duplicates,
        lost_data=standing.lost_data,
        contested=standing.contested,
        on_service=bool(discovered.jobs),
        created_at=created_at(discovered),
        versions=versions.found,
    )


def _submit_again_what_cannot_be_confirmed(context: RunContext, records: dict[JobName, JobRecord]) -> Records:
    """Without lookups (``--no-adopt``, runs on this machine), nobody can know: such jobs get another submission."""
    unconfirmed = jobs_in(records, JobState.UNCONFIRMED)
    if context.adopts or not unconfirmed:
        return records
    if context.engine.capabilities.keeps_jobs:
        message = (
            f"it is not known whether {listed(sorted(unconfirmed))} were submitted, and they are not looked up: "
            "they are submitted again"
        )
        context.emit(Notice(kind=NoticeKind.WARNING, message=message))
    lost = {job: records[job].in_state(JobState.LOST) for job in unconfirmed}
    return with_next_submission({**records, **lost}, unconfirmed)


def _left_out(context: RunContext, known: Records) -> list[JobRecord]:
    """Return the records of the jobs that the plan until now has and a new one has not: they are not to go on."""
    return [] if context.new_plan is None else [one for job, one in known.items() if job in context.earlier_jobs]


def _after_other_jobs(context: RunContext, records: Records) -> dict[JobName, JobRecord]:
    """Let jobs begin with their second submission, which removes first what jobs of an earlier plan have left."""
    first = [job for job in context.taken_over if records.get(job, NEW) == NEW]
    return {**records, **dict.fromkeys(first, replace(NEW, submission=2))}


def _to_be_described(journal: Records, records: Records) -> dict[JobName, JobRecord]:
    """Let jobs that failed unseen be asked about once more: ListJobs does not say why they failed."""
    return {
        job: one.in_state(JobState.SUBMITTED)
        if one.state in FAILED_ON_SERVICE and journal.get(job, NEW).state not in ENDED
        else one
        for job, one in records.items()
    }
