"""The engine that runs jobs on AWS Batch, through boto3: its calls. Session and clients: ``aws_session``."""

from collections.abc import Callable, Mapping, Sequence
from signal import Signals
from typing import Any

from kedro_batch.cloud.aws_errors import calling, parsing
from kedro_batch.cloud.error_replies import may_lack_operation
from kedro_batch.cloud.own_words import own_words
from kedro_batch.cloud.replies import DefinitionDetail, EnvironmentDetail, Identity, QueueDetail
from kedro_batch.cloud.targets import Targets, items
from kedro_batch.errors import Fault, ServiceError
from kedro_batch.plan.model import Plan
from kedro_batch.plan.submit_job import JobId
from kedro_batch.submitter.events import EngineName
from kedro_batch.submitter.log_places import LogStream
from kedro_batch.submitter.service.api import (
    Capabilities,
    Check,
    JobDetail,
    JobPage,
    LogTail,
    Terminated,
    job_detail,
    job_summary,
    unchecked,
)
from kedro_batch.submitter.service.aws_session import AwsSession
from kedro_batch.submitter.service.limits import LIST_JOBS, TERMINATE_JOBS, Pace
from kedro_batch.submitter.service.log_cursor import LogPage
from kedro_batch.text.escaping import one_line


class AwsEngine:
    """AWS Batch in the account that boto3 finds in its usual places; its calls may be made in threads."""

    name: EngineName = "aws"
    capabilities = Capabilities(
        adopts=True,
        keeps_jobs=True,
        fails_dependents=False,
        forgets_jobs=True,
        in_account=True,
        notifies=False,
        pace=Pace(),
    )

    def __init__(self, session: AwsSession) -> None:
        """Work in a session."""
        self._session = session
        self._one_by_one = False

    @property
    def location(self) -> Mapping[str, str]:
        """The region."""
        return {"region": self._session.region}

    def adapt_plan(self, plan: Plan) -> Plan:
        """Return the plan itself."""
        return plan

    def left_running(self, number: Signals | None = None) -> tuple[str, ...]:  # noqa: ARG002  as all engines are called
        """Return none: jobs on AWS Batch go on without a command, and are found again."""
        return ()

    def renew(self) -> None:
        """Look for credentials again, as ``AwsSession.renew``."""
        self._session.renew()

    def renew_here(self, error: ServiceError) -> bool:
        """Renew credentials that only this process can renew, as ``AwsSession.renew_here``."""
        return self._session.renew_here(error)

    def describe_job_queues(self, names: Sequence[str]) -> list[QueueDetail]:
        """Describe the queues of these names or ARNs; unknown ones are left out."""
        return Targets(self._session.clients.asking).describe_job_queues(names)

    def describe_job_definitions(self, name: str) -> list[DefinitionDetail]:
        """Describe the active revisions of a definition, or the one revision that is named."""
        return Targets(self._session.clients.asking).describe_job_definitions(name)

    def describe_compute_environments(self, names: Sequence[str]) -> list[EnvironmentDetail]:
        """Describe the compute environments of these names or ARNs; unknown ones are left out."""
        return Targets(self._session.clients.asking).describe_compute_environments(names)

    def list_job_queues(self) -> list[QueueDetail]:
        """Describe the queues in the account; of very many, the first."""
        return Targets(self._session.clients.asking).list_job_queues()

    def list_job_definitions(self) -> list[DefinitionDetail]:
        """Describe the active revisions of all job definitions; of very many, the first."""
        return Targets(self._session.clients.asking).list_job_definitions()

    def caller_identity(self) -> Identity:
        """Ask AWS STS whose credentials are in use."""
        return self._session.caller()

    def register_job_definition(self, request: dict[str, Any]) -> str:
        """Register a revision, in one call that is never repeated; return its ARN."""
        what = f"RegisterJobDefinition for {request['jobDefinitionName']}"
        with calling(what):
            reply: Any = self._session.clients.submitting.register_job_definition(**request)
        with parsing(what):
            return str(reply["jobDefinitionArn"])

    def submit_job(self, request: dict[str, Any], check: Check = unchecked) -> JobId:
        """Submit one job, in one call that is never repeated.

        Credentials may have to be renewed first, which takes its time: the check comes after that.
        """
        what = f"SubmitJob for {request['jobName']}"
        self._session.check_before_sending(check)
        with calling(what):
            reply: Any = self._session.clients.submitting.submit_job(**request)
        with parsing(what):
            return JobId(reply["jobId"])

    def describe_jobs(self, ids: Sequence[JobId]) -> list[JobDetail]:
        """Describe up to 100 jobs; unknown ones are left out."""
        with calling("DescribeJobs"):
            reply: Any = self._session.clients.asking.describe_jobs(jobs=list(ids))
        found = items(reply, "jobs", "DescribeJobs")
        with parsing("DescribeJobs"):
            return [job_detail(one) for one in found]

    def list_jobs(self, queue: str, name: str, token: str | None) -> JobPage:
        """List the jobs of a queue, in every state, whose name is this one or, with ``*`` at its end, begins so."""
        further: Any = {"nextToken": token} if token else {}
        filters: Any = [{"name": "JOB_NAME", "values": [name]}]
        with calling("ListJobs"):
            reply: Any = self._session.clients.asking.list_jobs(
                jobQueue=queue, filters=filters, maxResults=LIST_JOBS, **further
            )
        found = items(reply, "jobSummaryList", "ListJobs")
        with parsing("ListJobs"):
            return JobPage(jobs=tuple(job_summary(one) for one in found), token=reply.get("nextToken"))

    def terminate_jobs(self, ids: Sequence[JobId], reason: str) -> Terminated:
        """Terminate up to 50 jobs in one call; one, where service or boto3 do not have TerminateJobs yet."""
        if not self._one_by_one and hasattr(self._session.clients.asking, "terminate_jobs"):
            some = list(ids[:TERMINATE_JOBS])
            try:
                with calling("TerminateJobs"):
                    reply: Any = self._session.clients.asking.terminate_jobs(jobs=some, reason=reason)
            except ServiceError as error:
                if not may_lack_operation(error) and error.passing:
                    raise
            else:
                with parsing("TerminateJobs"):
                    refused = reply.get("errors", ())
                    errors = {JobId(one["job"]): one_line(own_words(one.get("message", ""))) for one in refused}
                return Terminated(done=tuple(one for one in some if one not in errors), failed=errors)
        self._one_by_one = True
        try:
            with calling("TerminateJob"):
                self._session.clients.asking.terminate_job(jobId=ids[0], reason=reason)
        except ServiceError as error:
            if error.fault is not Fault.REFUSED:
                raise
            return Terminated(done=(), failed={ids[0]: str(error)})
        return Terminated(done=(ids[0],), failed={})

    def log_tail(self, detail: JobDetail, lines: int) -> LogTail:
        """Return the last lines of the last attempt, from CloudWatch Logs, or why there are none."""
        return self._session.clients.logs.tail(detail, lines)

    def log_page(self, log: LogStream, start_ms: int, token: str | None) -> LogPage:
        """Return a page of a stream of CloudWatch Logs, from a time on, or where a token of that time leads."""
        return self._session.clients.logs.page(log, start_ms, token)

    def interrupt(self, tell: Callable[[str], None]) -> str:  # noqa: ARG002  as all engines are called
        """Leave the jobs alone: they go on."""
        return f"AWS Batch ({self._session.region})"
