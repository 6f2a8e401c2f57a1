"""Lets root be held by permissions, as everybody else is: what is forbidden can be tried whoever runs the tests."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

NOBODY = 65534
IS_ROOT = os.getuid() == 0


@contextmanager
def folder_of_everybody() -> Iterator[Path]:
    """Make a folder that every user can enter and write to; those of pytest are for the one who runs it."""
    with TemporaryDirectory(dir="/tmp") as folder:
        Path(folder).chmod(0o777)
        yield Path(folder)


@contextmanager
def unprivileged() -> Iterator[None]:
    """Let root be the user nobody meanwhile; others stay who they are."""
    if not IS_ROOT:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)
