"""Close a run: say how it ended, or, if it ends early, what becomes of its jobs, so that it can be resumed."""

from collections.abc import Sequence
from functools import partial

from kedro_batch.errors import Interrupted, RunCancelled, ServiceError
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
    LIVE,
    UNSUCCESSFUL,
    JobState,
)
from kedro_batch.submitter.job_submitter import JobSubmitter
from kedro_batch.submitter.journal_busy import AFTER_SIGNAL_S
from kedro_batch.submitter.journal_view import journal_words
from kedro_batch.submitter.reconcile.belongs import is_of_run
from kedro_batch.submitter.run_options import RunMode, RunOptions
from kedro_batch.submitter.run_state import RunState
from kedro_batch.submitter.service.call_pool import Lane
from kedro_batch.submitter.service.limits import TERMINATION_S
from kedro_batch.submitter.terminate import JobTerminator, terminate, try_to_terminate, wait_until_ended
from kedro_batch.text.escaping import one_line
from kedro_batch.text.wording import counted, listed

_FLUSH_S = 5.0
"""How long a run that ends early waits for calls under way, to learn the ids of their jobs."""
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


def close_early(  # noqa: PLR0913  it joins the parts of a run
    context: RunContext,
    run_state: RunState,
    submitter: JobSubmitter,
    terminator: JobTerminator,
    outcome: RunOutcome,
    *,
    began: float,
) -> RunFinished:
    """Learn the ids of what is under way, and leave a run that can be resumed.

    Args:
        context: The run.
        run_state: Its state.
        submitter: What is under way.
        terminator: What is still to be terminated.
        outcome: Why it ends.
        began: When, on the clock of its calls.
    """
    submitter.stop()
    if outcome == "interrupted":
        context.journal.wait.at_most_s = AFTER_SIGNAL_S
    _learn_ids(context, submitter)
    submitter.withdraw()
    note = context.engine.interrupt()
    if outcome == "cancelled":
        note = _cancelled(context, run_state, note)
    elif context.engine.capabilities.keeps_jobs:
        if outcome == "interrupted" and context.options.terminate_on_interrupt:
            note = _terminate_all(context, run_state)
        else:
            live = run_state.count(LIVE)
            going_on = f"stopped following. {'1 job goes' if live == 1 else f'{live:,} jobs go'} on running on {note}"
            note = going_on if live else ""
    submitted = any(one.job_id for one in run_state.records.values())
    parts = [note] if submitted and note else []
    further = journal_words(context.journal.file)
    if not terminator.idle:
        parts.append(f"not all jobs that were called off are terminated: kedro-batch cancel {context.run_id}{further}")
    if unconfirmed := submitter.unconfirmed:
        jobs = f"{counted(len(unconfirmed), 'job')} may have been submitted ({listed(unconfirmed, _SHOWN)})"
        parts.append(f"{jobs}: resume looks them up first")
    told = _sentences(parts) or (None if submitted else "Nothing was submitted")
    # What becomes of a run that another command cancels, that command records: it may not be able to end its jobs.
    recorded = outcome != "cancelled" or not context.engine.capabilities.keeps_jobs
    return close(context, run_state, outcome, began=began, note=told, recorded=recorded)


def _sentences(parts: Sequence[str]) -> str:
    return ". ".join(f"{part[0].upper()}{part[1:]}" for part in parts)


def _learn_ids(context: RunContext, submitter: JobSubmitter) -> None:
    until = context.calls.now() + _FLUSH_S
    while submitter.under_way and context.calls.now() < until and not context.inbox.impatient:
        for reply in context.calls.wait(0.1):
            if reply.lane is Lane.SUBMIT and not reply.is_left_over:
                try:
                    submitter.on_reply(reply, context.calls.now())
                except ServiceError:
                    continue  # a resume looks it up


def _cancelled(context: RunContext, run_state: RunState, note: str) -> str:
    """Record that the jobs of this process were cancelled with it; on the service, the other command ends them."""
    if context.engine.capabilities.keeps_jobs:
        return "another command has cancelled it, and ends its jobs"
    ids = {one.job_id: name for name in run_state.live if (one := run_state.record(name)).job_id}
    states = {ids[one.job_id]: one.state for one in context.engine.describe_jobs([*ids])}
    succeeded = [name for name in ids.values() if states.get(name) is JobState.SUCCEEDED]
    for name in (*succeeded, *reversed(run_state.live)):
        state = JobState.SUCCEEDED if name in succeeded else JobState.CANCELLED
        for transition in run_state.seen(name, state):
            context.emit(job_changed(transition))
    return note


def _terminate_all(context: RunContext, run_state: RunState) -> str:
    context.inbox.forget_signals()
    again = f"kedro-batch cancel {context.run_id}{journal_words(context.journal.file)}"
    ids = {one.job_id for one in run_state.records.values() if one.live and one.job_id}
    try:
        if context.adopts:  # a job whose reply has not come is found by its name
            ids |= {one.job_id for one in context.list_run() if one.state not in ENDED}
        # The journal may not have been compared with the service yet; what that does not show yet is new, and ours.
        for one in context.service.describe_jobs(sorted(ids)):
            if one.state in ENDED or not is_of_run(one, context.run_id, context.run_digest):
                ids.discard(one.job_id)
        terminate(context, sorted(ids), CANCEL_REASON)  # by a person, so that they have not failed
    except (ServiceError, RunCancelled) as error:
        return f"not all could be terminated: {error}. To end them: {again}"
    except Interrupted as error:
        return f"not all could be terminated, since {error} came again: {again}"
    return f"terminating {counted(len(ids), 'job')}"


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
