"""A run and its service in one process, on a clock that jumps: hours of a run take seconds, and nothing sleeps.

The run, its journal and the stand-in are the real ones. What is replaced is what takes time (``VirtualCalls``) and
what is spoken between the two: ``InProcess`` asks the stand-in without HTTP, and turns its replies and faults into
the errors that the engine for AWS would raise.
"""

import heapq
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from signal import Signals
from typing import Any

from kedro_batch.cloud.replies import (
    DefinitionDetail,
    EnvironmentDetail,
    Identity,
    QueueDetail,
    definition_detail,
    environment_detail,
    identity,
    queue_detail,
)
from kedro_batch.errors import Fault, ServiceError
from kedro_batch.plan.digest import plan_digest
from kedro_batch.plan.model import JobName, Plan, PlanDigest
from kedro_batch.plan.submit_job import JobId, RunId
from kedro_batch.submitter.cancel import cancel
from kedro_batch.submitter.context import RunContext
from kedro_batch.submitter.events import EngineName, Event, RunFinished
from kedro_batch.submitter.inbox import Inbox
from kedro_batch.submitter.journal import Journal
from kedro_batch.submitter.journal_rows import RunEntry
from kedro_batch.submitter.journal_view import read_journal
from kedro_batch.submitter.log_places import log_streams
from kedro_batch.submitter.run import Run
from kedro_batch.submitter.run_options import RunMode, RunOptions
from kedro_batch.submitter.service.api import (
    Check,
    JobDetail,
    JobPage,
    LogTail,
    Terminated,
    job_detail,
    job_summary,
    unchecked,
)
from kedro_batch.submitter.service.aws import AwsEngine
from kedro_batch.submitter.service.call_pool import LANES, Lane, Reply
from kedro_batch.submitter.service.limits import Pace
from tests.support.plans import a_job
from tests.support.standin.config import Config
from tests.support.standin.service import Service

_EPOCH = 1_750_000_000.0
_MOMENT_S = 1e-4
"""A machine takes some time for whatever it does: no wait is shorter, or rounding could keep the clock from moving."""
_LONGEST_S = 10 * 24 * 3600.0
_TRIES = 5
"""boto3's, for everything but submitting."""
_OK, _SERVER_ERROR = 200, 500
_FAULTS = {
    "TooManyRequestsException": Fault.THROTTLED,
    "ThrottlingException": Fault.THROTTLED,
    "ExpiredTokenException": Fault.CREDENTIALS,
    "AccessDeniedException": Fault.DENIED,
}


class VirtualCalls:
    """Calls that take virtual time. Each is executed half of its time after it was sent."""

    def __init__(self, *, latency_s: float = 0.1, lanes: Mapping[Lane, int] = LANES) -> None:
        """Begin at the time zero."""
        self.time = 0.0
        self._latency_s = latency_s
        self._lanes = lanes
        self._under_way: Counter[Lane] = Counter()
        self._workers = {lane: [0.0] * count for lane, count in lanes.items()}
        self._agenda: list[tuple[float, int, Callable[[], Reply | None]]] = []
        self._ended: list[Reply] = []
        self._numbers = 0

    def now(self) -> float:
        """Seconds since the start of the simulation."""
        return self.time

    def wall(self) -> float:
        """Seconds since the epoch."""
        return self.time + _EPOCH

    def free(self, lane: Lane) -> int:
        """How many calls a lane takes without letting them wait."""
        return self._lanes[lane] - self._under_way[lane]

    def start(self, lane: Lane, about: Any, call: Callable[[], Any]) -> None:
        """Begin a call; it waits for its turn in its lane."""
        self._under_way[lane] += 1
        sent_at = max(self.time, self._workers[lane][0])
        heapq.heapreplace(self._workers[lane], sent_at + self._latency_s)

        def execute() -> None:
            reply = _made(lane, about, call, sent_at)
            self.at(sent_at + self._latency_s, lambda: reply)

        self.at(sent_at + self._latency_s / 2, execute)

    def at(self, time: float, act: Callable[[], Reply | None]) -> None:
        """Let something happen at a time; a reply that it gives is delivered."""
        self._numbers += 1
        heapq.heappush(self._agenda, (time, self._numbers, act))

    def wait(self, seconds: float) -> list[Reply]:
        """Go to when the next call has ended, at most so far; give the calls that have.

        Raises:
            TimeoutError: The simulation has gone on for ten days.
        """
        until = self.time + max(seconds, _MOMENT_S)
        while self._agenda and self._agenda[0][0] <= (self.time if self._ended else until):
            self._happen()
        if not self._ended:
            self.time = until
        replies, self._ended = self._ended, []
        for reply in replies:
            self._under_way[reply.lane] -= 1
        if self.time > _LONGEST_S:
            raise TimeoutError(f"it has not ended after {_LONGEST_S} s")
        return replies

    def work(self, seconds: float) -> None:
        """Let time go on while the loop does something else; the next wait gives the calls that end meanwhile."""
        until = self.time + seconds
        while self._agenda and self._agenda[0][0] <= until:
            self._happen()
        self.time = until

    def _happen(self) -> None:
        at, _, act = heapq.heappop(self._agenda)
        self.time = max(self.time, at)
        if reply := act():
            self._ended.append(reply)


