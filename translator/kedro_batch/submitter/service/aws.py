"""The engine that runs jobs on AWS Batch, through boto3. The only module that loads it.

SubmitJob has no idempotency token, so the client that submits makes no retries of its own: a second send
after a lost reply would be a second job. Everything else is retried as boto3 does by default.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import boto3
import botocore.exceptions
from botocore.config import Config

from kedro_batch.errors import Fault, ServiceError
from kedro_batch.plan.submit_job import JobId
from kedro_batch.submitter.service.api import DefinitionDetail, JobDetail, JobPage, JobSummary, QueueDetail, Terminated
from kedro_batch.submitter.service.call_pool import LANES, Lane
from kedro_batch.submitter.service.failures import log_places

_THROTTLED = frozenset(
    {
        "TooManyRequestsException",
        "ThrottlingException",
        "Throttling",
        "RequestLimitExceeded",
        "ThrottledException",
    }
)
_EXPIRED = frozenset({"ExpiredTokenException", "ExpiredToken", "RequestExpired", "UnrecognizedClientException"})
_DENIED = frozenset({"AccessDeniedException", "AccessDenied", "UnauthorizedOperation"})
_UNKNOWN_OPERATION = frozenset(
    {"UnknownOperationException", "404", "NotFoundException", "MissingAuthenticationTokenException"}
)
_TAGS_HINT = ". If the account forbids tagging, set `submit_tags: false` in aws_batch.yml and compile again"
_QUEUES_AT_ONCE = 100
_TERMINATED_AT_ONCE = 50
_LISTED_AT_ONCE = 100
_CONNECT_S, _READ_S = 10, 30
_SERVER_ERROR = 500
"""From this HTTP status on, the service may have done what it was asked for before it failed."""


class AwsEngine:
    """AWS Batch in the account and region that boto3 finds in its usual places; its calls may be made in threads."""

    name = "aws"

    def __init__(self) -> None:
        """Make the clients.

        Raises:
            ServiceError: Region or profile are missing or unknown.
        """
        self._one_by_one = False
        self._logs: dict[str | None, Any] = {}
        self._connect()

    def _connect(self) -> None:
        with _calling("set up the client"):
            self._session = boto3.Session()
            self._submitting = self._session.client(
                "batch",
                config=Config(
                    retries={"total_max_attempts": 1},
                    connect_timeout=_CONNECT_S,
                    read_timeout=_READ_S,
                    max_pool_connections=LANES[Lane.SUBMIT],
                    user_agent_extra="kedro-batch",
                ),
            )
            self._asking = self._session.client(
                "batch", config=Config(connect_timeout=_CONNECT_S, read_timeout=_READ_S, user_agent_extra="kedro-batch")
            )

    @property
    def location(self) -> Mapping[str, str]:
        """Give the region."""
        return {"region": self._asking.meta.region_name}

    def renew(self) -> None:
        """Look for credentials anew: somebody may have logged in again."""
        self._logs = {}
        self._connect()

    def describe_job_queues(self, names: Sequence[str]) -> list[QueueDetail]:
        """Describe the queues of these names or ARNs; unknown ones are left out."""
        found: list[Any] = []
        for start in range(0, len(names), _QUEUES_AT_ONCE):
            with _calling("DescribeJobQueues"):
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
        with _calling("DescribeJobDefinitions"):
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
        """Submit one job, in one call that is never repeated."""
        what = f"SubmitJob for {request['jobName']}"
        with _calling(what):
            reply: Any = self._submitting.submit_job(**request)
        with _reading(what):
            return JobId(reply["jobId"])

    def describe_jobs(self, ids: Sequence[JobId]) -> list[JobDetail]:
        """Describe up to 100 jobs; unknown ones are left out."""
        with _calling("DescribeJobs"):
            reply: Any = self._asking.describe_jobs(jobs=list(ids))
        found = _listed(reply, "jobs", "DescribeJobs")
        with _reading("DescribeJobs"):
            for one in found:
                _ = one["jobId"], one["jobName"], one["status"]  # what every job has
        return found

    def list_jobs(self, queue: str, name: str, token: str | None) -> JobPage:
        """List the jobs of a queue that have this name, or with ``*`` at its end begin so; of every state."""
        further: Any = {"nextToken": token} if token else {}
        with _calling("ListJobs"):
            reply: Any = self._asking.list_jobs(
                jobQueue=queue,
                filters=[{"name": "JOB_NAME", "values": [name]}],
                maxResults=_LISTED_AT_ONCE,
                **further,
            )
        found = _listed(reply, "jobSummaryList", "ListJobs")
        with _reading("ListJobs"):
            jobs = [
                JobSummary(
                    jobId=JobId(one["jobId"]),
                    jobName=one["jobName"],
                    status=one["status"],
                    createdAt=one.get("createdAt", 0),
                    statusReason=one.get("statusReason", ""),
                )
                for one in found
            ]
        return JobPage(jobs=tuple(jobs), token=reply.get("nextToken"))

    def terminate_jobs(self, ids: Sequence[JobId], reason: str) -> Terminated:
        """End up to 50 jobs in one call; one, where service or boto3 do not have TerminateJobs yet."""
        if not self._one_by_one and hasattr(self._asking, "terminate_jobs"):
            some = list(ids[:_TERMINATED_AT_ONCE])
            try:
                with _calling("TerminateJobs"):
                    reply: Any = self._asking.terminate_jobs(jobs=some, reason=reason)
            except ServiceError as error:
                unknown = isinstance(error.__cause__, botocore.exceptions.ClientError) and _is_unknown(error.__cause__)
                if not unknown and error.fault is not Fault.DENIED:
                    raise
            else:
                errors = {JobId(one["job"]): one.get("message", "") for one in reply.get("errors", ())}
                return Terminated(done=tuple(one for one in some if one not in errors), failed=errors)
        self._one_by_one = True
        try:
            with _calling("TerminateJob"):
                self._asking.terminate_job(jobId=ids[0], reason=reason)
        except ServiceError as error:
            if error.fault is not Fault.REFUSED:
                raise
            return Terminated(done=(), failed={ids[0]: str(error)})
        return Terminated(done=(ids[0],), failed={})

    def log_tail(self, detail: JobDetail, lines: int) -> tuple[str, ...]:
        """Give the last lines of the last attempt, from CloudWatch Logs."""
        tail: list[str] = []
        for location in log_places(detail):
            with _calling("GetLogEvents"):
                if location.region not in self._logs:
                    self._logs[location.region] = self._session.client(
                        "logs",
                        region_name=location.region,
                        config=Config(connect_timeout=_CONNECT_S, read_timeout=_READ_S, user_agent_extra="kedro-batch"),
                    )
                reply: Any = self._logs[location.region].get_log_events(
                    logGroupName=location.group, logStreamName=location.stream, limit=lines, startFromHead=False
                )
            tail += [one.get("message", "") for one in _listed(reply, "events", "GetLogEvents")]
        return tuple(tail[-lines:])

    def interrupt(self) -> str:
        """Leave the jobs alone: they belong to AWS Batch."""
        return "what has been submitted goes on running on AWS Batch"


def _is_unknown(error: botocore.exceptions.ClientError) -> bool:
    return error.response.get("Error", {}).get("Code") in _UNKNOWN_OPERATION


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
        fault=Fault.AMBIGUOUS,
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
        hint = _TAGS_HINT if code in _DENIED and "TagResource" in message else ""
        raise ServiceError(f"AWS Batch refused {what}: {code}: {message}{hint}", fault=_fault(code, status)) from error
    except (
        botocore.exceptions.NoCredentialsError,
        botocore.exceptions.PartialCredentialsError,
        botocore.exceptions.CredentialRetrievalError,
        botocore.exceptions.SSOError,
        botocore.exceptions.TokenRetrievalError,
    ) as error:
        raise ServiceError(
            f"cannot {_verb(what)}: {error}. Log in (aws sso login), or set AWS_PROFILE, "
            "or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
            fault=Fault.CREDENTIALS,
        ) from error
    except botocore.exceptions.NoRegionError as error:
        raise ServiceError(f"cannot {_verb(what)}: there is no region. Set AWS_DEFAULT_REGION") from error
    except (
        botocore.exceptions.EndpointConnectionError,
        botocore.exceptions.ConnectTimeoutError,
        botocore.exceptions.ProxyConnectionError,
    ) as error:
        raise ServiceError(f"cannot {_verb(what)}: {error}", fault=Fault.UNREACHABLE) from error
    except botocore.exceptions.HTTPClientError as error:  # a lost connection, a missing or a broken reply
        raise ServiceError(f"cannot {_verb(what)}: {error}", fault=Fault.AMBIGUOUS) from error
    except botocore.exceptions.BotoCoreError as error:
        raise ServiceError(f"cannot {_verb(what)}: {error}") from error
    except Exception as error:
        raise _no_answer_of_batch(what, error) from error


def _fault(code: str, status: int) -> Fault:
    if code in _THROTTLED:
        return Fault.THROTTLED
    if code in _EXPIRED:
        return Fault.CREDENTIALS
    if code in _DENIED:
        return Fault.DENIED
    return Fault.AMBIGUOUS if status >= _SERVER_ERROR else Fault.REFUSED


def _verb(what: str) -> str:
    return what if what.startswith("set up") else f"call {what}"
