"""Make and check run ids: short, lower case, sorted by time."""

import re
from datetime import datetime

from kedro_batch.errors import UsageError
from kedro_batch.plan.submit_job import RUN_ID_LENGTH, RunId

_LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's base 32: no two letters look alike."""


LAST = "last"
"""Commands call the run so that was begun last."""


def make_run_id(now: datetime, randomness: bytes) -> RunId:
    """Return a run id of a time and some random bytes, such as ``261122-161507-k3f7``.

    Args:
        now: The time, in UTC.
        randomness: Each byte becomes one letter; four letters keep apart runs of the same second.
    """
    return RunId(f"{now:%y%m%d-%H%M%S}-{''.join(_LETTERS[byte % 32] for byte in randomness)}")


def checked_run_id(word: str) -> RunId:
    """Return the run id that the user wrote.

    Raises:
        UsageError: It cannot be one.
    """
    if len(word) > RUN_ID_LENGTH or not re.fullmatch(r"[a-z0-9][a-z0-9-]*", word):
        raise UsageError(
            f"{word!r} cannot be the id of a run: it has up to {RUN_ID_LENGTH} lower-case letters, digits and hyphens, "
            "and begins with a letter or a digit"
        )
    return RunId(word)


def checked_new_run_id(word: str) -> RunId:
    """Return the id that the user wants to give to a run.

    Raises:
        UsageError: It cannot be one, or means another run.
    """
    if word == LAST:
        raise UsageError(
            f"no run can be called {LAST}: commands call the run so that was begun last. Choose another --run-id"
        )
    return checked_run_id(word)
