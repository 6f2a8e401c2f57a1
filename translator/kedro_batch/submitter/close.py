"""Ends a run: tells how it went, or, when it ends early, what becomes of its jobs, so that it can be resumed."""

from kedro_batch.errors import Interrupted, ServiceError
from kedro_batch.submitter.context import RunContext, RunOptions
from kedro_batch.submitter.events import Notice, NoticeKind, RunFinished, RunOutcome
from kedro_batch.submitter.job_submitter import JobSubmitter
from kedro_batch.submitter.run_state import ENDED, JobState, RunState
from kedro_batch.submitter.service.call_pool import Lane
from kedro_batch.submitter.terminate import terminate

_FLUSH_S = 5.0
"""So long a run that is ending waits for calls that are under way, to learn the ids of their jobs."""
_BLOCKED_LOOKS_AFTER_S = (0.0, 2.0, 4.0)
_DOUBTS_SHOWN = 3


def end_what_is_blocked(context: RunContext, run_state: RunState) -> None:
    """End the jobs below failed ones, where the service has not done so: what it does then is not documented."""
    standings = [run_state.standing(job) for job in run_state.names]
    blocked = [one.job_id for one in standings if one.state is JobState.NOT_RUN and one.job_id]
    if context.engine.name == "local" or not blocked:
        return
    try:
        for pause_s in _BLOCKED_LOOKS_AFTER_S:
            context.pause(pause_s)
            blocked = [one["jobId"] for one in context.described(blocked) if one["status"] not in ENDED]
            if not blocked:
                return
        message = f"{len(blocked)} jobs below failed ones are still waiting: they are terminated"
        context.emit(Notice(kind=NoticeKind.TERMINATED, message=message))
        terminate(context, blocked, f"kedro-batch: not run, because a job above it failed in run {context.run_id}")
    except ServiceError as error:
        context.emit(Notice(kind=NoticeKind.WARNING, message=f"jobs below failed ones may still be waiting: {error}"))


def outcome_of(run_state: RunState, options: RunOptions) -> RunOutcome:
    """Tell how a run stands that is not followed any further."""
    if run_state.succeeded:
        return "succeeded"
    if run_state.any_live:
        return "detached" if options.detach else "unfinished"
    failed = any(run_state.counts[state] for state in (JobState.FAILED, JobState.LOST, JobState.NOT_RUN))
    return "failed" if failed else "unfinished"


def end_early(
    context: RunContext, run_state: RunState, submission: JobSubmitter, outcome: RunOutcome, *, adopts: bool
) -> str:
    """Learn what is under way, and leave a run that can be resumed.

    Args:
        context: The run.
        run_state: How it stands.
        submission: What is under way.
        outcome: Why it ends.
        adopts: A job whose reply has not come can be found by its name.

    Returns:
        What becomes of its jobs when nobody follows them any more.
    """
    submission.stop()
    until = context.calls.now() + _FLUSH_S
    while submission.under_way and context.calls.now() < until and not context.inbox.impatient:
        for reply in context.replies(0.1):
            if reply.lane is Lane.SUBMIT:
                try:
                    submission.take(reply, context.calls.now())
                except ServiceError:
                    continue  # it will be looked up when the run is resumed
    note = context.engine.interrupt()
    if outcome == "interrupted" and context.options.terminate_on_interrupt and context.engine.name == "aws":
        note = _terminate_all(context, run_state, adopts=adopts)
    doubts = submission.in_doubt
    submitted = any(run_state.job_id(job) for job in run_state.names)
    parts = [note] if submitted else [] if doubts else ["nothing was submitted"]
    if doubts:
        more = f" and {len(doubts) - _DOUBTS_SHOWN} more" if len(doubts) > _DOUBTS_SHOWN else ""
        shown = ", ".join(doubts[:_DOUBTS_SHOWN]) + more
        parts.insert(0, f"whether {shown} was submitted is not known yet: resume looks before it submits")
    return "; ".join(parts)


def _terminate_all(context: RunContext, run_state: RunState, *, adopts: bool) -> str:
    context.inbox.begin_anew()
    ids = {job_id for job in run_state.live if (job_id := run_state.job_id(job))}
    try:
        if adopts:  # one whose reply has not come is found by its name
            ids |= {one["jobId"] for one in context.all_listed() if one["status"] not in ENDED}
        terminate(context, sorted(ids), f"kedro-batch: run {context.run_id} was interrupted")
    except (ServiceError, Interrupted) as error:
        return f"not all could be terminated: {error}"
    return f"{len(ids)} jobs are being terminated"


def finish(
    context: RunContext, run_state: RunState, outcome: RunOutcome, *, began: float, note: str | None = None
) -> RunFinished:
    """Write down and tell how a run has ended.

    Args:
        context: The run.
        run_state: How it stands.
        outcome: How it ended.
        began: When, in seconds of the clock of its calls.
        note: What becomes of its jobs, where they go on.
    """
    finished = RunFinished(
        run=context.run_id,
        outcome=outcome,
        counts={str(state): count for state, count in sorted(run_state.counts.items())},
        seconds=round(context.calls.now() - began, 3),
        note=note,
    )
    context.emit(finished)
    context.journal.commit()
    return finished
