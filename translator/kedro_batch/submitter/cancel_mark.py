"""The mark in the journal that a run is to be cancelled: who works on the run looks for it, and stops.

``cancel`` writes it, though another process on this machine holds the lock of the run. That process sends nothing more:
it looks for the mark every second, in whatever it waits but a prompt for an MFA code, and in the same commit as each
intent. ``take_over`` has the other side.
"""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from kedro_batch.errors import RunCancelled
from kedro_batch.plan.submit_job import RunId
from kedro_batch.submitter.inbox import Inbox
from kedro_batch.submitter.journal_place import real_journal
from kedro_batch.submitter.journal_reader import connect
from kedro_batch.text.times import date_and_time

_LOOK_EVERY_S = 1.0
_MARK = "SELECT cancel_at FROM runs WHERE run = ?"


@contextmanager
def watch_for_mark(journal: Path, run_id: RunId, before: float | None, inbox: Inbox) -> Iterator[None]:
    """Look for the mark while the block works on the run, and tell the inbox of it.

    A journal that cannot be read now, such as one that another program holds, is looked at again a second later.

    Args:
        journal: The journal.
        run_id: The run.
        before: The mark that it had already, which says nothing.
        inbox: Ends what the block waits for.
    """
    ended = threading.Event()
    file = real_journal(journal).absolute().as_uri()

    def watch() -> None:
        while not ended.is_set():
            with suppress(sqlite3.Error), closing(connect(f"{file}?mode=ro")) as connection:
                while not ended.wait(_LOOK_EVERY_S):
                    at = _mark(connection, run_id)
                    if at not in (None, before):
                        inbox.on_cancel(_cancelled(run_id, at))
                        return
            ended.wait(_LOOK_EVERY_S)

    thread = threading.Thread(target=watch, daemon=True, name="cancel mark")
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def refuse_cancelled(connection: sqlite3.Connection, run_id: RunId) -> None:
    """Refuse to go on with a run that is marked, in a commit that has removed the mark of an earlier time.

    Raises:
        RunCancelled: It is marked.
    """
    at = _mark(connection, run_id)
    if at is not None:
        raise _cancelled(run_id, at)


def _mark(connection: sqlite3.Connection, run_id: RunId) -> float | None:
    row = connection.execute(_MARK, (run_id,)).fetchone()
    return row[0] if row and isinstance(row[0], float) else None


def _cancelled(run_id: RunId, at: float | None) -> RunCancelled:
    when = ""
    with suppress(ValueError, OverflowError, OSError):  # a time that cannot be, in a journal from elsewhere
        when = f" at {date_and_time(at, to_the_second=True)}" if at is not None else ""
    return RunCancelled(f"run {run_id} was cancelled{when} by another command")
