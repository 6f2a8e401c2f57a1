"""Cancel a run: terminate every job of it, from the journal and by the names on the service together.

It needs the ids of the jobs and DescribeJobs; whatever else is refused is a warning. A process of this machine that
works on the run is told to stop.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from kedro_batch.errors import Interrupted, KedroBatchError, RunUnknown
from kedro_batch.plan.model import JobName
from kedro_batch.plan.submit_job import JobId
from kedro_batch.submitter.cancel_place import RunListing, find_place
from kedro_batch.submitter.cancel_records import cancelled_records
from kedro_batch.submitter.cancel_rounds import CancelRounds
from kedro_batch.submitter.close import close, how_it_ended
from kedro_batch.submitter.context import RunContext
from kedro_batch.submitter.events import RunFinished, RunOutcome
from kedro_batch.submitter.executions import record_unseen_executions
from kedro_batch.submitter.job_state import (
    ENDED,
    ENDED_ON_SERVICE,
    MAY_STILL_LIVE,
    MAYBE_SUBMITTED,
    UNFINISHED,
    JobState,
)
from kedro_batch.submitter.journal_rows import RunEntry
from kedro_batch.submitter.journal_view import journal_words
from kedro_batch.submitter.reconcile.merge import Records, jobs_in, propagate_failures
from kedro_batch.submitter.reconcile.settle import emit_differences
from kedro_batch.submitter.run_state import RunState
from kedro_batch.submitter.service.api import JobSummary
from kedro_batch.submitter.take_over import Holder, Lock, already_locked, take_over, tell_holder_to_stop
from kedro_batch.submitter.terminate import wait_until_ended
from kedro_batch.text.wording import listed

_WITHIN_S = 600.0
"""How long to wait until terminated jobs have ended."""
_NAMED = 10
_ENDED_AS: Mapping[str | None, RunOutcome] = {"succeeded": "succeeded", "failed": "failed", "cancelled": "cancelled"}
"""The outcomes of runs that have ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancelled:
    """How a run stands after it was cancelled.

    Attributes:
        finished: The last event.
        left: Jobs that have not ended yet, with their ids.
        refused: Why some of them cannot be terminated; empty if all can.
        unconfirmed: Jobs that may have been submitted, and cannot be looked up.
        lost: Jobs that the service does not know, with their ids: nobody knows how they ended.
        expired: Jobs that it does not know either, and which are so old that it may have forgotten them.
        unread: Another process has worked on the run, and may have submitted jobs that neither a journal that is held
            nor ListJobs shows.
        appearing: The newest job, if jobs still appeared when this was given up; else None.
        foreign: Jobs that the journal names and that are not of the run, with their names: they were left alone.
        of_other_plans: Those that have a name of the run and go on, with the digests of their plans.
        run_state: Its state.
        started: The jobs whose latest submission has started, as far as the service knows it.
        not_started: The jobs whose latest submission ended before it started, likewise.
        to_end_holder: What ends the process that was left behind, and holds the run; None if there is none.
    """

    finished: RunFinished
    left: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    unconfirmed: tuple[JobName, ...]
    lost: tuple[str, ...] = ()
    expired: tuple[JobName, ...] = ()
    unread: bool = False
    appearing: JobSummary | None = None
    foreign: Mapping[JobId, str]
    of_other_plans: Mapping[JobId, str]
    run_state: RunState
    started: frozenset[JobName]
    not_started: frozenset[JobName]
    to_end_holder: str | None = None


def cancel(context: RunContext, location: Mapping[str, str], lock: Lock = already_locked) -> Cancelled:
    """Terminate every job of a run, and wait until all have ended.

    A run that has ended is looked at, and stays as it is.

    Args:
        context: The run.
        location: Where it was applied, as the journal has it.
        lock: Locks the run, or says which process works on it.

    Raises:
        UsageError: It was applied elsewhere.
        RunUnknown: Neither the journal nor the service knows it.
        ServiceError: The service refused.
        Interrupted: A signal came.
    """
    began = context.calls.now()
    again = f"kedro-batch cancel {context.run_id}{journal_words(context.journal.file)}"
    context.backoff.command = again
    entry = context.journal.run(context.run_id)
    here = find_place(context, location)
    holder = tell_holder_to_stop(context, lock)
    journal = context.journal.records(context.run_id)
    context.location = {**location, **here}
    context.emit_started(continued=True)
    try:
        return _cancel(context, entry, began, lock, holder)
    except (Interrupted, KedroBatchError) as error:
        if isinstance(error, RunUnknown) or _has_ended(context, entry, journal):
            context.journal.discard()
            raise
        run_state = RunState(context.parents, propagate_failures(context.parents, journal))
        outcome: RunOutcome = "interrupted" if isinstance(error, Interrupted) else "stopped"
        try_again = "" if again in str(error) else f". Try again: {again}"  # the error says it once
        close(context, run_state, outcome, began=began, note=f"not all jobs may be terminated{try_again}")
        raise


