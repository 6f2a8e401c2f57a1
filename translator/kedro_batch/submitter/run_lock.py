"""Lock a run: one process at a time works on it, and others on this machine are refused with the holder's name.

The operating system holds the lock, so that it ends with its holder, however that ends.
"""

import fcntl
import getpass
import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import TextIO

from kedro_batch.errors import UsageError
from kedro_batch.plan.submit_job import RunId


@contextmanager
def run_lock(folder: Path, run_id: RunId) -> Iterator[None]:
    """Hold the lock of a run while the block runs.

    Args:
        folder: The folder of the run; made where it is missing.
        run_id: The run, for the message.

    Raises:
        UsageError: Another process holds it, or the folder cannot be written.
    """
    with _locked(folder, run_id) as file:
        file.truncate(0)
        file.write(_name())
        file.flush()
        yield


def is_locked(folder: Path) -> bool:
    """True if a process on this machine works on the run of a folder."""
    try:
        with (folder / "lock").open(encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # there is no such file, or the file system has no locks
        return False
    return False


@contextmanager
def begin_lock(journal: Path) -> Iterator[None]:
    """Hold the lock of a journal while a run begins; others wait, for as long as it takes to read and write it."""
    with ExitStack() as stack:
        with suppress(OSError):  # the file system has no locks
            file = stack.enter_context(journal.with_name(f"{journal.name}.lock").open("a", encoding="utf-8"))
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def remove_run_folder(folder: Path) -> None:
    """Remove the folder of a run of which nothing is left, while its lock is held; other files than the lock stay."""
    (folder / "lock").unlink(missing_ok=True)
    with suppress(OSError):
        folder.rmdir()


def _locked(folder: Path, run_id: RunId) -> TextIO:
    """Open the lock file and lock it; again, if the one that held it has removed it meanwhile."""
    while True:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            file = (folder / "lock").open("a+", encoding="utf-8")
        except OSError as error:
            raise UsageError(f"cannot write the lock of the run in {folder}: {error.strerror}") from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if _is_only_looked_at(file):
                file.close()
                continue
            with file:
                file.seek(0)
                holder = file.read().strip() or "another process"
            raise UsageError(
                f"run {run_id} is being worked on by {holder}. Wait, or stop that process. "
                f"To see the status: kedro-batch status {run_id}"
            ) from error
        if _is_there(file, folder / "lock"):
            return file
        file.close()


def _is_only_looked_at(file: TextIO) -> bool:
    """True if nobody has the lock but ``is_locked`` of another process, which has it for a moment."""
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _is_there(file: TextIO, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False


def _name() -> str:
    now = datetime.now().astimezone().strftime("%Y-%m-%d %H:%M:%S")
    return f"process {os.getpid()} of {_user()} on {socket.gethostname()}, since {now}"


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container without an entry for this user
        return f"user {os.getuid()}"
