"""Read a plan to review from a file, standard input, or a revision in git. A name comes in, its content goes out."""

import subprocess
from pathlib import Path
from tempfile import TemporaryFile

from kedro_batch.cli.streams import read_input, read_whole
from kedro_batch.errors import UsageError


def read_source(named: str) -> tuple[bytes, str]:
    """Read a file, standard input for ``-``, or ``REV:PATH`` from git if no file has that name.

    ``:PATH`` is the staged version, as in git.

    Returns:
        The content, and its name in messages.

    Raises:
        UsageError: The source cannot be read, or is too large for a plan.
    """
    revision, colon, path = named.partition(":")
    if not colon or not path or Path(named).exists():
        return read_input(named)
    if revision.startswith("-"):
        raise UsageError(f"cannot read {named}: {revision} is not a revision")
    with TemporaryFile() as messages, TemporaryFile() as content:
        command = ["git", "cat-file", "blob", named]
        try:
            # No shell reads the name, and the check above keeps git from taking it for an option.
            code = subprocess.run(command, stdout=content, stderr=messages, check=False).returncode  # noqa: S603
        except FileNotFoundError as error:
            raise UsageError(
                f"cannot read {named}: there is no such file, and git is not installed to read a revision"
            ) from error
        if code:
            messages.seek(0)
            reason = messages.read().decode(errors="replace").strip().removeprefix("fatal: ")
            if reason.endswith("bad file"):
                reason = "it is a folder in that revision"
            raise UsageError(f"cannot read {named}: {reason}")
        content.seek(0)
        return read_whole(content, named), named
