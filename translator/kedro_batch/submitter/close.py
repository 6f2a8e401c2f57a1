"""Ends a run: tells how it went, or, when it ends early, what becomes of its jobs, so that it can be resumed."""

from kedro_batch.errors import Interrupted, ServiceError
from kedro_batch.submitter.context import Desk, Options
from kedro_batch.submitter.events import Notice, NoticeKind, RunFinished, RunOutcome
from kedro_batch.submitter.job_submitter import Submission
from kedro_batch.submitter.run_state import ENDED, JobState, Progress
from kedro_batch.submitter.service.call_pool import Lane
from kedro_batch.submitter.terminate import terminate

_FLUSH_S = 5.0
"""So long a run that is ending waits for calls that are under way, to learn the ids of their jobs."""
_BLOCKED_LOOKS_AFTER_S = (0.0, 2.0, 4.0)
_DOUBTS_SHOWN = 3


def end_what_is_blocked(desk: Desk, progress: Progress) -> None:
    """End the jobs below failed ones, where the service has not done so: what it does then is not documented."""
    standings = [progress.standing(job) for job in progress.names]
    blocked = [one.job_id for one in standings if one.state is JobState.NOT_RUN and one.job_id]
    if desk.engine.name == "local" or not blocked:
        return
    try:
        for pause_s in _BLOCKED_LOOKS_AFTER_S:
            desk.pause(pause_s)
            blocked = [one["jobId"] for one in desk.described(blocked) if one["status"] not in ENDED]
            if not blocked:
                return
        message = f"{len(blocked)} jobs below failed ones are still waiting: they are terminated"
        desk.emit(Notice(kind=NoticeKind.TERMINATED, message=message))
        terminate(desk, blocked, f"kedro-batch: not run, because a job above it failed in run {desk.run_id}")
    except ServiceError as error:
        desk.emit(Notice(kind=NoticeKind.WARNING, message=f"jobs below failed ones may still be waiting: {error}"))


def outcome_of(progress: Progress, options: Options) -> RunOutcome:
    """Tell how a run stands that is not followed any further."""
    if progress.succeeded:
        return "succeeded"
    if progress.any_live:
        return "detached" if options.detach else "unfinished"
    failed = any(progress.counts[state] for state in (JobState.FAILED, JobState.LOST, JobState.NOT_RUN))
    return "failed" if failed else "unfinished"


def end_early(desk: Desk, progress: Progress, submission: Submission, outcome: RunOutcome, *, adopts: bool) -> str:
    """Learn what is under way, and leave a run that can be resumed.

    Args:
        desk: The run.
        progress: How it stands.
        submission: What is under way.
        outcome: Why it ends.
        adopts: A job whose reply has not come can be found by its name.

    Returns:
        What becomes of its jobs when nobody follows them any more.
    """
    submission.stop()
    until = desk.calls.now() + _FLUSH_S
    while submission.under_way and desk.calls.now() < until and not desk.attention.impatient:
        for reply in desk.replies(0.1):
            if reply.lane is Lane.SUBMIT:
                try:
                    submission.take(reply, desk.calls.now())
                except ServiceError:
                    continue  # it will be looked up when the run is resumed
    note = desk.engine.interrupt()
    if outcome == "interrupted" and desk.options.terminate_on_interrupt and desk.engine.name == "aws":
        note = _terminate_all(desk, progress, adopts=adopts)
    doubts = submission.in_doubt
    submitted = any(progress.job_id(job) for job in progress.names)
    parts = [note] if submitted else [] if doubts else ["nothing was submitted"]
    if doubts:
        more = f" and {len(doubts) - _DOUBTS_SHOWN} more" if len(doubts) > _DOUBTS_SHOWN else ""
        shown = ", ".join(doubts[:_DOUBTS_SHOWN]) + more
        parts.insert(0, f"whether {shown} was submitted is not known yet: resume looks before it submits")
    return "; ".join(parts)


def _terminate_all(desk: Desk, progress: Progress, *, adopts: bool) -> str:
    desk.attention.begin_anew()
    ids = {job_id for job in progress.live if (job_id := progress.job_id(job))}
    try:
        if adopts:  # one whose reply has not come is found by its name
            ids |= {one["jobId"] for one in desk.all_listed() if one["status"] not in ENDED}
        terminate(desk, sorted(ids), f"kedro-batch: run {desk.run_id} was interrupted")
    except (ServiceError, Interrupted) as error:
        return f"not all could be terminated: {error}"
    return f"{len(ids)} jobs are being terminated"


def finish(
    desk: Desk, progress: Progress, outcome: RunOutcome, *, began: float, note: str | None = None
) -> RunFinished:
    """Write down and tell how a run has ended.

    Args:
        desk: The run.
        progress: How it stands.
        outcome: How it ended.
        began: When, in seconds of the clock of its calls.
        note: What becomes of its jobs, where they go on.
    """
    finished = RunFinished(
        run=desk.run_id,
        outcome=outcome,
        counts={str(state): count for state, count in sorted(progress.counts.items())},
        seconds=round(desk.calls.now() - began, 3),
        note=note,
    )
    desk.emit(finished)
    desk.journal.commit()
    return finished
