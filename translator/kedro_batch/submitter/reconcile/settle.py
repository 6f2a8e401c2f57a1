"""Carry out what reconciling has found: end duplicates and earlier submissions, and record how these did."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from kedro_batch.errors import ServiceError
from kedro_batch.plan.submit_job import JobId
from kedro_batch.submitter.context import RunContext
from kedro_batch.submitter.events import Notice, NoticeKind
from kedro_batch.submitter.job_state import ENDED, NEW, JobState
from kedro_batch.submitter.reconcile.ask_service import describe_jobs
from kedro_batch.submitter.reconcile.duplicates import Duplicate, reason_to_terminate
from kedro_batch.submitter.reconcile.merge import Records, events_since
from kedro_batch.submitter.reconcile.reconcile import Reconciled
from kedro_batch.submitter.service.api import JobDetail
from kedro_batch.submitter.service.limits import TERMINATION_S
from kedro_batch.submitter.terminate import terminate_and_wait
from kedro_batch.text.wording import counted, listed


def settle(context: RunContext, reconciled: Reconciled) -> None:
    """Terminate duplicates and earlier submissions, wait until they have ended, and record how these did.

    Raises:
        ServiceError: The service refused, or an earlier submission does not end.
    """
    _drop_duplicates(context, reconciled.duplicates)
    for job, job_id in reconciled.lost_data.items():
        message = (
            f"{job} was submitted twice, and {job_id} may have removed data that the other job saved, which happens "
            "when a repeated submission or attempt starts: none of them counts, and the job has to run again"
        )
        context.emit(Notice(kind=NoticeKind.WARNING, message=message, job=job))
    described = describe_jobs(context, reconciled.earlier)
    live = [job_id for job_id, one in described.items() if one.state not in ENDED]
    left = terminate_and_wait(context, live, f"kedro-batch: run {context.run_id} is resumed", TERMINATION_S)
    if left:
        raise ServiceError(
            f"{counted(len(left), 'earlier job')} could not be terminated ({listed(left)}): nothing was submitted. Try "
            "again later"
        )
    _record_replaced(context, reconciled.replaced, described)


def emit_differences(context: RunContext, records: Records, told: Records = MappingProxyType({})) -> None:
    """Emit what differs from the journal, and take back what it was to send of jobs that have come back.

    Args:
        context: The run.
        records: How it stands.
        told: What was emitted, and may not be written yet.
    """
    known = context.journal.records(context.run_id)
    known |= {job: one for job, one in told.items() if one.job_id and known.get(job, NEW).state not in ENDED}
    came_back = [job for job, one in records.items() if one.job_id and one.submission < known.get(job, one).submission]
    context.journal.withdraw(context.run_id, [(job, known[job].submission) for job in came_back])
    for event in events_since(known, records):
        context.emit(event)


def _record_replaced(context: RunContext, replaced: Records, described: Mapping[JobId, JobDetail]) -> None:
    """Record how earlier submissions ended: what one completed is complete until the next one starts."""
    succeeded = {job_id for job_id, one in described.items() if one.state is JobState.SUCCEEDED}
    ended = {
        job: one.in_state(JobState.SUCCEEDED) if one.job_id in succeeded else one
        for job, one in replaced.items()
        if one.job_id and one.state in ENDED
    }
    if ended:
        emit_differences(context, ended)
        context.journal.commit()  # the next submissions are compared with it


def _drop_duplicates(context: RunContext, duplicates: Iterable[Duplicate]) -> None:
    by_reason: dict[str, list[JobId]] = {}
    for found, kept in duplicates:
        by_reason.setdefault(reason_to_terminate(kept), []).append(found.job_id)
    live = {
        job_id
        for reason, ids in by_reason.items()
        for job_id in terminate_and_wait(context, ids, reason, TERMINATION_S)
    }
    for found, kept in duplicates:
        became = "could not be terminated: look at it in AWS Batch" if found.job_id in live else "is terminated"
        message = f"{found.job} was submitted twice: {found.job_id} {became}; {kept or 'none of them'} is kept"
        context.emit(Notice(kind=NoticeKind.DUPLICATE, message=message, job=found.job))
