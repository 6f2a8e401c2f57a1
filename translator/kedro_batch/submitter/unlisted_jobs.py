"""What is known of the jobs of a run that AWS Batch does not list, where no journal has the run. Pure.

Such a job was never submitted, or AWS Batch has forgotten it. ``reconcile.merge`` judges so, too, for commands that go
on with a run.
"""

from collections.abc import Collection, Sequence

from kedro_batch.plan.graph import topological_order
from kedro_batch.plan.model import JobName, Parents
from kedro_batch.submitter.job_state import NEW, PARENTS_SUCCEEDED, JobRecord, JobState
from kedro_batch.submitter.reconcile.merge import propagate_failures
from kedro_batch.submitter.service.limits import REMEMBERED_S

Listed = Sequence[tuple[JobName, JobRecord]]
"""The submissions of a run: the latest one of each job comes last."""


def unlisted_jobs(parents: Parents, listed: Listed, *, created_at: float, asked_at: float) -> dict[JobName, JobRecord]:
    """Return the records of the jobs that AWS Batch does not list.

    AWS Batch starts a job only when those above it have succeeded, and none below one that has failed. Any other job
    was not submitted, unless AWS Batch may have forgotten jobs of the run: then it is EXPIRED. It has forgotten some if
    they are above one that it lists, since that was submitted after them.

    Args:
        parents: The jobs of the plan.
        listed: The submissions that AWS Batch lists, as it describes them.
        created_at: When the first of these was created, as far as is known; seconds since the epoch.
        asked_at: When AWS Batch was asked, likewise.
    """
    order = topological_order(parents)
    known = dict(listed)
    succeeded = _above(parents, order, {job for job, one in listed if _has_started(one)})
    submitted = _above(parents, order, known.keys())
    unlisted = [job for job in order if job not in known]
    forgets = not submitted.isdisjoint(unlisted) or _has_gap(listed) or asked_at - created_at > REMEMBERED_S
    other = JobState.EXPIRED if forgets else JobState.NOT_SUBMITTED
    found = {job: NEW.in_state(JobState.SUCCEEDED if job in succeeded else other) for job in unlisted}
    records = propagate_failures({job: parents[job] for job in order}, {**known, **found})
    return {job: records[job] for job in parents if job in found}


def _above(parents: Parents, order: Sequence[JobName], jobs: Collection[JobName]) -> set[JobName]:
    """Return all jobs above these."""
    above: set[JobName] = set()
    for job in reversed(order):
        if job in jobs or job in above:
            above.update(parents[job])
    return above


def _has_started(one: JobRecord) -> bool:
    return one.state in PARENTS_SUCCEEDED or bool(one.execution and one.execution.started_at is not None)


def _has_gap(listed: Listed) -> bool:
    """True if a submission is missing before another one of its job."""
    submissions: dict[JobName, set[int]] = {}
    for job, one in listed:
        submissions.setdefault(job, set()).add(one.submission)
    return any(len(numbers) < max(numbers) for numbers in submissions.values())
