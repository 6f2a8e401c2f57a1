"""What runs jobs: the few calls that both engines answer, in AWS Batch's own shapes.

Requests and replies are spelled as in the AWS Batch API, reduced to the fields that are read here, so that
one code path submits, follows and reports whether the jobs run on AWS or on this machine.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NotRequired, Protocol, TypedDict

from kedro_batch.plan.submit_job import JobId


class JobDetail(TypedDict):
    """One job in a reply of DescribeJobs; ``failures`` reads more of it."""

    jobId: JobId
    jobName: str
    status: str
    statusReason: NotRequired[str]
    dependsOn: NotRequired[list[dict[str, str]]]
    tags: NotRequired[dict[str, str]]
    container: NotRequired[dict[str, Any]]


class JobSummary(TypedDict):
    """One job in a reply of ListJobs; ``createdAt`` is in milliseconds since the epoch."""

    jobId: JobId
    jobName: str
    status: str
    createdAt: int
    statusReason: NotRequired[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class JobPage:
    """One page of a reply of ListJobs; ``token`` leads to the next one, None after the last."""

    jobs: tuple[JobSummary, ...]
    token: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Terminated:
    """How a call to terminate jobs ended; those in neither field have not been tried yet."""

    done: tuple[JobId, ...]
    failed: Mapping[JobId, str]


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

    @property
    def location(self) -> Mapping[str, str]:
        """Where its jobs run, as far as it is known before the first call: ``region``, or ``folder``."""

    def describe_job_queues(self, names: Sequence[str]) -> list[QueueDetail]:
        """Describe the queues of these names or ARNs; unknown ones are left out."""

    def describe_job_definitions(self, name: str) -> list[DefinitionDetail]:
        """Describe the active revisions of a definition, or the one revision that is named."""

    def submit_job(self, request: dict[str, Any]) -> JobId:
        """Submit one job, in one call that is never repeated."""

    def describe_jobs(self, ids: Sequence[JobId]) -> list[JobDetail]:
        """Describe up to 100 jobs; unknown ones are left out."""

    def list_jobs(self, queue: str, name: str, token: str | None) -> JobPage:
        """List the jobs of a queue that have this name, or with ``*`` at its end begin so; of every state."""

    def terminate_jobs(self, ids: Sequence[JobId], reason: str) -> Terminated:
        """End jobs, as many as go into one call; those that have not started are cancelled."""

    def log_tail(self, detail: JobDetail, lines: int) -> tuple[str, ...]:
        """Give the last lines that a job wrote, where they can be read from here."""

    def renew(self) -> None:
        """Look for credentials anew: those of before have expired."""

    def interrupt(self) -> str:
        """End what would end badly without this process, and say what becomes of the jobs."""
