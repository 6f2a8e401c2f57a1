"""Carry out what reconciling has found: end duplicates and earlier submissions, and record how these did."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType

from kedro_batch.errors import ServiceError
from kedro_batch.plan.model import JobName
from kedro_batch.plan.submit_job import JobId
from kedro_batch.submitter.context import RunContext
from kedro_batch.submitter.events import Notice, NoticeKind
from kedro_batch.submitter.executions import ask_for_executions
from kedro_batch.submitter.failures import classify_failure
from kedro_batch.submitter.job_events import events_since
from kedro_batch.submitter.job_state import ENDED, NEW, JobState
from kedro_batch.submitter.reconcile.ask_service import describe_jobs
from kedro_batch.submitter.reconcile.duplicates import Duplicate, reason_to_terminate
from kedro_batch.submitter.reconcile.merge import Records
from kedro_batch.submitter.reconcile.reconcile import Reconciled
from kedro_batch.submitter.reconcile.rerun import with_descendants
from kedro_batch.submitter.service.api import JobDetail
from kedro_batch.submitter.service.limits import LOOKUP_DELAYS_S, TERMINATION_S
from kedro_batch.submitter.terminate import terminate, terminate_and_wait, try_to_terminate, wait_until_ended
from kedro_batch.text.wording import counted, listed


def settle(context: RunContext, reconciled: Reconciled, look: Callable[[], Reconciled]) -> Reconciled:
    """Terminate duplicates and earlier submissions, wait until they have ended, and record how these did.

    A termination may come too late. If one of these jobs has succeeded, it may stand for its node after all, and the
    run is looked at again.

    Args:
        context: The run.
        reconciled: How it stands.
        look: Finds out again how it stands.

    Returns:
        How it stands once all have ended: what was given, or what ``look`` has found last.

    Raises:
        ServiceError: The service refused, an earlier submission does not end, or a job that has succeeded is still
            listed as alive.
    """
    for pause_s in (0.0, *LOOKUP_DELAYS_S):  # how long ListJobs may be late
        succeeded = _end(context, reconciled)
        if not succeeded:
            return reconciled
        context.service.pause(pause_s)
        reconciled = look()
    if succeeded := _end(context, reconciled):
        raise ServiceError(
            f"AWS Batch says of {listed(succeeded)} both that it has succeeded and that it goes on: nothing was "
            "submitted. Try again later"
        )
    return reconciled


def _end(context: RunContext, reconciled: Reconciled) -> list[JobId]:
    """End what is not to go on; return the jobs that have succeeded before that, unseen until now."""
    succeeded = _drop_duplicates(context, reconciled.duplicates)
    for job, job_id in reconciled.lost_data.items():
        message = (
            f"{job} was submitted twice, and {job_id} may have removed data that the other job saved, which happens "
            "when a repeated submission or attempt starts: none of them counts, and the job has to run again"
        )
        context.emit(Notice(kind=NoticeKind.WARNING, message=message, job=job))
    described = describe_jobs(context, reconciled.earlier)
    live = [job_id for job_id, one in described.items() if one.state not in ENDED]
    ended = terminate_and_wait(context, live, f"kedro-batch: run {context.run_id} is resumed", TERMINATION_S)
    if left := ended.left:
        raise ServiceError(
            f"{counted(len(left), 'earlier job')} could not be terminated ({listed(left)}): nothing was submitted. Try "
            "again later"
        )
    succeeded += ended.succeeded
    if not succeeded:
        _record_replaced(context, reconciled.replaced, described)
    return succeeded


def record_as_cancelled(context: RunContext, ended: Iterable[str]) -> None:
    """Record that these jobs, which a killed command had left running, were cancelled, and what waited for them."""
    records = context.journal.records(context.run_id)
    jobs = with_descendants(context.parents, [JobName(one) for one in ended if one in context.parents])
    cancelled = {job: one.in_state(JobState.CANCELLED) for job, one in records.items() if job in jobs and one.live}
    emit_differences(context, records | cancelled)
    context.journal.commit()


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
        record_ends(context, ended)
        context.journal.commit()  # the next submissions are compared with it


def record_ends(context: RunContext, ended: Records) -> None:
    """Record how jobs have ended that nobody will ask about again, and why those failed that did so unseen.

    Raises:
        ServiceError: The service refused.
    """
    unseen = {one.job_id: job for job, one in ended.items() if one.state is JobState.FAILED and not one.failure}
    details = context.service.describe_jobs(job_id for job_id in unseen if job_id)
    failures = {unseen[one.job_id]: classify_failure(one.reply) for one in details if one.state is JobState.FAILED}
    records = {job: replace(one, failure=failures.get(job, one.failure)) for job, one in ended.items()}
    emit_differences(context, records)
    for executed in ask_for_executions(context, records):
        context.emit(executed)


def _drop_duplicates(context: RunContext, duplicates: Collection[Duplicate]) -> list[JobId]:
    """Terminate duplicates; return those that have succeeded before that."""
    by_reason: dict[str, list[JobId]] = {}
    for found, kept in duplicates:
        by_reason.setdefault(reason_to_terminate(kept), []).append(found.job_id)
    for reason, ids in by_reason.items():  # each has its own; none waits for the end of another
        terminate(context, ids, reason)

    def again(left: Collection[JobId]) -> set[JobId]:
        asked = [([job_id for job_id in ids if job_id in left], reason) for reason, ids in by_reason.items()]
        return {refused for ids, reason in asked for refused in try_to_terminate(context, ids, reason)}

    ended = wait_until_ended(context, [found.job_id for found, _ in duplicates], TERMINATION_S, again=again)
    live, succeeded = set(ended.left), list(ended.succeeded)
    context.not_terminated |= live
    for found, kept in duplicates:
        became = "could not be terminated: look at it in AWS Batch" if found.job_id in live else "is terminated"
        ends = f"{became}; {kept or 'none of them'} is kept"
        if found.job_id in succeeded:
            ends = "succeeded before it was terminated: looking at the run again"
        message = f"{found.job} was submitted twice: {found.job_id} {ends}"
        context.emit(Notice(kind=NoticeKind.DUPLICATE, message=message, job=found.job))
    return succeeded
