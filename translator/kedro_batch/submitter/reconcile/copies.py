"""Join the jobs that the journal knows with those that ListJobs gives: each of them may stand for its node. Pure.

ListJobs may show a job later than it was waited for. If only listed jobs counted, a second job whose id is in the
journal would be dropped silently, and go on running.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from kedro_batch.plan.model import JobName
from kedro_batch.plan.submit_job import JobId, parsed_job_name
from kedro_batch.submitter.job_state import MAYBE_SUBMITTED, NEW, JobRecord, JobState
from kedro_batch.submitter.reconcile.duplicates import Discovered, FoundJob, kept_instead
from kedro_batch.submitter.reconcile.merge import Records
from kedro_batch.submitter.service.api import JobDetail
from kedro_batch.submitter.submission_rows import SubmittedId

Row = tuple[JobName, JobRecord]
"""One submission in the journal: its job, and its record."""


def ids_of(discovered: Discovered) -> frozenset[JobId]:
    """Return the ids of all jobs that were found."""
    return frozenset(one.job_id for jobs in discovered.jobs.values() for one in jobs)


def ids_not_listed(rows: Iterable[Row], discovered: Discovered) -> list[JobId]:
    """Return the ids that ListJobs does not have: of the journal, and those in favour of which jobs were terminated."""
    known = ids_of(discovered)
    in_journal = [record.job_id for _, record in rows if record.job_id]
    in_favour_of = [kept_instead(one.reason) for jobs in discovered.jobs.values() for one in jobs]
    return [job_id for job_id in dict.fromkeys([*in_journal, *in_favour_of]) if job_id and job_id not in known]


def with_earlier_ids(rows: Sequence[Row], told: Iterable[SubmittedId]) -> list[Row]:
    """Return the rows of a journal after one for each id that stands only in its events: what became of it is open.

    The row of a submission has its last id. An earlier one, of a job that was found or sent before, may run beside it.
    """
    known = {record.job_id for _, record in rows}
    earlier = [one for one in told if one.job_id not in known]
    lost = JobState.LOST
    return [*((one.job, JobRecord(state=lost, submission=one.submission, job_id=one.job_id)) for one in earlier), *rows]


def with_what_is_known(rows: Sequence[Row], before: Records) -> list[Row]:
    """Return the rows of a journal, and behind them what this process knows better: it may not be written yet.

    Args:
        rows: What the journal has, every submission, the latest of each job last.
        before: What this process knows. A job that it has looked up, and that was nowhere, is not submitted.
    """
    latest = dict(rows)
    newer: list[Row] = []
    for job, one in before.items():
        row = latest.get(job, NEW)
        same = one.submission == row.submission
        looked_up = same and one.state is JobState.NOT_SUBMITTED and row.state in MAYBE_SUBMITTED
        ended = one.state in (JobState.SUCCEEDED, JobState.FAILED)
        sent = one.job_id is not None or one.state in MAYBE_SUBMITTED or ended
        known = replace(one, intended_at=row.intended_at if same else None)
        if (looked_up or sent) and known != row:
            newer.append((job, known))
    return [*rows, *newer]


def join(discovered: Discovered, journal: Records, details: Mapping[JobId, JobDetail]) -> Discovered:
    """Add the jobs that DescribeJobs knows and ListJobs does not have; joining again changes nothing.

    A job that the journal saw succeed, and that nobody knows any more, stands beside the others of its node. One that
    the journal lets stand for a later submission counts as of that one.

    Args:
        discovered: What ListJobs has.
        journal: What the journal says.
        details: What DescribeJobs says, of jobs of this run only.
    """
    known = ids_of(discovered)
    of_id = {one.job_id: job for job, one in journal.items() if one.job_id}
    added: dict[JobName, list[FoundJob]] = {}
    for job_id, detail in details.items():
        named = parsed_job_name(detail.name)
        job = named[1] if named else of_id.get(job_id)
        if job_id not in known and job is not None:
            submission = named[2] if named else journal[job].submission
            added.setdefault(job, []).append(_described(detail, job, submission))
    for job, one in journal.items():
        forgotten = one.job_id is not None and one.job_id not in known and one.job_id not in details
        if one.job_id and forgotten and one.state is JobState.SUCCEEDED and (job in discovered.jobs or job in added):
            added.setdefault(job, []).append(_remembered(job, one, one.job_id))
    jobs = dict(discovered.jobs)
    for job, more in added.items():
        jobs[job] = tuple(sorted((*jobs.get(job, ()), *more), key=lambda one: one.age))
    for job, found in jobs.items():
        jobs[job] = tuple(_as_recorded(one, journal.get(job, NEW)) for one in found)
    return Discovered(jobs=jobs, foreign_jobs=discovered.foreign_jobs)


def _as_recorded(found: FoundJob, record: JobRecord) -> FoundJob:
    """Return a job with the submission for which the journal lets it stand.

    That is a later one than its name says where another process had submitted the node anew, and that job was ended in
    favour of this one. A further job of the later submission, found only now, would hide it otherwise.
    """
    stands_for_later = found.job_id == record.job_id and record.submission > found.submission
    return replace(found, submission=record.submission) if stands_for_later else found


def _described(detail: JobDetail, job: JobName, submission: int) -> FoundJob:
    return FoundJob(
        job=job,
        submission=submission,
        job_id=detail.job_id,
        state=detail.state,
        status=detail.status,
        created_at_ms=detail.created_at_ms,
        reason=detail.reason,
        started=detail.started,
    )


def _remembered(job: JobName, record: JobRecord, job_id: JobId) -> FoundJob:
    return FoundJob(
        job=job,
        submission=record.submission,
        job_id=job_id,
        state=record.state,
        status=None,
        created_at_ms=int((record.intended_at or 0) * 1000),
        reason="",
    )
