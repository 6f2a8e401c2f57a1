"""What runs jobs: the few calls that both engines answer, in AWS Batch's own shapes.

Requests and replies are spelled as in the AWS Batch API, reduced to the fields that are read here, so that
one code path submits, follows and reports whether the jobs run on AWS or on this machine.
"""

from collections.abc import Sequence
from typing import Any, NotRequired, Protocol, TypedDict

from kedro_batch.plan.request import JobId


class ContainerDetail(TypedDict, total=False):
    """How a container fared."""

    exitCode: int
    reason: str
    logStreamName: str


class JobDetail(TypedDict):
    """One job in a reply of DescribeJobs."""

    jobId: JobId
    jobName: str
    status: str
    statusReason: NotRequired[str]
    container: ContainerDetail


class QueueDetail(TypedDict):
    """One queue in a reply of DescribeJobQueues."""

    jobQueueName: str
    jobQueueArn: str
    state: str
    status: str
    statusReason: str


class DefinitionDetail(TypedDict):
    """One definition in a reply of DescribeJobDefinitions."""

    jobDefinitionArn: str
    revision: int
    status: str


class Engine(Protocol):
    """Runs jobs. Every call raises ``ServiceError`` where it is refused or nobody answers."""

    @property
    def name(self) -> str:
        """``aws`` or ``local``."""

    def describe_job_queues(self, names: Sequence[str]) -> list[QueueDetail]:
        """Describe the queues of these names or ARNs; unknown ones are left out."""

    def describe_job_definitions(self, name: str) -> list[DefinitionDetail]:
        """Describe the active revisions of a definition, or the one revision that is named."""

    def submit_job(self, request: dict[str, Any]) -> JobId:
        """Submit one job, at most once."""

    def describe_jobs(self, ids: Sequence[JobId]) -> list[JobDetail]:
        """Describe up to 100 jobs; unknown ones are left out."""

    def pause(self, seconds: float) -> None:
        """Wait until it is worth asking again, at most so long."""

    def log_tail(self, detail: JobDetail, lines: int) -> tuple[str, ...]:
        """Give the last lines that a job wrote, where they can be read from here."""

    def interrupt(self) -> str:
        """Do what the end of this process means for the jobs, and say what that was."""
