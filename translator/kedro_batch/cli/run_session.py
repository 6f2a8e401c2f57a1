"""Works on one run for a command: opens its journal, takes its lock, follows it, tells how it ended."""

import math
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from kedro_batch.cli.base import lead_nowhere, on_signals, tell
from kedro_batch.cli.live_view import JsonLines, follower
from kedro_batch.cli.options import LocalOptions, Talk
from kedro_batch.errors import Interrupted, JobsFailed, KedroBatchError, RunUnfinished, UsageError
from kedro_batch.plan.digest import plan_digest
from kedro_batch.plan.model import Plan, PlanDigest
from kedro_batch.plan.reader import read_plan
from kedro_batch.plan.submit_job import RunId
from kedro_batch.review.run.outcome import outcome_text
from kedro_batch.review.run.status import RunStatus, run_status
from kedro_batch.submitter.cancel import cancel
from kedro_batch.submitter.context import RunContext, RunOptions
from kedro_batch.submitter.events import Event, JobChanged, JobLog, RunFinished, Sink, event_fields
from kedro_batch.submitter.inbox import Inbox
from kedro_batch.submitter.job_poller import Pace
from kedro_batch.submitter.journal import Journal
from kedro_batch.submitter.journal_view import RunEntry
from kedro_batch.submitter.run import Run
from kedro_batch.submitter.run_lock import run_lock
from kedro_batch.submitter.run_mode import Purpose
from kedro_batch.submitter.run_state import RunState
from kedro_batch.submitter.service.api import Engine
from kedro_batch.submitter.service.call_pool import Calls, InlineCalls, ThreadedCalls


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The run that a command works on.

    Attributes:
        run_id: Its id.
        plan: Its plan, as this command runs it.
        digest: The digest of its plan as it was read.
        content: Its plan, byte for byte.
        entry: What the journal says of it; None for a run that is not in it.
    """

    run_id: RunId
    plan: Plan
    digest: PlanDigest
    content: bytes
    entry: RunEntry | None


def subject_of(run_id: RunId, journal: Journal, plan: tuple[bytes, str] | None) -> Subject:
    """Find a run: in the journal, or else by the plan that the user names.

    Raises:
        UsageError: It is not in the journal, and no plan is named; or the plan is not that of the run.
        PlanError: The plan is wrong.
    """
    entry = journal.run(run_id)
    if entry is None and plan is None:
        raise UsageError(
            f"the journal {journal.file} has no run {run_id}: see kedro-batch runs. If it was lost, or is on another "
            "machine, name the plan of the run with --plan PLAN"
        )
    content, name = plan or (journal.plan(run_id), f"the plan of run {run_id}")
    ready = read_plan(content, name)
    digest = plan_digest(ready)
    if entry and entry.digest != digest:
        raise of_another_plan(entry, digest)
    return Subject(
        run_id=run_id,
        plan=ready,
        digest=digest,
        content=content,
        entry=entry,
    )


def of_another_plan(entry: RunEntry, digest: PlanDigest) -> UsageError:
    """Say that a run was applied from another plan."""
    return UsageError(
        f"run {entry.run} is of another plan: its digest is {entry.digest[:19]}, that of this one {digest[:19]}. "
        "Name the plan that it was applied from, or choose another run id"
    )


def work_on(  # noqa: PLR0913  what a command knows
    subject: Subject,
    purpose: Purpose,
    journal: Journal,
    engine: Engine,
    inbox: Inbox,
    *,
    options: RunOptions,
    talk: Talk,
) -> None:
    """Work on a run as a command means to, and tell how it ended.

    Raises:
        JobsFailed: Jobs failed.
        RunUnfinished: Nothing more can be done now, and the run has not ended.
        KedroBatchError: The service or the journal refused.
        Interrupted: A signal came.
    """
    failure: KedroBatchError | Interrupted | None = None
    with on_signals(inbox.on_signal):
        rebuilt = purpose.expected
        with _context(subject, journal, engine, inbox, options=options, talk=talk, rebuilt=rebuilt) as (context, told):
            location = subject.entry.location if subject.entry else {}
            pace = Pace(calls=math.inf) if engine.name == "local" else Pace()
            run = Run(context, purpose, location=location, pace=pace)
            try:
                run.to_the_end()
            except (KedroBatchError, Interrupted) as error:
                failure = error
        if failure and rebuilt and not journal.recorded(subject.run_id):
            journal.forget(subject.run_id)  # nothing of it was found
        else:
            _tell_outcome(subject, journal, told, run.run_state, talk)
    if failure:
        raise failure
    _raise_outcome(told.finished, subject.run_id)


def cancel_run(  # noqa: PLR0913  what a command knows
    subject: Subject, journal: Journal, engine: Engine, inbox: Inbox, *, options: RunOptions, talk: Talk
) -> None:
    """End everything in a run, and tell what is left.

    Raises:
        RunUnfinished: Some jobs have not ended yet.
        KedroBatchError: The service or the journal refused.
        Interrupted: A signal came.
    """
    with on_signals(inbox.on_signal):
        with _context(subject, journal, engine, inbox, options=options, talk=talk) as (context, told):
            cancelled = cancel(context, subject.entry.location if subject.entry else {})
        _tell_outcome(subject, journal, told, cancelled.run_state, talk)
    if cancelled.left:
        raise RunUnfinished(f"{len(cancelled.left)} jobs of run {subject.run_id} have not ended yet: look again")


def engine_for(name: str, inbox: Inbox, local: LocalOptions, run: Path, before: RunEntry | None) -> Engine:
    """Make what runs the jobs.

    Args:
        name: ``aws`` or ``local``.
        inbox: Is called when a job of this machine changes.
        local: How jobs run on this machine.
        run: The folder of the run, for the output of jobs of this machine.
        before: What the journal says of the run, for the folder where its jobs ran.

    Raises:
        ServiceError: boto3 finds no region, or a profile that is not there.
    """
    if name == "aws":
        from kedro_batch.submitter.service.aws import AwsEngine  # noqa: PLC0415  boto3 takes a third of a second

        return AwsEngine()
    from kedro_batch.submitter.service.local import LocalEngine  # noqa: PLC0415  only for runs on this machine

    folder = local.project or Path(before.location.get("folder", ".") if before else ".")
    workers = local.max_workers or _processors()
    return LocalEngine(inbox, max_workers=workers, folder=folder.resolve(), logs=run / "logs")


def run_folder(journal: Path, run_id: RunId) -> Path:
    """Give the folder of a run, beside the journal: its lock, and the output of jobs of this machine."""
    return journal.parent / "runs" / run_id


@dataclass
class Told:
    """What a command has been told that it reports at the end."""

    about_failures: list[dict[str, Any]]
    finished: RunFinished | None = None


@contextmanager
def _context(  # noqa: PLR0913  what a context holds
    subject: Subject,
    journal: Journal,
    engine: Engine,
    inbox: Inbox,
    *,
    options: RunOptions,
    talk: Talk,
    rebuilt: bool = False,
) -> Iterator[tuple[RunContext, Told]]:
    """Hold a run's lock, and give what is needed to work on it.

    A run that is rebuilt is written down together with what is found of it.
    """
    calls: Calls = InlineCalls(inbox) if engine.name == "local" else ThreadedCalls(inbox)
    told = Told([])
    with run_lock(run_folder(journal.file, subject.run_id), subject.run_id):
        if journal.run(subject.run_id) is None:
            entry = RunEntry(
                run=subject.run_id,
                digest=subject.digest,
                engine=engine.name,
                jobs=len(subject.plan.jobs),
                began_at=calls.wall(),
                location=engine.location,
            )
            journal.begin(entry, subject.content, at_once=not rebuilt)
        else:
            journal.reopen(subject.run_id)
        with follower(quiet=talk.quiet, verbose=talk.verbose, no_color=talk.no_color) as show:
            context = RunContext(
                plan=subject.plan,
                digest=subject.digest,
                run_id=subject.run_id,
                engine=engine,
                calls=calls,
                inbox=inbox,
                journal=journal,
                show=_telling(told, show, JsonLines() if talk.as_json else None),
                options=options,
            )
            yield context, told


def _telling(told: Told, show: Sink, json_lines: JsonLines | None) -> Sink:
    def take(event: Event) -> None:
        if isinstance(event, JobChanged | JobLog):
            told.about_failures.append(event_fields(event))
        elif isinstance(event, RunFinished):
            told.finished = event
        show(event)
        if json_lines:
            json_lines.take(event)

    return take


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _tell_outcome(subject: Subject, journal: Journal, told: Told, run_state: RunState, talk: Talk) -> None:
    """Write how a run ended to standard output, unless its events stand there."""
    if journal.failure:
        tell(f"Warning: the journal {journal.file} is not complete: {journal.failure}")
    if talk.as_json or told.finished is None:
        return
    status = _current_status(subject, told, run_state, journal)
    text = outcome_text(
        status, journal=os.path.relpath(journal.file), seconds=told.finished.seconds, note=told.finished.note
    )
    try:
        click.echo(text, nl=False)
    except OSError as error:  # when the outcome cannot be told, the exit code still tells it
        lead_nowhere(sys.stdout)
        if not isinstance(error, BrokenPipeError):
            tell(f"Warning: cannot write the outcome: {error.strerror}")


def _current_status(subject: Subject, told: Told, run_state: RunState, journal: Journal) -> RunStatus:
    """Say how a run stands that this command has worked on."""
    entry = journal.run(subject.run_id)
    if entry is None or told.finished is None:
        raise UsageError(f"the journal {journal.file} has lost run {subject.run_id}")
    standing = {name: run_state.standing(name) for name in run_state.names}
    earlier = journal.events_of_failures(subject.run_id)
    events = [*earlier, *told.about_failures]
    return run_status(replace(entry, outcome=told.finished.outcome), run_state.names, standing, events)


def _raise_outcome(finished: RunFinished | None, run_id: RunId) -> None:
    """End with the exit code of the outcome.

    Raises:
        JobsFailed: Jobs failed.
        RunUnfinished: The run has not ended.
    """
    outcome = finished.outcome if finished else "unfinished"
    if outcome == "failed":
        raise JobsFailed("")
    if outcome == "unfinished":
        raise RunUnfinished(f"run {run_id} has not ended")
