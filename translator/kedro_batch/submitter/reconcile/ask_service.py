"""Ask the service which jobs a run has, as often as it may be late, and whether they are of its plan."""

import shlex
from collections.abc import Collection, Iterable

from kedro_batch.errors import RunUnknown, UsageError
from kedro_batch.plan.model import JobName
from kedro_batch.plan.submit_job import TAG_NEW_PLAN, TAG_PLAN, JobId, parsed_job_name
from kedro_batch.submitter.context import RunContext
from kedro_batch.submitter.journal_view import journal_words
from kedro_batch.submitter.reconcile.belongs import shown_digest
from kedro_batch.submitter.reconcile.duplicates import Discovered, discover
from kedro_batch.submitter.reconcile.merge import Records
from kedro_batch.submitter.run_options import RunMode
from kedro_batch.submitter.service.api import JobDetail, JobSummary
from kedro_batch.submitter.service.limits import LOOKUP_DELAYS_S
from kedro_batch.text.wording import listed

_PLANS_COMPARED = 5
"""How many jobs are asked for the digests in their tags."""


def list_jobs_of_run(context: RunContext, journal: Records, *, must_exist: bool) -> Discovered:
    """List the jobs of the run.

    Raises:
        UsageError: They are of another plan.
    """
    if not (context.adopts or context.engine.capabilities.remembers):
        return Discovered(jobs={}, foreign_jobs=())
    found = {one.job_id: one for one in context.list_run()}
    discovered = _discover(context, found.values())
    for pause_s in LOOKUP_DELAYS_S if not journal else ():
        if not discovered.jobs and not must_exist:
            break  # a run that nobody knows is a new one
        # What was submitted just before the journal was lost may not be visible yet.
        context.service.pause(pause_s)
        # What was there counts, even if it is forgotten by now: the machine may have slept.
        found |= {one.job_id: one for one in context.list_run()}
        discovered = _discover(context, found.values())
    _check_plan(context, discovered)
    return discovered


def describe_jobs(context: RunContext, ids: Iterable[JobId]) -> dict[JobId, JobDetail]:
    """Describe jobs, several times if some are not known: DescribeJobs may be late as well."""
    found: dict[JobId, JobDetail] = {}
    missing = list(ids)
    for pause_s in (0.0, *(LOOKUP_DELAYS_S if context.engine.capabilities.forgets_jobs else ())):
        if not missing:
            break
        context.service.pause(pause_s)
        found |= {one.job_id: one for one in context.service.describe_jobs(missing)}
        missing = [job_id for job_id in missing if job_id not in found]
    return found


def too_old(context: RunContext, expired: Collection[JobName]) -> RunUnknown:
    """Return the error of a run of which AWS Batch has forgotten some jobs."""
    run_id = context.run_id
    new_plan = f"--new-plan {shlex.quote(context.is_to_get)} " if context.is_to_get else ""
    resume = context.resume_with(f"{new_plan}--assume-done FILE")
    return RunUnknown(
        f"run {run_id} is more than a day old, and AWS Batch no longer knows what became of {listed(expired)}. Write "
        "the names of the jobs that have succeeded into a file, one a line, and run the others again: "
        f"{resume}; or start a new run: kedro-batch apply PLAN"
    )


def _discover(context: RunContext, found: Iterable[JobSummary]) -> Discovered:
    """Sort the jobs of the run; those of its earlier plans that this one does not have are left out."""
    parsed = ((one, parsed_job_name(one.name)) for one in found)
    ours = (one for one, name in parsed if name is None or name[1] not in context.earlier_jobs)
    return discover(context.run_id, context.parents, ours)


def _check_plan(context: RunContext, discovered: Discovered) -> None:
    """Refuse a run of another plan: by names that the plan does not have, or by the digests in the tags."""
    newest = sorted((found[-1] for found in discovered.jobs.values()), key=lambda one: one.age, reverse=True)
    known = {context.run_digest, context.digest, *context.earlier}
    for detail in context.service.describe_jobs(one.job_id for one in newest[:_PLANS_COMPARED]):
        first, last = detail.tags.get(TAG_PLAN), detail.tags.get(TAG_NEW_PLAN)
        if first and first != context.run_digest:
            raise UsageError(
                f"run {context.run_id} is of another plan: {detail.name} was submitted from {shown_digest(first)}, "
                f"this plan is {context.digest}. {_remedy(context, begun_otherwise=True)}"
            )
        if last and last not in known and context.options.mode is not RunMode.FOLLOW:
            raise UsageError(
                f"run {context.run_id} has gone on with another plan: {detail.name} was submitted from "
                f"{shown_digest(last)}, and this plan is {context.digest}. {_remedy(context, begun_otherwise=False)}"
            )
    if discovered.foreign_jobs:
        raise UsageError(
            f"run {context.run_id} is of another plan: it has {listed(discovered.foreign_jobs)}, which this plan does "
            f"not have. {_remedy(context, begun_otherwise=True)}"
        )


def _remedy(context: RunContext, *, begun_otherwise: bool) -> str:
    """Return what to do about a run that has another plan than the one at hand."""
    if not begun_otherwise:
        return f"Go on with that plan: {context.resume_with('--new-plan NEW')}"
    further = journal_words(context.journal.file)
    return (
        f"Name the plan that it was applied from, or choose another --run-id. If it has gone on with a new plan, or is "
        f"to go on with this one, name both: kedro-batch resume {context.run_id} --plan FIRST --new-plan NEW{further}"
    )
