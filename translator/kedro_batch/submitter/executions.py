"""Record how the jobs of a run were executed, as they end: AWS Batch forgets it, and reports need it.

Usually a poll that sees a job end has all of it. What ended unseen is asked for once, before a command ends: a job that
ListJobs knows as SUCCEEDED, or that has succeeded because one below it was started. That never harms the run: what
cannot be asked now is asked by the next command.
"""

from collections.abc import Iterator, Mapping

from kedro_batch.errors import Interrupted, RunCancelled, ServiceError
from kedro_batch.plan.model import JobName
from kedro_batch.submitter.context import RunContext
from kedro_batch.submitter.events import JobExecuted
from kedro_batch.submitter.job_execution import NOTHING_KNOWN
from kedro_batch.submitter.job_state import ENDED_ON_SERVICE, JobRecord
from kedro_batch.submitter.run_state import RunState
from kedro_batch.submitter.service.api import JobDetail
from kedro_batch.submitter.service.limits import ASKED_ABOUT_S, DESCRIBE_JOBS, LIST_BURST, LIST_RATE
from kedro_batch.submitter.service.rate_limit import Bucket

_REPLY_S = 10.0
"""How long to wait for one reply: the run has ended, and nobody waits an hour for its times."""


def record_execution(context: RunContext, run_state: RunState, job: JobName, detail: JobDetail) -> None:
    """Record how a job was executed that has just been seen to have ended; nothing if that is recorded already."""
    if executed := _executed(job, run_state.record(job), detail):
        run_state.add_execution(job, executed.job_id, executed.execution)
        context.emit(executed)


def record_unseen_executions(context: RunContext, run_state: RunState) -> None:
    """Ask how the jobs of a run were executed that ended unseen, and record it: the last that a command asks.

    A signal or a cancel ends only the asking: the run stands as it stands.
    """
    try:
        for executed in ask_for_executions(context, run_state.records):
            run_state.add_execution(executed.job, executed.job_id, executed.execution)
            context.emit(executed)
    except (Interrupted, RunCancelled):
        context.inbox.forget_signals()  # only a new one breaks off what is left to do


def ask_for_executions(context: RunContext, records: Mapping[JobName, JobRecord]) -> Iterator[JobExecuted]:
    """Ask how jobs were executed of which that is not recorded; give up as soon as the service does not answer.

    Args:
        context: The run.
        records: Its jobs.

    Raises:
        Interrupted: A signal came.
        RunCancelled: Another command has cancelled the run.
    """
    since = context.calls.wall() - ASKED_ABOUT_S
    jobs = {
        one.job_id: job
        for job, one in records.items()
        if one.job_id
        and one.state in ENDED_ON_SERVICE
        and one.execution is None
        and (one.intended_at or since) >= since
    }
    ids = list(jobs)
    bucket = Bucket(LIST_RATE, LIST_BURST, context.calls.now())
    for start in range(0, len(ids), DESCRIBE_JOBS):
        try:
            context.service.acquire(bucket)
            details = context.service.describe_jobs_once(ids[start : start + DESCRIBE_JOBS], _REPLY_S)
        except ServiceError:
            return
        for detail in details:
            if detail.job_id in jobs:
                job = jobs[detail.job_id]
                if executed := _executed(job, records[job], detail):
                    yield executed


def _executed(job: JobName, record: JobRecord, detail: JobDetail) -> JobExecuted | None:
    execution = detail.execution
    same = record.job_id == detail.job_id and record.state in ENDED_ON_SERVICE and detail.state in ENDED_ON_SERVICE
    if not same or record.execution or execution == NOTHING_KNOWN:
        return None
    return JobExecuted(job=job, job_id=detail.job_id, submission=record.submission, execution=execution)
