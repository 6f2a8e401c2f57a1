"""Sets of the jobs of two plans: what jobs gained or lost between them is told as that of before or of now. Pure."""

from collections.abc import Iterable

from kedro_batch.plan.model import Plan
from kedro_batch.review.diff.model import JobChange
from kedro_batch.review.job_sets import JobSets, Property, properties_of_settings


def sets_of_plans(plans: tuple[Plan, Plan], changes: Iterable[JobChange]) -> tuple[JobSets, JobSets]:
    """Return the jobs of the old and of the new plan.

    Args:
        plans: The old and the new plan.
        changes: The jobs that differ.
    """
    before, after = ({str(job.name): job for job in plan.jobs} for plan in plans)
    moved: set[Property] = set()
    seen: set[tuple[int, int]] = set()  # many jobs share their settings
    for one in changes:
        was, now = before.get(one.name_before or ""), after.get(one.job)
        if one.fields and was and now and (pair := (id(was.settings), id(now.settings))) not in seen:
            seen.add(pair)
            moved |= {*properties_of_settings(was.settings)} ^ {*properties_of_settings(now.settings)}
    return JobSets(plans[0].jobs, moved=moved, when="before"), JobSets(plans[1].jobs, moved=moved, when="now")
