"""The targets of jobs, asked of AWS Batch: queues, their compute environments, job definitions."""

from collections.abc import Sequence
from itertools import islice
from typing import Any

from kedro_batch.cloud.aws_errors import calling, parsing
from kedro_batch.cloud.replies import (
    DefinitionDetail,
    EnvironmentDetail,
    QueueDetail,
    definition_detail,
    environment_detail,
    queue_detail,
)

_AT_ONCE = 100
"""Names in one call of DescribeJobQueues and of DescribeComputeEnvironments (botocore's service model of AWS Batch)."""
_PAGES = 10
"""Pages of all that there is that are read, to find a name that is spelled alike."""


class Targets:
    """Queues and job definitions, through a client of boto3. Every call raises ``ServiceError`` if it fails."""

    def __init__(self, client: Any) -> None:
        """Ask with this client of AWS Batch."""
        self._client = client

    def describe_job_queues(self, names: Sequence[str]) -> list[QueueDetail]:
        """Describe the queues of these names or ARNs; unknown ones are left out."""
        found: list[Any] = []
        for start in range(0, len(names), _AT_ONCE):
            with calling("DescribeJobQueues"):
                reply = self._client.describe_job_queues(jobQueues=list(names[start : start + _AT_ONCE]))
            found += items(reply, "jobQueues", "DescribeJobQueues")
        with parsing("DescribeJobQueues"):
            return [queue_detail(one) for one in found]

    def describe_compute_environments(self, names: Sequence[str]) -> list[EnvironmentDetail]:
        """Describe the compute environments of these names or ARNs; unknown ones are left out."""
        what = "DescribeComputeEnvironments"
        found: list[Any] = []
        for start in range(0, len(names), _AT_ONCE):
            with calling(what):
                some = list(names[start : start + _AT_ONCE])
                reply = self._client.describe_compute_environments(computeEnvironments=some)
            found += items(reply, "computeEnvironments", what)
        with parsing(what):
            return [environment_detail(one) for one in found]

    def list_job_queues(self) -> list[QueueDetail]:
        """Describe the queues in the account; of very many, the first."""
        found = self._listed("DescribeJobQueues", "describe_job_queues", "jobQueues")
        with parsing("DescribeJobQueues"):
            return [queue_detail(one) for one in found]

    def list_job_definitions(self) -> list[DefinitionDetail]:
        """Describe the active revisions of all job definitions; of very many, the first."""
        found = self._listed("DescribeJobDefinitions", "describe_job_definitions", "jobDefinitions", status="ACTIVE")
        with parsing("DescribeJobDefinitions"):
            return [definition_detail(one) for one in found]

    def _listed(self, what: str, method: str, field: str, **given: str) -> list[Any]:
        with calling(what):
            pages: list[Any] = list(islice(self._client.get_paginator(method).paginate(**given), _PAGES))
        return [one for page in pages for one in items(page, field, what)]

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
