"""What to check when a job stays RUNNABLE, by the reason that AWS Batch gives. Pure.

When a job is judged stuck stands in ``job_poller``.
"""

from collections.abc import Mapping

ENDED_AS_STUCK = "kedro-batch: stuck: "
"""How the reason begins of a job that a follower ended: ``--stuck-after``. What AWS Batch said follows, which the
termination overwrites (nextflow-io/nextflow#7479)."""
_WAITING: Mapping[str, str] = {
    "MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE": "raise the maximum vCPUs of the queue's compute environments, "
    "or lower `vcpus` in aws_batch.yml or a rule",
    "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT": "no instance type of the queue's compute environments has so much: "
    "lower `vcpus`, `memory_mib` or `gpus` (an instance keeps some memory for itself), choose another `job_queue`, "
    "or allow larger instance types",
    "MISCONFIGURATION:SERVICE_ROLE_PERMISSIONS": "the service role of the compute environment lacks permissions: "
    "compare it with the managed policy AWSBatchServiceRole, or use the service-linked role",
    "MISCONFIGURATION:EC2_INSTANCE_CONFIGURATION_UNSUPPORTED": "check that the compute environment's instance types "
    "exist in its Availability Zones and fit its launch template",
    "MISCONFIGURATION:": "check the queue's compute environments: instance types, maximum vCPUs, roles, subnets and "
    "launch template",
    "CAPACITY:": "AWS has no such instances free, which may pass: allow more instance types, Availability Zones or "
    "on-demand instances beside spot in the compute environment, and check the account's EC2 quotas",
    "ACTION_REQUIRED": "the queue's compute environments are invalid: their own status reason says why "
    "(DescribeComputeEnvironments)",
}
"""Beginnings of statusReason (AWS Batch user guide, "Jobs stuck in a RUNNABLE status"); the first that fits counts."""

_WAITING_FOR_NO_REASON = (
    "check the queue's compute environments: enabled, below their maximum vCPUs, within the EC2 quotas, with an "
    "instance type large enough; and that instances can join: instance role, ECS agent, and a way out of the subnets "
    "(NAT gateway, public addresses or VPC endpoints)"
)


def stuck_advice(status_reason: str | None) -> str:
    """Return what to check when a job stays RUNNABLE for long, in one line.

    Args:
        status_reason: The job's statusReason. AWS Batch fills it in for the job at the head of a queue.
    """
    reason = status_reason or ""
    return next((advice for words, advice in _WAITING.items() if words in reason), _WAITING_FOR_NO_REASON)
