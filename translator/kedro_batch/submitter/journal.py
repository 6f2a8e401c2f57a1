"""The journal: what runs have done and mean to do, in one SQLite file that survives a crash at any moment.

    .kedro-batch/
        .gitignore                so that no journal is committed
        journal.db                all runs: plans, intents, job ids, states, events
        runs/RUN/lock             held by the process that works on a run, with its name
        runs/RUN/logs/            local runs: the output of each attempt

An intent is on the disk before its job is sent; ids and states follow in batches, since the service knows
them as well. SQLite keeps its rollback journal (the readers of a write-ahead log write beside it), and who
only reads opens the file for reading.
"""

import json
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kedro_batch.errors import UsageError
from kedro_batch.plan.model import JobName, PlanDigest
from kedro_batch.plan.request import RunId
from kedro_batch.submitter.events import Event, JobChanged, JobSubmitted, RunFinished, event_json
from kedro_batch.submitter.progress import JobState, Standing

DEFAULT_JOURNAL = Path(".kedro-batch") / "journal.db"

_VERSION = 1
_BUSY_S = 30
_TABLES = """
CREATE TABLE runs (
    run TEXT PRIMARY KEY, plan BLOB NOT NULL, digest TEXT NOT NULL, engine TEXT NOT NULL, place TEXT NOT NULL,
    jobs INTEGER NOT NULL, began_at REAL NOT NULL, outcome TEXT, ended_at REAL
);
CREATE TABLE attempts (
    run TEXT NOT NULL REFERENCES runs, job TEXT NOT NULL, attempt INTEGER NOT NULL,
    intended_at REAL, job_id TEXT, state TEXT NOT NULL, because TEXT,
    PRIMARY KEY (run, job, attempt)
) WITHOUT ROWID;
CREATE TABLE events (number INTEGER PRIMARY KEY, run TEXT NOT NULL REFERENCES runs, event TEXT NOT NULL);
CREATE INDEX events_of_run ON events (run, number);
"""
_INTEND = """
INSERT INTO attempts (run, job, attempt, intended_at, state) VALUES (?, ?, ?, ?, 'WAITING')
ON CONFLICT DO UPDATE SET intended_at = excluded.intended_at, state = 'WAITING', because = NULL
"""
_SUBMITTED = """
INSERT INTO attempts (run, job, attempt, job_id, state) VALUES (?, ?, ?, ?, 'SUBMITTED')
ON CONFLICT DO UPDATE SET job_id = excluded.job_id, state = 'SUBMITTED', because = NULL
"""
_CHANGED = """
INSERT INTO attempts (run, job, attempt, job_id, state, because) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET job_id = excluded.job_id, state = excluded.state, because = excluded.because
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEntry:
    """What the journal says of a run as a whole.

    Attributes:
        run: Its id.
        digest: The digest of its plan.
        engine: ``aws`` or ``local``.
        place: Where it runs: ``region`` and ``account``, or the ``folder`` of a local run; what is known of it.
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
    place: Mapping[str, str] = field(default_factory=dict)
    outcome: str | None = None
    ended_at: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What the journal says of the latest attempt at a job.

    Attributes:
        standing: How it stood.
        intended_at: When it was about to be sent, seconds since the epoch; None when it never was.
    """

    standing: Standing
    intended_at: float | None

    @property
    def unsure(self) -> bool:
        """It was about to be sent, and nothing is known since."""
        return self.intended_at is not None and self.standing.state is JobState.WAITING


class JournalView:
    """A journal that is only read."""

    def __init__(self, file: Path, connection: sqlite3.Connection) -> None:
        """Read from a connection."""
        self.file = file
        self._connection = connection

    def runs(self) -> tuple[RunEntry, ...]:
        """Give all runs, the oldest first."""
        columns = "run, digest, engine, place, jobs, began_at, outcome, ended_at"
        rows = self._read(f"SELECT {columns} FROM runs ORDER BY began_at, run")  # noqa: S608  fixed columns
        return tuple(_entry(row) for row in rows)

    def run(self, run_id: RunId) -> RunEntry | None:
        """Give one run; None where the journal does not have it."""
        return next((one for one in self.runs() if one.run == run_id), None)

    def plan(self, run_id: RunId) -> bytes:
        """Give the plan of a run, byte for byte as it was applied."""
        return bytes(self._read("SELECT plan FROM runs WHERE run = ?", run_id)[0][0])

    def recorded(self, run_id: RunId) -> dict[JobName, Recorded]:
        """Give the latest attempt at each job of a run that has one."""
        columns = "job, attempt, intended_at, job_id, state, because"
        rows = self._read(f"SELECT {columns} FROM attempts WHERE run = ? ORDER BY attempt", run_id)  # noqa: S608  the same
        return {
            JobName(job): Recorded(
                standing=Standing(state=JobState(state), attempt=attempt, job_id=job_id, because=because),
                intended_at=intended_at,
            )
            for job, attempt, intended_at, job_id, state, because in rows
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
            raise _unreadable(self.file, error) from error

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()


class Journal(JournalView):
    """A journal that is read and written, by one thread.

    Attributes:
        failure: Why ids and states can no longer be written; None while they can.
    """

    failure: str | None = None

    def __init__(self, file: Path) -> None:
        """Open the file, or make it.

        Raises:
            UsageError: It cannot be written, or is no journal of this version.
        """
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            if file.parent.name == DEFAULT_JOURNAL.parent.name and not (file.parent / ".gitignore").exists():
                (file.parent / ".gitignore").write_text("*\n", encoding="utf-8")
            connection = sqlite3.connect(file, timeout=_BUSY_S, isolation_level=None)
        except OSError as error:
            raise UsageError(
                f"cannot write the journal {file}: {_why(file, error)}. Run it from a folder that you can write to, "
                "or name another file with --journal"
            ) from error
        except sqlite3.Error as error:
            raise _unwritable(file, error) from error
        with ExitStack() as on_failure:
            on_failure.callback(connection.close)
            try:
                _prepare(connection)
                _check_version(file, _version(connection))
                connection.execute("PRAGMA journal_mode = DELETE")
                connection.execute("PRAGMA synchronous = FULL")
            except sqlite3.Error as error:
                raise _unwritable(file, error) from error
            on_failure.pop_all()
        super().__init__(file, connection)
        self._waiting: list[tuple[str, tuple[object, ...]]] = []

    def begin(self, entry: RunEntry, plan: bytes, *, at_once: bool = True) -> None:
        """Write a run down before anything is sent.

        Args:
            entry: The run.
            plan: Its plan, byte for byte.
            at_once: Or else with the next commit. A run that is rebuilt is written down together with what is found of
                it: a run without any attempt is one of which nothing was ever sent.

        Raises:
            UsageError: The file cannot be written.
        """
        values = (
            entry.run,
            plan,
            entry.digest,
            entry.engine,
            json.dumps(dict(entry.place)),
            entry.jobs,
            entry.began_at,
        )
        row = (
            "INSERT INTO runs (run, plan, digest, engine, place, jobs, began_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
            values,
        )
        self._waiting.append(row)
        if at_once:
            self._write_or_raise(self._waiting)
            self._waiting = []

    def locate(self, run_id: RunId, place: Mapping[str, str]) -> None:
        """Write down where a run runs, as soon as it is known."""
        self._waiting.append(("UPDATE runs SET place = ? WHERE run = ?", (json.dumps(dict(place)), run_id)))

    def intend(self, run_id: RunId, jobs: Iterable[tuple[JobName, int]], at: float) -> None:
        """Write down which attempts are about to be sent, and what waits to be written, in one commit.

        Raises:
            UsageError: The file cannot be written: nothing may be sent.
        """
        self._write_or_raise([*self._waiting, *((_INTEND, (run_id, job, attempt, at)) for job, attempt in jobs)])
        self._waiting = []

    def take(self, run_id: RunId, event: Event, at: float) -> None:
        """Take an event down, and what follows from it for the job; written with the next commit."""
        moment = datetime.fromtimestamp(at, UTC)
        self._waiting.append(("INSERT INTO events (run, event) VALUES (?, ?)", (run_id, event_json(event, moment))))
        match event:
            case JobSubmitted():
                self._waiting.append((_SUBMITTED, (run_id, event.job, event.attempt, event.job_id)))
            case JobChanged():
                values = (run_id, event.job, event.attempt, event.job_id, event.after, event.because)
                self._waiting.append((_CHANGED, values))
            case RunFinished():
                row = "UPDATE runs SET outcome = ?, ended_at = ? WHERE run = ?"
                self._waiting.append((row, (event.outcome, at, run_id)))
            case _:
                pass

    def reopen(self, run_id: RunId) -> None:
        """Take note that somebody follows a run again."""
        self._waiting.append(("UPDATE runs SET outcome = NULL, ended_at = NULL WHERE run = ?", (run_id,)))

    def forget(self, run_id: RunId) -> None:
        """Take back that a run was begun, of which nothing was found."""
        for table in ("events", "attempts", "runs"):
            self._waiting.append((f"DELETE FROM {table} WHERE run = ?", (run_id,)))  # noqa: S608  a fixed name
        self.commit()

    @property
    def waiting(self) -> bool:
        """Something has not been written yet."""
        return bool(self._waiting)

    def commit(self) -> None:
        """Write what waits. Where that fails, ``failure`` says why, it is kept, and the run goes on."""
        if self._waiting:
            try:
                self._write(self._waiting)
            except sqlite3.Error as error:
                self.failure = str(error)
            else:
                self._waiting = []
                self.failure = None

    def _write_or_raise(self, rows: list[tuple[str, tuple[object, ...]]]) -> None:
        try:
            self._write(rows)
        except sqlite3.Error as error:
            raise _unwritable(self.file, error) from error

    def _write(self, rows: list[tuple[str, tuple[object, ...]]]) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            for statement, values in rows:
                self._connection.execute(statement, values)
            self._connection.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")
            raise


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
            raise _unreadable(file, error) from error
        try:
            yield view
        finally:
            view.close()


def _view(file: Path, connection: sqlite3.Connection) -> JournalView:
    with ExitStack() as on_failure:
        on_failure.callback(connection.close)
        _check_version(file, _version(connection))
        on_failure.pop_all()
    return JournalView(file, connection)


def _reading(file: Path, *, writing: bool = False) -> sqlite3.Connection:
    uri = f"{file.absolute().as_uri()}?mode={'rw' if writing else 'ro'}"
    return sqlite3.connect(uri, uri=True, timeout=_BUSY_S, isolation_level=None)


def _copied(file: Path, folder: Path) -> Path:
    copy = folder / file.name
    for ending in ("-journal", ""):  # the rollback journal first: it undoes what comes into the file after it
        source = file.with_name(file.name + ending)
        if source.exists():
            copy.with_name(copy.name + ending).write_bytes(source.read_bytes())
    return copy


def _prepare(connection: sqlite3.Connection) -> None:
    """Make the tables in a new file; what belongs to somebody else is left as it is."""
    if _version(connection) == 0:
        connection.execute("BEGIN IMMEDIATE")
        tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if not tables:  # nobody else has made them meanwhile
            for statement in filter(str.strip, _TABLES.split(";")):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {_VERSION}")
        connection.execute("COMMIT")


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _check_version(file: Path, version: int) -> None:
    if version != _VERSION:
        raise UsageError(
            f"{file} is {f'a journal of version {version}' if version else 'no journal of kedro-batch'}; "
            f"this kedro-batch reads version {_VERSION}. Name another file with --journal"
        )


def _entry(row: Any) -> RunEntry:
    run, digest, engine, place, jobs, began_at, outcome, ended_at = row
    return RunEntry(
        run=RunId(run),
        digest=PlanDigest(digest),
        engine=engine,
        place=json.loads(place),
        jobs=jobs,
        began_at=began_at,
        outcome=outcome,
        ended_at=ended_at,
    )


def _unreadable(file: Path, error: Exception) -> UsageError:
    return UsageError(f"cannot read the journal {file}: {error}")


def _unwritable(file: Path, error: sqlite3.Error) -> UsageError:
    return UsageError(f"cannot write the journal {file}: {error}. Nothing more is submitted without it")


def _why(file: Path, error: OSError) -> str | None:
    """Say what is wrong with the place of a journal; of a file where a folder should be, Python says that it exists."""
    return f"{file.parent} is no folder" if isinstance(error, FileExistsError) else error.strerror
