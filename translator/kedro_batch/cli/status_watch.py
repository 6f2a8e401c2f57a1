"""Watch a run: look at it every few seconds until it has ended. What draws it comes in (``status_views``)."""

import time
from collections.abc import Callable
from dataclasses import replace

from kedro_batch.cli.base import print_plainly
from kedro_batch.cli.shown_run import ShownRun, find_shown_run
from kedro_batch.cli.shown_status import StatusNow, status_now
from kedro_batch.errors import Interrupted
from kedro_batch.submitter.events import Event
from kedro_batch.submitter.job_state import ENDED
from kedro_batch.submitter.journal_view import read_journal

_PAUSE_S, _LONGEST_PAUSE_S = 4.0, 30.0
_SHARE = 4
"""A pause is so many times as long as a look took: those of a large run are many calls."""


def watch_status(run: ShownRun, draw: Callable[[StatusNow], None], *, offline: bool, plan_file: str | None) -> None:
    """Look at a run, and draw it, until it has ended.

    Args:
        run: The run.
        draw: Draws how it stands.
        offline: Do not ask AWS Batch.
        plan_file: The plan that the user has named.

    Raises:
        RunUnknown: Neither the journal nor AWS Batch knows it.
        UsageError: The journal cannot be read.
        ServiceError: The journal does not have it, and AWS Batch could not be asked.
        Interrupted: A signal came; its message says so.
    """
    try:
        while True:
            began = time.monotonic()
            run = _read_again(run)
            worked_on = run.is_worked_on  # before the look: what it submits last is seen
            now = status_now(run, offline=offline, plan_file=plan_file, tell=_unsaid)
            draw(now)
            if all(state in ENDED for state in now.states.values()):
                return
            if not worked_on and (run.is_local or not now.goes_on):
                return  # nobody submits the rest
            time.sleep(min(_LONGEST_PAUSE_S, max(_PAUSE_S, _SHARE * (time.monotonic() - began))))
    except Interrupted as error:
        error.message = f"Stopped watching. Nothing was changed in run {run.run_id}."
        raise


def _read_again(run: ShownRun) -> ShownRun:
    """Read the row of a run again, and its plan only if it goes on with another one: reading that may take seconds."""
    if run.entry is None:
        return run
    with read_journal(run.journal, print_plainly) as view:
        entry = view.run(run.run_id)
    if entry is None or entry.plan_digest != run.entry.plan_digest:
        return find_shown_run(run.run_id, None, run.journal)
    return replace(run, entry=entry)


def _unsaid(_: Event) -> None:
    """Say nothing: what AWS Batch could not be asked for stands in the status."""
