"""The engine that runs jobs on AWS Batch, through boto3. The only module that loads it.

SubmitJob has no idempotency token, so the client that submits makes no retries of its own: a second send
after a lost reply would be a second job. Everything else is retried as boto3 does by default.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import boto3
import botocore.exceptions
from botocore.config import Config

from kedro_batch.errors import ServiceError
from kedro_batch.plan.request import JobId
from kedro_batch.submitter.engine import DefinitionDetail, JobDetail, QueueDetail

_Reply = TypeVar("_Reply")

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


class AwsEngine:
    """AWS Batch in the account and region that boto3 finds in its usual places."""

    name = "aws"

    def __init__(self) -> None:
        """Make the clients.

        Raises:
            ServiceError: Region or profile are missing or unknown.
        """
        with _translated("set up the client"):
            session = boto3.Session()
            self._submitting = session.client(
                "batch", config=Config(retries={"total_max_attempts": 1}, user_agent_extra="kedro-batch")
            )
            self._asking = session.client("batch", config=Config(user_agent_extra="kedro-batch"))

    def describe_job_queues(self, names: Sequence[str]) -> list[QueueDetail]:
        """Describe the queues of these names or ARNs; unknown ones are left out."""
        found: list[QueueDetail] = []
        with _translated("DescribeJobQueues"):
            for start in range(0, len(names), _QUEUES_AT_ONCE):
                reply = self._asking.describe_job_queues(jobQueues=list(names[start : start + _QUEUES_AT_ONCE]))
                found += [
                    QueueDetail(
                        jobQueueName=one["jobQueueName"],
                        jobQueueArn=one["jobQueueArn"],
                        state=one["state"],
                        status=one.get("status", "VALID"),
                        statusReason=one.get("statusReason", "no reason given"),
                    )
                    for one in reply["jobQueues"]
                ]
        return found

    def describe_job_definitions(self, name: str) -> list[DefinitionDetail]:
        """Describe the active revisions of a definition, or the one revision that is named."""
        short = name.rpartition("/")[2]
        with _translated("DescribeJobDefinitions"):
            if ":" in short:
                pages = [self._asking.describe_job_definitions(jobDefinitions=[name])]
            else:
                paginator = self._asking.get_paginator("describe_job_definitions")
                pages = list(paginator.paginate(jobDefinitionName=short, status="ACTIVE"))
            return [
                DefinitionDetail(
                    jobDefinitionName=one["jobDefinitionName"],
                    jobDefinitionArn=one["jobDefinitionArn"],
                    revision=one["revision"],
                    status=one.get("status", "ACTIVE"),
                )
                for page in pages
                for one in page["jobDefinitions"]
            ]

    def submit_job(self, request: dict[str, Any]) -> JobId:
        """Submit one job. Only what was certainly not executed, being throttled, is sent again."""
        with _translated(f"SubmitJob for {request['jobName']}"):
            return JobId(_unless_throttled(lambda: self._submitting.submit_job(**request))["jobId"])

    def describe_jobs(self, ids: Sequence[JobId]) -> list[JobDetail]:
        """Describe up to 100 jobs; unknown ones are left out."""
        with _translated("DescribeJobs"):
            return [_job_detail(one) for one in self._asking.describe_jobs(jobs=list(ids))["jobs"]]

    def pause(self, seconds: float) -> None:
        """Wait so long."""
        time.sleep(seconds)

    def log_tail(self, detail: JobDetail, lines: int) -> tuple[str, ...]:  # noqa: ARG002  see below
        """Give no lines: the stream's name is in the detail, and reading it needs another permission."""
        return ()

    def interrupt(self) -> str:
        """Leave the jobs alone: they belong to AWS Batch."""
        return "what has been submitted goes on running on AWS Batch"


def _job_detail(job: Any) -> JobDetail:
    container = job.get("container", {})
    detail = JobDetail(jobId=job["jobId"], jobName=job["jobName"], status=job["status"], container={})
    if "statusReason" in job:
        detail["statusReason"] = job["statusReason"]
    for field in ("exitCode", "reason", "logStreamName"):
        if field in container:
            detail["container"][field] = container[field]
    return detail


def _unless_throttled(call: Callable[[], _Reply]) -> _Reply:
    for delay in _BACKOFF_S:
        try:
            return call()
        except botocore.exceptions.ClientError as error:
            if error.response.get("Error", {}).get("Code") not in _THROTTLED:
                raise
            time.sleep(delay)
    return call()


@contextmanager
def _translated(what: str) -> Iterator[None]:
    """Turn what botocore raises into an error that says what was tried, why it failed, and what to do."""
    try:
        yield
    except botocore.exceptions.ClientError as error:
        reason = error.response.get("Error", {})
        code, message = reason.get("Code", "unknown"), reason.get("Message", "no message")
        raise ServiceError(f"AWS Batch refused {what}: {code}: {message}") from error
    except (botocore.exceptions.NoCredentialsError, botocore.exceptions.PartialCredentialsError) as error:
        raise ServiceError(
            f"cannot {_verb(what)}: {error}. Log in (aws sso login), or set AWS_PROFILE, "
            "or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
        ) from error
    except botocore.exceptions.NoRegionError as error:
        raise ServiceError(f"cannot {_verb(what)}: there is no region. Set AWS_DEFAULT_REGION") from error
    except botocore.exceptions.BotoCoreError as error:
        raise ServiceError(f"cannot {_verb(what)}: {error}") from error
    except ServiceError:
        raise
    except Exception as error:
        # boto3 lets through what it stumbles over: settings that it cannot read, answers that are none.
        raise ServiceError(
            f"cannot {_verb(what)}: {type(error).__name__}: {error}. Is the endpoint really AWS Batch's, "
            "and are the AWS_... settings right?"
        ) from error


def _verb(what: str) -> str:
    return what if what.startswith("set up") else f"call {what}"
