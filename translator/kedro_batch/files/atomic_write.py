"""Writes a file whole or not at all: a failure leaves the old file as it was."""

import errno
import os
import stat
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from kedro_batch.errors import UsageError


def write_bytes(path: Path, content: bytes, shown: str | None = None, within: Path | None = None) -> None:
    """Write ``content`` to ``path``, so that a failure leaves the old file as it was: ``write_pieces`` with one."""
    write_pieces(path, (content,), shown, within)


def write_pieces(path: Path, content: Iterable[bytes], shown: str | None = None, within: Path | None = None) -> None:
    """Write all pieces of ``content`` to ``path``, so that a failure leaves the old file as it was.

    The content goes to a temporary file beside the target, is flushed to the disk and then renamed over it. Links are
    followed: what the user names is his. A terminal, a pipe or ``/dev/null`` is written to directly. An existing file
    keeps its permissions.

    Args:
        path: The file.
        content: What it is to hold, piece by piece.
        shown: Its name in messages; ``path`` if there is none.
        within: The project that the file belongs to, of one that the user has not named (``refuse_way_out``).

    Raises:
        UsageError: The file cannot be written.
    """
    if within:
        refuse_way_out(path, within, shown or str(path))
    try:
        if path.exists() and not path.is_file():
            with path.open("wb") as stream:
                stream.writelines(content)
            return
        _replace(_resolve(path), content)
    except OSError as error:
        reason = error.strerror
        if isinstance(error, FileNotFoundError) and not path.parent.exists():
            reason = f"there is no folder {Path(shown or path).parent}"
        raise UsageError(f"cannot write {shown or path}: {reason}") from error


def _resolve(path: Path) -> Path:
    """Return where links lead to; links in a circle are an ``OSError``, as they are to the system."""
    try:
        return path.resolve()
    except RuntimeError as error:
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP)) from error


def refuse_way_out(path: Path, project: Path, shown: str) -> None:
    """Refuse a file of a project that a link leads out of it: a command would write where nobody has told it to.

    Raises:
        UsageError: It is one.
    """
    if not path.is_relative_to(project):
        return  # the user has named a folder elsewhere
    try:
        leads_to = path.resolve()
    except (OSError, RuntimeError):  # links in a circle: writing says so
        return
    if not leads_to.is_relative_to(project.resolve()):
        raise UsageError(
            f"cannot write {shown}: a symbolic link leads out of the project, to {leads_to}. Replace the link by a "
            "file or folder of the project"
        )


def _replace(target: Path, content: Iterable[bytes]) -> None:
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.writelines(content)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.chmod(_permissions(target))
        temporary.replace(target)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise


def _permissions(target: Path) -> int:
    if target.exists():
        return stat.S_IMODE(target.stat().st_mode)
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
