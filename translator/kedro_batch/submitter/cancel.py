"""Ends a run: every job of it, from the journal and by the names on the service together."""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from kedro_batch.plan.model import JobName
from kedro_batch.plan.submit_job import JobId
from kedro_batch.submitter.context import Desk
from kedro_batch.submitter.events import JobChanged, JobSubmitted, Notice, NoticeKind, RunFinished, RunStarted
from kedro_batch.submitter.job_submitter import LOOKED_UP_AFTER_S
from kedro_batch.submitter.preflight import check_place, whereabouts
from kedro_batch.submitter.reconcile.duplicates import taken
from kedro_batch.submitter.reconcile.merge import closed, differences
from kedro_batch.submitter.reconcile.reconcile import plan_parents
from kedro_batch.submitter.run_state import ENDED, JobState, Progress, Standing
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
        progress: How its jobs stand.
    """

    finished: RunFinished
    left: tuple[JobId, ...]
    progress: Progress


def cancel(desk: Desk, place: Mapping[str, str]) -> Cancelled:
    """Terminate every job of a run and look until all have ended.

    Args:
        desk: The run.
        place: Where it was applied, as the journal has it.

    Raises:
        UsageError: It was applied elsewhere.
        ServiceError: The service refused.
        Interrupted: A signal came.
    """
    began = desk.calls.now()
    desk.emit(
        RunStarted(
            run=desk.run_id,
            plan_digest=desk.digest,
            engine=desk.engine.name,
            jobs=len(desk.plan.jobs),
            journal=str(desk.journal.file),
            continued=True,
        )
    )
    check_place(desk, place, whereabouts(desk))
    recorded = desk.journal.recorded(desk.run_id)
    standing = {job: one.standing for job, one in recorded.items()}
    ids = {one.job_id for one in standing.values() if one.job_id and one.state is not JobState.SUCCEEDED}
    terminated: set[JobId] = set()
    unsure = any(one.unsure for one in recorded.values()) or not recorded
    seen: dict[JobId, JobSummary] = {}
    # A job whose reply was lost may not be visible yet: while there may be one, it is looked for several times. And as
    # long as new ones appear, somebody is still submitting.
    pauses = deque([0.0, *(LOOKED_UP_AFTER_S if unsure and desk.options.adopt else ())])
    for _ in range(_ROUNDS):
        desk.pause(pauses.popleft() if pauses else 0.0)
        known = seen.keys() | ids
        if desk.options.adopt:
            seen |= {one["jobId"]: one for one in desk.all_listed()}
        if not pauses and known == seen.keys() | ids and known <= terminated:
            break
        _terminate_live(desk, sorted(ids | seen.keys()))
        terminated |= ids | seen.keys()
        if not desk.options.adopt:
            break
    left = ended_in_time(desk, sorted(ids | seen.keys()), _ENDING_S)
    progress = Progress(desk.plan, closed(plan_parents(desk), _after(desk, standing, seen)))
    for event in differences(standing, progress):
        desk.emit(_told(event))
    finished = RunFinished(
        run=desk.run_id,
        outcome="cancelled" if not left else "unfinished",
        counts={str(state): count for state, count in sorted(progress.counts.items())},
        seconds=round(desk.calls.now() - began, 3),
        note=f"{len(left)} jobs have not ended yet: {', '.join(left[:10])}" if left else None,
    )
    desk.emit(finished)
    desk.journal.commit()
    return Cancelled(finished=finished, left=left, progress=progress)


def _terminate_live(desk: Desk, ids: Sequence[JobId]) -> None:
    """Terminate those of some jobs that have not ended."""
    live = [one["jobId"] for one in desk.described(ids) if JobState(one["status"]) not in ENDED]
    if live:
        desk.emit(Notice(kind=NoticeKind.TERMINATED, message=f"terminating {counted(len(live), 'job')}"))
        for job_id, why in terminate(desk, live, _REASON).items():
            desk.emit(Notice(kind=NoticeKind.WARNING, message=f"{job_id} cannot be terminated: {why}"))


def _after(
    desk: Desk, standing: Mapping[JobName, Standing], seen: Mapping[JobId, JobSummary]
) -> dict[JobName, Standing]:
    """Lay together what the journal had and what the service says now."""
    after = dict(standing)
    census = taken(desk.run_id, [job.name for job in desk.plan.jobs], seen.values())
    for job, copies in census.copies.items():
        newest = max(copies, key=lambda one: (one.attempt, one.created_at))
        if job not in after or after[job].attempt <= newest.attempt:
            after[job] = Standing(state=newest.state, attempt=newest.attempt, job_id=newest.job_id)
    jobs = {one.job_id: job for job, one in after.items() if one.job_id}
    for detail in desk.described(sorted(jobs)):
        job, state = jobs[detail["jobId"]], JobState(detail["status"])
        if not (after[job].state is JobState.NOT_RUN and state is JobState.FAILED):
            after[job] = Standing(state=state, attempt=after[job].attempt, job_id=after[job].job_id)
    return after


def _told(event: JobSubmitted | JobChanged) -> JobSubmitted | JobChanged:
    """Say of a job that has failed now that it was cancelled."""
    if isinstance(event, JobChanged) and event.after is JobState.FAILED:
        return replace(event, reason=_REASON, cause=Cause.TERMINATED)
    return event
