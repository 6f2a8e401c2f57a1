"""Cancel a run: terminate every job of it, from the journal and by the names on the service together."""

from collections.abc import Mapping
from dataclasses import dataclass

from kedro_batch.errors import Interrupted, KedroBatchError
from kedro_batch.plan.model import JobName
from kedro_batch.plan.submit_job import JobId
from kedro_batch.submitter.cancel_rounds import CancelRounds
from kedro_batch.submitter.close import close
from kedro_batch.submitter.context import RunContext
from kedro_batch.submitter.events import RunFinished, RunOutcome
from kedro_batch.submitter.job_state import ENDED, MAYBE_SUBMITTED, JobRecord, JobState
from kedro_batch.submitter.journal_view import journal_words
from kedro_batch.submitter.preflight import check_account, check_location, current_location
from kedro_batch.submitter.reconcile.duplicates import discover
from kedro_batch.submitter.reconcile.job_versions import version_in
from kedro_batch.submitter.reconcile.merge import Records, propagate_failures
from kedro_batch.submitter.reconcile.settle import emit_differences
from kedro_batch.submitter.run_state import RunState
from kedro_batch.submitter.service.api import JobSummary
from kedro_batch.submitter.terminate import wait_until_ended
from kedro_batch.text.wording import listed

_WITHIN_S = 600.0
"""How long to wait until terminated jobs have ended."""

_SURELY_ENDED = frozenset({JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancelled:
    """How a run stands after it was cancelled.

    Attributes:
        finished: The last event.
        left: Jobs that have not ended yet.
        appearing: The newest job, if jobs still appeared when this was given up; else None.
        foreign: Jobs that the journal names and that are not of the run, with their names: they were left alone.
        run_state: Its state.
        started: The jobs whose latest submission has started, as far as the service knows it.
        not_started: The jobs whose latest submission ended before it started, likewise.
    """

    finished: RunFinished
    left: tuple[JobId, ...]
    appearing: JobSummary | None
    foreign: Mapping[JobId, str]
    run_state: RunState
    started: frozenset[JobName]
    not_started: frozenset[JobName]


def cancel(context: RunContext, location: Mapping[str, str]) -> Cancelled:
    """Terminate every job of a run, and wait until all have ended.

    Args:
        context: The run.
        location: Where it was applied, as the journal has it.

    Raises:
        UsageError: It was applied elsewhere.
        ServiceError: The service refused.
        Interrupted: A signal came.
    """
    began = context.calls.now()
    journal = context.journal.records(context.run_id)
    try:
        here = current_location(context, check_account(context))
        check_location(context, location, here)
        context.location = {**location, **here}
        context.emit_started(continued=True)
        return _cancel(context, journal, began)
    except (Interrupted, KedroBatchError) as error:
        if not context.begun:
            raise
        run_state = RunState(context.parents, propagate_failures(context.parents, journal))
        outcome: RunOutcome = "interrupted" if isinstance(error, Interrupted) else "stopped"
        further = journal_words(context.journal.file)
        note = f"not all jobs may be terminated. Try again: kedro-batch cancel {context.run_id}{further}"
        close(context, run_state, outcome, began=began, note=note)
        raise


def _cancel(context: RunContext, journal: Records, began: float) -> Cancelled:
    submitted = context.journal.submitted_ids(context.run_id)
    unconfirmed = any(one.state in MAYBE_SUBMITTED for one in journal.values())
    rounds = CancelRounds(
        context=context,
        recorded={one.job_id for one in submitted},
        others_may_submit=not journal or unconfirmed,
        ended={one.job_id for one in journal.values() if one.job_id and one.state in _SURELY_ENDED},
    )
    rounds.drop_foreign()
    while True:
        rounds.terminate_all()
        left = wait_until_ended(context, sorted(rounds.ids), _WITHIN_S).left
        if not rounds.look_again():
            break
    own = {
        job: one.in_state(JobState.LOST) if one.job_id in rounds.foreign and one.state not in ENDED else one
        for job, one in journal.items()
    }
    after, started = _records_after(context, own, rounds)
    records = propagate_failures(context.parents, after)
    run_state = RunState(context.parents, records)
    emit_differences(context, run_state.records)
    note = f"not ended yet: {listed(left, 10)}" if left else None
    if rounds.gave_up:
        note = "its jobs go on appearing: another process submits them"
    outcome: RunOutcome = "unfinished" if left or rounds.gave_up else "cancelled"
    finished = close(context, run_state, outcome, began=began, note=note)
    return Cancelled(
        finished=finished,
        left=left,
        appearing=rounds.newest if rounds.gave_up else None,
        foreign=dict(rounds.foreign),
        run_state=run_state,
        started=frozenset(job for job, has_started in started.items() if has_started),
        not_started=frozenset(job for job, has_started in started.items() if not has_started),
    )


def _records_after(
    context: RunContext, journal: Records, rounds: CancelRounds
) -> tuple[dict[JobName, JobRecord], dict[JobName, bool]]:
    """Merge what the journal has and what the service says now.

    Returns:
        The records; and of each job that the service knows, whether its latest submission has started.
    """
    after = dict(journal)
    started = {}
    versions = set()
    found = [one for one in rounds.found.values() if one.job_id not in rounds.foreign]
    discovered = discover(context.run_id, context.parents, found)
    for job, jobs in discovered.jobs.items():
        # Of two jobs of one submission, the one that has succeeded stands, as in ``duplicates``.
        newest = max(jobs, key=lambda one: (one.submission, one.state is JobState.SUCCEEDED, one.created_at_ms))
        if job not in after or after[job].submission <= newest.submission:
            after[job] = JobRecord(
                state=newest.state, status=newest.status, submission=newest.submission, job_id=newest.job_id
            )
    by_id = {one.job_id: job for job, one in after.items() if one.job_id and one.job_id not in rounds.foreign}
    for detail in context.service.describe_jobs(sorted(by_id)):
        job = by_id[detail.job_id]
        started[job] = detail.started
        versions.add(version_in(detail.reply))
        if not (after[job].state is JobState.NOT_RUN and detail.state is JobState.FAILED):
            after[job] = after[job].in_state(detail.state, status=detail.status)
    if context.version is None and len(versions) == 1 and (version := versions.pop()):
        context.journal.record_version(context.run_id, version)  # the journal was lost
    return after, started
