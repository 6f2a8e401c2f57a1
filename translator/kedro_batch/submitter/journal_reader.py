"""The file of a journal, opened and read: what is odd in it, or cannot be read, is a message for users."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kedro_batch.errors import UsageError
from kedro_batch.submitter.journal_busy import BUSY_S, SLICE_S, JournalWait, unreadable
from kedro_batch.submitter.journal_values import OddValueError

_SHOWN = 60


class JournalReader:
    """Runs queries on a journal.

    Attributes:
        file: Its name, as the user wrote it.
        wait: How it waits while another program holds the file.
        patience_s: How long it waits before a read.
    """

    patience_s: float = BUSY_S

    def __init__(self, file: Path, connection: sqlite3.Connection, wait: JournalWait) -> None:
        """Read from a connection."""
        self.file = file
        self.wait = wait
        self._connection = connection

    def _odd(self, run: Any, which: str, error: OddValueError) -> UsageError:
        """Return the message about a row: which file, which run, which row, and what to do."""
        return UsageError(
            f"the journal {self.file} has an odd row for run {ascii(run)[:_SHOWN]}{which[:_SHOWN]}: {error}. A newer "
            "kedro-batch may have written it, or another program. The other runs in it can be used. To go on with this "
            "one: install that kedro-batch, or name another file with --journal, and the plan with --plan PLAN"
        )

    def _columns(self, table: str, wanted: Sequence[str]) -> str:
        """Return columns for a query, in their order; those that an older journal lacks are NULL."""
        there = {row[1] for row in self._read(f"PRAGMA table_info({table})")}
        return ", ".join(one if one in there else f"NULL AS {one}" for one in wanted)

    def _read(self, query: str, *values: object) -> list[Any]:
        try:
            return self.wait.for_lock(lambda: self._connection.execute(query, values).fetchall(), self.patience_s)
        except sqlite3.Error as error:
            raise unreadable(self.file, error) from error

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


def open_to_read(file: Path, *, writing: bool = False) -> sqlite3.Connection:
    """Connect to a journal that is there; ``writing`` lets SQLite first undo what a writer has not finished."""
    return connect(f"{file.absolute().as_uri()}?mode={'rw' if writing else 'ro'}")


def connect(uri: str) -> sqlite3.Connection:
    """Connect to a journal; text that is no UTF-8 is read with escapes, so that it spoils no other row."""
    connection = sqlite3.connect(uri, uri=True, timeout=SLICE_S, isolation_level=None)
    connection.text_factory = lambda content: content.decode(errors="backslashreplace")
    return connection


def copied(file: Path, folder: Path) -> Path:
    """Copy a journal into a folder, with what SQLite keeps beside it."""
    copy = folder / file.name
    for ending in ("-journal", ""):  # the rollback journal first: it undoes what comes into the file after it
        source = file.with_name(file.name + ending)
        if source.exists():
            copy.with_name(copy.name + ending).write_bytes(source.read_bytes())
    return copy
