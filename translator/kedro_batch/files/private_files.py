"""Open files beside a journal: for their owner alone, and never through a link that somebody has put in their place.

A folder may have come with a repository. A link there, or another name of a file elsewhere, would let this program
truncate what the user never named.
"""

import errno
import os
import stat
from contextlib import suppress
from pathlib import Path

_FILE, _FOLDER = 0o600, 0o700


def open_without_following(path: Path, flags: int) -> int:
    """Open a plain file, which is made for its owner alone if the flags say so; return its descriptor.

    Args:
        path: The file.
        flags: As those of ``os.open``. ``O_TRUNC`` takes effect only once it is known what was opened.

    Raises:
        OSError: It cannot be opened; with ELOOP, it is a link, has more names than this one, or is no plain file.
    """
    # A FIFO would let the opening wait for its other end.
    kept = flags & ~os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
    descriptor = os.open(path, kept, _FILE)
    try:
        _check_plain(os.fstat(descriptor), path)
        if flags & os.O_TRUNC:
            os.ftruncate(descriptor, 0)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _check_plain(found: os.stat_result, path: Path) -> None:
    if not stat.S_ISREG(found.st_mode) or found.st_nlink > 1:
        raise OSError(errno.ELOOP, "it is a link, or no plain file: remove it", str(path))


def make_private_folder(path: Path) -> None:
    """Make a folder for its owner alone, and those above it as usual; one that exists stays as it is.

    Raises:
        OSError: It cannot be made; with ELOOP, it is a link, with EEXIST no folder.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):
        path.mkdir(_FOLDER)
    mode = path.lstat().st_mode
    if stat.S_ISLNK(mode):
        raise OSError(errno.ELOOP, "it is a link: remove it", str(path))
    if not stat.S_ISDIR(mode):
        raise FileExistsError(errno.EEXIST, "it is no folder: remove it", str(path))


def keep_private(path: Path) -> None:
    """Take the rights of others on a file or folder of this user's away; where that cannot be, it stays as it is."""
    with suppress(OSError):
        found = path.lstat()
        if found.st_uid == os.getuid() and found.st_mode & 0o077 and not stat.S_ISLNK(found.st_mode):
            path.chmod(found.st_mode & 0o700)
