"""A journal opened for writing: what waits to be written, and the commit that writes it. All of it, or nothing."""

import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from kedro_batch.errors import UsageError
from kedro_batch.submitter.journal_busy import BUSY_S, JournalWait, is_busy, unwritable
from kedro_batch.submitter.journal_place import (
    make_journal_file,
    make_journal_folder,
    missing_folders,
    real_journal,
    remove_empty_folders,
    why_not_made,
)
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

    def __init__(self, file: Path, tell: Callable[[str], None] | None = None, *, at_once: bool = True) -> None:
        """Open the file, or create it, for this user alone.

        Args:
            file: The journal.
            tell: Shows why nothing happens, while another program holds it.
            at_once: Create it now, not with the first commit: a command that is refused before that leaves none.

        Raises:
            UsageError: It cannot be written, or is not a journal of this version.
        """
        self._real = real_journal(file)
        self._made: tuple[Path, ...] = ()
        self.file = file
        wait = JournalWait(file)
        wait.tell = tell or wait.tell
        self._is_there = at_once or os.path.lexists(self._real)
        super().__init__(file, self._open(wait) if self._is_there else _nothing_yet(), wait)
        self._waiting: list[Row] = []

    def make_folder(self) -> None:
        """Make the folder of the file, if that is not there; ``remove_unused`` removes it.

        Raises:
            UsageError: It cannot be made.
        """
        self._made = missing_folders(self._real)
        with self._making():
            make_journal_folder(self._real)

    def remove_unused(self) -> None:
        """Remove the folders that ``make_folder`` has made, if nothing was written."""
        if not self._is_there:
            remove_empty_folders(self._real, self._made)

    @contextmanager
    def _making(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise UsageError(
                f"cannot write the journal {self.file}: {why_not_made(error)}. Run it from a folder that you can write "
                "to, or name another file with --journal"
            ) from error

    def _open(self, wait: JournalWait) -> sqlite3.Connection:
        real = self._real
        try:
            with self._making():
                if make_journal_folder(real):
                    wait.tell(
                        f"{real.parent} could be written by its group, and is now for you alone. A journal that a team "
                        "shares belongs in another folder: --journal FILE"
                    )
                make_journal_file(real)
                connection = connect(real.absolute().as_uri())
        except sqlite3.Error as error:
            raise unwritable(self.file, error) from error
        with ExitStack() as on_failure:
            on_failure.callback(connection.close)
            try:
                wait.for_lock(lambda: prepare(connection))
                check_version(self.file, wait.for_lock(lambda: version_of(connection)))
                wait.for_lock(lambda: connection.execute("PRAGMA journal_mode = DELETE"))
                connection.execute("PRAGMA synchronous = FULL")
            except sqlite3.Error as error:
                raise unwritable(self.file, error) from error
            on_failure.pop_all()
        return connection

    def _use_file(self) -> None:
        """Read and write the file from now on; it is made where it is missing."""
        if not self._is_there:
            before, self._connection = self._connection, self._open(self.wait)
            before.close()
            self._is_there = True

    def _read(self, query: str, *values: object) -> list[Any]:
        if not self._is_there and os.path.lexists(self._real):
            self._use_file()  # another process has made it meanwhile
        return super()._read(query, *values)

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
            except (sqlite3.Error, UsageError) as error:
                self.failure = str(error)
                if within_s and isinstance(error, sqlite3.Error) and is_busy(error):
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
        self._use_file()
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


def _nothing_yet() -> sqlite3.Connection:
    """Return what is read of a journal that is not there: no run."""
    connection = connect(":memory:")
    prepare(connection)
    return connection
