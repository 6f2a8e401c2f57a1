"""Read rows of a journal: what is odd in one is a message about that row, and the others stay usable. Pure.

A journal may have come from elsewhere, or from a newer kedro-batch, or a tool may have changed it. So every value is
checked before the rest of the program sees it: names are names, states are known, nothing in them moves a terminal.
"""

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar, get_args

from kedro_batch.errors import UsageError
from kedro_batch.plan.data_version import DataVersion, is_data_version
from kedro_batch.plan.model import JobName, PlanDigest
from kedro_batch.plan.submit_job import JOB_NAME_PATTERN, JobId, RunId
from kedro_batch.submitter.events import EngineName, RunOutcome
from kedro_batch.submitter.failures import Cause, Failure
from kedro_batch.submitter.job_execution import JobExecution, with_details
from kedro_batch.submitter.job_state import JobRecord, JobState
from kedro_batch.submitter.run_id import checked_run_id
from kedro_batch.submitter.stuck_jobs import FirstSight

_T = TypeVar("_T")

_OF_LOG = ("log_problem", "exception", "exception_cause", "node")
RUN_COLUMNS = ("run", "digest", "engine", "location", "jobs", "began_at", "outcome", "ended_at", "version", "cancel_at")
NEWEST_DIGEST = "new_digest"
"""Behind ``RUN_COLUMNS``: the digest of the newest plan of a run that has several."""
SUBMISSION_COLUMNS = (
    *("job", "submission", "intended_at", "job_id", "state", "status", "blocked_by"),
    *("cause", "reason", "exit_code", "attempts", "advice", "log", "log_tail"),
    *_OF_LOG,
    *("created_at", "started_at", "stopped_at", "details"),
)
_JOB = re.compile(JOB_NAME_PATTERN)
_JOB_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9:/._-]{0,199}")
_DIGEST = re.compile(r"[A-Za-z0-9:]{0,100}")
_LAST_SECOND = 253_402_300_799.0
"""Of the year 9999, the last one that Python knows."""
_MOST = 2**31
_PATH, _LINE, _LINES = 4096, 500, 30
"""Characters of the path of a log and of a line of it, and how many of these are read."""
_SHOWN = 60


class OddValueError(ValueError):
    """A value of a row is not what it has to be; the message says which, and what it is."""


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


def run_entry(row: tuple[Any, ...]) -> RunEntry:
    """Read a row of ``RUN_COLUMNS`` and ``NEWEST_DIGEST``.

    Raises:
        OddValueError: A value is not what it has to be.
    """
    given = dict(zip((*RUN_COLUMNS, NEWEST_DIGEST), row, strict=True))
    return RunEntry(
        run=_value(given, "run", _run_id),
        digest=_value(given, "digest", _digest),
        engine=_value(given, "engine", _one_of(get_args(EngineName))),
        location=_value(given, "location", _location),
        jobs=_value(given, "jobs", _whole(0)),
        began_at=_value(given, "began_at", _time),
        outcome=_value(given, "outcome", _or_none(_one_of(get_args(RunOutcome)))),
        ended_at=_value(given, "ended_at", _or_none(_time)),
        version=_value(given, "version", _or_none(_version)),
        cancel_at=_value(given, "cancel_at", _or_none(_time)),
        new_digest=_value(given, NEWEST_DIGEST, _or_none(_digest)),
    )


def plan_of_run(row: tuple[Any, ...]) -> PlanOfRun:
    """Read the digest of a plan, and the plan.

    Raises:
        OddValueError: A value is not what it has to be.
    """
    given = dict(zip(("digest", "plan"), row, strict=True))
    return PlanOfRun(digest=_value(given, "digest", _digest), content=_value(given, "plan", _content))


def digest_sent(row: tuple[Any, ...]) -> tuple[JobName, PlanDigest | None]:
    """Read a job, and the digest of the plan that it was sent from, if one is recorded.

    Raises:
        OddValueError: A value is not what it has to be.
    """
    given = dict(zip(("job", "plan_digest"), row, strict=True))
    return _value(given, "job", _job_name), _value(given, "plan_digest", _or_none(_digest))


def job_record(row: tuple[Any, ...]) -> tuple[JobName, JobRecord]:
    """Read a row of ``SUBMISSION_COLUMNS``.

    Raises:
        OddValueError: A value is not what it has to be.
    """
    given = dict(zip(SUBMISSION_COLUMNS, row, strict=True))
    cause = _value(given, "cause", _or_none(Cause))
    details: dict[str, Any] = {
        "reason": _value(given, "reason", _or_none(_said())) or "",
        "exit_code": _value(given, "exit_code", _or_none(_whole(-_MOST))),
        "attempts": _value(given, "attempts", _or_none(_whole(0))) or 1,
        "advice": _value(given, "advice", _or_none(_said())) or "",
        "log": _value(given, "log", _or_none(_said(_PATH))),
        "log_tail": _value(given, "log_tail", _lines),
        **{name: _value(given, name, _or_none(_said())) for name in _OF_LOG},
    }
    record = JobRecord(
        state=_value(given, "state", JobState),
        submission=_value(given, "submission", _whole(1)),
        job_id=_value(given, "job_id", _or_none(_job_id)),
        blocked_by=_value(given, "blocked_by", _or_none(_job_name)),
        status=_value(given, "status", _or_none(_said())),
        failure=Failure(cause=cause, **details) if cause else None,
        intended_at=_value(given, "intended_at", _or_none(_time)),
        execution=_execution(given),
    )
    return _value(given, "job", _job_name), record