def _made(lane: Lane, about: Any, call: Callable[[], Any], sent_at: float) -> Reply:
    try:
        return Reply(lane=lane, about=about, value=call(), sent_at=sent_at)
    except ServiceError as error:
        return Reply(lane=lane, about=about, error=error, sent_at=sent_at)


class InProcess:
    """The engine that asks a stand-in of this process. boto3's retries are made without its pauses."""

    name: EngineName = "aws"
    capabilities = AwsEngine.capabilities
    location: Mapping[str, str] = {"region": "us-east-1"}

    def __init__(self, service: Service) -> None:
        """Ask this service."""
        self._service = service

    def left_running(self, _number: Signals | None = None) -> tuple[str, ...]:
        """Nothing: jobs go on without a command."""
        return ()

    def adapt_plan(self, plan: Plan) -> Plan:
        return plan

    def describe_job_queues(self, names: Sequence[str]) -> list[QueueDetail]:
        found = self._asked("DescribeJobQueues", jobQueues=list(names))["jobQueues"]
        return [queue_detail(one) for one in found]

    def describe_job_definitions(self, name: str) -> list[DefinitionDetail]:
        found: list[Any] = []
        further: dict[str, str] = {}
        while True:
            reply = self._asked("DescribeJobDefinitions", jobDefinitionName=name, status="ACTIVE", **further)
            found += reply["jobDefinitions"]
            if "nextToken" not in reply:
                return [definition_detail(one) for one in found]
            further = {"nextToken": reply["nextToken"]}

    def describe_compute_environments(self, names: Sequence[str]) -> list[EnvironmentDetail]:
        found = self._asked("DescribeComputeEnvironments", computeEnvironments=list(names))["computeEnvironments"]
        return [environment_detail(one) for one in found]

    def list_job_queues(self) -> list[QueueDetail]:
        return [queue_detail(one) for one in self._asked("DescribeJobQueues")["jobQueues"]]

    def list_job_definitions(self) -> list[DefinitionDetail]:
        found = self._asked("DescribeJobDefinitions", status="ACTIVE")["jobDefinitions"]
        return [definition_detail(one) for one in found]

    def caller_identity(self) -> Identity:
        return identity(self._asked("GetCallerIdentity"))

    def register_job_definition(self, request: dict[str, Any]) -> str:
        return str(self._asked_once("RegisterJobDefinition", request)["jobDefinitionArn"])

    def submit_job(self, request: dict[str, Any], check: Check = unchecked) -> JobId:
        check()
        return JobId(self._asked_once("SubmitJob", request)["jobId"])

    def describe_jobs(self, ids: Sequence[JobId]) -> list[JobDetail]:
        return [job_detail(one) for one in self._asked("DescribeJobs", jobs=list(ids))["jobs"]]

    def list_jobs(self, queue: str, name: str, token: str | None) -> JobPage:
        further = {"nextToken": token} if token else {}
        filters = [{"name": "JOB_NAME", "values": [name]}]
        reply = self._asked("ListJobs", jobQueue=queue, filters=filters, maxResults=100, **further)
        jobs = tuple(job_summary(one) for one in reply["jobSummaryList"])
        return JobPage(jobs=jobs, token=reply.get("nextToken"))

    def terminate_jobs(self, ids: Sequence[JobId], reason: str) -> Terminated:
        some = list(ids[:50])
        errors = self._asked("TerminateJobs", jobs=some, reason=reason)["errors"]
        failed = {JobId(one["job"]): str(one["message"]) for one in errors}
        return Terminated(done=tuple(one for one in some if one not in failed), failed=failed)

    def log_tail(self, detail: JobDetail, lines: int) -> LogTail:
        tail: list[str] = []
        for location in log_streams(detail.reply):
            reply = self._asked("GetLogEvents", logGroupName=location.group, logStreamName=location.stream, limit=lines)
            tail += [one["message"] for one in reply["events"]]
        return LogTail(lines=tuple(tail[-lines:]))

    def renew(self) -> None:
        """Do nothing: the configuration says when credentials are valid again."""

    def renew_here(self, error: ServiceError) -> bool:  # noqa: ARG002  as all engines are called
        """Return False: what the configuration says is renewed elsewhere."""
        return False

    def interrupt(self, tell: Callable[[str], None]) -> str:  # noqa: ARG002  as all engines are called
        return "the stand-in"

    def _asked(self, operation: str, **body: Any) -> dict[str, Any]:
        for _ in range(_TRIES - 1):
            try:
                return self._asked_once(operation, body)
            except ServiceError as error:
                if error.fault not in (Fault.THROTTLED, Fault.AMBIGUOUS):
                    raise
        return self._asked_once(operation, body)

    def _asked_once(self, operation: str, body: dict[str, Any]) -> dict[str, Any]:
        reply = self._service.answer(operation, body)
        if reply.fault is not None:
            raise ServiceError(f"cannot call {operation}: {reply.fault}", fault=Fault.AMBIGUOUS)
        if reply.status == _OK:
            return reply.content
        code = reply.content["__type"]
        otherwise = Fault.AMBIGUOUS if reply.status >= _SERVER_ERROR else Fault.REFUSED
        said = str(reply.content["message"])
        objection = said if code == "ClientException" else ""
        message = f"AWS Batch refused {operation}: {code}: {said}"
        raise ServiceError(message, fault=_FAULTS.get(code, otherwise), objection=objection)


