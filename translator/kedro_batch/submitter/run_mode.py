"""What a command means to do with a run."""

from dataclasses import dataclass
from enum import StrEnum

from kedro_batch.plan.model import JobName


class RunMode(StrEnum):
    """What a command means to do with a run."""

    START = "start"
    """Submit everything: nobody else knows this run."""
    CONTINUE = "continue"
    """Submit what has never been submitted."""
    RESUME = "resume"
    """Submit what failed, was blocked or lost, and what has never been submitted."""
    FOLLOW = "follow"
    """Submit nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Purpose:
    """What a command means to do with a run.

    Attributes:
        mode: In general.
        from_jobs: With RESUME: run these again, and all below them.
        only_jobs: With RESUME: run these again, and no others.
        assumed_done: Jobs of which the user says that they have succeeded.
        known: The journal has the run, or the user says that there is one.
        expected: The service has to know the run, since the journal does not.
    """

    mode: RunMode = RunMode.START
    from_jobs: tuple[JobName, ...] = ()
    only_jobs: tuple[JobName, ...] = ()
    assumed_done: tuple[JobName, ...] = ()
    known: bool = False
    expected: bool = False
