"""Judge what of a journal can be believed: it may have come with a repository, from a stranger. Pure.

What is adopted, terminated or taken as done is compared with what AWS Batch says of its id, as long as it remembers it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from kedro_batch.plan.model import JobName, PlanDigest
from kedro_batch.plan.submit_job import JobId, RunId, batch_job_name
from kedro_batch.submitter.job_state import FAILED_ON_SERVICE, JobRecord, JobState
from kedro_batch.submitter.reconcile.belongs import is_submission
from kedro_batch.submitter.reconcile.copies import Row
from kedro_batch.submitter.reconcile.duplicates import Discovered
from kedro_batch.submitter.service.api import JobDetail
from kedro_batch.submitter.service.limits import REMEMBERED_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Belief:
    """What of a journal can be believed.

    Attributes:
        doubts: Why it cannot be: one finding for each row that AWS Batch contradicts.
        unproven: Jobs that have succeeded according to the journal alone, because AWS Batch has forgotten them.
    """

    doubts: tuple[str, ...]
    unproven: tuple[JobName, ...]


def belief_in(  # noqa: PLR0913  all that the journal is compared with
    run_id: RunId,
    digest: PlanDigest,
    rows: Sequence[Row],
    *,
    listed: Discovered,
    details: Mapping[JobId, JobDetail],
    proven: Collection[JobName],
    version_at: float | None,
    wall: float,
) -> Belief:
    """Compare a journal with the service.

    Args:
        run_id: The run.
        digest: The digest of its first plan.
        rows: What the journal has, every submission, the latest of each job last.
        listed: What ListJobs has.
        details: What DescribeJobs says of jobs that ListJobs does not have, or has in another state than the journal.
        proven: Jobs that have succeeded because AWS Batch has started a job below them.
        version_at: When the version of the run's data was made; None if it is not known.
        wall: The time. Times are in seconds since the epoch.
    """
    found = {one.job_id: one for jobs in listed.jobs.values() for one in jobs}
    latest = dict(rows)
    doubts: list[str] = []
    unproven: list[JobName] = []
    for job, record in rows:
        what = f"{job}, submission {record.submission}"
        if record.job_id is None:
            is_done = record.state is JobState.SUCCEEDED and record is latest[job]
            if is_done and job not in proven and job not in listed.jobs:
                unproven.append(job)
            continue
        detail, one = details.get(record.job_id), found.get(record.job_id)
        if (detail and not is_submission(detail, run_id, digest, job, record.submission)) or (
            one and (one.job != job or one.submission > record.submission)
        ):
            name = detail.name if detail else batch_job_name(run_id, one.job, one.submission) if one else ""
            doubts.append(f"{what}, has the id {record.job_id}, which is that of {name}")
        elif record.state is not JobState.SUCCEEDED or record is not latest[job]:
            continue
        elif detail and detail.state in FAILED_ON_SERVICE:
            doubts.append(f"{what}, has succeeded, but AWS Batch says that {record.job_id} has failed")
        elif detail or one or job in proven:
            continue
        elif _is_remembered(record, version_at, wall):
            doubts.append(f"{what}, has succeeded, but AWS Batch knows no job {record.job_id}")
        else:
            unproven.append(job)
    return Belief(doubts=tuple(doubts), unproven=tuple(dict.fromkeys(unproven)))


def _is_remembered(record: JobRecord, version_at: float | None, wall: float) -> bool:
    """True if AWS Batch has to know a job, because its intent is young, or else its run: it has ended later still."""
    began_at = version_at if record.intended_at is None else record.intended_at
    return began_at is not None and wall - began_at <= REMEMBERED_S
