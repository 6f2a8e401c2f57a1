"""The status of a run, as one value: ``status --json`` prints it, and the texts about a run are made of it.

Its JSON is ``schemas/run.schema.json``.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from kedro_batch.plan.model import Job, JobName, Plan
from kedro_batch.review.run.lost_data import LostDataFinder
from kedro_batch.submitter.events import EngineName
from kedro_batch.submitter.job_execution import JobExecution
from kedro_batch.submitter.job_state import FAILURES, JobRecord, JobState, records_of
from kedro_batch.submitter.journal_rows import RunEntry
from kedro_batch.submitter.stuck_jobs import FirstSight
from kedro_batch.text.times import iso_time

RUN_SCHEMA = "kedro-batch/run/v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class StuckStatus:
    """Why a job that is RUNNABLE gets no machine.

    Attributes:
        since: When that was first seen, ISO 8601, UTC.
        reason: What AWS Batch said when it was seen last.
    """

    since: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JobStatus:
    """The status of one job.

    Attributes:
        job: Its name in the plan.
        state: Its state.
        submission: Its latest submission in the run, or its first one to come.
        job_id: The id that the service gave to it; None if it was never submitted.
        status: For UNKNOWN: the state as the service spells it.
        blocked_by: For NOT_RUN: the failed job above it.
        stuck: With RUNNABLE: why it gets no machine, where AWS Batch says so.
        started_at: With RUNNING: when it started, ISO 8601, UTC, as far as that is known to the second.
        execution: How it was executed, once it has ended.
    """

    job: str
    state: str
    submission: int
    job_id: str | None = None
    status: str | None = None
    blocked_by: str | None = None
    stuck: StuckStatus | None = None
    started_at: str | None = None
    execution: JobExecution | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureStatus:
    """Why one job failed, and which jobs it kept from running.

    Attributes:
        job: Its name in the plan.
        state: FAILED or LOST.
        submission: The submission that failed.
        job_id: The id that the service gave to it.
        reason: What the service says.
        cause: The kind of failure.
        advice: What to check or to change.
        exit_code: Of its container.
        attempts: How often the service started it, if more than once.
        memory_mib: The memory that its container had, on AWS Batch.
        timeout_s: How long each of its attempts may take, in seconds.
        log: Where its output is.
        log_tail: The last lines of the log.
        log_problem: Why there are none.
        exception: The exception that ended its command, where the log tells: name and message.
        exception_cause: The exception that led to it.
        node: The node that failed, of a job with several, where the log tells.
        not_found: The datasets that other jobs of the run wrote and that it did not find, sorted.
        run_again: The jobs that wrote them: they have to run again, too.
        not_run: The jobs that were not run because of it, sorted.
    """

    job: str
    state: str
    submission: int
    job_id: str | None = None
    reason: str | None = None
    cause: str | None = None
    advice: str | None = None
    exit_code: int | None = None
    attempts: int | None = None
    memory_mib: int | None = None
    timeout_s: int | None = None
    log: str | None = None
    log_tail: tuple[str, ...] = ()
    log_problem: str | None = None
    exception: str | None = None
    exception_cause: str | None = None
    node: str | None = None
    not_found: tuple[str, ...] = ()
    run_again: tuple[str, ...] = ()
    not_run: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NextPlan:
    """How to compile the next plan of a run, for advice.

    Attributes:
        file: The file to write it to.
        command: The command that does so.
    """

    file: str = "PLAN"
    command: str = "kedro-batch compile -o PLAN"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStatus:
    """The status of a run.

    Attributes:
        run: Its id.
        plan_digest: The digest of the plan that it goes on with.
        first_plan_digest: The digest of the plan that it was begun with, if that is another one.
        engine: ``aws`` or ``local``.
        location: Where it runs: region and account, or a folder.
        began_at: ISO 8601, UTC.
        ended_at: ISO 8601, UTC; None while somebody follows it, or after a crash.
        run_seconds: How long it took, over all commands, until it ended.
        outcome: How it ended when it was last followed.
        counts: The number of jobs in each state.
        failures: The jobs that failed by themselves, in the order of the plan.
        jobs: All jobs, in the order of the plan.
        definitions: The revision of each job definition that was submitted with last, by how the plan names it, as far
            as it is recorded.
        version: The version under which its jobs save versioned datasets, as far as it is known.
        earlier_definitions: Other revisions that jobs of the run have, the newest first.
        next_plan: How to compile its next plan; it is no part of the document.
    """

    schema: str = RUN_SCHEMA
    run: str
    plan_digest: str
    first_plan_digest: str | None = None
    engine: str
    location: Mapping[str, str]
    began_at: str
    ended_at: str | None = None
    run_seconds: float | None = None
    outcome: str | None = None
    version: str | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    failures: tuple[FailureStatus, ...] = ()
    jobs: tuple[JobStatus, ...] = ()
    definitions: Mapping[str, str] | None = None
    earlier_definitions: Mapping[str, tuple[str, ...]] | None = None
    next_plan: NextPlan | None = None


def run_status(  # noqa: PLR0913  what is known of a run beside its journal
    entry: RunEntry,
    names: Iterable[JobName],
    records: Mapping[JobName, JobRecord],
    definitions: Mapping[str, Sequence[str]] | None = None,
    *,
    plan: Plan | None = None,
    next_plan: NextPlan | None = None,
    stuck: Mapping[JobName, FirstSight] | None = None,
    running_since: Mapping[JobName, float] | None = None,
) -> RunStatus:
    """Return the status of a run.

    Args:
        entry: The run.
        names: The jobs of its plan, in order.
        records: What is known of them; jobs that are left out were never submitted.
        definitions: The revisions of each job definition that jobs have, the newest first, as far as is recorded.
        plan: Its plan, which knows who writes the data that a failed job did not find.
        next_plan: How to compile its next plan.
        stuck: When jobs were first seen without a machine, and why they get none.
        running_since: When jobs started that run; seconds since the epoch.
    """
    jobs = records_of(names, records)
    revisions = definitions or {}
    earlier = {name: tuple(rest) for name, (_, *rest) in revisions.items() if rest}
    finder = LostDataFinder(plan, records) if plan else None
    planned = {job.name: job for job in plan.jobs} if plan else {}
    started = {name: iso_time(at, "seconds") for name, at in (running_since or {}).items()}
    blocked: dict[JobName, list[JobName]] = {}
    for name, one in jobs.items():
        if one.blocked_by:
            blocked.setdefault(one.blocked_by, []).append(name)
    return RunStatus(
        run=entry.run,
        plan_digest=entry.plan_digest,
        first_plan_digest=entry.digest if entry.new_digest else None,
        engine=entry.engine,
        location=dict(entry.location),
        began_at=iso_time(entry.began_at, "seconds"),
        ended_at=None if entry.ended_at is None else iso_time(entry.ended_at, "seconds"),
        run_seconds=entry.run_seconds,
        outcome=entry.outcome,
        version=entry.version,
        counts={str(state): count for state, count in sorted(Counter(one.state for one in jobs.values()).items())},
        failures=tuple(
            _with_plan(
                _failure_status(name, one, blocked.get(name, ())), one, finder, planned.get(name), engine=entry.engine
            )
            for name, one in jobs.items()
            if one.state in FAILURES
        ),
        jobs=tuple(
            JobStatus(
                job=name,
                state=str(one.state),
                submission=one.submission,
                job_id=one.job_id,
                status=one.status,
                blocked_by=one.blocked_by,
                stuck=_stuck_status(one, (stuck or {}).get(name)),
                started_at=started.get(name),
                execution=one.execution,
            )
            for name, one in jobs.items()
        ),
        definitions={name: newest for name, (newest, *_) in revisions.items()} or None,
        earlier_definitions=earlier or None,
        next_plan=next_plan,
    )


def _stuck_status(one: JobRecord, sight: FirstSight | None) -> StuckStatus | None:
    if sight is None or not sight.reason or (one.state, one.job_id) != (JobState.RUNNABLE, sight.job_id):
        return None
    return StuckStatus(since=iso_time(sight.since, "seconds"), reason=sight.reason)


def _failure_status(name: JobName, one: JobRecord, not_run: Iterable[JobName]) -> FailureStatus:
    status = FailureStatus(
        job=name, state=str(one.state), submission=one.submission, job_id=one.job_id, not_run=tuple(sorted(not_run))
    )
    if (failure := one.failure) is None:
        return status
    return replace(
        status,
        reason=failure.reason or None,
        cause=str(failure.cause),
        advice=failure.advice or None,
        exit_code=failure.exit_code,
        attempts=failure.attempts if failure.attempts > 1 else None,
        log=failure.log,
        log_tail=failure.log_tail,
        log_problem=failure.log_problem,
        exception=failure.exception,
        exception_cause=failure.exception_cause,
        node=failure.node,
    )


def _with_plan(
    status: FailureStatus, one: JobRecord, finder: LostDataFinder | None, job: Job | None, *, engine: EngineName
) -> FailureStatus:
    """Add what the plan tells of a failure: who wrote the data that it did not find, and what the job had."""
    if one.failure is None or finder is None or job is None:
        return status
    memory_mib = None
    if one.failure.exit_code is not None and engine == "aws":
        given = one.execution.memory_mib if one.execution else None
        memory_mib = job.settings.resources.memory_mib if given is None else given
    lost = finder.find(job.name, one.failure.log_tail)
    return replace(
        status,
        memory_mib=memory_mib,
        timeout_s=job.settings.timeout_s,
        not_found=lost.datasets if lost else (),
        run_again=lost.writers if lost else (),
    )
