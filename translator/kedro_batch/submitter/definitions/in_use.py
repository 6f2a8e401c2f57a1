"""Which revisions of its job definitions a run uses, by what is recorded of its jobs. Pure."""

from collections.abc import Mapping

from kedro_batch.plan.model import JobName, Plan
from kedro_batch.text.arns import bare_name


def revisions_in_use(plan: Plan, revisions: Mapping[JobName, str]) -> dict[str, tuple[str, ...]]:
    """Return the revisions of each job definition that jobs have, the newest submission first, by its name in the plan.

    Args:
        plan: The plan of the run; revisions that jobs have of another definition, by an earlier plan, are left out.
        revisions: The revision that each job has, the newest submission first; jobs may be left out.
    """
    definitions = {job.name: job.settings.job_definition for job in plan.jobs}
    found: dict[str, dict[str, None]] = {}
    for job, revision in revisions.items():
        if job in definitions and is_revision_of(revision, definitions[job]):
            found.setdefault(definitions[job], {})[revision] = None
    return {name: tuple(found[name]) for name in sorted(found)}


def is_revision_of(revision: str, definition: str) -> bool:
    """True if a revision, by its ARN or name, is one of a definition, however that is named."""
    return bare_name(revision) == bare_name(definition)
