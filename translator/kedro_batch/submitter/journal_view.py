"""Read the journal without writing anything, not even beside it."""

import json
import shlex
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kedro_batch.errors import UsageError
from kedro_batch.plan.data_version import DataVersion
from kedro_batch.plan.model import JobName, PlanDigest
from kedro_batch.plan.submit_job import JobId, RunId
from kedro_batch.submitter.events import EngineName
from kedro_batch.submitter.failures import Cause, Failure
from kedro_batch.submitter.job_state import JobRecord, JobState

DEFAULT_JOURNAL = Path(".kedro-batch") / "journal.db"
VERSION = 4
WITHOUT_REVISIONS = 2
"""It had no revisions of job definitions, and no versions of data."""
WITHOUT_DATA_VERSIONS = 3
OLDER = (WITHOUT_REVISIONS, WITHOUT_DATA_VERSIONS)
"""Older versions that are read as they are, and converted when they are written."""
BUSY_S = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEntry:
    """The journal's record of a run as a whole.

    Attributes:
        run: Its id.
        digest: The digest of its plan.
        engine: ``aws`` or ``local``.
        location: Where it runs: ``region`` and ``account``, or the ``folder`` of a local run, as far as they are known.
        jobs: The number of jobs in its plan.
        began_at: Seconds since the epoch.
        outcome: How it ended when it was last followed; None while somebody follows it, or after a crash.
        ended_at: Seconds since the epoch.
        version: The version under which its jobs save data; None if it is not known, and for runs of an older journal.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmittedId:
    """An id that the journal has for a submission of a job; several, if a reply was lost and the job sent again."""

    job: JobName
    submission: int
    job_id: JobId


_COLUMNS = (
    "job, submission, intended_at, job_id, state, status, blocked_by, "
    "cause, reason, exit_code, attempts, advice, log, log_tail, log_problem"
)


class JournalView:
    """A journal that is only read."""

    def __init__(self, file: Path, connection: sqlite3.Connection) -> None:
        """Read from a connection."""
        self.file = file
        self._connection = connection

    def runs(self) -> tuple[RunEntry, ...]:
        """Return all runs, the oldest first."""
        version = "NULL" if version_of(self._connection) in OLDER else "version"
        columns = f"run, digest, engine, location, jobs, began_at, outcome, ended_at, {version}"
        rows = self._read(f"SELECT {columns} FROM runs ORDER BY began_at, run")  # noqa: S608  fixed columns
        return tuple(_entry(row) for row in rows)

    def run(self, run_id: RunId) -> RunEntry | None:
        """Return one run; None if the journal does not have it."""
        return next((one for one in self.runs() if one.run == run_id), None)

    def plan(self, run_id: RunId) -> bytes:
        """Return the plan of a run, byte for byte as it was applied."""
        return bytes(self._read("SELECT plan FROM runs WHERE run = ?", run_id)[0][0])

    def records(self, run_id: RunId) -> dict[JobName, JobRecord]:
        """Return the record of the latest submission of each job of a run that has one."""
        query = f"SELECT {_COLUMNS} FROM submissions WHERE run = ? ORDER BY submission"  # noqa: S608  fixed columns
        return {JobName(row[0]): _record(row) for row in self._read(query, run_id)}

    def submitted_ids(self, run_id: RunId) -> tuple[SubmittedId, ...]:
        """Return every id that the journal has for the jobs of a run, of all submissions and events.

        The row of a submission has its last id; an earlier one, whose job may run beside it, is in the events.
        """
        rows = self._read(
            "SELECT job, submission, job_id FROM submissions WHERE run = ? AND job_id IS NOT NULL", run_id
        )
        events = (one for one in self.events(run_id) if one.get("job_id"))
        told = ((one.get("job"), one.get("submission"), one["job_id"]) for one in events)
        found = dict.fromkeys((*map(tuple, rows), *told))
        return tuple(SubmittedId(job=job, submission=submission, job_id=job_id) for job, submission, job_id in found)

    def earlier_failures(self, run_id: RunId) -> dict[JobName, int]:
        """Return how many submissions of each job, before its latest one, are known to have ended without success."""
        query = (
            "SELECT job, count(*) FROM submissions AS one WHERE run = ? AND state IN (?, ?) AND submission < "
            "(SELECT max(submission) FROM submissions WHERE run = one.run AND job = one.job) GROUP BY job"
        )
        rows = self._read(query, run_id, JobState.FAILED, JobState.NOT_RUN)
        return {JobName(job): count for job, count in rows}

    def revisions(self, run_id: RunId) -> dict[JobName, str]:
        """Return the revision of its job definition that each job of a run has, as far as it is recorded.

        It is that of the latest submission that was sent, or may have been. The newest submission comes first.
        """
        if version_of(self._connection) == WITHOUT_REVISIONS:
            return {}
        query = (
            "SELECT job, revision, intended_at FROM submissions "
            "WHERE run = ? AND (job_id IS NOT NULL OR state = ?) ORDER BY submission"
        )
        latest = {row[0]: row for row in self._read(query, run_id, JobState.SUBMITTING)}
        newest_first = sorted(latest.values(), key=lambda row: row[2] or 0.0, reverse=True)
        return {JobName(job): revision for job, revision, _ in newest_first if revision}

    def events(self, run_id: RunId) -> Iterator[dict[str, Any]]:
        """Yield the events of a run in order, as ``schemas/events.schema.json`` describes them."""
        for (line,) in self._read("SELECT event FROM events WHERE run = ? ORDER BY number", run_id):
            yield json.loads(line)

    def _read(self, query: str, *values: object) -> list[Any]:
        try:
            return self._connection.execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise unreadable(self.file, error) from error

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


def journal_words(journal: Path) -> str:
    """Return what a command needs to find a run in a journal, for advice: nothing if it is the usual one."""
    return "" if journal == DEFAULT_JOURNAL else f" --journal {shlex.quote(str(journal))}"


@contextmanager
def read_journal(file: Path) -> Iterator[JournalView]:
    """Open a journal for reading only; nothing is written, not even beside it.

    Raises:
        UsageError: It does not exist, cannot be read, or is not a journal of this version.
    """
    if not file.is_file():
        raise UsageError(
            f"there is no journal {file}: no run was recorded here. Go to the folder of the run, or name its file "
            "with --journal"
        )
    with tempfile.TemporaryDirectory() as folder:
        try:
            try:
                view = _view(file, _reading(file))
            except sqlite3.OperationalError:
                # A writer has died within a commit: reading means to roll that back first, which is done on a copy.
                view = _view(file, _reading(_copied(file, Path(folder)), writing=True))
        except (sqlite3.Error, OSError) as error:
            raise unreadable(file, error) from error
        try:
            yield view
        finally:
            view.close()


def _view(file: Path, connection: sqlite3.Connection) -> JournalView:
    with ExitStack() as on_failure:
        on_failure.callback(connection.close)
        check_version(file, version_of(connection))
        on_failure.pop_all()
    return JournalView(file, connection)


def _reading(file: Path, *, writing: bool = False) -> sqlite3.Connection:
    uri = f"{file.absolute().as_uri()}?mode={'rw' if writing else 'ro'}"
    return sqlite3.connect(uri, uri=True, timeout=BUSY_S, isolation_level=None)


def _copied(file: Path, folder: Path) -> Path:
    copy = folder / file.name
    for ending in ("-journal", ""):  # the rollback journal first: it undoes what comes into the file after it
        source = file.with_name(file.name + ending)
        if source.exists():
            copy.with_name(copy.name + ending).write_bytes(source.read_bytes())
    return copy


def version_of(connection: sqlite3.Connection) -> int:
    """Return the version of a journal; 0 for a database that is not a journal, or is empty."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def check_version(file: Path, version: int) -> None:
    """Refuse a journal of another version, and a file that is not a journal.

    Raises:
        UsageError: It cannot be read here.
    """
    if version in (VERSION, *OLDER):
        return
    if version == 0:
        raise UsageError(f"{file} is not a journal of kedro-batch. Name another file with --journal")
    if version > VERSION:
        raise UsageError(
            f"{file} was written by a newer kedro-batch (journal version {version}, this one reads {VERSION}). "
            "Install that kedro-batch, or name another file with --journal"
        )
    raise UsageError(
        f"{file} was written by an older kedro-batch (journal version {version}, this one reads {VERSION}). Move it "
        f"away: mv {file} {file}.old. A run that goes on on AWS Batch can then be followed: "
        "kedro-batch wait RUN --plan PLAN"
    )


