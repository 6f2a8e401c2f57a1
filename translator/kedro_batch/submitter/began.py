"""When a job began to work, as far as somebody who followed it has seen it. Pure."""

from dataclasses import dataclass

from kedro_batch.submitter.job_state import JobState

_BEFORE_WORK = (JobState.RUNNABLE, JobState.STARTING)
"""A job that was seen in one of these has begun only just before it is seen at work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Began:
    """When a job began to work.

    Attributes:
        at: In seconds since the epoch.
        exact: False if it was seen at work then, and may have begun long before.
    """

    at: float
    exact: bool


def began_by(seen_at: float, before: str | None, started_at: float | None) -> Began:
    """Return when a job began that was seen at work.

    Args:
        seen_at: When it was seen.
        before: The state in which it was seen before.
        started_at: When its container started, if the service tells it; its clock may be ahead.
    """
    if started_at is not None:
        return Began(at=min(seen_at, started_at), exact=True)
    return Began(at=seen_at, exact=before in _BEFORE_WORK)
