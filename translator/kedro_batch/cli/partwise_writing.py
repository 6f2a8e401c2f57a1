"""Write to a descriptor in parts that never have to wait: who writes can look for a signal in between."""

import errno
import os
import select
import time
from collections.abc import Callable
from contextlib import suppress

_LOOKS_S = 0.2


def write_in_parts(descriptor: int, content: bytes, is_interrupted: Callable[[], bool], patience_s: float) -> None:
    """Write in parts that never have to wait once there is room.

    Args:
        descriptor: Where to.
        content: What.
        is_interrupted: True once a signal has come.
        patience_s: How long the reader may take then, in seconds.

    Raises:
        TimeoutError: A signal has come, and nobody reads.
        OSError: Nobody reads any more, or the disk is full.
    """
    left, waits_until = memoryview(content), None
    room = select.poll()  # as select() does, for descriptors of any number
    room.register(descriptor, select.POLLOUT)
    while left:
        with suppress(BlockingIOError):  # another program has filled it meanwhile
            if room.poll(1000 * _LOOKS_S):
                left = left[os.write(descriptor, left[: select.PIPE_BUF]) :]
                continue
        if is_interrupted():
            now = time.monotonic()
            waits_until = now + patience_s if waits_until is None else waits_until
            if now >= waits_until:
                raise TimeoutError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT))