def _has_ended(context: RunContext, entry: RunEntry | None, journal: Records) -> bool:
    """True if a run has ended, as far as the journal knows.

    Of jobs that a new plan left out it may not know the end: nobody followed them. What goes on of them is terminated.
    """
    ended = entry is not None and entry.outcome in _ENDED_AS
    return ended and not any(one.state in UNFINISHED for job, one in journal.items() if job in context.parents)


def _cancel(context: RunContext, entry: RunEntry | None, began: float, lock: Lock, holder: Holder | None) -> Cancelled:
    rounds = CancelRounds(context=context, listing=RunListing(context=context))
    journal = _read_journal(context, rounds)
    rounds.terminate_recorded(_recorded_ids(context))
    alone, untold = True, False
    if holder:
        alone = take_over(context, lock, holder, lambda: rounds.terminate_recorded(_recorded_ids(context)))
        untold = not (alone or holder.marked)
        rounds.others_may_submit |= not alone
        journal = _read_after_others(context, rounds)
    if _has_ended(context, entry, journal):
        rounds.ended |= rounds.recorded.keys()
    while True:
        rounds.terminate_all()
        waited_for = sorted(rounds.ids - rounds.refused.keys())
        again = rounds.terminate_again
        left = wait_until_ended(context, waited_for, _WITHIN_S, again=again, describe=rounds.describe).left
        known = rounds.ids
        if rounds.unread:
            journal = _read_after_others(context, rounds)
        if rounds.ids <= known and not rounds.look_again():
            break
    left = tuple(job_id for job_id in left if job_id not in rounds.refused)
    left += rounds.try_refused_again()
    if not journal:
        _check_found(context, rounds)
    own = {
        job: one.in_state(JobState.LOST) if one.job_id in rounds.foreign and one.state not in ENDED else one
        for job, one in journal.items()
    }
    records, started = cancelled_records(context, own, rounds)
    unconfirmed = jobs_in(records, JobState.UNCONFIRMED) + jobs_in(records, JobState.SUBMITTING)
    listed_all = context.options.adopt and not rounds.listing.unlisted
    unread = not listed_all and (rounds.unread or untold)
    if listed_all and alone and not rounds.gave_up:  # they were looked for as long as a job may not be shown
        records |= {job: records[job].in_state(JobState.NOT_SUBMITTED) for job in unconfirmed}
    unconfirmed = () if listed_all else unconfirmed
    run_state = RunState(context.parents, records)
    # ListJobs may show a job that DescribeJobs does not: nobody can terminate it, and it has not ended.
    left = tuple(dict.fromkeys((*left, *(one.job_id for name in run_state.live if (one := records[name]).job_id))))
    unknown = [job for job, one in own.items() if one.live and job not in started]
    lost = [records[job] for job in unknown if records[job].state in MAY_STILL_LIVE]
    if entry and _has_ended(context, entry, journal) and not (rounds.terminated or left or unread):
        finished = _as_it_ended(context, _ENDED_AS[entry.outcome], run_state, began)
    else:
        if not journal:
            found = (one for one in rounds.found.values() if one.job_id not in rounds.foreign)
            context.began_with(one.created_at_ms / 1000 for one in found if one.created_at_ms)
        # How an expired job ended is left open: the next command asks for it.
        emit_differences(context, {job: one for job, one in records.items() if one.state is not JobState.EXPIRED})
        record_unseen_executions(context, run_state)
        finished = _close(context, run_state, rounds, left, unconfirmed=unconfirmed, unread=unread, began=began)
    return Cancelled(
        finished=finished,
        left=tuple(rounds.named(left)),
        refused=tuple(dict.fromkeys(why for job_id, why in rounds.refused.items() if job_id in left)),
        unconfirmed=unconfirmed,
        lost=tuple(rounds.named(one.job_id for one in lost if one.job_id)),
        expired=jobs_in(records, JobState.EXPIRED),
        unread=unread,
        appearing=rounds.newest if rounds.gave_up else None,
        foreign=dict(rounds.foreign),
        of_other_plans=dict(rounds.of_other_plans),
        run_state=run_state,
        started=frozenset(job for job, has_started in started.items() if has_started),
        not_started=frozenset(job for job, has_started in started.items() if not has_started),
        to_end_holder=None if alone or holder is None or holder.cancels else holder.to_end_it,
    )


