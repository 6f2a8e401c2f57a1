"""The session of boto3, and with it the region: those of the usual places, or of the plan where the shell has none."""

from collections.abc import Mapping
from typing import Any

import boto3
import botocore.session

from kedro_batch.cloud.aws_errors import calling

SERVICE_NAMES = {
    "batch": "AWS Batch",
    "cloudformation": "AWS CloudFormation",
    "ec2": "Amazon EC2",
    "ecr": "Amazon ECR",
    "iam": "AWS IAM",
    "logs": "CloudWatch Logs",
    "s3": "Amazon S3",
    "sts": "AWS STS",
}
"""The services that are called, as boto3 names them, and as messages do."""


def open_session(pinned: str | None) -> Any:
    """Return a session; its ``region_name`` is None, or empty, if there is no region.

    A variable that is set to nothing, as scripts leave it, is as if it was not set: boto3 takes it for a region.

    Args:
        pinned: The region of the plan, for where the shell names none.

    Raises:
        ServiceError: The profile is unknown, or the configuration cannot be read.
    """
    with calling("set up the client"):
        core: Any = botocore.session.get_session()
        region = core.get_config_variable("region") or core.get_scoped_config().get("region") or pinned
        return boto3.Session(botocore_session=core, region_name=region or None)


def call_once(client: Any, service: str, method: str, arguments: Mapping[str, Any]) -> Any:
    """Make one call with a client, and return the reply as it is.

    Args:
        client: Of boto3.
        service: As boto3 names it, such as ``iam``.
        method: The operation as boto3 names it, such as ``get_role``.
        arguments: Those of the operation.

    Raises:
        ServiceError: It was refused, or was not answered.
    """
    with calling(method.title().replace("_", ""), service=SERVICE_NAMES.get(service, service)):
        return getattr(client, method)(**arguments)
