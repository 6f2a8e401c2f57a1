"""Choose which jobs of a run are submitted, or submitted again. Pure."""

from collections.abc import Collection, Iterable, Sequence

from kedro_batch.errors import UsageError
from kedro_batch.plan.graph import children_of
from kedro_batch.plan.model import JobName, Parents
from kedro_batch.submitter.job_state import (
    NEW,
    UNSUCCESSFUL,
    WAS_SUBMITTED,
    WITHOUT_ID,
    WITHOUT_RESULT,
    JobRecord,
    JobState,
)
from kedro_batch.submitter.reconcile.merge import Records
from kedro_batch.submitter.reconcile.named_jobs import check_names
from kedro_batch.text.wording import listed


def jobs_to_rerun(
    parents: Parents,
    records: Records,
    *,
    from_jobs: Sequence[JobName] = (),
    only_jobs: Sequence[JobName] = (),
) -> frozenset[JobName]:
    """Choose the jobs to submit again: all that failed, were blocked or lost, and those asked for.

    Args:
        parents: The plan.
        records: What is known of its jobs.
        from_jobs: These and all below them as well, whatever became of them.
        only_jobs: These and no others.

    Raises:
        UsageError: A job is unknown, goes on, or waits for one that has not succeeded.
    """
    check_names(parents, (*from_jobs, *only_jobs))
    states = {job: records.get(job, NEW).state for job in parents}
    unfinished = {job for job, state in states.items() if state in UNSUCCESSFUL}
    chosen = set(only_jobs) or unfinished | with_descendants(parents, from_jobs)
    going_on = sorted(job for job in chosen if records.get(job, NEW).live)
    if going_on:
        raise UsageError(f"cannot run again what still goes on: {listed(going_on)}. Wait for it, or cancel the run")
    for job in only_jobs:
        for parent in parents[job]:
            state = states[parent]
            if parent not in chosen and state in WITHOUT_RESULT:
                raise UsageError(
                    f"{job} cannot be run alone: it needs {parent}, which has not succeeded ({state}). "
                    f"Use --from {parent}"
                )
    return frozenset(chosen)


def jobs_left(parents: Parents, records: Records, only: Collection[JobName] = ()) -> tuple[JobName, ...]:
    """Return the jobs that a run has still to submit, as far as is known; ``only`` these if there are some."""
    left = (job for job in parents if records.get(job, NEW).state in WITHOUT_ID)
    return tuple(job for job in left if not only or job in only)


def with_descendants(parents: Parents, jobs: Iterable[JobName]) -> set[JobName]:
    """Return these jobs and all below them."""
    children = children_of(parents)
    found: set[JobName] = set()
    to_visit = list(jobs)
    while to_visit:
        job = to_visit.pop()
        if job not in found:
            found.add(job)
            to_visit += children[job]
    return found


def with_next_submission(records: Records, jobs: Collection[JobName]) -> dict[JobName, JobRecord]:
    """Return the records with another submission for these jobs.

    A job that was never submitted keeps its first, and one that was refused the same: nothing has run under its name.
    """
    result = dict(records)
    for job in jobs:
        was = result.get(job, NEW)
        if was.state is not JobState.UNCONFIRMED:
            submitted = was.job_id is not None or was.state in WAS_SUBMITTED
            result[job] = JobRecord(submission=was.submission + submitted)
    return result
