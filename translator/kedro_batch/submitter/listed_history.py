"""A run that no journal here has, as AWS Batch still knows it: every submission that it lists, and how it was executed.

What only a follower can know is absent: in which states it saw a job, and how logs end. A job of the plan that AWS
Batch does not list was never submitted, or has been forgotten (``unlisted_jobs``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from kedro_batch.plan.model import JobName, Plan
from kedro_batch.plan.submit_job import JobId, RunId
from kedro_batch.submitter.failures import classify_failure
from kedro_batch.submitter.job_state import (
    ENDED,
    FAILED_ON_SERVICE,
    LIVE,
    NEW,
    JobRecord,
    JobState,
    called_off,
)
from kedro_batch.submitter.journal_rows import RunEntry
from kedro_batch.submitter.listed_plan import listed_digests
from kedro_batch.submitter.log_service import AskedService
from kedro_batch.submitter.run_history import RunHistory, Submission
from kedro_batch.submitter.run_plans import queues_in
from kedro_batch.submitter.service.api import JobDetail
from kedro_batch.submitter.unlisted_jobs import Listed, unlisted_jobs


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryRequest:
    """What is asked for: the history of a run, by its plan and the names of its jobs.

    Attributes:
        run_id: Its id.
        plan: A plan of it: the one that the user names.
        location: Where it is: region and account, as far as they are known.
        logs_command: The command that shows how its logs end.
    """

    run_id: RunId
    plan: Plan
    location: Mapping[str, str]
    logs_command: str


def ask_history(run: HistoryRequest, service: AskedService) -> RunHistory | None:
    """Ask AWS Batch for all that it knows of a run; None if it has no job of it.

    Raises:
        UsageError: Its jobs are of another plan.
        ServiceError: It was refused, or the service has not answered in time.
        Interrupted: A signal came.
    """
    listed = service.listed_run(run.run_id, queues_in(run.plan)).submissions
    if not listed:
        return None
    described = {one.job_id: one for one in service.describe_jobs(one.job_id for _, one in listed if one.job_id)}
    return build_listed_history(run, listed, described, service.wall())


def build_listed_history(
    run: HistoryRequest, listed: Listed, described: Mapping[JobId, JobDetail], asked_at: float
) -> RunHistory:
    """Return the history of a run from what AWS Batch says of it. Pure.

    Args:
        run: The run.
        listed: The submissions that ListJobs has, the latest of each job last.
        described: What DescribeJobs says of them.
        asked_at: When AWS Batch was asked; seconds since the epoch.

    Raises:
        UsageError: The jobs are of another plan.
    """
    first, newest = listed_digests(run.run_id, run.plan, described.values())
    account = next(filter(None, (one.account for one in described.values())), None)
    blocked = _blocked_by(listed, described)
    problem = f"its log is not read here. To read it: {run.logs_command}"
    known = [(job, _as_described(one, described, blocked, problem)) for job, one in listed]
    parents = run.plan.parents
    created = [one.execution.created_at for _, one in known if one.execution and one.execution.created_at is not None]
    began_at = min(created, default=asked_at)
    records = {**unlisted_jobs(parents, known, created_at=began_at, asked_at=asked_at), **dict(known)}
    stops = [one.execution.stopped_at for _, one in known if one.execution and one.execution.stopped_at is not None]
    goes_on = any(one.state in LIVE for _, one in known)
    rows = [*((job, one) for job, one in records.items() if one.job_id is None), *known]
    return RunHistory(
        entry=RunEntry(
            run=run.run_id,
            digest=first,
            new_digest=newest if newest != first else None,
            engine="aws",
            location={**({"account": account} if account else {}), **run.location},
            jobs=len(parents),
            began_at=began_at,
            outcome=_outcome([records[job].state for job in parents]),
        ),
        plan=run.plan,
        submissions=tuple(Submission(job=job, record=one, parents=parents.get(job, ())) for job, one in rows),
        as_of=asked_at if goes_on else max(stops, default=asked_at),
        source="aws",
    )


_Stop = tuple[JobName, JobRecord]
"""A job that has kept others from running, and how it has ended."""


def _as_described(
    one: JobRecord, described: Mapping[JobId, JobDetail], blocked: Mapping[JobId, _Stop], problem: str
) -> JobRecord:
    detail = described.get(one.job_id) if one.job_id else None
    if detail is None:
        return one
    if detail.job_id in blocked:
        return called_off(one, *blocked[detail.job_id])
    failure = classify_failure(detail.reply) if detail.state is JobState.FAILED else None
    return one.in_state(
        detail.state,
        status=detail.status,
        failure=replace(failure, log_problem=problem) if failure and failure.log else failure,
        execution=detail.execution,
    )


def _blocked_by(listed: Listed, described: Mapping[JobId, JobDetail]) -> dict[JobId, _Stop]:
    """Return the jobs that AWS Batch has failed because one above them had failed, each with the first one that had."""
    jobs = {one.job_id: job for job, one in listed if one.job_id}
    failed = {job_id for job_id, one in described.items() if one.state in FAILED_ON_SERVICE}
    above = {
        job_id: next((parent for parent in described[job_id].depends_on if parent in failed), None)
        for job_id in failed
        if described[job_id].state is JobState.FAILED
    }
    roots: dict[JobId, JobId] = {}
    for job_id in above:
        way: dict[JobId, None] = {}
        at = job_id
        while at not in roots and at not in way and (up := above.get(at)) is not None:
            way[at] = None
            at = up
        roots |= dict.fromkeys([*way, at], roots.get(at, at))
    stops = {job_id: (job, NEW.in_state(described[job_id].state)) for job_id, job in jobs.items() if job_id in failed}
    return {job_id: stops[roots[job_id]] for job_id, up in above.items() if up and roots[job_id] in stops}


def _outcome(states: Sequence[JobState]) -> str | None:
    """Return how a run has ended, as ``wait`` would say; None if it has not, or if that is not known."""
    if not all(state in ENDED for state in states):
        return None
    if JobState.CANCELLED in states:
        return "cancelled"
    return "succeeded" if all(state is JobState.SUCCEEDED for state in states) else "failed"
