"""Compares the files that ``init`` would write with those that are there, and writes what is missing.

A file that people may have changed is never overwritten unless they ask for it. All files are compared before the first
one is written.
"""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from kedro_batch.errors import UsageError
from kedro_batch.files.atomic_write import refuse_way_out, write_bytes
from kedro_batch.scaffold.init_files import GITIGNORE, GITLAB_ENTRY, GITLAB_JOBS, InitFile

_OTHER_BYTES = "surrogateescape"
"""What is not UTF-8 in a file that only gets some lines more comes back as it was."""


class Outcome(StrEnum):
    """What happens to a file."""

    WRITTEN = "written"
    """It did not exist."""
    UNCHANGED = "unchanged"
    """It is as ``init`` would write it."""
    KEPT = "kept"
    """It differs, and stays as it is."""
    REPLACED = "replaced"
    """It differed, and was asked to be overwritten."""
    COMPLETED = "completed"
    """Lines were added to it."""
    NEEDS_INCLUDE = "needs include"
    """It stays as it is, and lacks the lines that include the jobs of kedro-batch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileChange:
    """A file, and what happens to it.

    Attributes:
        path: Its path in the project.
        before: Its text; None if it does not exist.
        content: The text that ``init`` makes.
        outcome: What happens to it.
    """

    path: str
    before: str | None
    content: str
    outcome: Outcome

    @property
    def is_written(self) -> bool:
        """True if the file is written."""
        return self.outcome in (Outcome.WRITTEN, Outcome.REPLACED, Outcome.COMPLETED)

    def diff(self) -> list[str]:
        """Return the lines of a unified diff: what is there, against what ``init`` makes."""
        before, after = ((text or "").splitlines() for text in (self.before, self.content))
        return list(difflib.unified_diff(before, after, self.path, f"{self.path} as init writes it", lineterm=""))


def read_existing(root: Path, path: str) -> str | None:
    """Return the text of a file of the project; None if it does not exist.

    Raises:
        UsageError: It is not a file, cannot be read, or cannot be written where it should be.
    """
    file = root / path
    try:
        return file.read_bytes().decode("utf-8", _OTHER_BYTES) if _exists(file) else None
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}. Nothing was written") from error


def _exists(file: Path) -> bool:
    if file.is_file():
        return True
    if file.exists() or file.is_symlink():
        raise UsageError(f"{file} is not a file, and init would write one there. Move it away. Nothing was written")
    above = next(folder for folder in file.parents if folder.exists() or folder.is_symlink())
    if not above.is_dir():
        raise UsageError(f"{above} is not a folder, and init would write {file.name} below it. Nothing was written")
    return False


def compare(root: Path, files: Iterable[InitFile], *, force: bool) -> list[FileChange]:
    """Find out what happens to each file.

    Args:
        root: The project's folder.
        files: The files.
        force: Overwrite what differs.

    Raises:
        UsageError: A file cannot be read, something else is in its place, or a link leads out of the project to one
            that would be written. Nothing was written.
    """
    changes = [_compare(file, read_existing(root, file.path), force=force) for file in files]
    for change in changes:
        if change.is_written:
            refuse_way_out(root / change.path, root, change.path)
    return changes


def _compare(file: InitFile, before: str | None, *, force: bool) -> FileChange:
    if before is None:
        outcome = Outcome.WRITTEN
    elif before.replace("\r\n", "\n") == file.content or not file.content:  # of an empty file, only its name counts
        outcome = Outcome.UNCHANGED
    elif file.path == GITIGNORE:
        outcome = Outcome.UNCHANGED if before == file.content else Outcome.COMPLETED
    elif file.path == GITLAB_ENTRY:  # it is the pipeline of the whole repository
        outcome = Outcome.UNCHANGED if GITLAB_JOBS in before else Outcome.NEEDS_INCLUDE
    else:
        outcome = Outcome.REPLACED if force else Outcome.KEPT
    return FileChange(path=file.path, before=before, content=file.content, outcome=outcome)


def write_changes(root: Path, changes: Iterable[FileChange]) -> None:
    """Write the files that are to be written, each whole or not at all.

    Raises:
        UsageError: A file cannot be written.
    """
    for change in changes:
        if change.is_written:
            file = root / change.path
            try:
                file.parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise UsageError(f"cannot make the folder {file.parent}: {error.strerror}") from error
            write_bytes(file, change.content.encode("utf-8", _OTHER_BYTES), change.path)
