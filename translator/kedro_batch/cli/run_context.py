"""A run as a command begins it or takes it up: its engine, its row in the journal, what its parts have in common."""

from pathlib import Path
from typing import assert_never

from kedro_batch.cli.aws_access import aws_engine, saying_unknown
from kedro_batch.cli.live_view import View
from kedro_batch.cli.local_engine import local_engine
from kedro_batch.cli.options import CommandOptions
from kedro_batch.cli.run_handle import RunHandle
from kedro_batch.submitter.context import RunContext
from kedro_batch.submitter.events import Sink
from kedro_batch.submitter.inbox import Inbox
from kedro_batch.submitter.journal import Journal
from kedro_batch.submitter.journal_place import run_folder
from kedro_batch.submitter.journal_rows import RunEntry
from kedro_batch.submitter.plan_file import next_plan_file
from kedro_batch.submitter.run_options import RunMode
from kedro_batch.submitter.service.api import Engine
from kedro_batch.submitter.service.call_pool import InlineCalls, ThreadedCalls


def engine_of(handle: RunHandle, journal: Path, inbox: Inbox, options: CommandOptions) -> Engine:
    """Return what runs the jobs of a run.

    Args:
        handle: The run.
        journal: Its journal.
        inbox: Hears the signals that end what runs here.
        options: The options of the command.

    Raises:
        RunUnknown: As ``saying_unknown``.
        ServiceError: boto3 finds no region, or a profile that does not exist.
        UsageError: A run on this machine is not in the folder of its project.
    """
    match handle.engine_name:
        case "aws":
            with saying_unknown(handle.run_id, journal, known=not handle.must_exist):
                return aws_engine(handle.plan, new_run=False)
        case "local":
            before = handle.entry.location.get("folder", ".") if handle.entry else "."
            return local_engine(
                handle.plan, inbox, options, start=Path(before), run_folder=run_folder(journal, handle.run_id)
            )
        case _:
            assert_never(handle.engine_name)


def begin_context(  # noqa: PLR0913  what the parts of a run have in common
    handle: RunHandle,
    journal: Journal,
    *,
    engine: Engine,
    inbox: Inbox,
    options: CommandOptions,
    view: View,
    show: Sink,
) -> RunContext:
    """Record a run that begins, or is taken up, and return what its parts have in common.

    Args:
        handle: The run.
        journal: Its journal; it is written with the first commit.
        engine: What runs its jobs.
        inbox: Hears signals, and who cancels the run.
        options: The options of the command.
        view: Shows it.
        show: Receives its events.
    """
    calls = InlineCalls(inbox) if engine.capabilities.notifies else ThreadedCalls(inbox)
    began_at, entry = calls.wall(), handle.entry
    _record_run(handle, journal, engine, began_at)
    return RunContext(
        plan=handle.plan,
        digest=handle.digest,
        begun_with=handle.begun_with.digest,
        earlier=handle.earlier,
        new_plan=handle.content if handle.is_new else None,
        run_id=handle.run_id,
        engine=engine,
        calls=calls,
        inbox=inbox,
        journal=journal,
        show=show,
        tell_began=view.began,
        tell_answered=view.answered,
        options=options.run,
        continued=entry is not None or options.run.mode in (RunMode.RESUME, RunMode.FOLLOW),
        plan_file=handle.plan_file,
        next_plan_file=next_plan_file(handle.run_id, handle.recorded_file),
        began_at=entry.began_at if entry else began_at,
        ended_at=entry.ended_at if entry else None,
        version=entry.version if entry else None,
        must_exist=handle.must_exist and options.run.assume_done is None,
    )


def _record_run(handle: RunHandle, journal: Journal, engine: Engine, now: float) -> None:
    """Record a run that the journal does not have; one that is rebuilt is written with what is found of it."""
    if journal.run(handle.run_id):
        journal.reopen(handle.run_id, handle.entry.cancel_at if handle.entry else None)
        if not handle.is_new and handle.plan_file and (file := handle.recorded_file):
            journal.record_plan_file(handle.run_id, file)
        return
    entry = RunEntry(
        run=handle.run_id,
        digest=handle.begun_with.digest,
        engine=engine.name,
        jobs=len(handle.plan.jobs),
        began_at=now,
        location=engine.location,
        plan_file=None if handle.is_new else handle.recorded_file,
    )
    journal.begin(entry, handle.begun_with.content)
