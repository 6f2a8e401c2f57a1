"""Asks git which commit a project is at, and what of it differs from the commit; makes the tag of an image of that."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from kedro_batch.compiler.project.image_contents import drop_ignored_by_docker
from kedro_batch.errors import UsageError
from kedro_batch.files.git import GitEnded, GitObjectError, GitObjectTooLargeError, read_object, run_git
from kedro_batch.files.read_budget import MAX_BYTES
from kedro_batch.text.escaping import first_lines

_BUILD_FILES = ("Dockerfile", ".dockerignore")
"""They make the image, even where they are not in it."""
_NO_REPOSITORY = "not a git repository"
_UNBORN = 1
"""The exit code of ``git rev-parse --verify --quiet HEAD`` before the first commit."""
_CODES = 3
"""Each line of ``git status --porcelain`` begins with two letters and a space."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """What git says of a project.

    Attributes:
        revision: The hash of the commit, in full; empty if there is none.
        missing: Why there is none; empty if there is one.
        changed: The files that differ from the commit, relative to the project's folder, sorted. Files that git ignores
            or that ``.dockerignore`` leaves out are not among them.
    """

    revision: str = ""
    missing: str = ""
    changed: tuple[str, ...] = ()

    @property
    def is_clean(self) -> bool:
        """True if an image of the project is an image of the commit."""
        return bool(self.revision) and not self.changed

    def without(self, file: str) -> "Commit":
        """Return the same, but a file counts as committed."""
        return Commit(
            revision=self.revision, missing=self.missing, changed=tuple(one for one in self.changed if one != file)
        )

    def tag(self, now: datetime) -> str:
        """Return the tag of an image: the hash in full, as CI systems have it, or one that no other image gets.

        Args:
            now: The time in UTC.
        """
        if self.is_clean:
            return self.revision
        time = f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"
        return "-".join(word for word in (self.revision, "dirty", time) if word)


def read_commit(root: Path) -> Commit:
    """Ask git about the project in a folder.

    Raises:
        UsageError: git has a repository here, and refuses to read it.
    """
    try:
        head = run_git(root, "rev-parse", "--verify", "--quiet", "HEAD")
        if head.returncode == _UNBORN:
            return Commit(missing="the git repository has no commit yet")
        reason = os.fsdecode(head.stderr).strip()
        if head.returncode and _NO_REPOSITORY in reason:
            return Commit(missing="the project is in no git repository")
        _refuse(head, root)
        prefix = run_git(root, "rev-parse", "--show-prefix")
        words = ("--porcelain=v1", "-z", "--no-renames", "--untracked-files=all", "--", ".")
        status = run_git(root, "status", *words, filters=True)
    except FileNotFoundError:
        return Commit(missing="git is not installed")
    for one in (prefix, status):
        _refuse(one, root)
    before = os.fsdecode(prefix.stdout).rstrip("\n")
    return Commit(revision=os.fsdecode(head.stdout).strip(), changed=tuple(_in_image(root, before, status.stdout)))


def read_committed(root: Path, file: str) -> str | None:
    """Return a file of the project as it is in the commit; None if it is not there, or is no text."""
    try:
        return read_object(root, f"HEAD:./{file}", MAX_BYTES).decode()
    except (GitObjectError, GitObjectTooLargeError, UnicodeDecodeError):
        return None


def _in_image(root: Path, prefix: str, status: bytes) -> Iterator[str]:
    """Yield the files of a status that may be in the image. git names them from the top of its repository."""
    files = [os.fsdecode(line[_CODES:]).removeprefix(prefix) for line in status.split(b"\0") if line]
    kept = set(drop_ignored_by_docker(map(Path, files), root))
    yield from sorted(file for file in files if Path(file) in kept or file in _BUILD_FILES)


def _refuse(ended: GitEnded, root: Path) -> None:
    if ended.returncode:
        reason = first_lines(os.fsdecode(ended.stderr)).removeprefix("fatal: ")
        raise UsageError(
            f"git does not tell which commit {root} is at, and the commit is the tag of the image: {reason}\n"
            "Do what git says, or name a tag: --tag TAG"
        )
