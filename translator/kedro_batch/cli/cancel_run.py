"""Cancel a run for a command: on AWS Batch, or on this machine, where another process may work on it."""

import time
from collections.abc import Sequence

from kedro_batch.cli.base import print_plainly
from kedro_batch.cli.options import Verbosity
from kedro_batch.cli.run_session import RunSession
from kedro_batch.errors import JobsFailed, RunUnfinished, UsageError
from kedro_batch.submitter.cancel import Cancelled, cancel
from kedro_batch.submitter.reconcile.ask_service import too_old
from kedro_batch.submitter.reconcile.belongs import shown_digest
from kedro_batch.submitter.run import Run
from kedro_batch.submitter.run_state import RunState
from kedro_batch.submitter.service.api import JobSummary
from kedro_batch.submitter.take_over import STOPS_WITHIN_S, tell_holder_to_stop
from kedro_batch.text.escaping import one_line
from kedro_batch.text.times import utc_time
from kedro_batch.text.wording import counted, listed, location_words

_NAMED = 10


def cancel_run(session: RunSession) -> Cancelled:
    """Terminate every job of a run on AWS Batch, and return how it stands.

    Raises:
        RunUnfinished: Some jobs have not ended yet, new ones go on appearing, or some cannot be looked for.
        RunUnknown: AWS Batch has forgotten how some jobs ended, if nothing else of the run goes on.
        UsageError: Jobs of another plan or of others have its name, or are in the journal: they were left alone.
        KedroBatchError: The service or the journal refused.
        Interrupted: A signal came.
    """
    run_id = session.handle.run_id
    again = f"kedro-batch cancel {run_id}{session.further}"
    cancelled = cancel(session.context, session.location, session.lock)
    session.run_state, session.to_end_holder = cancelled.run_state, cancelled.to_end_holder
    if cancelled.appearing:
        raise RunUnfinished(_who_submits(session, cancelled.appearing, again))
    jobs = f"{counted(len(cancelled.left), 'job')} of run {run_id}"
    if cancelled.refused:
        why = one_line("; ".join(cancelled.refused))
        raise RunUnfinished(f"{jobs} could not be terminated: {listed(cancelled.left)}. {why}. Try again: {again}")
    if cancelled.left:
        raise RunUnfinished(f"{jobs} have not ended: {listed(cancelled.left)}. Look again: {again}")
    if cancelled.unread:
        file = session.context.journal.file
        raise RunUnfinished(
            f"another process has worked on run {run_id}, and may have submitted jobs that are not known here: another "
            f"program holds the journal {file} (fuser {file} names it), and jobs cannot be looked up by their names. "
            f"Close that program, then: {again}"
        )
    if cancelled.unconfirmed:
        raise RunUnfinished(
            f"{listed(cancelled.unconfirmed)} may have been submitted: a reply was lost, and only ListJobs can tell. "
            f"Allow batch:ListJobs, then: {again}"
        )
    if cancelled.expired:
        raise too_old(session.context, cancelled.expired)
    if cancelled.of_other_plans and session.handle.entry is None:
        raise UsageError(_which_plan(session, cancelled))
    if cancelled.foreign:
        names = listed([f"{name} ({job_id})" for job_id, name in sorted(cancelled.foreign.items())], 3)
        raise UsageError(
            f"the other jobs of run {run_id} have ended, but the journal {session.context.journal.file} is not to be "
            f"believed: {names} are other jobs on AWS Batch. They were left alone. Use the journal that the run was "
            "applied with, or move this one away and name the plan with --plan PLAN"
        )
    return cancelled


def refuse_lost_jobs(session: RunSession, lost: Sequence[str]) -> None:
    """Refuse to say that a run is cancelled whose jobs AWS Batch does not know: nobody has cancelled them.

    Raises:
        JobsFailed: There are such jobs.
    """
    if lost:
        where = location_words(*(session.context.location.get(what) for what in ("account", "region")))
        aws_batch = f"AWS Batch ({where})" if where else "AWS Batch"
        raise JobsFailed(
            f"{aws_batch} does not know {counted(len(lost), 'job')} of run {session.handle.run_id}: "
            f"{listed(lost, _NAMED)}. There was nothing to end, and nobody knows what became of them. If account and "
            "region are those of the run, nothing of it goes on"
        )


def _which_plan(session: RunSession, cancelled: Cancelled) -> str:
    """Say that jobs of the run go on, since the plan at hand is not the one that they are known by."""
    run_id = session.handle.run_id
    digests = listed([shown_digest(one) for one in sorted({*cancelled.of_other_plans.values()})], 3)
    names = listed([f"{cancelled.foreign[job_id]} ({job_id})" for job_id in sorted(cancelled.of_other_plans)], 20)
    return (
        f"jobs of run {run_id} go on, and were left alone: it was applied from another plan, {digests}, not from "
        f"{session.handle.digest}. Name that plan, even if the run has gone on with this one since (kedro-batch "
        f"validate FILE prints a digest): kedro-batch cancel {run_id} --plan FIRST{session.further}. The jobs: {names}"
    )


def _who_submits(session: RunSession, newest: JobSummary, again: str) -> str:
    """Say what can be known of the process that goes on submitting: not from this journal, whose lock is ours."""
    run_id, region = session.handle.run_id, session.context.location.get("region")
    created = utc_time(newest.created_at_ms / 1000)
    in_region = f" --region {region}" if region else ""
    return (
        f"jobs of run {run_id} go on appearing: the newest is {newest.name}, created at {created}. It is submitted "
        f"by a kedro-batch on another machine, or with another journal. Stop that process, then: {again}. Who calls "
        f"SubmitJob, some 15 minutes later: aws cloudtrail lookup-events{in_region} --lookup-attributes "
        "AttributeKey=EventName,AttributeValue=SubmitJob"
    )


def cancel_local_run(session: RunSession, verbosity: Verbosity) -> None:
    """End a run on this machine: tell the command that runs it to stop, or end what a killed one has left running.

    Raises:
        RunUnfinished: The command does not stop.
        KedroBatchError: What it has left does not end, or the journal refused.
        Interrupted: A signal came.
    """
    context, run_id = session.context, session.handle.run_id
    if holder := tell_holder_to_stop(context, session.lock):
        told = f"{holder.name}, works on run {run_id}: it is told to end its jobs and to stop."
        if holder.marked and verbosity.notes:
            print_plainly(told)
        until = time.monotonic() + STOPS_WITHIN_S
        while session.lock():
            if holder.try_to_mark():
                until = time.monotonic() + STOPS_WITHIN_S
                if verbosity.notes:
                    print_plainly(told)
            if time.monotonic() > until:
                again = f"kedro-batch cancel {run_id}{session.further}"
                raise RunUnfinished(f"{holder.why_it_goes_on}. End it: {holder.to_end_it}; then: {again}")
            context.service.pause(0.2)
    if context.engine.left_running():
        run = Run(context, location=session.location)
        session.run_state = run.run_state
        run.to_the_end("cancelled")
        return
    session.run_state = RunState(context.parents, context.journal.records(run_id))
    context.journal.discard()
    if holder:
        ended = "The process has stopped, and its jobs have ended with it"
    else:
        ended = f"run {run_id} is a local run, and nothing of it goes on: its jobs end when its command ends"
    if not verbosity.as_json:
        print_plainly(f"{ended}. See kedro-batch status {run_id}{session.further}")
