"""A plan as this machine runs it. Pure."""

from dataclasses import replace

from kedro_batch.plan.model import Plan
from kedro_batch.plan.submit_job import variables_of


def local_plan(plan: Plan) -> Plan:
    """Return a plan without what only AWS understands; its fields would hide command and variables."""
    plan = replace(plan, account=None, region=None, job_definitions={})
    if not any(job.settings.submit for job in plan.jobs):
        return plan
    jobs = (
        replace(job, settings=replace(job.settings, environment=variables_of(job.settings), submit={}))
        for job in plan.jobs
    )
    return replace(plan, jobs=tuple(jobs))
