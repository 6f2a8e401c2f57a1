"""The jobs that a user names on the command line: they have to be those of the plan. Pure."""

from collections.abc import Collection, Iterable

from kedro_batch.errors import UsageError
from kedro_batch.plan.model import JobName
from kedro_batch.text.wording import did_you_mean, listed, quoted


def check_names(known: Collection[JobName], jobs: Iterable[JobName], done: Iterable[JobName] = ()) -> None:
    """Refuse names that a user gives and the plan does not have.

    Args:
        known: The names of the plan.
        jobs: Those to run again.
        done: Those said to have succeeded.

    Raises:
        UsageError: There is one.
    """
    for job in jobs:
        if job not in known:
            raise UsageError(f"the plan of the run has no job {quoted(job)}.{did_you_mean(job, known)}")
    unknown = sorted(set(done) - set(known))
    if unknown[1:]:
        raise UsageError(f"--assume-done names jobs that the plan of the run does not have: {listed(unknown)}")
    for job in unknown:
        what = f"--assume-done names a job that the plan of the run does not have: {quoted(job)}"
        raise UsageError(f"{what}.{did_you_mean(job, known)}")
