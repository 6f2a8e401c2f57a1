"""What the journal says of runs: read without writing anything, not even beside it."""

import json
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kedro_batch.errors import UsageError
from kedro_batch.plan.model import JobName, PlanDigest
from kedro_batch.plan.submit_job import RunId
from kedro_batch.submitter.run_state import JobRecord, JobState

VERSION = 1
BUSY_S = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEntry:
    """What the journal says of a run as a whole.

    Attributes:
        run: Its id.
        digest: The digest of its plan.
        engine: ``aws`` or ``local``.
        location: Where it runs: ``region`` and ``account``, or the ``folder`` of a local run; what is known of it.
        jobs: How many jobs its plan has.
        began_at: Seconds since the epoch.
        outcome: How it ended when it was last followed; None while somebody follows it, or after a crash.
        ended_at: Seconds since the epoch.
    """

    run: RunId
    digest: PlanDigest
    engine: str
    jobs: int
    began_at: float
    location: Mapping[str, str] = field(default_factory=dict)
    outcome: str | None = None
    ended_at: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What the journal says of the latest submission at a job.

    Attributes:
        standing: How it stood.
        intended_at: When it was about to be sent, seconds since the epoch; None when it never was.
    """

    standing: JobRecord
    intended_at: float | None

    @property
    def unsure(self) -> bool:
        """It was about to be sent, and nothing is known since."""
        return self.intended_at is not None and self.standing.state is JobState.NOT_SUBMITTED


class JournalView:
    """A journal that is only read."""

    def __init__(self, file: Path, connection: sqlite3.Connection) -> None:
        """Read from a connection."""
        self.file = file
        self._connection = connection

    def runs(self) -> tuple[RunEntry, ...]:
        """Give all runs, the oldest first."""
        columns = "run, digest, engine, location, jobs, began_at, outcome, ended_at"
        rows = self._read(f"SELECT {columns} FROM runs ORDER BY began_at, run")  # noqa: S608  fixed columns
        return tuple(_entry(row) for row in rows)

    def run(self, run_id: RunId) -> RunEntry | None:
        """Give one run; None where the journal does not have it."""
        return next((one for one in self.runs() if one.run == run_id), None)

    def plan(self, run_id: RunId) -> bytes:
        """Give the plan of a run, byte for byte as it was applied."""
        return bytes(self._read("SELECT plan FROM runs WHERE run = ?", run_id)[0][0])

    def recorded(self, run_id: RunId) -> dict[JobName, Recorded]:
        """Give the latest submission at each job of a run that has one."""
        columns = "job, submission, intended_at, job_id, state, blocked_by"
        rows = self._read(f"SELECT {columns} FROM submissions WHERE run = ? ORDER BY submission", run_id)  # noqa: S608  the same
        return {
            JobName(job): Recorded(
                standing=JobRecord(state=JobState(state), submission=submission, job_id=job_id, blocked_by=blocked_by),
                intended_at=intended_at,
            )
            for job, submission, intended_at, job_id, state, blocked_by in rows
        }

    def events(self, run_id: RunId) -> Iterator[dict[str, Any]]:
        """Give the events of a run, as ``schemas/events.schema.json`` describes them, in their order."""
        for (line,) in self._read("SELECT event FROM events WHERE run = ? ORDER BY number", run_id):
            yield json.loads(line)

    def events_of_failures(self, run_id: RunId) -> Iterator[dict[str, Any]]:
        """Give the events of a run that tell of jobs that failed or were lost, and of their logs."""
        query = (
            "SELECT event FROM events WHERE run = ? AND (event LIKE '%\"FAILED\"%' OR event LIKE '%\"LOST\"%' "
            "OR event LIKE '%\"job_log\"%') ORDER BY number"
        )
        for (line,) in self._read(query, run_id):
            yield json.loads(line)

    def _read(self, query: str, *values: object) -> list[Any]:
        try:
            return self._connection.execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise unreadable(self.file, error) from error

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()


@contextmanager
def read_journal(file: Path) -> Iterator[JournalView]:
    """Open a journal for reading only; nothing is written, not even beside it.

    Raises:
        UsageError: There is none, it cannot be read, or it is no journal of this version.
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
    """Give the version of a journal; 0 for a database that is none, or has nothing in it yet."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def check_version(file: Path, version: int) -> None:
    """Refuse a journal of another version, and what is none.

    Raises:
        UsageError: It cannot be read here.
    """
    if version != VERSION:
        raise UsageError(
            f"{file} is {f'a journal of version {version}' if version else 'no journal of kedro-batch'}; "
            f"this kedro-batch reads version {VERSION}. Name another file with --journal"
        )


def _entry(row: Any) -> RunEntry:
    run, digest, engine, location, jobs, began_at, outcome, ended_at = row
    return RunEntry(
        run=RunId(run),
        digest=PlanDigest(digest),
        engine=engine,
        location=json.loads(location),
        jobs=jobs,
        began_at=began_at,
        outcome=outcome,
        ended_at=ended_at,
    )


def unreadable(file: Path, error: Exception) -> UsageError:
    """Say that a journal cannot be read, and why."""
    return UsageError(f"cannot read the journal {file}: {error}")
