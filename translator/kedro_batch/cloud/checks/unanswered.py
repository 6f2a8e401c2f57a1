"""The finding about what may not be looked at, or was not answered, so that all else is looked at all the same."""

from kedro_batch.cloud.checks.finding import Finding, Status
from kedro_batch.errors import Fault, ServiceError

_PERMISSIONS = {
    "BatchGetImage": "ecr:BatchGetImage",
    "DescribeComputeEnvironments": "batch:DescribeComputeEnvironments",
    "DescribeInstanceTypes": "ec2:DescribeInstanceTypes",
    "DescribeJobDefinitions": "batch:DescribeJobDefinitions",
    "DescribeJobQueues": "batch:DescribeJobQueues",
    "DescribeLogGroups": "logs:DescribeLogGroups",
    "GetCallerIdentity": "sts:GetCallerIdentity",
    "GetDownloadUrlForLayer": "ecr:GetDownloadUrlForLayer",
    "GetRole": "iam:GetRole",
    "HeadBucket": "s3:ListBucket",
    "SimulatePrincipalPolicy": "iam:SimulatePrincipalPolicy",
}
"""The permissions of the operations that checks call."""


def unanswered(check: str, about: str, error: ServiceError, *, needed: bool = False, told: bool = False) -> Finding:
    """Return a finding about what is not known.

    Args:
        check: The check.
        about: What it is about.
        error: Why it is not known.
        needed: A run needs the same call: without an answer, it cannot begin.
        told: Another finding says why, which counts then.
    """
    status = Status.FAILURE if needed else Status.SKIPPED if told else Status.WARNING
    message = "cannot be checked either" if told else f"cannot be checked: {error.problem}"
    return Finding(check=check, status=status, about=about, message=message, remedy="" if told else remedy_for(error))


def remedy_for(error: ServiceError) -> str:
    """Return what to do about a call that failed; empty if nobody can say."""
    if error.fault is not Fault.DENIED:
        return error.remedy
    operation = getattr(error.__cause__, "operation_name", "")  # of a ClientError; botocore is not loaded for it
    permission = _PERMISSIONS.get(operation, "it")
    return f"Allow {permission} for whoever runs doctor, or check it by hand"