def _record(row: Any) -> JobRecord:
    _, submission, intended_at, job_id, state, status, blocked_by, cause, *rest = row
    reason, exit_code, attempts, advice, log, log_tail, log_problem = rest
    failure = (
        Failure(
            cause=Cause(cause),
            reason=reason or "",
            exit_code=exit_code,
            attempts=attempts or 1,
            advice=advice or "",
            log=log,
            log_tail=tuple(json.loads(log_tail or "[]")),
            log_problem=log_problem,
        )
        if cause
        else None
    )
    return JobRecord(
        state=JobState(state),
        submission=submission,
        job_id=job_id,
        blocked_by=blocked_by,
        status=status,
        failure=failure,
        intended_at=intended_at,
    )


def _entry(row: Any) -> RunEntry:
    run, digest, engine, location, jobs, began_at, outcome, ended_at, version = row
    return RunEntry(
        run=RunId(run),
        digest=PlanDigest(digest),
        engine=engine,
        location=json.loads(location),
        jobs=jobs,
        began_at=began_at,
        outcome=outcome,
        ended_at=ended_at,
        version=version,
    )


def unreadable(file: Path, error: Exception) -> UsageError:
    """Return the error that says why a journal cannot be read."""
    return UsageError(f"cannot read the journal {file}: {error}")
