"""The targets of jobs, asked of AWS Batch: queues and job definitions."""

from collections.abc import Sequence
from typing import Any

from kedro_batch.cloud.aws_errors import calling, parsing
from kedro_batch.cloud.replies import DefinitionDetail, QueueDetail, definition_detail, queue_detail

_QUEUES = 100
"""Names in one call of DescribeJobQueues (botocore's service model of AWS Batch)."""


class Targets:
    """Queues and job definitions, through a client of boto3. Every call raises ``ServiceError`` if it fails."""

    def __init__(self, client: Any) -> None:
        """Ask with this client of AWS Batch."""
        self._client = client

    def describe_job_queues(self, names: Sequence[str]) -> list[QueueDetail]:
        """Describe the queues of these names or ARNs; unknown ones are left out."""
        found: list[Any] = []
        for start in range(0, len(names), _QUEUES):
            with calling("DescribeJobQueues"):
                reply = self._client.describe_job_queues(jobQueues=list(names[start : start + _QUEUES]))
            found += items(reply, "jobQueues", "DescribeJobQueues")
        with parsing("DescribeJobQueues"):
            return [queue_detail(one) for one in found]

    def describe_job_definitions(self, name: str) -> list[DefinitionDetail]:
        """Describe the active revisions of a definition, or the one revision that is named."""
        short = name.rpartition("/")[2]
        with calling("DescribeJobDefinitions"):
            if ":" in short:
                pages: list[Any] = [self._client.describe_job_definitions(jobDefinitions=[name])]
            else:
                paginator = self._client.get_paginator("describe_job_definitions")
                pages = list(paginator.paginate(jobDefinitionName=short, status="ACTIVE"))
        found = [one for page in pages for one in items(page, "jobDefinitions", "DescribeJobDefinitions")]
        with parsing("DescribeJobDefinitions"):
            return [definition_detail(one) for one in found]


def items(reply: Any, name: str, operation: str) -> list[Any]:
    """Return a list that a reply must have.

    Raises:
        ServiceError: It has none.
    """
    with parsing(operation):
        return list(reply[name])
