"""Lock a run: one process at a time works on it, and others on this machine are refused with the holder's name.

The operating system holds the lock, so that it ends with its holder, however that ends.
"""

import errno
import fcntl
import getpass
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TextIO

from kedro_batch.errors import UsageError
from kedro_batch.files.private_files import make_inner_folder, open_without_following, whose
from kedro_batch.plan.submit_job import RunId
from kedro_batch.text.escaping import one_line
from kedro_batch.text.times import date_and_time

_NO_LOCKS = frozenset({errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS, errno.EINVAL})
"""What a file system without locks answers: NFS without lockd ENOLCK, Lustre without -o flock ENOSYS, FUSE either.
Only EWOULDBLOCK says that another process holds the lock (flock(2), fcntl(2))."""
_HELD = frozenset({errno.EWOULDBLOCK, errno.EAGAIN})
_SLICE_S = 0.1
_NAME_LENGTH = 500
"""What is read of the name of a holder; a file that somebody else wrote may have any length."""


class RunHeld(UsageError):  # noqa: N818  named for the state of things
    """Another process on this machine works on the run.

    Attributes:
        holder: Its name, as it has written it.
    """

    def __init__(self, message: str, holder: str) -> None:
        """Take the message and the name."""
        super().__init__(message)
        self.holder = holder


@contextmanager
def run_lock(folder: Path, run_id: RunId, further: str = "", purpose: str = "") -> Iterator[None]:
    """Hold the lock of a run while the block runs.

    Args:
        folder: The folder of the run; made where it is missing.
        run_id: The run, for the message.
        further: What a command needs to find the run, for the message (``journal_words``).
        purpose: What this process does with the run, for the messages of others.

    Raises:
        RunHeld: Another process holds it.
        UsageError: The folder cannot be written, or its file system has no locks.
    """
    with _locked(folder, run_id, further) as file:
        file.truncate(0)
        file.write(_name(purpose))
        file.flush()
        yield


def is_locked(folder: Path) -> bool:
    """True if a process on this machine works on the run of a folder.

    Raises:
        UsageError: The file system has no locks, so nobody can tell.
    """
    try:
        descriptor = open_without_following(folder / "lock", os.O_RDONLY)
    except OSError:  # nobody has worked on it here, or what is there is no lock of ours
        return False
    with os.fdopen(descriptor) as file:
        return not _try_lock(file, fcntl.LOCK_SH, folder)


def is_worked_on(folder: Path) -> bool:
    """True if a process on this machine works on the run of a folder; False also where there are no locks to tell."""
    try:
        return is_locked(folder)
    except UsageError:
        return False


def is_hidden(folder: Path) -> bool:
    """True if nobody can tell whether a process works on the run of a folder: its lock is another user's alone."""
    try:
        os.close(open_without_following(folder / "lock", os.O_RDONLY))
    except OSError as error:
        return error.errno == errno.EACCES
    return False


@contextmanager
def begin_lock(file: Path, pause: Callable[[float], None]) -> Iterator[None]:
    """Hold the lock of a journal while a run begins; others wait, for as long as it takes to read and write it.

    Args:
        file: The lock.
        pause: Waits for so many seconds; it may raise, which ends the waiting.

    Raises:
        UsageError: The lock cannot be written, or its file system has no locks.
    """
    with _opened(file, f"the lock of the journal, {file}") as lock:
        while not _try_lock(lock, fcntl.LOCK_EX, file.parent):
            pause(_SLICE_S)
        yield


def lock_problem(error: OSError, folder: Path) -> UsageError | None:
    """Return what is wrong with the locks of a file system; None if all is well, and another process has the lock.

    Args:
        error: What was raised in place of a lock.
        folder: A folder on the file system.
    """
    if error.errno in _HELD:
        return None
    why = error.strerror or str(error)
    if error.errno in _NO_LOCKS:
        why = f"this file system has no locks ({why})"
    return UsageError(f"cannot lock what is in {folder}: {why}. Name a journal on a local disk with --journal")


def _try_lock(file: TextIO, kind: int, folder: Path) -> bool:
    """Lock a file if nobody holds it; True if that was so.

    Raises:
        UsageError: It cannot be locked at all.
    """
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except OSError as error:
        if problem := lock_problem(error, folder):
            raise problem from error
        return False
    return True


def _opened(path: Path, what: str) -> TextIO:
    try:
        return os.fdopen(open_without_following(path, os.O_RDWR | os.O_CREAT), "r+", encoding="utf-8", errors="replace")
    except OSError as error:
        raise _cannot_write(what, error) from error


def _cannot_write(what: str, error: OSError) -> UsageError:
    no_room = error.errno in (errno.EROFS, errno.ENOSPC, errno.EDQUOT)
    elsewhere = ". Name a journal in another folder with --journal" if no_room else ""
    return UsageError(f"cannot write {what}: {error.strerror}{whose(error)}{elsewhere}")


def remove_run_folder(folder: Path) -> None:
    """Remove the folder of a run of which nothing is left, while its lock is held; other files than the lock stay."""
    (folder / "lock").unlink(missing_ok=True)
    with suppress(OSError):
        folder.rmdir()


def _locked(folder: Path, run_id: RunId, further: str) -> TextIO:
    """Open the lock file and lock it; again, if the one that held it has removed it meanwhile."""
    while True:
        try:
            make_inner_folder(folder.parent)
            make_inner_folder(folder)
        except OSError as error:
            raise _cannot_write(f"the lock of the run in {folder}", error) from error
        with ExitStack() as on_failure:
            file = on_failure.enter_context(_opened(folder / "lock", f"the lock of the run in {folder}"))
            if not _try_lock(file, fcntl.LOCK_EX, folder):
                if _try_lock(file, fcntl.LOCK_SH, folder):
                    continue  # nobody has it but ``is_locked`` of another process, which has it for a moment
                holder = one_line(file.read(_NAME_LENGTH)).strip() or "another process"
                raise RunHeld(
                    f"run {run_id} is being worked on by {holder}. Wait, or stop that process. "
                    f"To see the status: kedro-batch status {run_id}{further}",
                    holder,
                )
            if _is_there(file, folder / "lock"):
                on_failure.pop_all()
                return file


def _is_there(file: TextIO, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False


def _name(purpose: str) -> str:
    now = date_and_time(time.time(), to_the_second=True)
    return f"process {os.getpid()} of {_user()} on {socket.gethostname()}{purpose}, since {now}"


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container without an entry for this user
        return f"user {os.getuid()}"
