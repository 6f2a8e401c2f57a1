"""A journal opened for writing: what waits to be written, and the commit that writes it. All of it, or nothing."""

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path

from kedro_batch.errors import UsageError
from kedro_batch.submitter.journal_busy import BUSY_S, JournalWait, is_busy, unwritable
from kedro_batch.submitter.journal_place import make_journal, real_journal, why_not_made
from kedro_batch.submitter.journal_reader import connect
from kedro_batch.submitter.journal_schema import check_version, prepare, version_of
from kedro_batch.submitter.journal_statements import Row
from kedro_batch.submitter.journal_view import JournalView


class JournalCommit(JournalView):
    """A journal that one thread reads, and to which it writes rows in commits.

    Attributes:
        failure: Why what waits can no longer be written; None while it can.
    """

    failure: str | None = None

    def __init__(self, file: Path, tell: Callable[[str], None] | None = None) -> None:
        """Open the file, or create it, for this user alone.

        Args:
            file: The journal.
            tell: Shows why nothing happens, while another program holds it.

        Raises:
            UsageError: It cannot be written, or is not a journal of this version.
        """
        real = real_journal(file)
        wait = JournalWait(file)
        wait.tell = tell or wait.tell
        try:
            if make_journal(real):
                wait.tell(
                    f"{real.parent} could be written by its group, and is now for you alone. A journal that a team "
                    "shares belongs in another folder: --journal FILE"
                )
            connection = connect(real.absolute().as_uri())
        except OSError as error:
            raise UsageError(
                f"cannot write the journal {file}: {why_not_made(error)}. Run it from a folder that you can write to, "
                "or name another file with --journal"
            ) from error
        except sqlite3.Error as error:
            raise unwritable(file, error) from error
        with ExitStack() as on_failure:
            on_failure.callback(connection.close)
            try:
                wait.for_lock(lambda: prepare(connection))
                check_version(file, wait.for_lock(lambda: version_of(connection)))
                wait.for_lock(lambda: connection.execute("PRAGMA journal_mode = DELETE"))
                connection.execute("PRAGMA synchronous = FULL")
            except sqlite3.Error as error:
                raise unwritable(file, error) from error
            on_failure.pop_all()
        super().__init__(file, connection, wait)
        self._waiting: list[Row] = []

    def discard(self) -> None:
        """Drop what waits to be written: the command that said it has done nothing."""
        self._waiting = []

    def write_waiting(self) -> None:
        """Write what waits, in one commit.

        Raises:
            UsageError: The file cannot be written: nothing may be sent.
        """
        self._write_or_raise()

    @property
    def waiting(self) -> bool:
        """True if something has not been written yet."""
        return bool(self._waiting)

    def commit(self) -> None:
        """Write what waits. If that fails, ``failure`` says why, what waits is kept, and the run goes on."""
        self._commit(BUSY_S)

    def try_commit(self) -> None:
        """Write what waits, as ``commit`` does; but if another program holds the file, leave it for the next time."""
        self._commit(0.0)

    def _commit(self, within_s: float) -> None:
        if self._waiting:
            try:
                self._write((), None, within_s)
            except sqlite3.Error as error:
                self.failure = str(error)
                if within_s and is_busy(error):
                    self.patience_s = 0.0  # it has been waited for
            else:
                self.failure = None
                self.patience_s = BUSY_S

    def _write_or_raise(
        self, rows: Sequence[Row] = (), then: Callable[[sqlite3.Connection], None] | None = None
    ) -> None:
        try:
            self._write(rows, then, BUSY_S)
        except sqlite3.Error as error:
            raise unwritable(self.file, error) from error

    def _write(self, rows: Sequence[Row], then: Callable[[sqlite3.Connection], None] | None, within_s: float) -> None:
        """Write what waits, and more rows behind it, in one commit."""
        waiting = tuple(self._waiting)
        self.wait.for_lock(lambda: self._write_once((*waiting, *rows), then), within_s, writes=True)
        del self._waiting[: len(waiting)]  # what was told while the file was busy waits for the next commit

    def _write_once(self, rows: Sequence[Row], then: Callable[[sqlite3.Connection], None] | None) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            for statement, values in rows:
                self._connection.execute(statement, values)
            if then:
                then(self._connection)
            self._connection.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")
            raise
