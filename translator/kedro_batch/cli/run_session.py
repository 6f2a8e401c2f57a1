"""Work on one run for a command: lock it, follow it, report how it ended.

A command finds the run (``run_handle``), opens it with ``open_run``, and calls ``follow`` of the session, or hands the
session to ``cancel_run``.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from kedro_batch.cli.base import print_note
from kedro_batch.cli.event_file import EventFile
from kedro_batch.cli.json_lines import JsonLines
from kedro_batch.cli.live_view import View, head_of, progress_of, run_view
from kedro_batch.cli.options import CommandOptions
from kedro_batch.cli.run_context import begin_context, engine_of
from kedro_batch.cli.run_estimate import read_estimator
from kedro_batch.cli.run_handle import RunHandle
from kedro_batch.cli.run_report import report, say_if_stale, what_goes_on
from kedro_batch.cli.signals import on_signals
from kedro_batch.cli.stream_writer import LAST_WORDS_S
from kedro_batch.errors import Interrupted, JobsFailed, KedroBatchError, RunUnfinished
from kedro_batch.submitter.cancel_mark import watch_for_mark
from kedro_batch.submitter.context import RunContext
from kedro_batch.submitter.event_json import event_json
from kedro_batch.submitter.events import Event, PlanChanged, RunFinished, Sink
from kedro_batch.submitter.inbox import Inbox
from kedro_batch.submitter.job_state import JobState
from kedro_batch.submitter.journal import Journal
from kedro_batch.submitter.journal_place import run_folder
from kedro_batch.submitter.journal_view import journal_words
from kedro_batch.submitter.run import Run
from kedro_batch.submitter.run_lock import RunHeld, remove_run_folder, run_lock
from kedro_batch.submitter.run_options import RunMode
from kedro_batch.submitter.run_state import RunState
from kedro_batch.submitter.service.api import Engine
from kedro_batch.submitter.take_over import CANCELS


@dataclass(kw_only=True)
class RunSession:
    """A run that is locked, recorded and shown while a command works on it.

    Attributes:
        handle: The run.
        folder: Its folder.
        held: What is held until the command ends, such as its lock.
        context: What its parts have in common.
        run_state: Its state, once it is known.
        finished: Its last event.
        to_end_holder: What ends another process that holds the run, which would refuse ``resume``.
    """

    handle: RunHandle
    folder: Path
    held: ExitStack
    context: RunContext
    run_state: RunState
    finished: RunFinished | None = None
    to_end_holder: str | None = None

    def follow(self) -> None:
        """Work on the run as the options say, and follow it to its end.

        Raises:
            JobsFailed: Jobs failed.
            RunUnfinished: Nothing more can be done now, and the run has not ended.
            RunCancelled: Another command has cancelled it.
            KedroBatchError: The service or the journal refused.
            Interrupted: A signal came.
        """
        run = Run(self.context, location=self.location)
        self.run_state = run.run_state
        outcome = run.to_the_end().outcome
        refused = any(one.state is JobState.FAILED and not one.job_id for one in self.run_state.records.values())
        if outcome in ("failed", "cancelled") or (outcome == "detached" and refused):
            raise JobsFailed("")
        if outcome == "unfinished":
            raise RunUnfinished(f"run {self.handle.run_id} has not ended")

    def look(self) -> None:
        """Write to the journal how the run stands now, for a command that reports something else.

        Raises:
            KedroBatchError: As ``follow``; jobs that failed or go on do not raise.
            Interrupted: A signal came.
        """
        with suppress(JobsFailed, RunUnfinished):
            self.follow()
        self.finished = None

    def lock(self) -> str | None:
        """Lock the run to cancel it; return who holds the lock, if another process does."""
        try:
            self.held.enter_context(run_lock(self.folder, self.handle.run_id, self.further, CANCELS))
        except RunHeld as held:
            return held.holder
        return None

    @property
    def further(self) -> str:
        """What a command needs to find the run, for messages."""
        return journal_words(self.context.journal.file)

    @property
    def location(self) -> dict[str, str]:
        """Where the run was applied, as the journal has it."""
        return dict(self.handle.entry.location) if self.handle.entry else {}


@contextmanager
def open_run(
    handle: RunHandle, journal: Journal, options: CommandOptions, *, engine: Engine | None = None, cancels: bool = False
) -> Iterator[RunSession]:
    """Lock a run, record it, show it while the block works on it, and report how it ended.

    Args:
        handle: The run.
        journal: Its journal.
        options: The options of the command.
        engine: What runs its jobs, where that is known already.
        cancels: The block cancels it, and locks it itself (``RunSession.lock``).

    Raises:
        UsageError: Another process works on the run, or the journal or the file of events cannot be written.
        RunUnknown: As ``engine_of``.
        ServiceError: boto3 finds no region, or a profile that does not exist.
        RunCancelled: Another command has cancelled the run while the block worked on it.
    """
    inbox = Inbox()
    session: RunSession | None = None
    patience_s: float | None = None

    def sink(event: Event) -> None:
        if session and isinstance(event, RunFinished):
            session.finished = event
        view.show(event)
        write_event(event)

    try:
        with _folder_of(handle, journal) as folder:
            engine = engine or engine_of(handle, journal.file, inbox, options)
            with on_signals(inbox.on_signal), _event_writer(options, inbox) as write_event:
                try:
                    differs = partial(_what_differs, handle)
                    with run_view(options.verbosity, differs, noted=inbox.noted) as view, ExitStack() as held:
                        if not cancels:
                            held.enter_context(_working_on(handle, journal, inbox, folder))
                        context = begin_context(
                            handle, journal, engine=engine, inbox=inbox, options=options, view=view, show=sink
                        )
                        run_state = RunState(context.parents, journal.records(handle.run_id))
                        session = RunSession(
                            handle=handle, folder=folder, held=held, context=context, run_state=run_state
                        )
                        _show_from_now_on(session, view, cancels=cancels)
                        try:
                            yield session
                        except (KedroBatchError, Interrupted) as error:
                            _say_what_goes_on(session, error, reported=not options.verbosity.as_json)
                            if _leaves_no_trace(session, error, notes=options.verbosity.notes):
                                session = None
                            raise
                except Interrupted:
                    patience_s = LAST_WORDS_S
                    raise
                finally:
                    if session:
                        report(session, options.verbosity, patience_s)
    except Interrupted:
        session = None  # nobody waits for what else there is to say
        raise
    finally:  # Ctrl-C ends this as it ends any command
        if session and not inbox.is_interrupted:
            say_if_stale(handle.plan, session.context, session.finished, notes=options.verbosity.notes)


def _show_from_now_on(session: RunSession, view: View, *, cancels: bool) -> None:
    context = session.context
    verb = "cancelling" if cancels else "following" if context.options.mode is RunMode.FOLLOW else ""
    head = head_of(context, verb, session.location)
    progress = progress_of(context, context.journal.records(context.run_id))
    view.begin(progress, head, partial(read_estimator, context))


@contextmanager
def _folder_of(handle: RunHandle, journal: Journal) -> Iterator[Path]:
    """Yield the folder of a run; what was made for a journal in which nothing is written then is removed."""
    folder = run_folder(journal.file, handle.run_id)
    journal.make_folder()
    try:
        yield folder
    finally:
        journal.remove_unused()


@contextmanager
def _working_on(handle: RunHandle, journal: Journal, inbox: Inbox, folder: Path) -> Iterator[None]:
    """Hold the lock of a run, and look for the mark of who cancels it."""
    marked_at = handle.entry.cancel_at if handle.entry else None
    with (
        run_lock(folder, handle.run_id, journal_words(journal.file)),
        watch_for_mark(journal.file, handle.run_id, marked_at, inbox),
    ):
        yield


@contextmanager
def _event_writer(options: CommandOptions, inbox: Inbox) -> Iterator[Sink]:
    """Yield what writes every event for other programs: the same line to each."""
    with ExitStack() as held:
        writers: list[Callable[[str], None]] = []
        if options.verbosity.as_json:
            writers.append(JsonLines(lambda: inbox.is_interrupted).write)
        if options.events:
            writers.append(held.enter_context(EventFile(options.events, lambda: inbox.is_interrupted)).write)

        def write_event(event: Event) -> None:
            line = event_json(event, time.time()) if writers else ""
            for write in writers:
                write(line)

        yield write_event


def _what_differs(handle: RunHandle, event: PlanChanged) -> str:
    """Return what differs in a new plan."""
    from kedro_batch.review.run.new_plan import new_plan_text  # noqa: PLC0415  loaded only if there is a new plan

    names = f"the plan of run {handle.run_id} until now", handle.source
    return new_plan_text(handle.earlier[event.before], handle.plan, event.jobs, names)


def _say_what_goes_on(session: RunSession, error: KedroBatchError | Interrupted, *, reported: bool) -> None:
    """Let a signal end the command with what becomes of the jobs."""
    if isinstance(error, Interrupted) and session.finished and session.finished.note:
        error.message = what_goes_on(session.finished.note, reported=reported)


def _leaves_no_trace(session: RunSession, error: KedroBatchError | Interrupted, *, notes: bool) -> bool:
    """Leave everything as it was, if a command was refused before it has done anything; True if so."""
    handle, journal = session.handle, session.context.journal
    if not session.context.begun:
        journal.discard()
        if isinstance(error, Interrupted) and notes:
            print_note("Nothing was changed.")
    elif (
        handle.entry is None
        and (handle.must_exist or isinstance(error, KedroBatchError))
        and not journal.records(handle.run_id)
    ):
        journal.forget(handle.run_id)
    else:
        return False
    if journal.run(handle.run_id) is None:
        remove_run_folder(session.folder)
    return True
