"""One look at a run on AWS Batch, for a command that only shows it: what is recorded, and what Batch says of it now.

DescribeJobs is asked about what goes on; ListJobs only about a run that is not recorded here, or a job whose reply was
lost. It takes no lock, writes nothing, and terminates nothing: what it sees is not recorded.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from kedro_batch.plan.graph import topological_order
from kedro_batch.plan.model import JobName, Plan
from kedro_batch.plan.submit_job import JobId, RunId
from kedro_batch.submitter.failures import classify_failure
from kedro_batch.submitter.job_state import ENDED, ENDED_ON_SERVICE, MAYBE_SUBMITTED, JobRecord, JobState
from kedro_batch.submitter.listed_plan import listed_digests
from kedro_batch.submitter.log_service import AskedService
from kedro_batch.submitter.reconcile.merge import Records, propagate_failures
from kedro_batch.submitter.run_plans import queues_in
from kedro_batch.submitter.service.api import JobDetail
from kedro_batch.submitter.unlisted_jobs import unlisted_jobs


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLook:
    """What was seen of a run.

    Attributes:
        records: Its jobs as they are now, as far as AWS Batch says it; none if it does not know a run that is not
            recorded. Those that were never submitted may be missing.
        running_since: When the jobs started that run, by the clock of AWS Batch; seconds since the epoch.
        created_at: When the first of the jobs was created that were asked about; None if there are none.
        not_known: The jobs that go on as far as is recorded, and that AWS Batch does not know.
        account: The account that they are in, as their ARNs say; None if no job was described.
    """

    records: Records
    running_since: Mapping[JobName, float]
    created_at: float | None
    not_known: tuple[JobName, ...]
    account: str | None


def look_at_recorded_run(
    run_id: RunId, plan: Plan, recorded: Records, service: AskedService, queues: Collection[str] = ()
) -> RunLook:
    """Look at a run that is recorded.

    Args:
        run_id: The run.
        plan: Its newest plan.
        recorded: What is recorded of its jobs.
        service: Is asked.
        queues: Those of its earlier plans: a job whose reply was lost may have been sent to one of them.

    Raises:
        ServiceError: It was refused, or the service has not answered in time.
        Interrupted: A signal came.
    """
    if any(one.state in MAYBE_SUBMITTED for one in recorded.values()):
        listed = {
            (job, one.submission): one
            for job, one in service.listed_run(run_id, {*queues_in(plan), *queues}).submissions
        }
        recorded = with_found_jobs(recorded, listed)
    ids = _ids(recorded, (job for job, one in recorded.items() if one.live))
    return _seen(plan, recorded, ids, service.describe_jobs(ids))


def look_at_listed_run(
    run_id: RunId, plan: Plan, service: AskedService, seen: Records = MappingProxyType({})
) -> RunLook:
    """Look at a run that is not recorded here, by the names of its jobs: within what AWS Batch still knows.

    Of the others, the records say what follows from those (``unlisted_jobs``).

    Args:
        run_id: The run.
        plan: Its plan.
        service: AWS Batch.
        seen: What an earlier look has seen; it may be more than AWS Batch knows now.

    Raises:
        UsageError: The plan is none of the run's.
        ServiceError: It was refused, or the service has not answered in time.
        Interrupted: A signal came.
    """
    planned = {job.name for job in plan.jobs}
    rows = [(job, one) for job, one in service.listed_run(run_id, queues_in(plan)).submissions if job in planned]
    listed = dict(rows)
    known = {job: one for job, one in seen.items() if one.job_id and one.job_id == listed.get(job, one).job_id}
    ended = {job: one for job, one in known.items() if one.state in ENDED_ON_SERVICE}
    records = known | listed | ended
    ids = _ids(records, listed.keys() - ended)
    details = service.describe_jobs(ids)
    if not seen:
        listed_digests(run_id, plan, details)
    look = _seen(plan, records, ids, details)
    submissions = [*rows, *((job, look.records[job]) for job in known | listed)]
    if not submissions:
        return replace(look, records={})
    executions = [one.execution for one in ended.values() if one.execution]
    created = [at for at in (look.created_at, *(one.created_at for one in executions)) if at is not None]
    asked_at = service.wall()
    unlisted = unlisted_jobs(
        plan.parents,
        submissions,
        created_at=min(created, default=asked_at),
        asked_at=asked_at,
    )
    return replace(look, records={**look.records, **unlisted})


def with_found_jobs(recorded: Records, listed: Mapping[tuple[JobName, int], JobRecord]) -> dict[JobName, JobRecord]:
    """Return the records with the jobs whose replies were lost, where ListJobs has them. Pure."""
    found = {job: listed.get((job, one.submission)) for job, one in recorded.items() if one.state in MAYBE_SUBMITTED}
    ids = {job: one.job_id for job, one in found.items() if one}
    return {
        job: replace(one, job_id=ids[job], state=JobState.SUBMITTED) if job in ids else one
        for job, one in recorded.items()
    }


def _ids(records: Records, jobs: Iterable[JobName]) -> dict[JobId, JobName]:
    return {job_id: job for job in jobs if (job_id := records[job].job_id)}


def _seen(plan: Plan, recorded: Records, ids: Mapping[JobId, JobName], details: Iterable[JobDetail]) -> RunLook:
    described = {one.job_id: one for one in details}
    executions = {ids[job_id]: one.execution for job_id, one in described.items() if job_id in ids}
    records = merge_look(plan, recorded, described)
    return RunLook(
        records=records,
        running_since={
            job: one.started_at
            for job, one in executions.items()
            if one.started_at is not None and records[job].state is JobState.RUNNING
        },
        created_at=min((one.created_at for one in executions.values() if one.created_at is not None), default=None),
        not_known=tuple(job for job_id, job in ids.items() if job_id not in described),
        account=next(filter(None, (one.account for one in described.values())), None),
    )


def merge_look(plan: Plan, recorded: Records, described: Mapping[JobId, JobDetail]) -> dict[JobName, JobRecord]:
    """Return the records of a run with what DescribeJobs says of some of its jobs. Pure.

    What it does not say stays as it is recorded: that a job is missing in one look proves nothing.
    """
    records: dict[JobName, JobRecord] = {}
    for job, one in recorded.items():
        detail = described.get(one.job_id) if one.job_id else None
        records[job] = one if detail is None else _as_described(one, detail)
    parents = plan.parents
    return propagate_failures({job: parents[job] for job in topological_order(parents)}, records)


def _as_described(one: JobRecord, detail: JobDetail) -> JobRecord:
    return one.in_state(
        detail.state,
        status=detail.status,
        failure=classify_failure(detail.reply) if detail.state is JobState.FAILED else None,
        execution=detail.execution if detail.state in ENDED else None,
    )
