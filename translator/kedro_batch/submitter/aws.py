"""The engine that runs jobs on AWS Batch, through boto3. The only module that loads it.

SubmitJob has no idempotency token, so the client that submits makes no retries of its own: a second send
after a lost reply would be a second job. Everything else is retried as boto3 does by default.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import boto3
import botocore.exceptions
from botocore.config import Config

from kedro_batch.errors import ServiceError
from kedro_batch.plan.request import JobId
from kedro_batch.submitter.attention import Attention
from kedro_batch.submitter.engine import DefinitionDetail, JobDetail, QueueDetail

_THROTTLED = frozenset(
    {
        "TooManyRequestsException",
        "ThrottlingException",
        "Throttling",
        "RequestLimitExceeded",
        "ThrottledException",
    }
)
_BACKOFF_S = (0.5, 1, 2, 4, 8, 16, 30, 30, 30)
_QUEUES_AT_ONCE = 100
_CONNECT_S, _READ_S = 10, 30
_SERVER_ERROR = 500
"""From this HTTP status on, the service may have done what it was asked for before it failed."""


class AwsEngine:
    """AWS Batch in the account and region that boto3 finds in its usual places."""

    name = "aws"

    def __init__(self, attention: Attention) -> None:
        """Make the clients.

        Args:
            attention: Can end a wait.

        Raises:
            ServiceError: Region or profile are missing or unknown.
        """
        self._attention = attention
        with _calling("set up the client"):
            session = boto3.Session()
            self._submitting = session.client(
                "batch",
                config=Config(
                    retries={"total_max_attempts": 1},
                    connect_timeout=_CONNECT_S,
                    read_timeout=_READ_S,
                    user_agent_extra="kedro-batch",
                ),
            )
            self._asking = session.client("batch", config=Config(user_agent_extra="kedro-batch"))

    def describe_job_queues(self, names: Sequence[str]) -> list[QueueDetail]:
        """Describe the queues of these names or ARNs; unknown ones are left out."""
        found: list[Any] = []
        for start in range(0, len(names), _QUEUES_AT_ONCE):
            with self._attention.breakable(), _calling("DescribeJobQueues"):
                reply = self._asking.describe_job_queues(jobQueues=list(names[start : start + _QUEUES_AT_ONCE]))
            found += _listed(reply, "jobQueues", "DescribeJobQueues")
        with _reading("DescribeJobQueues"):
            return [
                QueueDetail(
                    jobQueueName=one["jobQueueName"],
                    jobQueueArn=one["jobQueueArn"],
                    state=one["state"],
                    status=one.get("status", "VALID"),
                    statusReason=one.get("statusReason", "no reason given"),
                )
                for one in found
            ]

    def describe_job_definitions(self, name: str) -> list[DefinitionDetail]:
        """Describe the active revisions of a definition, or the one revision that is named."""
        short = name.rpartition("/")[2]
        with self._attention.breakable(), _calling("DescribeJobDefinitions"):
            if ":" in short:
                pages: list[Any] = [self._asking.describe_job_definitions(jobDefinitions=[name])]
            else:
                paginator = self._asking.get_paginator("describe_job_definitions")
                pages = list(paginator.paginate(jobDefinitionName=short, status="ACTIVE"))
        found = [one for page in pages for one in _listed(page, "jobDefinitions", "DescribeJobDefinitions")]
        with _reading("DescribeJobDefinitions"):
            return [
                DefinitionDetail(
                    jobDefinitionArn=one["jobDefinitionArn"],
                    revision=one["revision"],
                    status=one.get("status", "ACTIVE"),
                )
                for one in found
            ]

    def submit_job(self, request: dict[str, Any]) -> JobId:
        """Submit one job. Only what was certainly not executed, being throttled, is sent again."""
        what = f"SubmitJob for {request['jobName']}"
        for delay in (*_BACKOFF_S, None):
            with _calling(what):
                try:
                    reply: Any = self._submitting.submit_job(**request)
                    break
                except botocore.exceptions.ClientError as error:
                    if delay is None or error.response.get("Error", {}).get("Code") not in _THROTTLED:
                        raise
            self._attention.wait(delay)
            self._attention.heed()
        with _reading(what):
            return JobId(reply["jobId"])

    def describe_jobs(self, ids: Sequence[JobId]) -> list[JobDetail]:
        """Describe up to 100 jobs; unknown ones are left out."""
        with self._attention.breakable(), _calling("DescribeJobs"):
            reply: Any = self._asking.describe_jobs(jobs=list(ids))
        found = _listed(reply, "jobs", "DescribeJobs")
        with _reading("DescribeJobs"):
            return [_job_detail(one) for one in found]

    def pause(self, seconds: float) -> None:
        """Wait so long, or until a signal comes."""
        self._attention.wait(seconds)

    def log_tail(self, detail: JobDetail, lines: int) -> tuple[str, ...]:  # noqa: ARG002  the engine's signature
        """Give no lines: the stream's name is in the detail, and reading it needs another permission."""
        return ()

    def interrupt(self) -> str:
        """Leave the jobs alone: they belong to AWS Batch."""
        return "what has been submitted goes on running on AWS Batch"


