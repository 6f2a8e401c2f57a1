"""Whether a plan is one of a run that no journal here has, by the digests in the tags of its jobs. Pure."""

from collections.abc import Iterable

from kedro_batch.errors import UsageError
from kedro_batch.plan.digest import plan_digest
from kedro_batch.plan.model import Plan, PlanDigest
from kedro_batch.plan.submit_job import TAG_NEW_PLAN, TAG_PLAN, RunId
from kedro_batch.submitter.service.api import JobDetail
from kedro_batch.text.escaping import one_line


def listed_digests(run_id: RunId, plan: Plan, described: Iterable[JobDetail]) -> tuple[PlanDigest, PlanDigest]:
    """Return the digests of the first plan of a run, and of the one at hand; refuse one that is none of the run's.

    Args:
        run_id: The run.
        plan: The plan that the user names.
        described: The jobs of the run, as far as AWS Batch describes them.

    Raises:
        UsageError: It is none of the run's, as far as the tags of the jobs tell.
    """
    jobs = tuple(described)
    refuse_unlisted_plan(run_id, plan, jobs)
    begun = [PlanDigest(first) for one in jobs if (first := one.tags.get(TAG_PLAN))]
    digest = plan_digest(plan)
    return (begun[-1] if begun else digest), digest


def refuse_unlisted_plan(run_id: RunId, plan: Plan, described: Iterable[JobDetail]) -> None:
    """Refuse a plan that is none of the run's: no more jobs are described than it takes to know that it is one.

    Raises:
        UsageError: As ``listed_digests``.
    """
    digest = plan_digest(plan)
    other: tuple[str, str] | None = None
    for one in described:
        begun = one.tags.get(TAG_PLAN)
        if begun and digest in (begun, one.tags.get(TAG_NEW_PLAN)):
            return
        other = other or ((one.name, begun) if begun else None)
    if other:
        job, begun = map(one_line, other)
        raise UsageError(
            f"run {run_id} is of another plan: {job} was submitted from {begun}, and this plan is {digest}. Name a "
            "plan of the run"
        )
