"""What follows from the several plans of a run, that has gone on with another one than it began with. Pure."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from kedro_batch.plan.data_flow import without_transcoding
from kedro_batch.plan.model import Job, JobName, Plan


def proving_parents(
    parents: Mapping[JobName, Sequence[JobName]], earlier: Collection[Plan]
) -> dict[JobName, Sequence[JobName]]:
    """Return the parents that each job has in every plan: only these have surely succeeded before it was started.

    Args:
        parents: The jobs of the plan with their parents, in topological order.
        earlier: The other plans of the run.
    """
    plans = [{job.name: frozenset(job.depends_on) for job in plan.jobs} for plan in earlier]
    return {
        job: [one for one in above if all(one in plan.get(job, above) for plan in plans)]
        for job, above in parents.items()
    }


def jobs_in_any(plans: Collection[Plan]) -> frozenset[JobName]:
    """Return the jobs of some plans."""
    return frozenset(job.name for plan in plans for job in plan.jobs)


def queues_in(*plans: Plan) -> set[str]:
    """Return the queues of some plans."""
    return {job.settings.job_queue for plan in plans for job in plan.jobs}


def jobs_that_take_over(plan: Plan, earlier: Collection[Plan]) -> frozenset[JobName]:
    """Return the jobs that write what jobs of other names write by an earlier plan, and may have left half done."""
    names: dict[str, set[JobName]] = {}
    for one in earlier:
        for dataset, job in _writes(one):
            names.setdefault(dataset, set()).add(job.name)
    return frozenset(job.name for dataset, job in _writes(plan) if names.get(dataset, set()) - {job.name})


def _writes(plan: Plan) -> Iterator[tuple[str, Job]]:
    return ((without_transcoding(name), job) for job in plan.jobs for name in job.writes)
