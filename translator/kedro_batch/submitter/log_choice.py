"""Which jobs' logs are shown where the user names none. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from kedro_batch.errors import UsageError
from kedro_batch.plan.model import JobName
from kedro_batch.submitter.job_state import FAILURES, MAY_BE_WORKING, UNFINISHED, JobState
from kedro_batch.submitter.reconcile.named_jobs import check_names
from kedro_batch.text.wording import counted, listed

MOST = 20
"""Jobs whose logs are shown at once where the user names none: of more, he names those that he wants."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenJobs:
    """Jobs whose logs are shown.

    Attributes:
        jobs: Their names.
        why: What they have in common, for people; empty if the user has named them.
    """

    jobs: tuple[JobName, ...]
    why: str = ""

    @property
    def named(self) -> bool:
        """True if the user has named them."""
        return not self.why


def choose_jobs(states: Mapping[JobName, JobState], named: Collection[JobName], *, run: str) -> ChosenJobs:
    """Choose the jobs whose logs are shown once: those that are named, or that have failed, or else that run.

    Args:
        states: The states of all jobs, in the order of the plan.
        named: What the user names.
        run: The run, for messages.

    Raises:
        UsageError: There is no such job, or none that has failed or runs.
    """
    if named:
        check_names(states, named)
        return ChosenJobs(jobs=tuple(dict.fromkeys(named)))
    failed = tuple(job for job, state in states.items() if state in FAILURES)
    if failed:
        return ChosenJobs(jobs=failed[:MOST], why=f"{counted(len(failed), 'job')} failed{_first_of(failed)}")
    running = tuple(job for job, state in states.items() if state in MAY_BE_WORKING)
    if running:
        runs = "1 job runs" if len(running) == 1 else f"{counted(len(running), 'job')} run"
        return ChosenJobs(jobs=running[:MOST], why=f"No job has failed, {runs}{_first_of(running)}")
    example = next(iter(states), "JOB")
    later = " To wait for those to come: add --follow." if any(one in UNFINISHED for one in states.values()) else ""
    raise UsageError(
        f"no job of run {run} has failed, and none runs now: name those whose logs you want, such as kedro-batch logs "
        f"{example} --run {run}.{later}"
    )


def _first_of(jobs: tuple[JobName, ...]) -> str:
    """Return the names of jobs; of many, of the first, with words that say so."""
    return f"{f', the first {MOST} of them' if len(jobs) > MOST else ''}: {', '.join(jobs[:MOST])}"


def choose_followed(states: Mapping[JobName, JobState], named: Collection[JobName]) -> ChosenJobs:
    """Choose the jobs whose logs are followed: those that are named, or all that run or will run.

    Raises:
        UsageError: There is no such job.
    """
    if named:
        check_names(states, named)
        return ChosenJobs(jobs=tuple(dict.fromkeys(named)))
    ended = (*FAILURES, JobState.CANCELLED, JobState.SUCCEEDED, JobState.NOT_RUN)
    coming = tuple(job for job, state in states.items() if state not in ended)
    running = tuple(job for job in coming if states[job] in MAY_BE_WORKING)
    if not coming:
        return ChosenJobs(jobs=(), why="Every job has ended: there is nothing to follow")
    now = listed(running, MOST) if running else "none"
    return ChosenJobs(jobs=coming, why=f"Jobs that run now ({now}) and those that start later")
