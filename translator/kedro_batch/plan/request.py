"""The SubmitJob request of a job: AWS's spelling of what the plan says.

Pure: the real submission, the dry run and the offline check all build their requests here.
Source of the fields: the AWS Batch API reference, SubmitJob.
"""

from collections.abc import Iterable
from typing import Any, NewType

from kedro_batch.plan.model import Job, JobName, PlanDigest, Resources

RunId = NewType("RunId", str)
"""Names one replay of a plan: short, lower case, sorted by time."""

JobId = NewType("JobId", str)
"""What AWS Batch calls a submitted job."""

TAG_RUN = "kedro-batch:run"
TAG_JOB = "kedro-batch:job"
TAG_PLAN = "kedro-batch:plan"


def batch_job_name(run_id: RunId, job: JobName, attempt: int) -> str:
    """Name a job on AWS Batch: the run first, so that ListJobs finds a whole run by its prefix.

    A run id of 24 characters, a job name of 99 and an attempt of 3 digits fill the 128 that Batch allows.
    """
    return f"{run_id}-{job}-{attempt}"


def submit_request(  # noqa: PLR0913  every one of them is part of the request
    job: Job,
    *,
    run_id: RunId,
    attempt: int,
    digest: PlanDigest,
    parent_ids: Iterable[JobId],
    job_definition: str,
) -> dict[str, Any]:
    """Build the arguments of one SubmitJob call.

    Args:
        job: The job of the plan.
        run_id: The run that submits it.
        attempt: Its submission in this run, counted from 1.
        digest: The plan's digest, for the tags.
        parent_ids: What the jobs in ``depends_on`` are called on Batch.
        job_definition: The definition with its revision, resolved once for the whole run.
    """
    overrides: dict[str, Any] = {"command": list(job.command)}
    if requirements := _resource_requirements(job.resources):
        overrides["resourceRequirements"] = requirements
    request: dict[str, Any] = {
        "jobName": batch_job_name(run_id, job.name, attempt),
        "jobQueue": job.job_queue,
        "jobDefinition": job_definition,
        "containerOverrides": overrides,
        "tags": {**job.tags, TAG_RUN: run_id, TAG_JOB: job.name, TAG_PLAN: digest},
    }
    if depends_on := [{"jobId": parent_id} for parent_id in parent_ids]:
        request["dependsOn"] = depends_on
    if job.timeout_s is not None:
        request["timeout"] = {"attemptDurationSeconds": job.timeout_s}
    if job.attempts is not None:
        request["retryStrategy"] = {"attempts": job.attempts}
    return request


def _resource_requirements(resources: Resources) -> list[dict[str, str]]:
    """Spell the resources as Batch does: values are strings, memory is in MiB."""
    amounts = (("VCPU", resources.vcpus), ("MEMORY", resources.memory_mib), ("GPU", resources.gpus))
    return [{"type": kind, "value": str(amount)} for kind, amount in amounts if amount is not None]
