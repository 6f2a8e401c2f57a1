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
    digest = plan_digest(plan)
    first = digest
    told: dict[str, str] = {}
    for one in described:
        begun = one.tags.get(TAG_PLAN)
        if begun:
            first = PlanDigest(begun)
            told |= dict.fromkeys((begun, one.tags.get(TAG_NEW_PLAN, begun)), one.name)
    if told and digest not in told:
        other, job = next(iter(told.items()))
        raise UsageError(
            f"run {run_id} is of another plan: {one_line(job)} was submitted from {one_line(other)}, and this plan "
            f"is {digest}. Name a plan of the run"
        )
    return first, digest
