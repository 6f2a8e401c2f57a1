"""After ``cancel``: remove what the jobs had begun to save. The run is cancelled already; nothing here changes that."""

import shlex
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from kedro_batch.cli.base import print_note, print_plainly
from kedro_batch.cli.partial_outputs import Starts, describe_kept, find_partial_jobs, remove_partial_outputs
from kedro_batch.cli.run_outputs import RecordedRun, find_project_of, find_recorded_run, open_data
from kedro_batch.cli.streams import reserve_stdout
from kedro_batch.compiler.project.versioned_entries import may_have_versions
from kedro_batch.errors import KedroBatchError
from kedro_batch.plan.model import Plan
from kedro_batch.plan.submit_job import RunId
from kedro_batch.submitter.cancel import Cancelled
from kedro_batch.submitter.journal_view import read_journal
from kedro_batch.text.escaping import for_terminal

if TYPE_CHECKING:
    from kedro_batch.compiler.stored_data import DataOfRun


def clean_up(run_id: RunId, plan: Plan, journal: Path, cancelled: Cancelled, *, quiet: bool) -> None:
    """Remove the outputs that jobs of a cancelled run had begun; if that cannot be done, say what may be left.

    The project is the one around the working directory. It is loaded only if some job has started without success, and
    if it can have versioned datasets.

    Args:
        run_id: The run, all of whose jobs have ended.
        plan: Its plan.
        journal: Its journal.
        cancelled: How it was cancelled.
        quiet: Say only what may be left.
    """
    starts = Starts(started=cancelled.started, not_started=cancelled.not_started)
    if plan.project is None or not _may_be_left(run_id, journal, starts):
        return
    try:
        if not may_have_versions(find_project_of(plan, Path()), plan):
            return
        sys.stdout.flush()
        with reserve_stdout():
            removal = remove_partial_outputs(run_id, journal, partial(_open, quiet=quiet), starts)
    except KedroBatchError as error:
        _say_what_is_left(run_id, journal, str(error))
        return
    if removal.places and not quiet:
        print_note(for_terminal(removal.describe()))
    if removal.kept:
        print_note(for_terminal(describe_kept(removal.kept)))
    if removal.failures:
        _say_what_is_left(run_id, journal, "; ".join(map(str, removal.failures)))


def _may_be_left(run_id: RunId, journal: Path, starts: Starts) -> bool:
    """True if a job without success may have saved something under the version of its run, torn or complete."""
    with read_journal(journal, print_plainly) as book:
        entry = book.run(run_id)
        if entry is None or entry.version is None:
            return False
        jobs = find_partial_jobs(find_recorded_run(run_id, book), book, starts)
        return bool(jobs.torn or jobs.kept)


def _open(run: RecordedRun, *, quiet: bool) -> "DataOfRun":
    if not quiet:
        print_note("Looking for versioned datasets that jobs had begun to save ...")
    return open_data(run, Path())


def _say_what_is_left(run_id: RunId, journal: Path, why: str) -> None:
    words = ["kedro-batch", "versions", run_id, "--remove-partial", "--journal", str(journal.resolve())]
    print_note(
        for_terminal(
            f"Note: the run is cancelled, and what its jobs had begun to save may be left, if datasets are versioned: "
            f"{why}. To remove it, in the folder of the project: {shlex.join(words)}"
        )
    )
