"""Close a run: say how it ended, or, if it ends early, what becomes of its jobs, so that it can be resumed."""

from collections.abc import Sequence

from kedro_batch.errors import Interrupted, ServiceError
from kedro_batch.submitter.context import RunContext, RunOptions
from kedro_batch.submitter.events import Notice, NoticeKind, RunFinished, RunOutcome
from kedro_batch.submitter.job_state import ENDED, LIVE, UNSUCCESSFUL, JobState
from kedro_batch.submitter.job_submitter import JobSubmitter
from kedro_batch.submitter.journal_busy import AFTER_SIGNAL_S
from kedro_batch.submitter.journal_view import journal_words
from kedro_batch.submitter.reconcile.belongs import is_of_run
from kedro_batch.submitter.run_state import RunState
from kedro_batch.submitter.service.call_pool import Lane
from kedro_batch.submitter.terminate import JobTerminator, terminate
from kedro_batch.text.wording import counted, listed

_FLUSH_S = 5.0
"""How long a run that ends early waits for calls under way, to learn the ids of their jobs."""
_BLOCKED_POLLS_AFTER_S = (0.0, 2.0, 4.0)
_SHOWN = 3


def terminate_blocked(context: RunContext, run_state: RunState) -> None:
    """Terminate the jobs below failed ones that the service leaves waiting: what it does is not documented."""
    blocked = [one.job_id for one in run_state.records.values() if one.state is JobState.NOT_RUN and one.job_id]
    if context.engine.capabilities.fails_dependents or not blocked:
        return
    try:
        for pause_s in _BLOCKED_POLLS_AFTER_S:
            context.service.pause(pause_s)
            blocked = [one.job_id for one in context.service.describe_jobs(blocked) if one.state not in ENDED]
            if not blocked:
                return
        message = f"terminating {counted(len(blocked), 'job')} that still wait below failed ones"
        context.emit(Notice(kind=NoticeKind.TERMINATED, message=message))
        terminate(context, blocked, f"kedro-batch: not run, because a job above it failed in run {context.run_id}")
    except ServiceError as error:
        message = f"jobs below failed ones may still be waiting: {error}"
        context.emit(Notice(kind=NoticeKind.WARNING, message=message))


def outcome_of(run_state: RunState, options: RunOptions) -> RunOutcome:
    """Return how a run stands that is not followed any further."""
    if run_state.succeeded:
        return "succeeded"
    if run_state.any_live:
        return "detached" if options.detach else "unfinished"
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


def close_early(  # noqa: PLR0913  the parts of a run
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
    until = context.calls.now() + _FLUSH_S
    while submitter.under_way and context.calls.now() < until and not context.inbox.impatient:
        for reply in context.calls.wait(0.1):
            if reply.lane is Lane.SUBMIT:
                try:
                    submitter.on_reply(reply, context.calls.now())
                except ServiceError:
                    continue  # a resume looks it up
    submitter.withdraw()
    note = context.engine.interrupt()
    if context.engine.capabilities.keeps_jobs:
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
    nothing = None if submitted else "Nothing was submitted"
    return close(context, run_state, outcome, began=began, note=_sentences(parts) or nothing)


def _sentences(parts: Sequence[str]) -> str:
    return ". ".join(f"{part[0].upper()}{part[1:]}" for part in parts)


def _terminate_all(context: RunContext, run_state: RunState) -> str:
    context.inbox.forget_signals()
    ids = {one.job_id for one in run_state.records.values() if one.live and one.job_id}
    try:
        if context.adopts:  # a job whose reply has not come is found by its name
            ids |= {one.job_id for one in context.list_run() if one.state not in ENDED}
        # The journal may not have been compared with the service yet; what that does not show yet is new, and ours.
        for one in context.service.describe_jobs(sorted(ids)):
            if one.state in ENDED or not is_of_run(one, context.run_id, context.digest):
                ids.discard(one.job_id)
        terminate(context, sorted(ids), f"kedro-batch: run {context.run_id} was interrupted")
    except (ServiceError, Interrupted) as error:
        return f"not all could be terminated: {error}"
    return f"terminating {counted(len(ids), 'job')}"


def close(
    context: RunContext, run_state: RunState, outcome: RunOutcome, *, began: float, note: str | None = None
) -> RunFinished:
    """Record and show how a run ended.

    Args:
        context: The run.
        run_state: Its state.
        outcome: How it ended.
        began: When, on the clock of its calls.
        note: What becomes of jobs that go on.
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
