"""Merge what the journal and the service say of a run.

Records of the journal and jobs of the service come in; records go out. What neither side can know is a state of its
own: UNCONFIRMED is looked up before anything is sent, EXPIRED is left to the user. Pure.
"""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence

from kedro_batch.plan.model import JobName, Parents
from kedro_batch.plan.submit_job import JobId
from kedro_batch.submitter.job_state import (
    CALLED_OFF,
    MAYBE_SUBMITTED,
    NEW,
    PARENTS_SUCCEEDED,
    STAYS_BELOW_FAILURE,
    UNSUCCESSFUL,
    JobRecord,
    JobState,
    called_off,
)
from kedro_batch.submitter.reconcile.duplicates import FoundJob
from kedro_batch.submitter.service.api import JobDetail
from kedro_batch.submitter.service.limits import REMEMBERED_S

Records = Mapping[JobName, JobRecord]


def merge(  # noqa: PLR0913  all that is known of a run, from three sources
    parents: Parents,
    *,
    journal: Records,
    kept: Mapping[JobName, FoundJob],
    newest: Mapping[JobName, int],
    described: Mapping[JobId, JobDetail],
    began_at: float,
    wall: float,
    forgets: bool = True,
    others: bool = False,
    gap: bool = False,
    proving: Parents | None = None,
) -> dict[JobName, JobRecord]:
    """Merge journal and service.

    Args:
        parents: The plan.
        journal: What the journal says; empty where there is none.
        kept: The jobs that ListJobs has.
        newest: The latest submission that ListJobs has, whatever became of it.
        described: What DescribeJobs says of the jobs of the journal that ListJobs does not have.
        began_at: When the first job was submitted, as far as is known; seconds since the epoch.
        wall: The time; seconds since the epoch.
        forgets: The service may have forgotten jobs that ended long ago.
        others: Another process has submitted jobs of the run: what the journal does not have may have been submitted.
        gap: The service has forgotten jobs of the run, however young it looks.
        proving: The parents that a started job proves to have succeeded; None for all of the plan.

    Returns:
        The record of every job that may have been submitted.
    """
    records: dict[JobName, JobRecord] = {}
    succeeded = with_started_descendants(proving or parents, journal, kept)
    old = forgets and (gap or wall - began_at > REMEMBERED_S)
    for job in parents:
        record, found = journal.get(job), kept.get(job)
        if found and not (record and _journal_knows_better(record, found, newest[job], described)):
            records[job] = _from_service(record, found, newest[job])
        elif job in succeeded and (record is None or _success_unseen(record, described)):
            records[job] = _succeeded_unseen(record or NEW)
        elif record:
            records[job] = from_journal(record, described, began_at, wall if forgets else -math.inf)
        elif newest and old and (others or not journal):
            records[job] = NEW.in_state(JobState.EXPIRED)
        elif newest and not journal:  # a job that is not found may just not be visible yet
            records[job] = NEW.in_state(JobState.UNCONFIRMED)
    return records


def _from_service(record: JobRecord | None, found: FoundJob, submission: int) -> JobRecord:
    """Return what the service says; why a job failed is kept, since ListJobs does not say it."""
    same = record and (record.job_id, record.state) == (found.job_id, found.state)
    return JobRecord(
        state=found.state,
        status=found.status,
        submission=submission,
        job_id=found.job_id,
        failure=record.failure if record and same else None,
        execution=record.execution if record and same else None,
    )


def from_journal(record: JobRecord, described: Mapping[JobId, JobDetail], began_at: float, wall: float) -> JobRecord:
    """Return what the journal says, and of a job that goes on, what DescribeJobs says; an unknown one is lost, or old.

    One that was adopted has no intent here: it may be as old as the run.
    """
    intended_at = began_at if record.intended_at is None else record.intended_at
    expired = wall - intended_at > REMEMBERED_S
    if record.state in MAYBE_SUBMITTED:
        return record.in_state(JobState.EXPIRED if expired else JobState.UNCONFIRMED)
    if not record.live or record.job_id is None:
        return record
    if detail := described.get(record.job_id):
        return record.in_state(detail.state, status=detail.status)
    return record.in_state(JobState.EXPIRED if expired else JobState.LOST)


