"""The tables of the journal's file, and the versions of them that are read."""

import sqlite3
from collections.abc import Mapping
from pathlib import Path

from kedro_batch.errors import UsageError

VERSION = 6
WITHOUT_REVISIONS = 2
"""It had no revisions of job definitions, and nothing of what later ones lack."""
WITHOUT_DATA_VERSIONS = 3
WITHOUT_TIMES = 4
"""It had one plan for each run, no mark that a run is to be cancelled, and not what AWS Batch says of ended jobs."""
WITHOUT_PLAN_FILES = 5
OLDER = (WITHOUT_REVISIONS, WITHOUT_DATA_VERSIONS, WITHOUT_TIMES, WITHOUT_PLAN_FILES)
"""Older versions that are read as they are, and converted when they are written."""

_PLANS = """
CREATE TABLE plans (
    run TEXT NOT NULL REFERENCES runs, number INTEGER NOT NULL, digest TEXT NOT NULL, plan BLOB NOT NULL,
    added_at REAL NOT NULL, PRIMARY KEY (run, number)
);
"""
"""The plans with which runs went on after their first one, which stands in ``runs``; counted from 2."""
_TABLES = f"""
CREATE TABLE runs (
    run TEXT PRIMARY KEY, plan BLOB NOT NULL, digest TEXT NOT NULL, engine TEXT NOT NULL, location TEXT NOT NULL,
    jobs INTEGER NOT NULL, began_at REAL NOT NULL, outcome TEXT, ended_at REAL, version TEXT, cancel_at REAL,
    plan_file TEXT
);
{_PLANS}
CREATE TABLE submissions (
    run TEXT NOT NULL REFERENCES runs, job TEXT NOT NULL, submission INTEGER NOT NULL,
    intended_at REAL, revision TEXT, job_id TEXT, state TEXT NOT NULL, status TEXT, blocked_by TEXT,
    cause TEXT, reason TEXT, exit_code INTEGER, attempts INTEGER, advice TEXT,
    log TEXT, log_tail TEXT, log_problem TEXT, exception TEXT, exception_cause TEXT, node TEXT,
    plan_digest TEXT, stuck_since REAL, created_at REAL, started_at REAL, stopped_at REAL, details TEXT,
    PRIMARY KEY (run, job, submission)
) WITHOUT ROWID;
CREATE TABLE events (number INTEGER PRIMARY KEY, run TEXT NOT NULL REFERENCES runs, event TEXT NOT NULL);
CREATE INDEX events_of_run ON events (run, number);
"""
_ADD: Mapping[int, str] = {
    WITHOUT_REVISIONS: "ALTER TABLE submissions ADD COLUMN revision TEXT;",
    WITHOUT_DATA_VERSIONS: "ALTER TABLE runs ADD COLUMN version TEXT;",
    WITHOUT_TIMES: f"""
ALTER TABLE runs ADD COLUMN cancel_at REAL;
{_PLANS}
ALTER TABLE submissions ADD COLUMN plan_digest TEXT;
ALTER TABLE submissions ADD COLUMN stuck_since REAL;
ALTER TABLE submissions ADD COLUMN created_at REAL;
ALTER TABLE submissions ADD COLUMN started_at REAL;
ALTER TABLE submissions ADD COLUMN stopped_at REAL;
ALTER TABLE submissions ADD COLUMN details TEXT;
ALTER TABLE submissions ADD COLUMN exception TEXT;
ALTER TABLE submissions ADD COLUMN exception_cause TEXT;
ALTER TABLE submissions ADD COLUMN node TEXT;
""",
    WITHOUT_PLAN_FILES: "ALTER TABLE runs ADD COLUMN plan_file TEXT;",
}
"""What each older version lacks."""


def version_of(connection: sqlite3.Connection) -> int:
    """Return the version of a journal; 0 for a database that is not a journal, or is empty."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def is_empty(connection: sqlite3.Connection) -> bool:
    """True if there is nothing in a database."""
    return not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]


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


def prepare(connection: sqlite3.Connection) -> None:
    """Create the tables in a new file, and what an older one lacks; a file of another program stays as it is."""
    if version_of(connection) in (0, *OLDER):
        connection.execute("BEGIN IMMEDIATE")
        version = version_of(connection)  # somebody else may have been faster
        missing = _TABLES if is_empty(connection) else ""
        if version in OLDER:
            missing = "".join(added for older, added in _ADD.items() if older >= version)
        if missing:
            for statement in filter(str.strip, missing.split(";")):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute("COMMIT")
