"""Open files beside a journal: for their owner alone, or for the group that shares its folder, and through no link.

A folder may have come with a repository. A link there, or another name of a file elsewhere, would let this program
truncate what the user never named.
"""

import errno
import os
import pwd
import shlex
import stat
from contextlib import suppress
from pathlib import Path

_FILE, _FOLDER = 0o600, 0o700


def open_without_following(path: Path, flags: int) -> int:
    """Open a plain file, which is made if the flags say so; return its descriptor.

    It is made for its owner, and with the rights that a group has in its folder (``share_as_folder``).

    Args:
        path: The file.
        flags: As those of ``os.open``. ``O_TRUNC`` takes effect only once it is known what was opened.

    Raises:
        OSError: It cannot be opened; with ELOOP, it is a link, has more names than this one, or is no plain file.
    """
    # A FIFO would let the opening wait for its other end.
    kept = flags & ~os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
    is_new = bool(flags & os.O_CREAT) and not os.path.lexists(path)
    descriptor = os.open(path, kept, _FILE)
    try:
        _check_plain(os.fstat(descriptor), path)
        if is_new:
            share_as_folder(descriptor, path.parent)
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
        FileExistsError: It, or what is above it, is a file.
        OSError: It cannot be made, or, with ELOOP, it is a link.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):
        path.mkdir(_FOLDER)
    found = path.lstat().st_mode
    if stat.S_ISLNK(found):
        raise OSError(errno.ELOOP, "it is a link, and not followed: remove it", str(path))
    if not stat.S_ISDIR(found):
        raise FileExistsError(errno.EEXIST, "it is no folder", str(path))


def make_inner_folder(path: Path) -> None:
    """Make a folder within one of a journal: as ``make_private_folder``, with the rights that a group has in that one.

    Raises:
        OSError: It cannot be made, or it is a link, or no folder.
    """
    is_new = not os.path.lexists(path)
    make_private_folder(path)
    if is_new:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            share_as_folder(descriptor, path.parent)
        finally:
            os.close(descriptor)


def share_as_folder(descriptor: int, folder: Path) -> None:
    """Give what was just made to the group that may write its folder, if it is of that group: a team shares it."""
    with suppress(OSError):
        above, found = folder.stat(), os.fstat(descriptor)
        if above.st_mode & stat.S_IWGRP and above.st_gid == found.st_gid and found.st_uid == os.getuid():
            rights = above.st_mode & (0o070 if stat.S_ISDIR(found.st_mode) else 0o060)
            os.fchmod(descriptor, stat.S_IMODE(found.st_mode) | rights)


def whose(error: OSError) -> str:
    """Return, of what may not be opened, who can change that, and how; empty if it is something else."""
    if error.errno not in (errno.EACCES, errno.EPERM) or not error.filename:
        return ""
    path = Path(error.filename)
    for one in (path, *path.parents):
        with suppress(OSError, KeyError):
            owner = one.stat().st_uid
            name = pwd.getpwuid(owner).pw_name
            how = f"To share it with a group: chmod -R g+rwX {shlex.quote(str(one))}"
            return "" if owner == os.geteuid() else f". {one} belongs to {name}. {how}"
    return ""


def keep_private(path: Path) -> bool:
    """Take the rights of others on a file or folder of this user's away; where that cannot be, it stays as it is.

    Returns:
        True if a group could write it until now.
    """
    with suppress(OSError):
        found = path.lstat()
        if found.st_uid == os.getuid() and found.st_mode & 0o077 and not stat.S_ISLNK(found.st_mode):
            path.chmod(found.st_mode & 0o700)
            return bool(found.st_mode & stat.S_IWGRP)
    return False
