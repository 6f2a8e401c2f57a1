"""Where a plan to review is read from: a file, standard input, or a revision in git."""

import subprocess
from pathlib import Path

from kedro_batch.cli.commands import read_input
from kedro_batch.errors import UsageError


def read_source(named: str) -> tuple[bytes, str]:
    """Read a file, standard input for ``-``, or ``REV:PATH`` from git, where no file is called so.

    Returns:
        The content, and its name for messages.

    Raises:
        UsageError: It cannot be read.
    """
    revision, colon, path = named.partition(":")
    if not colon or not revision or not path or Path(named).exists():
        return read_input(named)
    if revision.startswith("-"):
        raise UsageError(f"cannot read {named}: {revision} is no revision")
    try:
        ended = subprocess.run(["git", "cat-file", "blob", named], capture_output=True, check=False)  # noqa: S603, S607  as users call it
    except FileNotFoundError as error:
        raise UsageError(f"cannot read {named}: there is no such file, and no git to ask for a revision") from error
    if ended.returncode:
        said = ended.stderr.decode(errors="replace").strip().removeprefix("fatal: ")
        raise UsageError(f"cannot read {named}: {said}{_hint(revision, path)}")
    return ended.stdout, named


def _hint(revision: str, path: str) -> str:
    """Git takes a path from the top of the repository, unless it begins with a dot."""
    return "" if path.startswith(".") else f"\nFrom this folder it is {revision}:./{path}"
