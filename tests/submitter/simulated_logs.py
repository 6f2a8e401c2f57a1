"""Follows logs of a simulated service: its calls take no time, and waiting moves its clock."""

from collections import deque
from collections.abc import Callable
from typing import Any

from kedro_batch.errors import Fault, ServiceError
from kedro_batch.plan.submit_job import JobId
from kedro_batch.submitter.inbox import Inbox
from kedro_batch.submitter.log_places import LogStream
from kedro_batch.submitter.log_service import AskedService
from kedro_batch.submitter.service.api import JobDetail, JobPage, job_detail, job_summary
from kedro_batch.submitter.service.call_pool import Lane, Reply
from kedro_batch.submitter.service.log_cursor import LogEvent, LogPage, Missing
from tests.standin.simulated import Simulated
from tests.support.standin.limits import RefusedError

EPOCH = 1_750_000_000.0


class SimulatedEngine:
    """What ``logs`` asks, answered by the simulated service."""

    def __init__(self, service: Simulated) -> None:
        self.service = service
        self.location = {"region": "us-east-1"}
        self.throttled = 0

    def _ask(self, operation: str, **body: Any) -> dict[str, Any]:
        try:
            return self.service.ask(operation, **body)
        except RefusedError as refused:
            throttled = refused.code in ("ThrottlingException", "TooManyRequestsException")
            self.throttled += throttled
            fault = Fault.AMBIGUOUS if refused.status >= 500 else Fault.THROTTLED if throttled else Fault.REFUSED
            raise ServiceError(refused.message, fault=fault, operation=operation) from refused

    def describe_jobs(self, ids: list[JobId]) -> list[JobDetail]:
        return [job_detail(one) for one in self._ask("DescribeJobs", jobs=list(ids))["jobs"]]

    def list_jobs(self, queue: str, name: str, token: str | None) -> JobPage:
        further = {"nextToken": token} if token else {}
        filters = [{"name": "JOB_NAME", "values": [name]}]
        reply = self._ask("ListJobs", jobQueue=queue, filters=filters, **further)
        return JobPage(jobs=tuple(map(job_summary, reply["jobSummaryList"])), token=reply.get("nextToken"))

    def log_page(self, log: LogStream, start_ms: int, token: str | None) -> LogPage:
        further = {"nextToken": token} if token else {}
        place = {"logGroupName": log.group, "logStreamName": log.stream}
        try:
            reply = self._ask("GetLogEvents", **place, startTime=start_ms, startFromHead=True, **further)
        except ServiceError as error:
            if "does not exist" in str(error):
                return LogPage(missing=Missing.GROUP if "log group" in str(error) else Missing.STREAM)
            raise
        events = (LogEvent(one["message"], one["timestamp"], one["ingestionTime"]) for one in reply["events"])
        return LogPage(events=tuple(events), token=reply["nextForwardToken"])


class SimulatedCalls:
    """Calls that are made at once, on the clock of the service."""

    def __init__(self, service: Simulated) -> None:
        self._service = service
        self._ended: deque[Reply] = deque()

    def now(self) -> float:
        return self._service.now

    def wall(self) -> float:
        return EPOCH + self._service.now

    def free(self, lane: Lane) -> int:  # noqa: ARG002  as all pools are called
        return 1

    def start(self, lane: Lane, about: Any, call: Callable[[], Any]) -> None:
        try:
            self._ended.append(Reply(lane=lane, about=about, value=call(), sent_at=self.now()))
        except ServiceError as error:
            self._ended.append(Reply(lane=lane, about=about, error=error, sent_at=self.now()))

    def wait(self, seconds: float) -> list[Reply]:
        if not self._ended:
            self._service.now += max(0.0, seconds)
        found = list(self._ended)
        self._ended.clear()
        return found


def asked(service: Simulated, retry_for_s: float = 3600.0) -> tuple[AskedService, SimulatedEngine]:
    engine: Any = SimulatedEngine(service)
    return AskedService(engine, SimulatedCalls(service), Inbox(), lambda _: None, retry_for_s), engine
