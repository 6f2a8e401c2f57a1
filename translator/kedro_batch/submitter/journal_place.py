"""Where a journal is: which file it really is, what is beside it, and who may read it.

Two names of one file are one journal: links are resolved once, and locks, logs and folders of runs are beside the file
itself. What is shown to the user stays what he wrote.
"""

import errno
import os
import shlex
import stat
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from kedro_batch.errors import UsageError
from kedro_batch.files.private_files import keep_private, make_private_folder, share_as_folder
from kedro_batch.plan.submit_job import RunId
from kedro_batch.submitter.run_id import checked_run_id

DEFAULT_JOURNAL = Path(".kedro-batch") / "journal.db"
_RUNS = "runs"


def real_journal(file: Path) -> Path:
    """Return the file that a journal is, whatever links lead to it; it need not exist.

    Raises:
        UsageError: It is a folder, its links lead nowhere or in a circle, or it has a second name that is no link.
    """
    try:
        real = file.resolve(strict=False)
        is_there = any(os.path.lexists(one) for one in (file, *([file.parent] if file.parent.is_symlink() else [])))
        found = (real if os.path.lexists(file) else real.parent).stat() if is_there else None
    except (OSError, RuntimeError) as error:  # of a circle, Python 3.12 and older raise a RuntimeError
        raise _unusable(file, _why(error)) from error
    if found is None or not os.path.lexists(file):
        return real
    if stat.S_ISDIR(found.st_mode):
        raise _unusable(file, "it is a folder")
    if found.st_nlink > 1:
        name, copy = shlex.quote(str(real)), shlex.quote(f"{real}.copy")
        # https://www.sqlite.org/howtocorrupt.html, 2.5: each name would have a rollback journal of its own.
        raise UsageError(
            f"the journal {file} has {found.st_nlink} names (hard links), and SQLite damages a file that is used under "
            f"two names. Give it one of its own: cp {name} {copy} && mv {copy} {name}"
        )
    return real


def run_folder(file: Path, run_id: RunId) -> Path:
    """Return the folder of a run beside its journal, with its lock and its logs.

    Raises:
        UsageError: As ``real_journal``; or the id would lead out of the folder.
    """
    return real_journal(file).parent / _RUNS / checked_run_id(run_id)


def begin_lock_file(file: Path) -> Path:
    """Return the lock that a process holds while it begins a run; raises as ``real_journal``."""
    real = real_journal(file)
    return real.with_name(f"{real.name}.lock")


def missing_folders(real: Path) -> tuple[Path, ...]:
    """Return the folders above a journal that are not there, the innermost first."""
    return tuple(one for one in real.parents if not os.path.lexists(one))


def make_journal_folder(real: Path) -> bool:
    """Make the folder of a journal for this user alone; the usual folder is narrowed if it was not made so.

    A folder that the user has named is left as it is: he may share it.

    Returns:
        True if the usual folder was taken from a group that could write it.

    Raises:
        OSError: Something of it cannot be made.
    """
    make_private_folder(real.parent)
    taken = False
    if real.parent.name == DEFAULT_JOURNAL.parent.name:
        taken = keep_private(real.parent)
        with suppress(FileExistsError):  # also of a link: it is not followed
            ignore = os.open(real.parent / ".gitignore", os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
            with os.fdopen(ignore, "w", encoding="utf-8") as file:
                file.write("*\n")
    return taken


def remove_empty_folders(real: Path, made: Sequence[Path]) -> None:
    """Remove the folders that were made for a journal, the innermost first, if nothing of any run is in them."""
    with suppress(OSError):
        (real.parent / _RUNS).rmdir()
    with suppress(OSError):
        if [one.name for one in real.parent.iterdir()] == [".gitignore"]:
            (real.parent / ".gitignore").unlink()
        for folder in made:
            folder.rmdir()


def make_journal_file(real: Path) -> None:
    """Make the file of a journal for this user alone, or shared like its folder.

    Raises:
        OSError: It cannot be made.
    """
    with suppress(FileExistsError):
        descriptor = os.open(real, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        share_as_folder(descriptor, real.parent)
        os.close(descriptor)
    if real.parent.name == DEFAULT_JOURNAL.parent.name:
        keep_private(real)


def _unusable(file: Path, why: str) -> UsageError:
    return UsageError(f"cannot use the journal {file}: {why}. Name another file with --journal")


def _why(error: OSError | RuntimeError) -> str:
    if isinstance(error, RuntimeError) or error.errno == errno.ELOOP:
        return "its links lead in a circle"
    if error.errno == errno.ENOENT:
        return "it is a link to what does not exist. Make that, or remove the link"
    return error.strerror or str(error)


def why_not_made(error: OSError) -> str | None:
    """Return why the folder of a journal cannot be made; where a file is in its place, which one."""
    if not isinstance(error, FileExistsError):
        return error.strerror
    place, here = Path(error.filename), Path.cwd()
    return f"{place.relative_to(here) if place.is_relative_to(here) else place} is no folder"
