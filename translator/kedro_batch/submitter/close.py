"""Close a run: say how it ended, once nothing in it can change."""

from functools import partial

from kedro_batch.errors import RunCancelled, ServiceError
from kedro_batch.plan.submit_job import JobId
from kedro_batch.submitter.context import RunContext
from kedro_batch.submitter.events import Notice, NoticeKind, RunFinished, RunOutcome
from kedro_batch.submitter.job_events import job_changed
from kedro_batch.submitter.job_state import (
    CALLED_OFF,
    CANCEL_REASON,
    ENDED,
    ENDED_ON_SERVICE,
    FAILURES,
    UNSUCCESSFUL,
    JobState,
)
from kedro_batch.submitter.journal_view import journal_words
from kedro_batch.submitter.run_options import RunMode, RunOptions
from kedro_batch.submitter.run_state import RunState
from kedro_batch.submitter.service.limits import TERMINATION_S
from kedro_batch.submitter.terminate import try_to_terminate, wait_until_ended
from kedro_batch.text.escaping import one_line
from kedro_batch.text.wording import counted, listed

_BLOCKED_POLLS_AFTER_S = (0.0, 2.0, 4.0)
_SHOWN = 3


def terminate_blocked(context: RunContext, run_state: RunState) -> str | None:
    """Terminate the jobs below failed or cancelled ones that the service leaves waiting: that is not documented.

    Returns:
        What to say of those that cannot be terminated: they go on. None if there are none.
    """
    names = {
        one.job_id: name
        for name, one in run_state.records.items()
        if one.state in CALLED_OFF and one.job_id and not one.execution
    }
    cancelled = run_state.count({JobState.CANCELLED}) > 0
    above = "cancelled" if cancelled else "failed"
    if context.engine.capabilities.fails_dependents or not names:
        return None
    blocked = list(names)
    try:
        for pause_s in _BLOCKED_POLLS_AFTER_S:
            context.service.pause(pause_s)
            blocked = [one.job_id for one in context.service.describe_jobs(blocked) if one.state not in ENDED]
            if not blocked:
                return None
        message = f"terminating {counted(len(blocked), 'job')} still waiting below {above} ones"
        context.emit(Notice(kind=NoticeKind.TERMINATED, message=message))
        not_run = f"kedro-batch: not run, because a job above it failed in run {context.run_id}"
        reason = CANCEL_REASON if cancelled else not_run
        why, refused = _try_to_terminate(context, blocked, reason)
        waited_for = [job_id for job_id in blocked if job_id not in refused]
        again = partial(try_to_terminate, context, reason=reason)
        late = wait_until_ended(context, waited_for, TERMINATION_S, again=again).left
        why = why or f"They were terminated, and have not ended within {TERMINATION_S:.0f} s"
        left = [one for one in context.service.describe_jobs([*refused, *late]) if one.state not in ENDED]
    except ServiceError as error:
        message = f"jobs below {above} ones may still be waiting: {error}"
        context.emit(Notice(kind=NoticeKind.WARNING, message=message))
        return None
    for one in left:
        context.emit(job_changed(run_state.goes_on(names[one.job_id], one.state, status=one.status)))
    if not left:
        return None
    jobs = listed([f"{names[one.job_id]} ({one.job_id})" for one in left], _SHOWN)
    command = f"kedro-batch cancel {context.run_id}{journal_words(context.journal.file)}"
    became = "was cancelled" if cancelled else "failed"
    return f"not ended, though a job above {became}: {jobs}. {why}. Once you may terminate jobs: {command}"


def _try_to_terminate(context: RunContext, ids: list[JobId], reason: str) -> tuple[str, list[JobId]]:
    """Terminate jobs; return why some cannot be terminated, and which."""
    try:
        refused = try_to_terminate(context, ids, reason)
    except ServiceError as error:
        return one_line(str(error)), ids
    return one_line("; ".join(dict.fromkeys(refused.values()))), list(refused)


def outcome_of(run_state: RunState, options: RunOptions) -> RunOutcome:
    """Return how a run stands that is not followed any further."""
    if run_state.succeeded:
        return "succeeded"
    if run_state.any_live:
        return "detached" if options.detach else "unfinished"
    # Who only follows a run adds nothing to it: one that was cancelled stays so, also where a job had failed before.
    if run_state.count({JobState.CANCELLED}) and (options.mode is RunMode.FOLLOW or not run_state.count(FAILURES)):
        return "cancelled"
    return "failed" if run_state.count(UNSUCCESSFUL) else "unfinished"


def second_jobs_left(context: RunContext) -> str | None:
    """Return what to say of second jobs of nodes that could not be terminated and go on; None if there are none.

    Raises:
        ServiceError: The service refused, or has not answered for too long.
        Interrupted: A signal came.
    """
    asked = context.service.describe_jobs(sorted(context.not_terminated))
    left = [one.job_id for one in asked if one.state not in ENDED]
    command = f"kedro-batch resume {context.run_id}{journal_words(context.journal.file)}"
    return f"a second job of one node goes on: {listed(left)}. Once it can be terminated: {command}" if left else None


def close(  # noqa: PLR0913  all that is known of a run at its end
    context: RunContext,
    run_state: RunState,
    outcome: RunOutcome,
    *,
    began: float,
    note: str | None = None,
    recorded: bool = True,
) -> RunFinished:
    """Record and show how a run ended; of a run of which nothing is known, nothing is recorded.

    Args:
        context: The run.
        run_state: Its state.
        outcome: How it ended.
        began: When, on the clock of its calls.
        note: What becomes of jobs that go on.
        recorded: Else it is only shown.
    """
    finished = how_it_ended(context, run_state, outcome, began=began, note=note)
    if not _is_known(context, run_state, outcome):
        context.journal.discard()
        recorded = False
    if recorded:
        context.emit(finished)
    else:
        context.show(finished)
    try:
        context.journal.commit()
    except RunCancelled:  # raised once, while the journal was waited for: the run has ended already
        context.journal.commit()
    return finished


def _is_known(context: RunContext, run_state: RunState, outcome: RunOutcome) -> bool:
    """False of a run that ends early, has no job as far as anybody knows, and was never in the journal.

    One that begins here, and that a signal has ended, can be resumed by its id all the same.
    """
    begins_here = outcome == "interrupted" and not context.must_exist
    return (
        begins_here
        or outcome not in ("interrupted", "stopped")
        or any(one.job_id for one in run_state.records.values())
        or context.journal.run(context.run_id) is not None
    )


def how_it_ended(
    context: RunContext, run_state: RunState, outcome: RunOutcome, *, began: float, note: str | None = None
) -> RunFinished:
    """Return the last event of a run; the arguments are those of ``close``."""
    as_before = context.ended_at if run_state.ended else None
    ended_at = _ended_at(run_state) or as_before or context.calls.wall()
    return RunFinished(
        run=context.run_id,
        outcome=outcome,
        counts={str(state): count for state, count in sorted(run_state.counts.items())},
        seconds=round(context.calls.now() - began, 3),
        note=note,
        began_at=context.began_at,
        run_seconds=round(max(0.0, ended_at - context.began_at), 3),
    )


def _ended_at(run_state: RunState) -> float | None:
    """Return when the last job of a run ended; None if that is not known, or if some job has not ended.

    A job that was refused, or that somebody says has succeeded, has no id and took no time.
    """
    ended = [one for one in run_state.records.values() if one.state in ENDED_ON_SERVICE and one.job_id]
    stops = [one.execution.stopped_at for one in ended if one.execution and one.execution.stopped_at is not None]
    return max(stops) if run_state.ended and stops and len(stops) == len(ended) else None
