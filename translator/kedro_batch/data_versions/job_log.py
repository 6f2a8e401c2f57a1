"""Lines for the log of a job: on standard error, so that what nodes print stays what it is."""

import sys

from kedro_batch.text.escaping import one_line


def say(text: str) -> None:
    """Write one line."""
    sys.stderr.write(f"kedro-batch: {one_line(text)}\n")
    sys.stderr.flush()
