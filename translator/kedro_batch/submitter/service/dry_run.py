"""Return the requests that a run would send, in its order, without an engine: ``apply --dry-run``."""

from collections.abc import Iterator
from typing import Any

from kedro_batch.plan.data_flow import reads_from_run
from kedro_batch.plan.data_version import DataVersion
from kedro_batch.plan.graph import topological_order
from kedro_batch.plan.model import Plan, PlanDigest
from kedro_batch.plan.register_definition import register_request
from kedro_batch.plan.submit_job import JobId, RunId, submit_request

_RUN = RunId("RUN")
_VERSION = DataVersion("VERSION")


def dry_registrations(plan: Plan) -> Iterator[dict[str, Any]]:
    """Yield the RegisterJobDefinition request of every job definition that jobs use and the plan declares.

    A run sends it only if no active revision has the same content.
    """
    used = {job.settings.job_definition for job in plan.jobs}
    for name in sorted(used & plan.job_definitions.keys()):
        request = register_request(name, plan.job_definitions[name], tags=plan.submit_tags)
        yield {"operation": "RegisterJobDefinition", "request": request}


def dry_requests(plan: Plan, digest: PlanDigest) -> Iterator[dict[str, Any]]:
    """Yield the SubmitJob request of every job, parents first.

    What only a run knows is a placeholder: ``RUN`` for its id, ``VERSION`` for its version, ``<id of NAME>`` for the id
    of a job. The definition stays as the plan names it. So the same plan gives the same lines.
    """
    jobs, reads = {job.name: job for job in plan.jobs}, reads_from_run(plan)
    for name in topological_order(plan.parents):
        job = jobs[name]
        yield submit_request(
            job,
            plan,
            run_id=_RUN,
            version=_VERSION,
            reads=reads[name],
            submission=1,
            digest=digest,
            parent_ids=[JobId(f"<id of {parent}>") for parent in job.depends_on],
            job_definition=job.settings.job_definition,
        )
