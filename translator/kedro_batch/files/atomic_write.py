"""Writes a file whole or not at all: a failure leaves the old file as it was."""

import os
import stat
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from kedro_batch.errors import UsageError


def write_bytes(path: Path, content: bytes, shown: str | None = None) -> None:
    """Write ``content`` to ``path``, so that a failure leaves the old file as it was: ``write_pieces`` with one."""
    write_pieces(path, (content,), shown)


def write_pieces(path: Path, content: Iterable[bytes], shown: str | None = None) -> None:
    """Write all pieces of ``content`` to ``path``, so that a failure leaves the old file as it was.

    The content goes to a temporary file beside the target, is flushed to the disk and then renamed over it. Links are
    followed. A terminal, a pipe or ``/dev/null`` is written to directly. An existing file keeps its permissions.

    Args:
        path: The file.
        content: What it is to hold, piece by piece.
        shown: Its name in messages; ``path`` if there is none.

    Raises:
        UsageError: The file cannot be written.
    """
    try:
        if path.exists() and not path.is_file():
            with path.open("wb") as stream:
                stream.writelines(content)
            return
        _replace(path.resolve(), content)
    except FileNotFoundError as error:
        raise UsageError(f"cannot write {shown or path}: there is no folder {Path(shown or path).parent}") from error
    except (OSError, RuntimeError) as error:  # links in a circle are a RuntimeError
        reason = error.strerror if isinstance(error, OSError) else error
        raise UsageError(f"cannot write {shown or path}: {reason}") from error


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
