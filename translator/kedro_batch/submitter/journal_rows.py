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
from kedro_batch.plan.submit_job import RunId
from kedro_batch.submitter.began import Began, began_by
from kedro_batch.submitter.events import EngineName, RunOutcome
from kedro_batch.submitter.journal_values import (
    PATH_LENGTH,
    OddValueError,
    as_content,
    as_digest,
    as_job_name,
    as_json,
    as_location,
    as_one_of,
    as_run_id,
    as_said,
    as_time,
    as_version,
    as_whole,
    checked,
    or_none,
    shown,
)

RUN_COLUMNS = (
    *("run", "digest", "engine", "location", "jobs", "began_at", "outcome", "ended_at", "version", "cancel_at"),
    "plan_file",
)
NEWEST_DIGEST = "new_digest"
"""Behind ``RUN_COLUMNS``: the digest of the newest plan of a run that has several."""


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

    @property
    def run_seconds(self) -> float | None:
        """How long it took, over all commands, until it ended; None if it has not."""
        return None if self.ended_at is None else round(max(0.0, self.ended_at - self.began_at), 3)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanOfRun:
    """A plan of a run, byte for byte, and its digest as it is recorded."""

    digest: PlanDigest
    content: bytes


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
        return _moment(event_document(text)["at"])
    except (ValueError, TypeError, KeyError, OverflowError):
        return None


def began_of_event(text: Any) -> tuple[JobName, Began] | None:
    """Read which job an event has seen at work, and when that began; None if it does not tell."""
    try:
        event = event_document(text)
        started_at = event.get("started_at")
        began = began_by(_moment(event["at"]), event.get("before"), None if started_at is None else _moment(started_at))
        return as_job_name(event.get("job")), began
    except (ValueError, TypeError, KeyError, OverflowError):
        return None


def _moment(text: Any) -> float:
    return as_time(datetime.fromisoformat(text).timestamp())
