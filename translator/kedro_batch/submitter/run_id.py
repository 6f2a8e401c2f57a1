"""Makes run ids: short, lower case, sorted by time."""

from datetime import datetime

from kedro_batch.plan.request import RunId

_LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's base 32: nothing in it looks like something else."""


def make_run_id(now: datetime, randomness: bytes) -> RunId:
    """Make a run id of a time and some random bytes, such as ``261122-161507-k3f7``.

    Args:
        now: The time, in UTC.
        randomness: Each byte becomes one letter; four keep two runs of one second apart.
    """
    return RunId(f"{now:%y%m%d-%H%M%S}-{''.join(_LETTERS[byte % 32] for byte in randomness)}")