def _execution(given: Mapping[str, Any]) -> JobExecution | None:
    times = {name: _value(given, name, _or_none(_time)) for name in ("created_at", "started_at", "stopped_at")}
    return _value(given, "details", _or_none(lambda text: with_details(_text(text), times)))


def event_document(text: Any) -> dict[str, Any]:
    """Read the JSON of an event.

    Raises:
        OddValueError: It is none.
    """
    found = _value({"event": text}, "event", _json)
    if not isinstance(found, dict):
        raise OddValueError(f"event is {_shown(text)}")
    return found


def revision_used(row: tuple[Any, ...]) -> tuple[JobName, str | None, float]:
    """Read a job, the revision of its definition if one is known, and when it was to be sent with it, or 0.

    Raises:
        OddValueError: A value is not what it has to be.
    """
    given = dict(zip(("job", "revision", "intended_at"), row, strict=True))
    revision = _value(given, "revision", _or_none(_text))
    return _value(given, "job", _job_name), revision, _value(given, "intended_at", _or_none(_time)) or 0.0


def first_sight(row: tuple[Any, ...]) -> tuple[JobName, FirstSight] | None:
    """Read a job, its id, how many attempts it had begun, and since when it is stuck; None if it is not, or odd."""
    given = dict(zip(("job", "job_id", "attempts", "stuck_since"), row, strict=True))
    try:
        sight = FirstSight(
            job_id=_value(given, "job_id", _job_id),
            attempts=_value(given, "attempts", _whole(0)),
            since=_value(given, "stuck_since", _time),
        )
        return _value(given, "job", _job_name), sight
    except OddValueError:
        return None


def submitted_id(row: tuple[Any, ...]) -> SubmittedId:
    """Read a job, its submission and its id.

    Raises:
        OddValueError: A value is not what it has to be.
    """
    given = dict(zip(("job", "submission", "job_id"), row, strict=True))
    return SubmittedId(
        job=_value(given, "job", _job_name),
        submission=_value(given, "submission", _whole(1)),
        job_id=_value(given, "job_id", _job_id),
    )


def _value(given: Mapping[str, Any], column: str, read: Callable[[Any], _T]) -> _T:
    try:
        return read(given[column])
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, UsageError) as error:
        raise OddValueError(f"{column} is {_shown(given[column])}") from error


def _shown(value: Any) -> str:
    text = ascii(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def _or_none(read: Callable[[Any], _T]) -> Callable[[Any], _T | None]:
    return lambda value: None if value is None else read(value)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _said(most: int = 1000) -> Callable[[Any], str]:
    """Read what a service or a log has said, at most so many characters: another program may have written any number.

    What this program writes is no longer than that.
    """
    return lambda value: _text(value)[:most]


def _matching(pattern: "re.Pattern[str]") -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if not pattern.fullmatch(_text(value)):
            raise ValueError
        return str(value)

    return read


def _one_of(words: tuple[Any, ...]) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        if value not in words:
            raise ValueError
        return value

    return read


def _whole(least: int) -> Callable[[Any], int]:
    def read(value: Any) -> int:
        if type(value) is not int or not least <= value < _MOST:
            raise ValueError
        return value

    return read


def _time(value: Any) -> float:
    if not isinstance(value, (int, float)) or not math.isfinite(value) or not 0 <= value <= _LAST_SECOND:
        raise ValueError
    return float(value)


def _digest(value: Any) -> PlanDigest:
    return PlanDigest(_matching(_DIGEST)(value))


def _content(value: Any) -> bytes:
    if not isinstance(value, bytes):
        raise TypeError
    return value


def _run_id(value: Any) -> RunId:
    return checked_run_id(_text(value))


def _version(value: Any) -> DataVersion:
    if not is_data_version(_text(value)):
        raise ValueError
    return DataVersion(value)


def _json(value: Any) -> Any:
    return json.loads(_text(value))


def _location(value: Any) -> dict[str, str]:
    found = _json(value)
    if not isinstance(found, dict):
        raise TypeError
    return {name: _text(where) for name, where in found.items()}


def _job_id(value: Any) -> JobId:
    return JobId(_matching(_JOB_ID)(value))


def _job_name(value: Any) -> JobName:
    return JobName(_matching(_JOB)(value))


def _lines(value: Any) -> tuple[str, ...]:
    found = _json(value) if value is not None else []
    if not isinstance(found, list):
        raise TypeError
    return tuple(map(_said(_LINE), found[-_LINES:]))
