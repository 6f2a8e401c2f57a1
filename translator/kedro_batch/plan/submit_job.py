"""Builds the SubmitJob request of a job: AWS's spelling of what the plan says.

Pure: the real submission, the dry run and the offline checks all build their requests here.
Source of the fields: the AWS Batch API reference, SubmitJob.
"""

import copy
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NewType

from kedro_batch.plan.data_version import DataVersion
from kedro_batch.plan.model import Job, JobName, JobReads, Plan, PlanDigest
from kedro_batch.plan.settings import JobSettings, Resources, RetryReason
from kedro_batch.plan.variables import (
    ALL_BUT,
    ENV_VARIABLE,
    JOB_VARIABLE,
    READS_FROM_RUN_LENGTH,
    READS_FROM_RUN_VARIABLE,
    RUN_ID_VARIABLE,
    SUBMISSION_VARIABLE,
    VERSION_VARIABLE,
)

RunId = NewType("RunId", str)
"""The name of one run: short, lower case, sorted by time; letters, digits and hyphens, no underscore."""

JobId = NewType("JobId", str)
"""AWS Batch's own name for a submitted job."""

BATCH_JOB_NAME_LENGTH = 128
"""The AWS Batch API reference, SubmitJob, jobName: letters, digits, - and _, the first a letter or digit."""
RUN_ID_LENGTH = 24
"""Characters that a job's name on AWS keeps for the run id."""
SUBMISSION_DIGITS = 3
"""Characters that it keeps for the number of the submission."""
JOB_NAME_LENGTH = BATCH_JOB_NAME_LENGTH - RUN_ID_LENGTH - SUBMISSION_DIGITS - len("__")
"""The longest name of a job in a plan: 99."""
JOB_NAME_PATTERN = rf"[A-Za-z0-9][A-Za-z0-9_-]{{0,{JOB_NAME_LENGTH - 1}}}"
"""The names that a job may have in a plan."""

_ON_BATCH = re.compile(
    rf"([A-Za-z0-9][A-Za-z0-9-]{{0,{RUN_ID_LENGTH - 1}}})_({JOB_NAME_PATTERN})_"
    rf"([1-9][0-9]{{0,{SUBMISSION_DIGITS - 1}}})"
)

TAG_RUN = "kedro-batch:run"
TAG_JOB = "kedro-batch:job"
TAG_PLAN = "kedro-batch:plan"
"""The digest of the first plan of the run: the same in all its jobs, whichever plan they were sent from."""
TAG_NEW_PLAN = "kedro-batch:new-plan"
"""The digest of the plan that a job was sent from, where it is not the first one of the run."""
OWN_TAGS = 3
"""Without that of a new plan, which a job without room for it does not have."""
TAGS = 50
"""The AWS Batch API reference, SubmitJob, tags: as many at most."""

_RETRY_ON: Mapping[RetryReason, tuple[dict[str, str], ...]] = {
    RetryReason.SPOT: ({"onStatusReason": "Host EC2*"}, {"onStatusReason": "Your Spot Task was interrupted*"}),
    RetryReason.START_FAILURE: ({"onStatusReason": "Task failed to start*"},),
    RetryReason.IMAGE_PULL: ({"onReason": "CannotPullContainer*"},),
}
"""How AWS Batch words these failures (AWS Batch user guide, "Automated job retries"; the second wording of spot is
Fargate's, nextflow-io/nextflow#5786). With the rule that ends everything else, all of them are the five allowed."""


def batch_job_name(run_id: RunId, job: JobName, submission: int) -> str:
    """Name a job on AWS Batch: the run first, so that ListJobs finds a whole run by its prefix.

    A run id has no underscore, so the run is what stands before the first one, and the submission what stands after
    the last, whatever the job is called. A run id of 24 characters, a job name of 99 and a submission of 3 digits fill
    the 128 that Batch allows.
    """
    return f"{run_prefix(run_id)}{job}_{submission}"


def run_prefix(run_id: RunId) -> str:
    """Return the beginning that the names of a run's jobs have on AWS Batch, and no others; for ListJobs, with ``*``.

    With a hyphen at its end, the prefix of the run ``nightly`` would find the jobs of the run ``nightly-2`` too.
    """
    return f"{run_id}_"


