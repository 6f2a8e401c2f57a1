"""Close a run that ends early, by a signal, a cancel or an error, and leave one that can be resumed."""

from collections.abc import Sequence
from functools import partial

from kedro_batch.errors import Interrupted, RunCancelled, ServiceError
from kedro_batch.submitter.close import close
from kedro_batch.submitter.context import RunContext
from kedro_batch.submitter.events import Notice, NoticeKind, RunFinished, RunOutcome
from kedro_batch.submitter.job_events import job_changed
from kedro_batch.submitter.job_state import CANCEL_REASON, ENDED, LIVE, JobState
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
_SHOWN = 3


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
        _tell_of_calls(context, submitter)
    _learn_ids(context, submitter)
    submitter.withdraw()
    note = context.engine.interrupt(partial(_tell, context) if outcome == "interrupted" else lambda _: None)
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


def _tell_of_calls(context: RunContext, submitter: JobSubmitter) -> None:
    """Say which calls a signal has to wait for, if any, before they are waited for."""
    if submitter.under_way and context.engine.capabilities.keeps_jobs:  # others answer at once
        submissions = counted(len(submitter.under_way), "submission")
        _tell(context, f"waiting up to {_FLUSH_S:.0f} s for AWS Batch to say what became of {submissions}")


def _tell(context: RunContext, what: str) -> None:
    message = f"stopping: {what}. A second signal ends this at once"
    context.emit(Notice(kind=NoticeKind.STOPPING, message=message))


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
    _tell(context, "terminating the jobs of the run")
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
