"""Read rows of a journal: what is odd in one is a message about that row, and the others stay usable. Pure.

A journal may have come from elsewhere, or from a newer kedro-batch, or a tool may have changed it. So every value is
checked before the rest of the program sees it: names are names, states are known, nothing in them moves a terminal.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, get_args

from kedro_batch.plan.data_version import DataVersion
from kedro_batch.plan.model import JobName, PlanDigest
from kedro_batch.plan.submit_job import JobId, RunId
from kedro_batch.submitter.events import EngineName, RunOutcome
from kedro_batch.submitter.failures import Cause, Failure
from kedro_batch.submitter.job_execution import JobExecution, with_details
from kedro_batch.submitter.job_state import JobRecord, JobState
from kedro_batch.submitter.journal_values import (
    MOST,
    PATH_LENGTH,
    OddValueError,
    as_content,
    as_digest,
    as_job_id,
    as_job_name,
    as_json,
    as_lines,
    as_location,
    as_one_of,
    as_run_id,
    as_said,
    as_text,
    as_time,
    as_version,
    as_whole,
    checked,
    or_none,
    shown,
)
from kedro_batch.submitter.stuck_jobs import FirstSight

_OF_LOG = ("log_problem", "exception", "exception_cause", "node")
RUN_COLUMNS = (
    *("run", "digest", "engine", "location", "jobs", "began_at", "outcome", "ended_at", "version", "cancel_at"),
    "plan_file",
)
JOB_TIMES_COLUMNS = ("job", "state", "created_at", "started_at", "stopped_at", "details")
NEWEST_DIGEST = "new_digest"
"""Behind ``RUN_COLUMNS``: the digest of the newest plan of a run that has several."""
SUBMISSION_COLUMNS = (
    *("job", "submission", "intended_at", "job_id", "state", "status", "blocked_by"),
    *("cause", "reason", "exit_code", "attempts", "advice", "log", "log_tail"),
    *_OF_LOG,
    *("created_at", "started_at", "stopped_at", "details"),
)
FIRST_SIGHT_COLUMNS = ("job", "job_id", "attempts", "stuck_since", "reason")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEntry:
    """The journal's record of a run as a whole.

    Attributes:
        run: Its id.
        digest: The digest of its first plan, which stays its own.
        engine: ``aws`` or ``local``.
        location: Where it runs: ``region`` and ``account``, or the ``folder`` of a local run, as far as they are known.
        jobs: The number of jobs in its newest plan.
        began_at: Seconds since the epoch.
        outcome: How it ended when it was last followed; None while somebody follows it, or after a crash.
        ended_at: Seconds since the epoch.
        version: The version under which its jobs save data; None if it is not known, and for runs of an older journal.
        cancel_at: When ``cancel`` asked for its end last, seconds since the epoch; None if nobody has, or if the run
            was taken up again since.
        plan_file: The file that its newest plan was read from, with its whole path; None if it was none, or if that is
            not recorded.
        new_digest: The digest of the newest plan that it has gone on with; None if it has its first one.
    """

    run: RunId
    digest: PlanDigest
    engine: EngineName
    jobs: int
    began_at: float
    location: Mapping[str, str] = field(default_factory=dict)
    outcome: str | None = None
    ended_at: float | None = None
    version: DataVersion | None = None
    cancel_at: float | None = None
    plan_file: str | None = None
    new_digest: PlanDigest | None = None

    @property
    def plan_digest(self) -> PlanDigest:
        """The digest of the plan that the run goes on with."""
        return self.new_digest or self.digest


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanOfRun:
    """A plan of a run, byte for byte, and its digest as it is recorded."""

    digest: PlanDigest
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmittedId:
    """An id that the journal has for a submission of a job; several, if a reply was lost and the job sent again."""

    job: JobName
    submission: int
    job_id: JobId


@dataclass(frozen=True, slots=True, kw_only=True)
class JobTimes:
    """When a submission of a job ran: its last attempt. Times are in seconds since the epoch.

    Attributes:
        job: The job.
        succeeded: True if it has succeeded.
        created_at: When it was submitted, if that is known.
        started_at: When its container started.
        stopped_at: When it ended; later than it started.
    """

    job: JobName
    succeeded: bool
    created_at: float | None
    started_at: float
    stopped_at: float


def run_entry(row: tuple[Any, ...]) -> RunEntry:
    """Read a row of ``RUN_COLUMNS`` and ``NEWEST_DIGEST``.

    Raises:
        OddValueError: A value is not what it has to be.
    """
    given = dict(zip((*RUN_COLUMNS, NEWEST_DIGEST), row, strict=True))
    return RunEntry(
        run=checked(given, "run", as_run_id),
        digest=checked(given, "digest", as_digest),
        engine=checked(given, "engine", as_one_of(get_args(EngineName))),
        location=checked(given, "location", as_location),
        jobs=checked(given, "jobs", as_whole(0)),
        began_at=checked(given, "began_at", as_time),
        outcome=checked(given, "outcome", or_none(as_one_of(get_args(RunOutcome)))),
        ended_at=checked(given, "ended_at", or_none(as_time)),
        version=checked(given, "version", or_none(as_version)),
        cancel_at=checked(given, "cancel_at", or_none(as_time)),
        plan_file=checked(given, "plan_file", or_none(as_said(PATH_LENGTH))),
        new_digest=checked(given, NEWEST_DIGEST, or_none(as_digest)),
    )


def plan_of_run(row: tuple[Any, ...]) -> PlanOfRun:
    """Read the digest of a plan, and the plan.

    Raises:
        OddValueError: A value is not what it has to be.
    """
    given = dict(zip(("digest", "plan"), row, strict=True))
    return PlanOfRun(digest=checked(given, "digest", as_digest), content=checked(given, "plan", as_content))


def digest_sent(row: tuple[Any, ...]) -> tuple[tuple[JobName, int], PlanDigest | None]:
    """Read a job, its submission, and the digest of the plan that it was sent from, if one is recorded.

    Raises:
        OddValueError: A value is not what it has to be.
    """
    given = dict(zip(("job", "submission", "plan_digest"), row, strict=True))
    which = checked(given, "job", as_job_name), checked(given, "submission", as_whole(1))
    return which, checked(given, "plan_digest", or_none(as_digest))


def job_record(row: tuple[Any, ...]) -> tuple[JobName, JobRecord]:
    """Read a row of ``SUBMISSION_COLUMNS``.

    Raises:
        OddValueError: A value is not what it has to be.
    """
    given = dict(zip(SUBMISSION_COLUMNS, row, strict=True))
    cause = checked(given, "cause", or_none(Cause))
    details: dict[str, Any] = {
        "reason": checked(given, "reason", or_none(as_said())) or "",
        "exit_code": checked(given, "exit_code", or_none(as_whole(-MOST))),
        "attempts": checked(given, "attempts", or_none(as_whole(0))) or 1,
        "advice": checked(given, "advice", or_none(as_said())) or "",
        "log": checked(given, "log", or_none(as_said(PATH_LENGTH))),
        "log_tail": checked(given, "log_tail", as_lines),
        **{name: checked(given, name, or_none(as_said())) for name in _OF_LOG},
    }
    record = JobRecord(
        state=checked(given, "state", JobState),
        submission=checked(given, "submission", as_whole(1)),
        job_id=checked(given, "job_id", or_none(as_job_id)),
        blocked_by=checked(given, "blocked_by", or_none(as_job_name)),
        status=checked(given, "status", or_none(as_said())),
        failure=Failure(cause=cause, **details) if cause else None,
        intended_at=checked(given, "intended_at", or_none(as_time)),
        execution=_execution(given),
    )
    return checked(given, "job", as_job_name), record


def _execution(given: Mapping[str, Any]) -> JobExecution | None:
    times = {name: checked(given, name, or_none(as_time)) for name in ("created_at", "started_at", "stopped_at")}
    return checked(given, "details", or_none(lambda text: with_details(as_text(text), times)))


def event_document(text: Any) -> dict[str, Any]:
    """Read the JSON of an event.

    Raises:
        OddValueError: It is none.
    """
    found = checked({"event": text}, "event", as_json)
    if not isinstance(found, dict):
        raise OddValueError(f"event is {shown(text)}")
    return found


def moment_of_event(text: Any) -> float | None:
    """Read when an event happened; None if it does not tell."""
    try:
        return as_time(datetime.fromisoformat(event_document(text)["at"]).timestamp())
    except (ValueError, TypeError, KeyError, OverflowError):
        return None


def moment_of_job(text: Any) -> tuple[JobName, float] | None:
    """Read which job an event is about, and when it happened; None if it does not tell."""
    moment = moment_of_event(text)
    try:
        return None if moment is None else (as_job_name(event_document(text).get("job")), moment)
    except (ValueError, TypeError):
        return None


def revision_used(row: tuple[Any, ...]) -> tuple[JobName, str | None, float]:
    """Read a job, the revision of its definition if one is known, and when it was to be sent with it, or 0.

    Raises:
        OddValueError: A value is not what it has to be.
    """
    given = dict(zip(("job", "revision", "intended_at"), row, strict=True))
    revision = checked(given, "revision", or_none(as_text))
    return checked(given, "job", as_job_name), revision, checked(given, "intended_at", or_none(as_time)) or 0.0


def first_sight(row: tuple[Any, ...]) -> tuple[JobName, FirstSight] | None:
    """Read a row of ``FIRST_SIGHT_COLUMNS``; None if the job is not stuck, or the row is odd."""
    given = dict(zip(FIRST_SIGHT_COLUMNS, row, strict=True))
    try:
        sight = FirstSight(
            job_id=checked(given, "job_id", as_job_id),
            attempts=checked(given, "attempts", as_whole(0)),
            since=checked(given, "stuck_since", as_time),
            reason=checked(given, "reason", or_none(as_said())) or "",
        )
        return checked(given, "job", as_job_name), sight
    except OddValueError:
        return None


def times_of_job(row: tuple[Any, ...]) -> JobTimes | None:
    """Read a row of ``JOB_TIMES_COLUMNS``; None if it does not tell when the job ran, or is odd.

    The details are only looked at for the times of the last one of several attempts, and may be left out.
    """
    job, state, created_at, started_at, stopped_at, details = row
    try:
        if details is not None:
            last = with_details(details, {}).attempts[-1]
            started_at, stopped_at = last.started_at or started_at, last.stopped_at or stopped_at
        times = JobTimes(
            job=as_job_name(job),
            succeeded=state == JobState.SUCCEEDED,
            created_at=None if created_at is None else as_time(created_at),
            started_at=as_time(started_at),
            stopped_at=as_time(stopped_at),
        )
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError):
        return None
    return times if times.started_at < times.stopped_at else None


def submitted_id(row: tuple[Any, ...]) -> SubmittedId:
    """Read a job, its submission and its id.

    Raises:
        OddValueError: A value is not what it has to be.
    """
    given = dict(zip(("job", "submission", "job_id"), row, strict=True))
    return SubmittedId(
        job=checked(given, "job", as_job_name),
        submission=checked(given, "submission", as_whole(1)),
        job_id=checked(given, "job_id", as_job_id),
    )