def parsed_job_name(name: str) -> tuple[RunId, JobName, int] | None:
    """Split a name on AWS Batch into run, job and submission; None if ``batch_job_name`` cannot have made it."""
    found = _ON_BATCH.fullmatch(name)
    return found and (RunId(found[1]), JobName(found[2]), int(found[3]))


def submit_request(  # noqa: PLR0913  every one of them is part of the request
    job: Job,
    plan: Plan,
    *,
    run_id: RunId,
    version: DataVersion | None,
    reads: JobReads,
    submission: int,
    digest: PlanDigest,
    parent_ids: Iterable[JobId],
    job_definition: str,
    new_digest: PlanDigest | None = None,
) -> dict[str, Any]:
    """Build the arguments of one SubmitJob call.

    Args:
        job: A job of the plan.
        plan: The plan.
        run_id: The run that submits it.
        version: The version under which the run saves data; None for a run that was begun without one.
        reads: What it reads (``data_flow.reads_from_run``).
        submission: The number of its submission in this run, from 1.
        digest: The digest of the first plan of the run, for the tags.
        parent_ids: The ids of the jobs in ``depends_on`` on Batch.
        job_definition: The definition with its revision, resolved once for the whole run.
        new_digest: The digest of the plan, where it is not the first one of the run.
    """
    settings = job.settings
    request: dict[str, Any] = {
        "jobName": batch_job_name(run_id, job.name, submission),
        "jobQueue": settings.job_queue,
        "jobDefinition": job_definition,
        **_with_overrides(
            job,
            plan.command_of(job),
            {
                **settings.environment,
                **own_variables(run_id, job.name, submission, env=plan.env, version=version, reads=reads),
            },
        ),
    }
    if plan.submit_tags:  # AWS asks for a permission of its own for them: batch:TagResource
        request["tags"] = {**settings.tags, TAG_RUN: run_id, TAG_JOB: job.name, TAG_PLAN: digest}
        if new_digest is not None and len(request["tags"]) < TAGS:
            request["tags"][TAG_NEW_PLAN] = new_digest
    if depends_on := [{"jobId": parent_id} for parent_id in parent_ids]:
        request["dependsOn"] = depends_on
    if settings.timeout_s is not None:
        request["timeout"] = {"attemptDurationSeconds": settings.timeout_s}
    if settings.attempts is not None:
        request["retryStrategy"] = _retry_strategy(settings)
    if settings.share_identifier is not None:
        request["shareIdentifier"] = settings.share_identifier
    if settings.scheduling_priority is not None:
        request["schedulingPriorityOverride"] = settings.scheduling_priority
    return request


def own_variables(  # noqa: PLR0913  each of them is a variable
    run_id: RunId,
    job: JobName,
    submission: int,
    *,
    env: str | None,
    version: DataVersion | None,
    reads: JobReads,
) -> dict[str, str]:
    """Return the variables that kedro-batch gives a job, on AWS Batch and on this machine: all jobs of a run share one.

    Kedro reads KEDRO_ENV itself, where a command has no ``--env``; a project's own code may read it too.
    """
    own = {RUN_ID_VARIABLE: run_id, JOB_VARIABLE: job, SUBMISSION_VARIABLE: str(submission)}
    if version is not None:
        own[VERSION_VARIABLE] = version
        own |= reads_variable(reads)
    return own | ({} if env is None else {ENV_VARIABLE: env})


def reads_variable(reads: JobReads) -> dict[str, str]:
    """Return the variable that says what a job reads from its run; nothing if there is nothing, or it is too long.

    It names what the job reads from its run; where that is too long, what it reads beside that.
    """
    for value in (list(reads.from_run), {ALL_BUT: list(reads.other)}) if reads.from_run else ():
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        if len(json.dumps(text, ensure_ascii=False)) <= READS_FROM_RUN_LENGTH:
            return {READS_FROM_RUN_VARIABLE: text}
    return {}


