"""What runs jobs: the protocol of every engine, and its replies. A new engine goes beside ``aws`` and ``local``.

Replies are parsed once, at this door: AWS's spelling and whatever the service may invent stay outside. One code path
submits, follows and reports, whether jobs run on AWS Batch or on this machine.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from signal import Signals
from typing import Any, Protocol

from kedro_batch.cloud.replies import DefinitionDetail, EnvironmentDetail, Identity, QueueDetail
from kedro_batch.errors import ServiceError
from kedro_batch.plan.model import Plan
from kedro_batch.plan.submit_job import JobId
from kedro_batch.submitter.events import EngineName
from kedro_batch.submitter.job_execution import JobExecution, execution_of
from kedro_batch.submitter.job_state import ENDED, JobState, state_of
from kedro_batch.submitter.service.limits import Pace
from kedro_batch.text.arns import account_in_arn
from kedro_batch.text.escaping import one_line

_LONGEST_STATUS = 100

Check = Callable[[], None]
"""Raises if something is not to be done after all."""


def unchecked() -> None:
    """Let it be done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobDetail:
    """One job of a DescribeJobs reply.

    Attributes:
        job_id: Its id.
        name: Its name on the service.
        state: Its state.
        status: With UNKNOWN: the state as the service spells it.
        reason: What the service says about it; may be empty.
        depends_on: The ids of the jobs that it waits for.
        tags: Its tags.
        reply: The whole reply, in AWS's shape, for ``failures``.
    """

    job_id: JobId
    name: str
    state: JobState
    status: str | None = None
    reason: str = ""
    depends_on: tuple[JobId, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    reply: Mapping[str, Any] = field(default_factory=dict)

    @property
    def account(self) -> str | None:
        """The account that it is in; None if the reply does not say it."""
        arn = self.reply.get("jobArn")
        return account_in_arn(arn) if isinstance(arn, str) else None

    @property
    def created_at_ms(self) -> int:
        """When it was created, in milliseconds since the epoch; 0 if the reply does not say it."""
        return int(self.reply.get("createdAt") or 0)

    @property
    def execution(self) -> JobExecution:
        """How it was executed until now."""
        return execution_of(self.reply)

    @property
    def started(self) -> bool:
        """True if a container of it has started, in this attempt or an earlier one (API reference, JobDetail)."""
        return bool(self.attempts_begun)

    @property
    def attempts_begun(self) -> int:
        """How many of its attempts have begun; ``attempts`` of a reply are those that have ended."""
        ended, running = len(self.reply.get("attempts") or ()), bool(self.reply.get("startedAt"))
        return max(ended, running) if self.state in ENDED else ended + running


@dataclass(frozen=True, slots=True, kw_only=True)
class JobSummary:
    """One job of a ListJobs reply: as in ``JobDetail``; ``created_at_ms`` is in milliseconds since the epoch.

    ``started`` is True if its container has run, whatever became of it (API reference, JobSummary.startedAt).
    """

    job_id: JobId
    name: str
    state: JobState
    status: str | None = None
    created_at_ms: int = 0
    reason: str = ""
    started: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class JobPage:
    """One page of a ListJobs reply; ``token`` leads to the next one, None after the last."""

    jobs: tuple[JobSummary, ...]
    token: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LogTail:
    """How a job's log ends.

    Attributes:
        lines: The last lines that it wrote, as they are.
        problem: Why there are none.
        complete: No more can come.
    """

    lines: tuple[str, ...] = ()
    problem: str | None = None
    complete: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Terminated:
    """How a call to terminate jobs ended; an id in neither of the first fields was not tried yet.

    ``ended``: those of the first field that had ended before.
    """

    done: tuple[JobId, ...]
    failed: Mapping[JobId, str]
    ended: tuple[JobId, ...] = ()


def _state(reply: Mapping[str, Any]) -> dict[str, Any]:
    status = str(reply["status"])
    state = state_of(status, reply.get("statusReason") or "")
    return {"state": state, "status": one_line(status, _LONGEST_STATUS) if state is JobState.UNKNOWN else None}


def job_detail(reply: Mapping[str, Any]) -> JobDetail:
    """Parse one job of a DescribeJobs reply.

    Raises:
        KeyError, TypeError, AttributeError: It lacks what every job has.
    """
    return JobDetail(
        job_id=JobId(reply["jobId"]),
        name=reply["jobName"],
        **_state(reply),
        reason=reply.get("statusReason") or "",
        depends_on=tuple(JobId(one["jobId"]) for one in reply.get("dependsOn") or ()),
        tags=reply.get("tags") or {},
        reply=reply,
    )


def job_summary(reply: Mapping[str, Any]) -> JobSummary:
    """Parse one job of a ListJobs reply.

    Raises:
        KeyError, TypeError, AttributeError: It lacks what every job has.
    """
    return JobSummary(
        job_id=JobId(reply["jobId"]),
        name=reply["jobName"],
        **_state(reply),
        created_at_ms=reply.get("createdAt", 0),
        reason=reply.get("statusReason") or "",
        started=bool(reply.get("startedAt")),
    )


def detail_of_summary(one: JobSummary) -> JobDetail:
    """Return what ListJobs says of a job, in place of what DescribeJobs would say."""
    reply = {"statusReason": one.reason}
    return JobDetail(job_id=one.job_id, name=one.name, state=one.state, reason=one.reason, reply=reply)


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What an engine does by itself. The rest of the program asks these, never for an engine's name.

    Attributes:
        adopts: A job can be found again by its name, by any process.
        keeps_jobs: Jobs go on when this process ends.
        fails_dependents: What depends on a failed job surely fails as well.
        forgets_jobs: Ended jobs are forgotten, and new ones may be invisible for a while.
        in_account: Queues and definitions are those of an account: they can be missing, or of the wrong kind.
        notifies: The engine wakes the run when a job changes.
        remembers: It knows at once how every job of the run has ended, also those of earlier commands.
        submit_rate: Submissions a second at most; None for the limit of AWS Batch.
        pace: How often a run may be polled.
    """

    adopts: bool
    keeps_jobs: bool
    fails_dependents: bool
    forgets_jobs: bool
    in_account: bool
    notifies: bool
    pace: Pace
    remembers: bool = False
    submit_rate: float | None = None


class Engine(Protocol):
    """Runs jobs. Every call raises ``ServiceError`` if it is refused or not answered."""

    @property
    def name(self) -> EngineName:
        """What events and the journal call it."""

    @property
    def capabilities(self) -> Capabilities:
        """What it does by itself."""

    @property
    def location(self) -> Mapping[str, str]:
        """Where its jobs run, as far as it is known before the first call: ``region``, or ``folder``."""

    def adapt_plan(self, plan: Plan) -> Plan:
        """Return the plan as this engine runs it."""

    def left_running(self, number: Signals | None = None) -> tuple[str, ...]:
        """Return the jobs, by their names in the plan, of whose processes nobody would see the end.

        An earlier command of the run has started them and was killed. With a number, they are sent that signal first.
        """

    def describe_job_queues(self, names: Sequence[str]) -> list[QueueDetail]:
        """Describe the queues of these names or ARNs; unknown ones are left out."""

    def describe_job_definitions(self, name: str) -> list[DefinitionDetail]:
        """Describe the active revisions of a definition, or the one revision that is named."""

    def describe_compute_environments(self, names: Sequence[str]) -> list[EnvironmentDetail]:
        """Describe the compute environments of these names or ARNs; unknown ones are left out."""

    def list_job_queues(self) -> list[QueueDetail]:
        """Describe the queues that there are; of very many, the first."""

    def list_job_definitions(self) -> list[DefinitionDetail]:
        """Describe the active revisions of all job definitions; of very many, the first."""

    def caller_identity(self) -> Identity:
        """Ask whose credentials are in use."""

    def register_job_definition(self, request: dict[str, Any]) -> str:
        """Register a revision, in one call that is never repeated; return its ARN."""

    def submit_job(self, request: dict[str, Any], check: Check = unchecked) -> JobId:
        """Submit one job, in one call that is never repeated.

        Args:
            request: The request.
            check: Called in the same thread, as late as can be before anything is sent; if it raises, nothing is.
        """

    def describe_jobs(self, ids: Sequence[JobId]) -> list[JobDetail]:
        """Describe up to 100 jobs; unknown ones are left out."""

    def list_jobs(self, queue: str, name: str, token: str | None) -> JobPage:
        """List the jobs of a queue, in every state, whose name is this one or, with ``*`` at its end, begins so."""

    def terminate_jobs(self, ids: Sequence[JobId], reason: str) -> Terminated:
        """Terminate jobs, as many as fit into one call; those that have not started are cancelled."""

    def log_tail(self, detail: JobDetail, lines: int) -> LogTail:
        """Return the last lines that a job wrote, where they can be read from here, or why there are none."""

    def renew(self) -> None:
        """Look for credentials again: those of before have expired. Raises ``ServiceError`` if they lead elsewhere."""

    def renew_here(self, error: ServiceError) -> bool:
        """Renew credentials that only this process can renew, such as those that need an MFA code; True if it did.

        Args:
            error: What has failed for them.

        Raises:
            ServiceError: Nobody can renew them.
            Interrupted: A signal came while somebody was asked.
        """

    def interrupt(self, tell: Callable[[str], None]) -> str:
        """End what cannot go on without this process. Return what was ended, or else where the jobs go on.

        Args:
            tell: Takes what is waited for, if anything, before it is.
        """
