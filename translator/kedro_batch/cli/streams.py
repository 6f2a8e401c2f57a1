"""Reserve standard output for the result while a project's code runs in this process."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO


@contextmanager
def reserve_stdout() -> Iterator[BinaryIO]:
    """Point file descriptor 1 to standard error, and yield a stream to the real standard output.

    Redirecting ``sys.stdout`` would miss the output of subprocesses. The descriptor stays redirected: output of a
    project while the interpreter exits does not belong to the result either.
    """
    with suppress(OSError, ValueError):
        sys.stdout.flush()
    try:
        real = os.dup(1)
    except OSError:  # standard output is closed
        real = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(2, 1)
    except OSError:  # standard error is closed
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    with os.fdopen(real, "wb") as stream:
        yield stream
