"""Where a plan to review is read from: a file, standard input, or a revision in git."""

import subprocess
from pathlib import Path
from tempfile import TemporaryFile

from kedro_batch.cli.base import read_input, read_whole
from kedro_batch.errors import UsageError


def read_source(named: str) -> tuple[bytes, str]:
    """Read a file, standard input for ``-``, or ``REV:PATH`` from git, where no file is called so.

    ``:PATH`` is what is staged, as git has it.

    Returns:
        The content, and its name for messages.

    Raises:
        UsageError: It cannot be read, or is too large for a plan.
    """
    revision, colon, path = named.partition(":")
    if not colon or not path or Path(named).exists():
        return read_input(named)
    if revision.startswith("-"):
        raise UsageError(f"cannot read {named}: {revision} is no revision")
    with TemporaryFile() as said, TemporaryFile() as content:
        command = ["git", "cat-file", "blob", named]
        try:
            code = subprocess.run(command, stdout=content, stderr=said, check=False).returncode  # noqa: S603
        except FileNotFoundError as error:
            raise UsageError(f"cannot read {named}: there is no such file, and no git to ask for a revision") from error
        if code:
            said.seek(0)
            reason = said.read().decode(errors="replace").strip().removeprefix("fatal: ")
            if reason.endswith("bad file"):
                reason = "it is a folder there"
            raise UsageError(f"cannot read {named}: {reason}")
        content.seek(0)
        return read_whole(content, named), named
