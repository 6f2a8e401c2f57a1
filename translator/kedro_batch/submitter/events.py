"""What happens in a run, as values: printed as lines, drawn on a terminal, written as JSON and to the journal."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from kedro_batch.plan.data_version import DataVersion
from kedro_batch.plan.model import JobName, PlanDigest
from kedro_batch.plan.submit_job import JobId, RunId
from kedro_batch.submitter.failures import Cause
from kedro_batch.submitter.job_execution import JobExecution
from kedro_batch.submitter.job_state import JobState

EVENTS_SCHEMA = "kedro-batch/events/v1"

EngineName = Literal["aws", "local"]
RunOutcome = Literal["succeeded", "failed", "interrupted", "stopped", "detached", "unfinished", "cancelled"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStarted:
    """A command works on the run; it has submitted nothing yet.

    Attributes:
        run: The run.
        plan_digest: The digest of the plan that its jobs are sent from.
        engine: What runs its jobs.
        jobs: The number of jobs in its plan.
        journal: The file with its record.
        version: The version under which its jobs save versioned datasets, as far as it is known.
        account: The AWS account in which it runs, as far as it is known.
        region: The AWS region in which it runs.
        continued: Another command started the run.
        first_plan_digest: The digest of its first plan, if it has gone on with another one.
    """

    run: RunId
    plan_digest: PlanDigest
    engine: EngineName
    jobs: int
    journal: str
    version: DataVersion | None = None
    account: str | None = None
    region: str | None = None
    continued: bool = False
    first_plan_digest: PlanDigest | None = None
    event: Literal["run_started"] = "run_started"
    schema: str = EVENTS_SCHEMA


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanChanged:
    """The run goes on with another plan; nothing has been sent from it yet.

    Attributes:
        before: The digest of its plan until now.
        after: The digest of its plan from now on.
        jobs: The jobs that are to be sent from it, in topological order.
    """

    before: PlanDigest
    after: PlanDigest
    jobs: tuple[JobName, ...]
    event: Literal["plan_changed"] = "plan_changed"


class PinnedAs(StrEnum):
    """Why a job definition means a revision."""

    NEWEST = "newest"
    """It is the newest active one."""
    KEPT = "kept"
    """The run has used it until now, and a newer one is active, or nobody may look."""
    FOUND = "found"
    """The plan declares the definition, and this revision has its content."""
    REGISTERED = "registered"
    """The plan declares the definition, and this command has registered it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DefinitionPinned:
    """A job definition has its revision, for all jobs that are submitted from now on; the first one is about to be.

    Attributes:
        definition: How the plan names it.
        revision: The ARN of the revision.
        how: Why it is this one.
        newer: With KEPT: the newest active revision.
        before: With NEWEST: the revision that the run has used until now, if it was another one.
    """

    definition: str
    revision: str
    how: PinnedAs
    newer: str | None = None
    before: str | None = None
    event: Literal["definition_pinned"] = "definition_pinned"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobSubmitted:
    """A job has an id.

    Attributes:
        job: The job.
        job_id: The id that the service gave to it.
        submission: The submission of this job in this run, counted from 1.
        adopted: It was found on the service by its name, since its reply had been lost.
    """

    job: JobName
    job_id: JobId
    submission: int
    adopted: bool = False
    event: Literal["job_submitted"] = "job_submitted"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobChanged:
    """A job is in another state.

    Attributes:
        job: The job.
        job_id: Its id; None for a job that was never submitted.
        submission: Its latest submission in this run, or its first one to come.
        before: The state until now.
        after: The state from now on.
        status: For UNKNOWN: the state as the service spells it.
        blocked_by: For NOT_RUN: the failed job above it.
        reason: What the service says about it.
        cause: For FAILED: the kind of failure.
        advice: For FAILED: what to check or to change.
        exit_code: Of its container, where it is known.
        attempts: How often the service started it, where it is known and more than once.
        log: Where its output is: a file, or a stream of CloudWatch Logs.
        started_at: For RUNNING: when its container started, seconds since the epoch, where the service tells it.
    """

    job: JobName
    job_id: JobId | None
    submission: int
    before: JobState
    after: JobState
    status: str | None = None
    blocked_by: JobName | None = None
    reason: str | None = None
    cause: Cause | None = None
    advice: str | None = None
    exit_code: int | None = None
    attempts: int | None = None
    log: str | None = None
    started_at: float | None = None
    event: Literal["job_changed"] = "job_changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobExecuted:
    """A job that has ended was executed so, by the word of the service, which forgets it.

    Attributes:
        job: The job.
        job_id: Its id.
        submission: The submission of this job in this run.
        execution: When, where and with what it was executed.
    """

    job: JobName
    job_id: JobId
    submission: int
    execution: JobExecution
    event: Literal["job_executed"] = "job_executed"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobLog:
    """What is told of a failed job's log. It may come again, if more of the log has: the last one counts.

    Attributes:
        job: The job.
        submission: The submission that failed.
        exception: The exception that ended its command: name and message, in one line.
        exception_cause: The exception that led to it.
        node: The node that failed, of a job with several.
        lines: The last lines.
        problem: Why there are none.
    """

    job: JobName
    submission: int
    exception: str | None = None
    exception_cause: str | None = None
    node: str | None = None
    lines: tuple[str, ...] = ()
    problem: str | None = None
    event: Literal["job_log"] = "job_log"


