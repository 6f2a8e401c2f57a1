"""Report how a run ended, once the command that has worked on it is done."""

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from kedro_batch.cli.base import print_note, print_plainly
from kedro_batch.cli.next_plan import next_plan
from kedro_batch.cli.options import Verbosity
from kedro_batch.cli.stale_plan import describe_staleness
from kedro_batch.cli.stream_writer import write_patiently
from kedro_batch.cli.streams import fitted_to, redirect_to_null, shows_links
from kedro_batch.errors import UsageError
from kedro_batch.plan.model import Plan
from kedro_batch.review.run.run_end import run_end_text
from kedro_batch.review.run.status import run_status
from kedro_batch.submitter.context import RunContext
from kedro_batch.submitter.events import RunFinished
from kedro_batch.submitter.run_options import RunMode
from kedro_batch.submitter.run_state import RunState


class ReportedRun(Protocol):
    """What is reported of a run: ``RunSession`` has it."""

    context: RunContext
    run_state: RunState
    finished: RunFinished | None
    to_end_holder: str | None


def report(run: ReportedRun, verbosity: Verbosity, patience_s: float | None = None) -> None:
    """Write how a run ended to standard output, unless its events stand there.

    Args:
        run: The run.
        verbosity: How much is said.
        patience_s: How long to wait for a reader, in seconds; None for as long as no signal comes.

    Raises:
        UsageError: The journal has lost the run.
        Interrupted: A signal came, and nobody reads.
    """
    context, state, finished = run.context, run.run_state, run.finished
    journal, run_id = context.journal, context.run_id
    if journal.failure:
        print_plainly(f"Warning: the journal {journal.file} is not complete: {journal.failure}")
    if verbosity.as_json or finished is None:
        return
    try:
        entry, stuck = journal.run(run_id), journal.first_sights(run_id)
    except UsageError as error:  # another program holds it: the exit code tells how the run ended
        print_plainly(f"run {run_id} {finished.outcome}: {finished.note or ''}\n{error}")
        return
    if entry is None:
        raise UsageError(f"the journal {journal.file} has lost run {run_id}")
    began_at = entry.began_at if finished.began_at is None else finished.began_at
    entry = replace(entry, outcome=finished.outcome, began_at=began_at, ended_at=finished.ended_at)
    following = next_plan(run_id, context.plan, entry.plan_file)
    status = run_status(entry, state.parents, state.records, plan=context.plan, next_plan=following, stuck=stuck)
    text = run_end_text(
        status,
        journal=os.path.relpath(journal.file),
        seconds=finished.seconds,
        continued=context.continued,
        note=finished.note,
        links=shows_links(sys.stdout),
        verbose=verbosity.verbose,
        to_end_holder=run.to_end_holder,
    )
    try:
        write_patiently(sys.stdout, fitted_to(sys.stdout, text), patience_s, context.inbox.noted)
    except OSError as error:  # if the outcome cannot be written, the exit code still tells it
        redirect_to_null(sys.stdout)
        if not isinstance(error, BrokenPipeError):
            print_plainly(f"Warning: cannot write the outcome: {error.strerror}")


def what_goes_on(note: str, *, reported: bool) -> str:
    """Return what an interrupted command says at its end of the jobs that it leaves.

    Args:
        note: What becomes of them.
        reported: Standard output has it already; if that is a terminal, it is not said twice.
    """
    if reported and sys.stdout.isatty():
        return ""
    return note if "kedro-batch " in note.rpartition(". ")[2] else f"{note}."  # a command is copied as it stands


def say_if_stale(plan: Plan, context: RunContext, finished: RunFinished | None, *, notes: bool) -> None:
    """Say that a plan, as it was read, is out of date, once jobs have failed on this machine, where the project is."""
    if context.engine.name != "local" or finished is None or finished.outcome != "failed":
        return
    if context.options.mode is RunMode.FOLLOW:  # nothing has run
        return
    if notes:
        print_note("Looking whether the plan is out of date; no more is said if it is not ...")
    project = Path(context.engine.location["folder"])
    if said := describe_staleness(plan, context.digest, project, context.next_plan_file):
        print_plainly(said)
