"""Writes a file whole or not at all."""

import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

from kedro_batch.errors import UsageError


def write_bytes(path: Path, content: bytes, shown: str | None = None) -> None:
    """Write ``content`` to ``path``, so that a failure leaves the old file as it was.

    The content goes to a temporary file beside the target, is flushed to the disk and then renamed over it.
    A link is followed, and what is not a regular file (a terminal, ``/dev/null``, a pipe) is written to
    directly. An existing file keeps its permissions.

    Args:
        path: The file.
        content: What it holds afterwards.
        shown: How a message names it, where that is not ``path``.

    Raises:
        UsageError: The file cannot be written.
    """
    target = path.resolve()
    try:
        if target.exists() and not target.is_file():
            with target.open("wb") as stream:
                stream.write(content)
            return
        _replace(target, content)
    except OSError as error:
        raise UsageError(f"cannot write {shown or path}: {error.strerror or error}") from error


def _replace(target: Path, content: bytes) -> None:
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
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
