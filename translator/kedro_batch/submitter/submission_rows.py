"""Read rows of a journal's submissions: records, ids, times, revisions; each value is checked. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kedro_batch.plan.model import JobName, PlanDigest
from kedro_batch.plan.submit_job import JobId
from kedro_batch.submitter.failures import Cause, Failure
from kedro_batch.submitter.job_execution import JobExecution, with_details
from kedro_batch.submitter.job_state import JobRecord, JobState
from kedro_batch.submitter.journal_values import (
    MOST,
    PATH_LENGTH,
    OddValueError,
    as_digest,
    as_job_id,
    as_job_name,
    as_lines,
    as_said,
    as_text,
    as_time,
    as_whole,
    checked,
    or_none,
)
from kedro_batch.submitter.stuck_jobs import FirstSight

_OF_LOG = ("log_problem", "exception", "exception_cause", "node")
SUBMISSION_COLUMNS = (
    *("job", "submission", "intended_at", "job_id", "state", "status", "blocked_by"),
    *("cause", "reason", "exit_code", "attempts", "advice", "log", "log_tail"),
    *_OF_LOG,
    *("created_at", "started_at", "stopped_at", "details"),
)
JOB_TIMES_COLUMNS = ("job", "state", "created_at", "started_at", "stopped_at", "details")
FIRST_SIGHT_COLUMNS = ("job", "job_id", "attempts", "stuck_since", "reason")


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmittedId:
    """An id that the journal has for a submission of a job; several, if a reply was lost and the job sent again."""

    job: JobName
    submission: int
    job_id: JobId


@dataclass(frozen=True, slots=True, kw_only=True)
class JobTimes:
    """When a submission of a job ran, as ``JobExecution.ran``. Times are in seconds since the epoch.

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

    The details are only looked at for the times of the last one of several attempts, and may be left out. A job that
    ran for no time is left out as well: estimates are made of logarithms.
    """
    job, state, created_at, *ran, details = row
    try:
        started_at, stopped_at = map(as_time, ran)
        execution = JobExecution(started_at=started_at, stopped_at=stopped_at)
        if details is not None:
            execution = with_details(details, {"started_at": started_at, "stopped_at": stopped_at})
        started_at, stopped_at = execution.ran or (started_at, started_at)
        times = JobTimes(
            job=as_job_name(job),
            succeeded=state == JobState.SUCCEEDED,
            created_at=None if created_at is None else as_time(created_at),
            started_at=started_at,
            stopped_at=stopped_at,
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