def _listed(reply: Any, name: str, operation: str) -> list[Any]:
    with _reading(operation):
        return list(reply[name])


@contextmanager
def _reading(what: str) -> Iterator[None]:
    """Say so when an answer lacks what every answer of AWS Batch has."""
    try:
        yield
    except (KeyError, TypeError, AttributeError) as error:
        raise _no_answer_of_batch(what, error) from error


def _no_answer_of_batch(what: str, error: Exception) -> ServiceError:
    return ServiceError(
        f"cannot {_verb(what)}: {type(error).__name__}: {error}. Is the endpoint really AWS Batch's, "
        "and are the AWS_... settings right?",
        certain=False,
    )


@contextmanager
def _calling(what: str) -> Iterator[None]:
    """Turn what boto3 raises into an error that says what was tried, why it failed, and what to do.

    Only calls of boto3 belong inside: whatever else it lets through, it has stumbled over.
    """
    try:
        yield
    except botocore.exceptions.ClientError as error:
        reason = error.response.get("Error", {})
        code, message = reason.get("Code", "unknown"), reason.get("Message", "no message")
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", _SERVER_ERROR)
        raise ServiceError(f"AWS Batch refused {what}: {code}: {message}", certain=status < _SERVER_ERROR) from error
    except (botocore.exceptions.NoCredentialsError, botocore.exceptions.PartialCredentialsError) as error:
        raise ServiceError(
            f"cannot {_verb(what)}: {error}. Log in (aws sso login), or set AWS_PROFILE, "
            "or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
        ) from error
    except botocore.exceptions.NoRegionError as error:
        raise ServiceError(f"cannot {_verb(what)}: there is no region. Set AWS_DEFAULT_REGION") from error
    except (
        botocore.exceptions.ConnectionClosedError,
        botocore.exceptions.ReadTimeoutError,
        botocore.exceptions.ResponseStreamingError,
    ) as error:
        raise ServiceError(f"cannot {_verb(what)}: {error}", certain=False) from error
    except botocore.exceptions.BotoCoreError as error:
        raise ServiceError(f"cannot {_verb(what)}: {error}") from error
    except Exception as error:
        raise _no_answer_of_batch(what, error) from error


def _verb(what: str) -> str:
    return what if what.startswith("set up") else f"call {what}"


def _job_detail(job: Any) -> JobDetail:
    container = job.get("container", {})
    detail = JobDetail(jobId=job["jobId"], jobName=job["jobName"], status=job["status"], container={})
    if "statusReason" in job:
        detail["statusReason"] = job["statusReason"]
    for field in ("exitCode", "reason", "logStreamName"):
        if field in container:
            detail["container"][field] = container[field]
    return detail