@dataclass(frozen=True, slots=True)
class Happened:
    """An event, and when the run learned of it, in virtual seconds."""

    at: float
    event: Event


class Simulation:
    """A run of a plan on a service of its own; it begins when it is told to."""

    def __init__(  # noqa: PLR0913  what is chosen, each by its name
        self,
        folder: Path,
        plan: Plan,
        *,
        latency_s: float = 0.1,
        options: RunOptions | None = None,
        pace: Pace | None = None,
        calls: VirtualCalls | None = None,
        **configuration: Any,
    ) -> None:
        """Prepare a run; ``configuration`` is that of the stand-in."""
        self.calls = calls or VirtualCalls(latency_s=latency_s)
        self.service = Service(Config(**configuration), clock=self.calls.now, epoch=_EPOCH)
        self.happened: list[Happened] = []
        self._plan = plan
        self._begun_with = plan_digest(plan)
        self._earlier: dict[PlanDigest, Plan] = {}
        self._begin(folder, replace(options or RunOptions(), pace=pace))

    def _begin(self, folder: Path, options: RunOptions, *, is_new: bool = False) -> None:
        self.journal = Journal(folder / "journal.db")
        known = self.journal.run(RunId("simulated"))
        self.inbox = Inbox()
        context = RunContext(
            plan=self._plan,
            digest=plan_digest(self._plan),
            run_id=RunId("simulated"),
            engine=InProcess(self.service),
            calls=self.calls,
            inbox=self.inbox,
            journal=self.journal,
            show=lambda event: self.happened.append(Happened(self.calls.time, event)),
            options=options,
            version=known.version if known else None,
            begun_with=self._begun_with,
            earlier=self._earlier,
            new_plan=b"" if is_new else None,
            must_exist=known is None and options.mode is RunMode.RESUME,
        )
        if known is None:
            entry = RunEntry(
                run=context.run_id,
                digest=context.run_digest,
                engine=context.engine.name,
                jobs=len(self._plan.jobs),
                began_at=self.calls.wall(),
            )
            self.journal.begin(entry, b"")
        self._context = context

    def resume(self, folder: Path, *, new_plan: Plan | None = None, **options: Any) -> RunFinished:
        """Take the run up in another process, with the journal of this folder, which may not know it.

        Args:
            folder: The folder of the journal.
            new_plan: Another plan to go on with; that is kept, if it is not refused.
            options: Those of the command.
        """
        before = self._plan, self._earlier
        if is_new := new_plan is not None and plan_digest(new_plan) != plan_digest(self._plan):
            self._earlier = {**self._earlier, plan_digest(self._plan): self._plan}
            self._plan = new_plan or self._plan
            self._earlier.pop(plan_digest(self._plan), None)
        self._begin(folder, RunOptions(mode=RunMode.RESUME, **options), is_new=is_new)
        try:
            return self.to_the_end()
        except BaseException:  # it may have been refused, or killed, before it went on with the new plan
            if self._recorded_plan() != plan_digest(self._plan):
                self._plan, self._earlier = before
            raise

    def start(self, folder: Path, **options: Any) -> RunFinished:
        """Apply the plan under the id of the run, in another process, with the journal of this folder."""
        self._begin(folder, RunOptions(mode=RunMode.CONTINUE, **options))
        return self.to_the_end()

    def cancel(self, folder: Path) -> RunFinished:
        """Cancel the run in another process, with the journal of this folder."""
        self._begin(folder, RunOptions(mode=RunMode.FOLLOW))
        try:
            return cancel(self._context, {}).finished
        finally:
            self.journal.close()

    @property
    def plan(self) -> Plan:
        """The plan that the run goes on with."""
        return self._plan

    def _recorded_plan(self) -> PlanDigest | None:
        with read_journal(self.journal.file) as journal:
            entry = journal.run(RunId("simulated"))
            return entry.plan_digest if entry else None

    def follow(self, folder: Path) -> None:
        """Prepare another process that follows the run, with the journal of this folder."""
        self.happened.clear()
        self._begin(folder, RunOptions(mode=RunMode.FOLLOW))

    def to_the_end(self) -> RunFinished:
        try:
            return Run(self._context).to_the_end()
        finally:
            self.journal.close()

    def recorded(self) -> dict[str, str]:
        """Give the state of every job that the journal has."""
        with read_journal(self.journal.file) as journal:
            return {job: one.state.value for job, one in journal.records(RunId("simulated")).items()}


def plan_of(parents: Mapping[str, str], **settings: Any) -> Plan:
    """Make a plan for the stand-in's queue and definition.

    Args:
        parents: The names of each job's parents, separated by spaces.
        settings: Of every job.
    """
    target: dict[str, Any] = {"job_queue": "a_queue", "job_definition": "a_definition"}
    return Plan(
        jobs=tuple(
            a_job(name, depends_on=tuple(JobName(parent) for parent in above.split()), **target, **settings)
            for name, above in parents.items()
        )
    )