def _journal_knows_better(
    record: JobRecord, found: FoundJob, newest: int, described: Mapping[JobId, JobDetail]
) -> bool:
    """True if the service does not list this submission yet, if it succeeded, or if it was called off.

    ListJobs may be late. DescribeJobs says whether what is to have succeeded goes on. The service reports a job that
    was called off as failed; one that has no id here was submitted by another process, and may have failed for itself.
    """
    was_called_off = record.state in CALLED_OFF and record.job_id is not None and found.state is JobState.FAILED
    said = described.get(record.job_id) if record.job_id else None
    succeeded = record.state is JobState.SUCCEEDED and (said is None or said.state is JobState.SUCCEEDED)
    same = record.submission == found.submission
    return record.submission > newest or (same and (succeeded or was_called_off))


def _success_unseen(record: JobRecord, described: Mapping[JobId, JobDetail]) -> bool:
    """True if the journal has one submission, which did not succeed as far as anybody saw.

    A job below it that was started proves then that this one has succeeded, or a later one that the journal does not
    have: nothing is started below a job that has failed. After a second submission, it may be older than a failure.
    """
    seen = record.state is JobState.SUCCEEDED or (record.live and record.job_id in described)
    return record.submission == 1 and not seen


def _succeeded_unseen(record: JobRecord) -> JobRecord:
    """Return a record of a job that is proved to have succeeded, without the id of a submission that did not."""
    other = record.state in UNSUCCESSFUL - {JobState.LOST}
    return record.in_state(JobState.SUCCEEDED, job_id=None if other else record.job_id)


def with_started_descendants(parents: Parents, journal: Records, kept: Mapping[JobName, FoundJob]) -> set[JobName]:
    """Return the jobs that must have succeeded, because AWS Batch has started a job below them, now or once."""
    above: set[JobName] = set()
    for job in reversed(list(parents)):
        known = journal.get(job, NEW)
        seen = known.job_id is not None and known.state in PARENTS_SUCCEEDED
        if job in above or seen or (job in kept and kept[job].proves_parents):
            above.update(parents[job])
    return above


def with_what_came_back(
    journal: Records, rows: Iterable[tuple[JobName, JobRecord]], found: Mapping[JobName, Sequence[FoundJob]]
) -> dict[JobName, JobRecord]:
    """Return the journal with the lost submissions that the service has again instead of those not sent after them.

    Args:
        journal: The latest submission of each job.
        rows: Every submission.
        found: The jobs on the service that are known.
    """
    result = dict(journal)
    for job, lost in rows:
        latest = journal.get(job, NEW)
        not_sent = latest.state is JobState.NOT_SUBMITTED and latest.job_id is None
        if lost.state is JobState.LOST and not_sent and lost.submission < latest.submission:
            back = any(one.job_id == lost.job_id and one.counts for one in found.get(job, ()))
            result[job] = lost if back else result[job]
    return result


def jobs_in(records: Records, state: JobState) -> tuple[JobName, ...]:
    """Return the jobs that are in a state, in the order of the records."""
    return tuple(job for job, one in records.items() if one.state is state)


def assume_done(records: Records, done: Collection[JobName]) -> dict[JobName, JobRecord]:
    """Mark the jobs that the user names as succeeded, and all other expired jobs as lost.

    An expired job without an id may have run as well: its next submission is another one, which removes what the
    earlier one may have left. What the user names keeps no id: that is what the service does not vouch for.
    """
    result = dict(records)
    for job in jobs_in(records, JobState.EXPIRED):
        one = records[job]
        result[job] = one.in_state(JobState.LOST) if one.job_id else JobRecord(submission=one.submission + 1)
    return result | {job: records.get(job, NEW).in_state(JobState.SUCCEEDED, job_id=None) for job in done}


def unblock(records: Records) -> dict[JobName, JobRecord]:
    """Let what was never sent wait for its turn again, once the lost job that kept it back has proved to be done."""
    result = dict(records)
    for job, one in records.items():
        kept_back = one.state is JobState.NOT_RUN and one.job_id is None and one.intended_at is None
        if kept_back and one.blocked_by and records.get(one.blocked_by, NEW).state is JobState.SUCCEEDED:
            result[job] = JobRecord(submission=one.submission)
    return result


def propagate_failures(parents: Parents, records: Records) -> dict[JobName, JobRecord]:
    """Call off what is below a job without success; below a lost one, the service still runs what it has."""
    result = dict(records)
    for job, above in parents.items():
        one = result.get(job, NEW)
        if one.state in STAYS_BELOW_FAILURE:
            continue
        followed = {JobState.LOST} if one.live else set()
        stops = [parent for parent in above if result.get(parent, NEW).state in UNSUCCESSFUL - followed]
        if stops:  # a failure comes first: it would have kept the job from running without any cancel
            stop = next((parent for parent in stops if result[parent].state is not JobState.CANCELLED), stops[0])
            result[job] = called_off(one, stop, result[stop])
    return result