def _retry_strategy(settings: JobSettings) -> dict[str, Any]:
    """Return when to retry. Batch also retries if no rule matches, so the last rule ends the job."""
    if not settings.retry_on:
        return {"attempts": settings.attempts}
    patterns = [pattern for reason in RetryReason if reason in settings.retry_on for pattern in _RETRY_ON[reason]]
    rules = [{**pattern, "action": "RETRY"} for pattern in patterns]
    return {"attempts": settings.attempts, "evaluateOnExit": [*rules, {"onReason": "*", "action": "EXIT"}]}


def _with_overrides(job: Job, command: Sequence[str], environment: Mapping[str, str]) -> dict[str, Any]:
    """Put command, environment and resources where this kind of job definition has them.

    A definition for EKS, or with several containers, has them in a structure of its own: if ``submit`` gives such a
    structure, they go to its first container that has no command. ``checks.placement`` makes sure that there is one.
    """
    request = copy.deepcopy(dict(job.settings.submit))
    found = command_container(request)
    if found is None:
        request["containerOverrides"] = _container(job, command, environment) | request.get("containerOverrides", {})
        return request
    field, container = found
    spell = _pod_container if field == PODS else _container
    given = spell(job, command, environment)
    name = VARIABLES_OF[field]
    pairs = {pair.get("name"): pair for pair in (*given[name], *container.get(name, ()))}
    container.update(given | container | {name: list(pairs.values())})
    return request


PODS = "eksPropertiesOverride"
TASKS = "ecsPropertiesOverride"
VARIABLES_OF: Mapping[str, str] = {PODS: "env", TASKS: "environment"}
"""What the containers of a structure call their variables."""


def containers_of(submit: Mapping[str, Any], field: str) -> list[dict[str, Any]]:
    """Return the containers that a structure of ``submit`` names."""
    if field == PODS:
        return list(submit.get(field, {}).get("podProperties", {}).get("containers", ()))
    return [one for task in submit.get(field, {}).get("taskProperties", ()) for one in task.get("containers", ())]


def command_container(submit: Mapping[str, Any]) -> tuple[str, dict[str, Any]] | None:
    """Return the structure of ``submit`` that the command goes to, and its container there; None if it has none."""
    containers = ((field, one) for field in (PODS, TASKS) for one in containers_of(submit, field))
    return next(((field, one) for field, one in containers if "command" not in one), None)


def variables_of(settings: JobSettings) -> dict[str, str]:
    """Return the variables that the settings give a job: those of ``environment``, and those of its own container."""
    field, container = command_container(settings.submit) or ("", {})
    pairs = container.get(VARIABLES_OF.get(field, ""), ())
    given = {pair["name"]: pair["value"] for pair in pairs if {"name", "value"} <= pair.keys()}
    return {**settings.environment, **given}


def _container(job: Job, command: Sequence[str], environment: Mapping[str, str]) -> dict[str, Any]:
    overrides: dict[str, Any] = {"command": list(command), "environment": pairs_of(environment)}
    if requirements := _resource_requirements(job.settings.resources):
        overrides["resourceRequirements"] = requirements
    return overrides


def _pod_container(job: Job, command: Sequence[str], environment: Mapping[str, str]) -> dict[str, Any]:
    """Spell the container as Kubernetes does: quantities are strings with units."""
    container: dict[str, Any] = {"command": list(command), "env": pairs_of(environment)}
    resources = job.settings.resources
    amounts = {
        "cpu": resources.vcpus and f"{resources.vcpus}",
        "memory": resources.memory_mib and f"{resources.memory_mib}Mi",
        "nvidia.com/gpu": resources.gpus and f"{resources.gpus}",
    }
    if limits := {name: amount for name, amount in amounts.items() if amount}:
        container["resources"] = {"limits": limits, "requests": dict(limits)}
    return container


def pairs_of(environment: Mapping[str, str]) -> list[dict[str, str]]:
    """Spell variables as AWS Batch does, sorted by name."""
    return [{"name": name, "value": value} for name, value in sorted(environment.items())]


def _resource_requirements(resources: Resources) -> list[dict[str, str]]:
    """Spell the resources as Batch does: values are strings, memory is in MiB, no GPUs are left out."""
    amounts = (("VCPU", resources.vcpus), ("MEMORY", resources.memory_mib), ("GPU", resources.gpus or None))
    return [{"type": kind, "value": str(amount)} for kind, amount in amounts if amount is not None]
