"""Write lines of JSON for another program, to standard output or a pipe with a name, as fast as it reads."""

import errno
import sys
from collections.abc import Callable

from kedro_batch.cli.base import print_plainly
from kedro_batch.cli.partwise_writing import write_in_parts
from kedro_batch.cli.stream_writer import LAST_WORDS_S
from kedro_batch.cli.streams import redirect_to_null


class JsonLines:
    """Write every line to standard output; where that fails, the run goes on.

    A reader that does not read makes the run wait: every line is written. Once a signal has come, it is waited for no
    longer.
    """

    def __init__(self, is_interrupted: Callable[[], bool], patience_s: float = LAST_WORDS_S) -> None:
        """Begin with a reader.

        Args:
            is_interrupted: True once a signal has come.
            patience_s: How long the reader may take then, in seconds.
        """
        self._read = True
        self._is_interrupted = is_interrupted
        self._patience_s = patience_s

    def write(self, line: str) -> None:
        """Write one line; that the disk is full is said once, that nobody reads any more is not."""
        if not self._read:
            return
        try:
            write_line(sys.stdout.fileno(), line, self._is_interrupted, self._patience_s)
        except OSError as error:
            self._read = False
            redirect_to_null(sys.stdout)
            if error.errno not in (errno.EPIPE, errno.ETIMEDOUT):
                print_plainly(missing_lines("standard output", error))


def write_line(descriptor: int, line: str, is_interrupted: Callable[[], bool], patience_s: float) -> None:
    """Write a line, as far as there is room (``write_in_parts``).

    Args:
        descriptor: Where to.
        line: The line, without its end.
        is_interrupted: True once a signal has come.
        patience_s: How long the reader may take then, in seconds.

    Raises:
        OSError: Nobody reads, or the disk is full.
    """
    write_in_parts(descriptor, f"{line}\n".encode(errors="backslashreplace"), is_interrupted, patience_s)


def missing_lines(shown: str, error: OSError) -> str:
    """Return what is said once events cannot be written any more."""
    return (
        f"Warning: cannot write the events to {shown}: {error.strerror}. From now on they are missing there; the run "
        "goes on, and the journal has them"
    )
