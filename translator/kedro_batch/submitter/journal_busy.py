"""Wait for a journal that another program holds, without holding up signals, and say what is wrong with one.

SQLite waits for a lock by itself, but in one piece. Here it waits in slices, between which signals are handled, and
after two seconds the user is told why nothing happens.
"""

import errno
import fcntl
import os
import shlex
import sqlite3
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from kedro_batch.errors import UsageError
from kedro_batch.files.private_files import whose
from kedro_batch.submitter.run_lock import lock_problem
from kedro_batch.text.wording import duration

_T = TypeVar("_T")

BUSY_S = 30.0
"""How long to wait for a journal that another program holds."""
AFTER_SIGNAL_S = 2.0
"""How long, once a signal is to end the command: what is lost then, the next command finds out again."""
SLICE_S = 0.1
"""How long SQLite waits in one piece."""
TELL_AFTER_S = 2.0
_BUSY = ("SQLITE_BUSY", "SQLITE_LOCKED")
_ABOUT_LOCKS = ("SQLITE_IOERR_LOCK", "SQLITE_IOERR_RDLOCK", "SQLITE_IOERR_UNLOCK", "SQLITE_IOERR_CHECKRESERVEDLOCK")
"""What SQLite says of a file system without locks; of ENOLCK it says SQLITE_BUSY (os_unix.c,
sqliteErrorFromPosixError)."""


class JournalWait:
    """The waiting of one process for its journal.

    Attributes:
        tell: Shows a message, once when the waiting is long.
        tell_free: Shows a message once when it is over; None to show it as the other one.
        check: Is called between two slices; what it raises ends the waiting.
        at_most_s: No waiting takes longer.
    """

    def __init__(self, file: Path) -> None:
        """Wait for nothing yet."""
        self.tell: Callable[[str], None] = _ignore
        self.tell_free: Callable[[str], None] | None = None
        self.check: Callable[[], None] = _ignore_signals
        self.at_most_s = BUSY_S
        self._file = file
        self._busy_since: float | None = None
        self._cannot_write = False
        self._told = False

    def for_lock(self, attempt: Callable[[], _T], within_s: float = BUSY_S, *, writes: bool = False) -> _T:
        """Try until another program lets the journal go.

        Args:
            attempt: Reads or writes; waits for a slice by itself.
            within_s: How long to try; 0 for once.
            writes: It writes: others can read what one program is about to write to, so that reading proves nothing.

        Raises:
            sqlite3.Error: It cannot be read or written; busy if it was not let go in time.
        """
        within_s = min(within_s, self.at_most_s)
        began = time.monotonic()
        while True:
            try:
                result = attempt()
            except sqlite3.OperationalError as error:
                if not is_busy(error):
                    raise
                self._cannot_write |= writes
                self._note_busy(within_s)
                if time.monotonic() - began >= within_s:
                    raise
                self.check()
            else:
                if writes or not self._cannot_write:
                    self._note_free()
                return result

    def _note_busy(self, within_s: float) -> None:
        now = time.monotonic()
        self._busy_since = now if self._busy_since is None else self._busy_since
        if now - self._busy_since >= TELL_AFTER_S and not self._told:
            self._told = True
            limit = f" for up to {duration(within_s)}" if within_s else "; the jobs are followed meanwhile"
            self.tell(
                f"another program holds the journal {self._file}, such as a database browser: waiting for it{limit}"
            )

    def _note_free(self) -> None:
        told, self._told, self._busy_since, self._cannot_write = self._told, False, None, False
        if told:
            (self.tell_free or self.tell)(f"the journal {self._file} is free again")


def is_busy(error: sqlite3.Error) -> bool:
    """True if another connection holds the file, or if SQLite takes a lack of locks for that."""
    return getattr(error, "sqlite_errorname", "").startswith(_BUSY)


def unreadable(file: Path, error: Exception) -> UsageError:
    """Return the error that says why a journal cannot be read, and what to do."""
    if without_locks := _lacks_locks(file, error, may_write=False):
        return without_locks
    if damaged := _is_damaged(file, error):
        return damaged
    return UsageError(f"cannot read the journal {file}: {error}{_advice(file, error)}")


def unwritable(file: Path, error: sqlite3.Error) -> UsageError:
    """Return the error that says why a journal cannot be written, and what to do."""
    if without_locks := _lacks_locks(file, error, may_write=True):
        return without_locks
    if damaged := _is_damaged(file, error):
        return damaged
    return UsageError(
        f"cannot write the journal {file}: {error}{_advice(file, error)}. Nothing more is submitted without it"
    )


def _is_damaged(file: Path, error: Exception) -> UsageError | None:
    """Return the error about a file that SQLite cannot make sense of, if that is what its error says."""
    name, path = getattr(error, "sqlite_errorname", ""), shlex.quote(str(file))
    away = (
        f"move it away: mv {path} {shlex.quote(f'{file}.old')}. A run that goes on on AWS Batch can then be followed: "
        "kedro-batch wait RUN --plan PLAN"
    )
    if name.startswith("SQLITE_NOTADB"):
        return UsageError(
            f"{file} is not a journal of kedro-batch, which is a database of SQLite. Name the right file with "
            f"--journal; or, if it was the journal and is damaged, {away}"
        )
    if name.startswith("SQLITE_CORRUPT"):
        return UsageError(f"the journal {file} is damaged ({error}). Put a copy in its place, or {away}")
    return None


def _advice(file: Path, error: Exception) -> str:
    if not isinstance(error, sqlite3.Error) or not is_busy(error):
        may_use = os.access(file, os.R_OK | os.W_OK, effective_ids=os.access in os.supports_effective_ids)
        return "" if may_use else whose(PermissionError(errno.EACCES, "", str(file)))
    return f". Another program holds it, such as a database browser: close that (fuser {file} names it), and try again"


def _lacks_locks(file: Path, error: Exception, *, may_write: bool) -> UsageError | None:
    """Return the error about a file system without locks, if SQLite's error comes from that.

    The journal itself must not be probed: to close any descriptor of it would drop all locks of this process on it
    (fcntl(2)). So another file of its folder is.
    """
    name = getattr(error, "sqlite_errorname", "")
    if not name.startswith((*_BUSY, *_ABOUT_LOCKS)):
        return None
    found: OSError | None = None
    folder = file.parent
    with suppress(OSError, RuntimeError):  # nothing can be opened there: then nothing is known
        real = file.resolve()  # the name that the user wrote may be a link, on another file system
        folder = real.parent
        if may_write:
            with tempfile.TemporaryFile(dir=folder) as probe:
                found = _refused_lock(probe.fileno(), fcntl.LOCK_EX)
        else:
            beside = [one for one in (".gitignore", f"{real.name}.lock") if (folder / one).is_file()]
            for name_beside in beside[:1]:
                with (folder / name_beside).open("rb") as readable:
                    found = _refused_lock(readable.fileno(), fcntl.LOCK_SH)
    return lock_problem(found, folder) if found else None


def _refused_lock(descriptor: int, kind: int) -> OSError | None:
    try:
        fcntl.lockf(descriptor, kind | fcntl.LOCK_NB)
    except OSError as error:
        return error if error.errno != errno.EACCES else None  # which means, too, that somebody holds it
    return None


def _ignore(_: str) -> None:
    """Show nothing."""


def _ignore_signals() -> None:
    """Go on."""
