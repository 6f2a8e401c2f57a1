"""How a run stands, as one value: what ``status --json`` prints, and what the texts about a run are made of.

``schemas/run.schema.json`` describes its JSON.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from kedro_batch.plan.model import JobName
from kedro_batch.submitter.journal_view import RunEntry
from kedro_batch.submitter.run_state import JobRecord, JobState

RUN_SCHEMA = "kedro-batch/run/v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobStatus:
    """How one job stands.

    Attributes:
        job: Its name in the plan.
        state: Its state.
        submission: Its latest submission in the run, or its first one to come.
        job_id: What the engine calls it; None where it was never submitted.
        blocked_by: For NOT_RUN: the failed job above it.
    """

    job: str
    state: str
    submission: int
    job_id: str | None = None
    blocked_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureStatus:
    """Why one job failed, and what it kept from running.

    Attributes:
        job: Its name in the plan.
        state: FAILED or LOST.
        submission: The submission that failed.
        job_id: What the engine calls it.
        reason: What the service says.
        cause: The kind of failure.
        advice: What to look at or to change.
        exit_code: Of its container.
        attempts: How often the service started it, if more than once.
        log: Where its output is.
        log_tail: The last lines of it.
        log_problem: Why they cannot be read.
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
    log: str | None = None
    log_tail: tuple[str, ...] = ()
    log_problem: str | None = None
    not_run: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStatus:
    """How a run stands.

    Attributes:
        run: Its id.
        plan_digest: The digest of its plan.
        engine: ``aws`` or ``local``.
        location: Where it runs: region and account, or a folder.
        began_at: ISO 8601, UTC.
        ended_at: ISO 8601, UTC; None while somebody follows it, or after a crash.
        outcome: How it ended when it was last followed.
        counts: How many jobs are in each state.
        failures: The jobs that failed by themselves, in the order of the plan.
        jobs: All jobs, in the order of the plan.
    """

    schema: str = RUN_SCHEMA
    run: str
    plan_digest: str
    engine: str
    location: Mapping[str, str]
    began_at: str
    ended_at: str | None = None
    outcome: str | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    failures: tuple[FailureStatus, ...] = ()
    jobs: tuple[JobStatus, ...] = ()


def run_status(
    entry: RunEntry,
    names: Iterable[JobName],
    standing: Mapping[JobName, JobRecord],
    events: Iterable[Mapping[str, Any]],
) -> RunStatus:
    """Say how a run stands.

    Args:
        entry: The run.
        names: The jobs of its plan, in their order.
        standing: How they stand; those left out wait for their first submission.
        events: Events of the run in their JSON form, of which the last about each failed job are read.
    """
    jobs = {name: standing.get(name, JobRecord()) for name in names}
    failed = [name for name, one in jobs.items() if one.state in (JobState.FAILED, JobState.LOST)]
    changes: dict[str, Mapping[str, Any]] = {}
    logs: dict[str, Mapping[str, Any]] = {}
    for event in events:
        if event["event"] == "job_changed" and event["after"] in (JobState.FAILED, JobState.LOST):
            changes[event["job"]] = event
        elif event["event"] == "job_log":
            logs[event["job"]] = event
    kept_back: dict[JobName, list[JobName]] = {}
    for name, one in jobs.items():
        if one.blocked_by:
            kept_back.setdefault(one.blocked_by, []).append(name)
    return RunStatus(
        run=entry.run,
        plan_digest=entry.digest,
        engine=entry.engine,
        location=dict(entry.location),
        began_at=_moment(entry.began_at),
        ended_at=None if entry.ended_at is None else _moment(entry.ended_at),
        outcome=entry.outcome,
        counts={str(state): count for state, count in sorted(Counter(one.state for one in jobs.values()).items())},
        failures=tuple(
            _failure(name, jobs[name], changes.get(name, {}), logs.get(name, {}), kept_back.get(name, ()))
            for name in failed
        ),
        jobs=tuple(
            JobStatus(
                job=name, state=str(one.state), submission=one.submission, job_id=one.job_id, blocked_by=one.blocked_by
            )
            for name, one in jobs.items()
        ),
    )


def _failure(
    name: JobName, one: JobRecord, change: Mapping[str, Any], log: Mapping[str, Any], not_run: Iterable[JobName]
) -> FailureStatus:
    of_this_attempt = log if log.get("submission") == one.submission else {}
    told = change if change.get("submission") == one.submission else {}
    return FailureStatus(
        job=name,
        state=str(one.state),
        submission=one.submission,
        job_id=one.job_id,
        **{key: told.get(key) for key in ("reason", "cause", "advice", "exit_code", "attempts", "log")},
        log_tail=tuple(of_this_attempt.get("lines", ())),
        log_problem=of_this_attempt.get("problem"),
        not_run=tuple(sorted(not_run)),
    )


def status_document(status: RunStatus) -> dict[str, Any]:
    """Give a run's status as JSON has it, without the fields that have no value."""
    return {name: _without_nothing(value) for name, value in asdict(status).items() if value is not None}


def entry_document(entry: RunEntry) -> dict[str, Any]:
    """Give what the journal says of a run as a whole, as JSON has it."""
    fields = {
        "run": entry.run,
        "plan_digest": entry.digest,
        "engine": entry.engine,
        "location": dict(entry.location),
        "total": entry.jobs,
        "began_at": _moment(entry.began_at),
        "ended_at": None if entry.ended_at is None else _moment(entry.ended_at),
        "outcome": entry.outcome,
    }
    return {name: value for name, value in fields.items() if value is not None}


def _without_nothing(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nothing(one) for key, one in value.items() if one is not None and one != ()}
    if isinstance(value, tuple | list):
        return [_without_nothing(one) for one in value]
    return value


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