def _check_found(context: RunContext, rounds: CancelRounds) -> None:
    """Refuse a run that the journal does not have, and of which no job was found.

    Raises:
        ServiceError: Its jobs cannot be listed.
        RunUnknown: There are none.
    """
    if not rounds.ids and rounds.listing.unlisted:
        raise next(iter(rounds.listing.unlisted.values()))
    if context.must_exist and not (rounds.ids or rounds.foreign):
        raise RunUnknown(
            f"no job of run {context.run_id} is in {listed(context.queues)}, so that nothing was terminated: nothing "
            "was submitted under this id, or AWS Batch has forgotten it. Check the id (kedro-batch runs), account and "
            "region"
        )


def _recorded_ids(context: RunContext) -> dict[JobId, str]:
    return {one.job_id: one.job for one in context.journal.submitted_ids(context.run_id)}


def _read_journal(context: RunContext, rounds: CancelRounds) -> Records:
    """Read what the journal knows of the jobs, and let the rounds know it."""
    journal = context.journal.records(context.run_id)
    unconfirmed = any(one.state in MAYBE_SUBMITTED for one in journal.values())
    rounds.others_may_submit |= not journal or unconfirmed
    rounds.listing.patient = rounds.others_may_submit
    rounds.ended |= {one.job_id for one in journal.values() if one.job_id and one.state in ENDED_ON_SERVICE}
    return journal


def _read_after_others(context: RunContext, rounds: CancelRounds) -> Records:
    """Read what another process may have written that has worked on the run, and terminate what is new in it."""
    journal = _read_journal(context, rounds)
    rounds.unread = context.journal.is_held
    rounds.terminate_recorded(_recorded_ids(context))
    rounds.unread |= context.journal.is_held
    return journal


def _as_it_ended(context: RunContext, outcome: RunOutcome, run_state: RunState, began: float) -> RunFinished:
    """Show how a run had ended, and write nothing."""
    context.journal.discard()
    note = "it had ended before: nothing of it goes on, and nothing was changed"
    finished = how_it_ended(context, run_state, outcome, began=began, note=note)
    context.show(finished)
    return finished


def _close(  # noqa: PLR0913  all that is known of a run at its end
    context: RunContext,
    run_state: RunState,
    rounds: CancelRounds,
    left: tuple[JobId, ...],
    *,
    unconfirmed: tuple[JobName, ...],
    unread: bool,
    began: float,
) -> RunFinished:
    """Record and show how the run ended."""
    outcome: RunOutcome = "cancelled"
    note = None
    if run_state.succeeded:
        outcome = "succeeded"
    elif run_state.ended and not run_state.count({JobState.CANCELLED}):
        outcome = "failed"
    if expired := run_state.jobs_in({JobState.EXPIRED}):
        outcome, note = "unfinished", f"AWS Batch does not know any more how these ended: {listed(expired, _NAMED)}"
    if unconfirmed:
        outcome, note = "unfinished", f"perhaps submitted, and not looked up: {listed(unconfirmed, _NAMED)}"
    if unread:
        outcome, note = "unfinished", "another process may have submitted jobs that are not known here"
    if left:
        outcome, note = "unfinished", f"not ended yet: {listed(rounds.named(left), _NAMED)}"
    if rounds.of_other_plans:
        outcome, note = "unfinished", f"of another plan, and left alone: {listed([*rounds.of_other_plans], _NAMED)}"
    if rounds.gave_up:
        outcome, note = "unfinished", "its jobs go on appearing: another process submits them"
    return close(context, run_state, outcome, began=began, note=note)
