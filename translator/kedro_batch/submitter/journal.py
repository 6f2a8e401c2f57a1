"""The journal: what runs have done and mean to do, in one SQLite file that survives a crash at any moment.

    .kedro-batch/
        .gitignore                so that no journal is committed
        journal.db                all runs: plans, intents, job ids, states, events
        runs/RUN/lock             held by the process that works on a run, with its name
        runs/RUN/logs/            local runs: the output of each submission

An intent is on the disk before its job is sent; ids and states follow in batches, since the service knows
them as well. SQLite keeps its rollback journal (the readers of a write-ahead log write beside it), and who
only reads opens the file for reading.
"""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from pathlib import Path

from kedro_batch.errors import UsageError
from kedro_batch.plan.model import JobName
from kedro_batch.plan.submit_job import RunId
from kedro_batch.submitter.events import Event, JobChanged, JobSubmitted, RunFinished, event_json
from kedro_batch.submitter.journal_view import (
    BUSY_S,
    VERSION,
    JournalView,
    RunEntry,
    check_version,
    version_of,
)

DEFAULT_JOURNAL = Path(".kedro-batch") / "journal.db"

_TABLES = """
CREATE TABLE runs (
    run TEXT PRIMARY KEY, plan BLOB NOT NULL, digest TEXT NOT NULL, engine TEXT NOT NULL, location TEXT NOT NULL,
    jobs INTEGER NOT NULL, began_at REAL NOT NULL, outcome TEXT, ended_at REAL
);
CREATE TABLE submissions (
    run TEXT NOT NULL REFERENCES runs, job TEXT NOT NULL, submission INTEGER NOT NULL,
    intended_at REAL, job_id TEXT, state TEXT NOT NULL, blocked_by TEXT,
    PRIMARY KEY (run, job, submission)
) WITHOUT ROWID;
CREATE TABLE events (number INTEGER PRIMARY KEY, run TEXT NOT NULL REFERENCES runs, event TEXT NOT NULL);
CREATE INDEX events_of_run ON events (run, number);
"""
_INTEND = """
INSERT INTO submissions (run, job, submission, intended_at, state) VALUES (?, ?, ?, ?, 'NOT_SUBMITTED')
ON CONFLICT DO UPDATE SET intended_at = excluded.intended_at, state = 'NOT_SUBMITTED', blocked_by = NULL
"""
_SUBMITTED = """
INSERT INTO submissions (run, job, submission, job_id, state) VALUES (?, ?, ?, ?, 'SUBMITTED')
ON CONFLICT DO UPDATE SET job_id = excluded.job_id, state = 'SUBMITTED', blocked_by = NULL
"""
_CHANGED = """
INSERT INTO submissions (run, job, submission, job_id, state, blocked_by) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET job_id = excluded.job_id, state = excluded.state, blocked_by = excluded.blocked_by
"""


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
            connection = sqlite3.connect(file, timeout=BUSY_S, isolation_level=None)
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
                check_version(file, version_of(connection))
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
                it: a run without any submission is one of which nothing was ever sent.

        Raises:
            UsageError: The file cannot be written.
        """
        values = (
            entry.run,
            plan,
            entry.digest,
            entry.engine,
            json.dumps(dict(entry.location)),
            entry.jobs,
            entry.began_at,
        )
        row = (
            "INSERT INTO runs (run, plan, digest, engine, location, jobs, began_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
            values,
        )
        self._waiting.append(row)
        if at_once:
            self._write_or_raise(self._waiting)
            self._waiting = []

    def locate(self, run_id: RunId, location: Mapping[str, str]) -> None:
        """Write down where a run runs, as soon as it is known."""
        self._waiting.append(("UPDATE runs SET location = ? WHERE run = ?", (json.dumps(dict(location)), run_id)))

    def intend(self, run_id: RunId, jobs: Iterable[tuple[JobName, int]], at: float) -> None:
        """Write down which attempts are about to be sent, and what waits to be written, in one commit.

        Raises:
            UsageError: The file cannot be written: nothing may be sent.
        """
        self._write_or_raise([*self._waiting, *((_INTEND, (run_id, job, submission, at)) for job, submission in jobs)])
        self._waiting = []

    def take(self, run_id: RunId, event: Event, at: float) -> None:
        """Take an event down, and what follows from it for the job; written with the next commit."""
        moment = datetime.fromtimestamp(at, UTC)
        self._waiting.append(("INSERT INTO events (run, event) VALUES (?, ?)", (run_id, event_json(event, moment))))
        match event:
            case JobSubmitted():
                self._waiting.append((_SUBMITTED, (run_id, event.job, event.submission, event.job_id)))
            case JobChanged():
                values = (run_id, event.job, event.submission, event.job_id, event.after, event.blocked_by)
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
        for table in ("events", "submissions", "runs"):
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


def _prepare(connection: sqlite3.Connection) -> None:
    """Make the tables in a new file; what belongs to somebody else is left as it is."""
    if version_of(connection) == 0:
        connection.execute("BEGIN IMMEDIATE")
        tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if not tables:  # nobody else has made them meanwhile
            for statement in filter(str.strip, _TABLES.split(";")):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute("COMMIT")


def _unwritable(file: Path, error: sqlite3.Error) -> UsageError:
    return UsageError(f"cannot write the journal {file}: {error}. Nothing more is submitted without it")


def _why(file: Path, error: OSError) -> str | None:
    """Say what is wrong with the place of a journal; of a file where a folder should be, Python says that it exists."""
    return f"{file.parent} is no folder" if isinstance(error, FileExistsError) else error.strerror
