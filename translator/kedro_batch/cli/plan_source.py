"""Read a plan to review from a file, standard input, or a revision in git. A name comes in, its content goes out."""

import re
from collections.abc import Sequence
from pathlib import Path
from shlex import quote

from kedro_batch.cli.streams import read_input, too_large
from kedro_batch.errors import UsageError
from kedro_batch.files.git import GitObjectError, GitObjectTooLargeError, find_promisor, find_remotes, read_object


def read_source(named: str) -> tuple[bytes, str]:
    """Read a file, standard input for ``-``, or ``REV:PATH`` from git.

    ``:PATH`` is the staged version, as in git. A file whose name could be a revision's is refused: whoever may add one
    to a repository would decide what is read in place of the revision.

    Returns:
        The content, and its name in messages.

    Raises:
        UsageError: The source cannot be read, or is too large for a plan.
    """
    revision, colon, path = named.partition(":")
    if not colon or not path or revision.startswith(("/", "./", "../")):  # no revision begins so
        return _read_file(named)
    if Path(named).exists():
        raise UsageError(
            f"cannot read {named}: it may be a revision in git and is a file, too: for the file, write ./{named}"
        )
    if revision.startswith("-"):
        raise UsageError(f"cannot read {named}: {revision} is not a revision")
    if path.startswith("//"):
        raise UsageError(
            f"cannot read {named}: it is a URL, and only files and revisions in git are read: download it first"
        )
    from kedro_batch.files.read_budget import MAX_BYTES  # noqa: PLC0415  the command line's --help does without

    here = Path.cwd()
    try:
        return read_object(here, named, MAX_BYTES), named
    except FileNotFoundError as error:
        raise UsageError(
            f"cannot read {named}: there is no such file, and git is not installed to read a revision"
        ) from error
    except GitObjectTooLargeError as error:
        raise UsageError(too_large(named)) from error
    except GitObjectError as error:
        raise UsageError(f"cannot read {named}: {_with_remedy(str(error), revision, here)}") from error


def _with_remedy(reason: str, revision: str, here: Path) -> str:
    """Return why git does not read a file of a revision, and what to do."""
    if _NOT_FETCHED in reason:
        return (
            "this is a partial clone, which has not fetched it, and a review fetches nothing. "
            f"Fetch it, then try again: git fetch --refetch --no-filter {quote(find_promisor(here) or 'origin')}"
        )
    if fetch := _fetch_command(revision, reason, find_remotes(here)):
        return f"{reason}. If this clone has only a part of the history, fetch it: {fetch}"
    if revision and _NO_PATH.search(reason):
        return f"{reason}. What is there: git ls-tree -r --full-tree --name-only {quote(revision)}"
    return reason


def _read_file(named: str) -> tuple[bytes, str]:
    try:
        return read_input(named)
    except UsageError as error:
        revision = named.removesuffix(":")
        if Path(named).exists() or Path(revision).suffix or not _REVISION.fullmatch(revision):
            raise
        raise UsageError(f"{error}. If it is a revision in git, name a file of it: {revision}:PATH") from error


_NO_PATH = re.compile(r"(does not exist|exists on disk, but not) in ")
_NOT_FETCHED = "from promisor remote"
_FULL_NAME = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_BRANCH_OR_TAG = re.compile(r"\w[\w./+-]*")
_REVISION = re.compile(rf"{_BRANCH_OR_TAG.pattern}([~^][0-9~^]*)?")
_ABOVE_ANOTHER = re.compile(r"[\w./+-]+[~^][0-9~^]*")


def _fetch_command(revision: str, reason: str, remotes: Sequence[str]) -> str | None:
    """Return the command that fetches a revision which git does not find; None if it is not that, or there is none.

    Of a full name that it does not find, git says that the path is not in it.
    """
    if revision == "HEAD" or ("object name" not in reason and not _FULL_NAME.fullmatch(revision)) or not remotes:
        return None
    if _FULL_NAME.fullmatch(revision):
        return f"git fetch {remotes[0]} {revision}"
    if _ABOVE_ANOTHER.fullmatch(revision):
        return "git fetch --unshallow"
    if not _BRANCH_OR_TAG.fullmatch(revision):
        return None
    name = revision.removeprefix("refs/remotes/")
    for remote in remotes:
        if name.startswith(f"{remote}/"):
            return f"git fetch {remote} {name.removeprefix(f'{remote}/')}:refs/remotes/{name}"
    return f"git fetch {remotes[0]} {revision}:{revision}"
