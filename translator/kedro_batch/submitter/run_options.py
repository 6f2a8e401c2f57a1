"""How a command works on a run: what it does with it, how patiently, and what it leaves running."""

from dataclasses import dataclass
from enum import StrEnum

from kedro_batch.plan.data_version import DataVersion
from kedro_batch.plan.model import JobName
from kedro_batch.submitter.service.limits import Pace

DEFAULT_RETRY_FOR_S = 3600.0


class RunMode(StrEnum):
    """What a command does with a run."""

    START = "start"
    """Submit everything: nobody else knows this run."""
    CONTINUE = "continue"
    """Submit what was never submitted."""
    RESUME = "resume"
    """Submit what failed, was not run or was lost, and what was never submitted."""
    FOLLOW = "follow"
    """Submit nothing."""


class DefinitionChoice(StrEnum):
    """Which revisions a resumed run takes, of job definitions that have newer ones than it has used."""

    SAME = "same"
    NEW = "new"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """How a command works on a run.

    Attributes:
        mode: What it does with the run.
        from_jobs: With RESUME: run these jobs again, and all below them.
        only_jobs: With RESUME: run these jobs again, and no others.
        assume_done: Jobs that the user says have succeeded, perhaps none; None if he has not said which.
        data_version: The version of a run of which nobody else can tell it.
        definitions: With RESUME: which revisions of job definitions to take; None to refuse if there are newer ones.
        rate: Submissions a second at most; ``inf`` for no limit of ours; None for the limit of the service.
        exclusive: Refuse to begin while another run writes the same datasets.
        stop_on_failure: Start nothing more once a job has failed.
        max_unfinished: How many jobs are submitted and have not ended at once; None for any number. The others are held
            back: nobody submits them once the command has ended.
        retry_for_s: How long to wait for a service that does not answer, in seconds.
        adopt: Look jobs up by their names with ListJobs.
        detach: End as soon as everything has been submitted.
        reconcile_at_end: Look at the run once more before it is over, where another process may have worked on it.
        terminate_on_interrupt: Do not leave the jobs running when a signal ends the command.
        poll_once: End after one poll.
        stuck_after_s: End a job that is RUNNABLE for so long while AWS Batch says what is in its way; None: never.
        pace: How often to poll; None for the pace of the engine.
    """

    mode: RunMode = RunMode.START
    from_jobs: tuple[JobName, ...] = ()
    only_jobs: tuple[JobName, ...] = ()
    assume_done: tuple[JobName, ...] | None = None
    data_version: DataVersion | None = None
    definitions: DefinitionChoice | None = None
    rate: float | None = None
    exclusive: bool = False
    stop_on_failure: bool = False
    max_unfinished: int | None = None
    retry_for_s: float = DEFAULT_RETRY_FOR_S
    adopt: bool = True
    detach: bool = False
    reconcile_at_end: bool = True
    terminate_on_interrupt: bool = False
    poll_once: bool = False
    stuck_after_s: float | None = None
    pace: Pace | None = None