class NoticeKind(StrEnum):
    """What a notice is about."""

    WARNING = "warning"
    """Something is not as it should be, and the run goes on."""
    TROUBLE = "trouble"
    """The service cannot be reached, or the credentials have expired: the run waits."""
    RECOVERED = "recovered"
    """The service answers again, or credentials work again."""
    THROTTLED = "throttled"
    """The service takes fewer submissions than were sent: the run slows down."""
    DUPLICATE = "duplicate"
    """Two jobs were found for one node; one of them is terminated."""
    STUCK = "stuck"
    """A job is RUNNABLE for long."""
    TERMINATED = "terminated"
    """Jobs are being terminated."""
    STOPPING = "stopping"
    """A signal came, and the command ends once it has waited for something."""


WARNINGS = frozenset(
    {NoticeKind.WARNING, NoticeKind.TROUBLE, NoticeKind.STUCK, NoticeKind.DUPLICATE, NoticeKind.STOPPING}
)
"""What somebody should know who wants to hear of nothing else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A message that is no change of a state."""

    kind: NoticeKind
    message: str
    job: JobName | None = None
    event: Literal["notice"] = "notice"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFinished:
    """The run has ended, or this process has stopped following it.

    Attributes:
        run: The run.
        outcome: ``succeeded``; ``failed`` when jobs failed; ``interrupted`` by a signal; ``stopped`` when the
            service refused or did not answer; ``detached`` when everything is submitted and nobody follows;
            ``unfinished`` when jobs go on or were never submitted; ``cancelled``.
        counts: The number of jobs in each state.
        seconds: How long this command worked on the run.
        note: What becomes of jobs that have not ended.
        began_at: When the run began, perhaps with an earlier command; seconds since the epoch.
        run_seconds: How long the run has taken: until its last job ended, or until now.
    """

    run: RunId
    outcome: RunOutcome
    counts: dict[str, int]
    seconds: float
    note: str | None = None
    began_at: float | None = None
    run_seconds: float | None = None
    event: Literal["run_finished"] = "run_finished"

    @property
    def ended_at(self) -> float | None:
        """When the run ended, or until now; None where that is not known."""
        if self.began_at is None or self.run_seconds is None:
            return None
        return round(self.began_at + self.run_seconds, 3)


Event = (
    RunStarted
    | PlanChanged
    | DefinitionPinned
    | JobSubmitted
    | JobChanged
    | JobExecuted
    | JobLog
    | Notice
    | RunFinished
)
Sink = Callable[[Event], None]
