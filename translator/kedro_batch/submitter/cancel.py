"""Ends a run: every job of it, from the journal and by the names on the service together."""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from kedro_batch.plan.model import JobName
from kedro_batch.plan.submit_job import JobId
from kedro_batch.submitter.context import RunContext
from kedro_batch.submitter.events import JobChanged, JobSubmitted, Notice, NoticeKind, RunFinished, RunStarted
from kedro_batch.submitter.job_submitter import LOOKED_UP_AFTER_S
from kedro_batch.submitter.preflight import check_location, current_location
from kedro_batch.submitter.reconcile.duplicates import discover
from kedro_batch.submitter.reconcile.merge import closed, differences
from kedro_batch.submitter.reconcile.reconcile import plan_parents
from kedro_batch.submitter.run_state import ENDED, JobRecord, JobState, RunState
from kedro_batch.submitter.service.api import JobSummary
from kedro_batch.submitter.service.failures import Cause
from kedro_batch.submitter.terminate import ended_in_time, terminate
from kedro_batch.text.wording import counted

_ENDING_S = 600.0
_ROUNDS = 20
_REASON = "kedro-batch: cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancelled:
    """How a run stands after it was cancelled.

    Attributes:
        finished: The last event.
        left: Jobs that have not ended yet.
        run_state: How its jobs stand.
    """

    finished: RunFinished
    left: tuple[JobId, ...]
    run_state: RunState


def cancel(context: RunContext, location: Mapping[str, str]) -> Cancelled:
    """Terminate every job of a run and look until all have ended.

    Args:
        context: The run.
        location: Where it was applied, as the journal has it.

    Raises:
        UsageError: It was applied elsewhere.
        ServiceError: The service refused.
        Interrupted: A signal came.
    """
    began = context.calls.now()
    context.emit(
        RunStarted(
            run=context.run_id,
            plan_digest=context.digest,
            engine=context.engine.name,
            jobs=len(context.plan.jobs),
            journal=str(context.journal.file),
            continued=True,
        )
    )
    check_location(context, location, current_location(context))
    recorded = context.journal.recorded(context.run_id)
    standing = {job: one.standing for job, one in recorded.items()}
    ids = {one.job_id for one in standing.values() if one.job_id and one.state is not JobState.SUCCEEDED}
    terminated: set[JobId] = set()
    unsure = any(one.unsure for one in recorded.values()) or not recorded
    seen: dict[JobId, JobSummary] = {}
    # A job whose reply was lost may not be visible yet: while there may be one, it is looked for several times. And as
    # long as new ones appear, somebody is still submitting.
    pauses = deque([0.0, *(LOOKED_UP_AFTER_S if unsure and context.options.adopt else ())])
    for _ in range(_ROUNDS):
        context.pause(pauses.popleft() if pauses else 0.0)
        known = seen.keys() | ids
        if context.options.adopt:
            seen |= {one["jobId"]: one for one in context.all_listed()}
        if not pauses and known == seen.keys() | ids and known <= terminated:
            break
        _terminate_live(context, sorted(ids | seen.keys()))
        terminated |= ids | seen.keys()
        if not context.options.adopt:
            break
    left = ended_in_time(context, sorted(ids | seen.keys()), _ENDING_S)
    run_state = RunState(context.plan, closed(plan_parents(context), _after(context, standing, seen)))
    for event in differences(standing, run_state):
        context.emit(_told(event))
    finished = RunFinished(
        run=context.run_id,
        outcome="cancelled" if not left else "unfinished",
        counts={str(state): count for state, count in sorted(run_state.counts.items())},
        seconds=round(context.calls.now() - began, 3),
        note=f"{len(left)} jobs have not ended yet: {', '.join(left[:10])}" if left else None,
    )
    context.emit(finished)
    context.journal.commit()
    return Cancelled(finished=finished, left=left, run_state=run_state)


def _terminate_live(context: RunContext, ids: Sequence[JobId]) -> None:
    """Terminate those of some jobs that have not ended."""
    live = [one["jobId"] for one in context.described(ids) if JobState(one["status"]) not in ENDED]
    if live:
        context.emit(Notice(kind=NoticeKind.TERMINATED, message=f"terminating {counted(len(live), 'job')}"))
        for job_id, why in terminate(context, live, _REASON).items():
            context.emit(Notice(kind=NoticeKind.WARNING, message=f"{job_id} cannot be terminated: {why}"))


def _after(
    context: RunContext, standing: Mapping[JobName, JobRecord], seen: Mapping[JobId, JobSummary]
) -> dict[JobName, JobRecord]:
    """Lay together what the journal had and what the service says now."""
    after = dict(standing)
    census = discover(context.run_id, [job.name for job in context.plan.jobs], seen.values())
    for job, copies in census.copies.items():
        newest = max(copies, key=lambda one: (one.submission, one.created_at))
        if job not in after or after[job].submission <= newest.submission:
            after[job] = JobRecord(state=newest.state, submission=newest.submission, job_id=newest.job_id)
    jobs = {one.job_id: job for job, one in after.items() if one.job_id}
    for detail in context.described(sorted(jobs)):
        job, state = jobs[detail["jobId"]], JobState(detail["status"])
        if not (after[job].state is JobState.NOT_RUN and state is JobState.FAILED):
            after[job] = JobRecord(state=state, submission=after[job].submission, job_id=after[job].job_id)
    return after


def _told(event: JobSubmitted | JobChanged) -> JobSubmitted | JobChanged:
    """Say of a job that has failed now that it was cancelled."""
    if isinstance(event, JobChanged) and event.after is JobState.FAILED:
        return replace(event, reason=_REASON, cause=Cause.TERMINATED)
    return event
