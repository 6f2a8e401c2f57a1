"""The journal: what runs have done and are about to do, in one SQLite file that survives a crash at any moment.

    .kedro-batch/
        .gitignore                so that no journal is committed
        journal.db.lock           held for a moment by a process that begins a run
        journal.db                all runs: plans, submissions (intent, id, state, failure), events
        runs/RUN/lock             held by the process that works on the run, with its name
        runs/RUN/logs/            local runs: the output of each attempt
        runs/RUN/processes.jsonl  local runs: what was started, and how it ended (``service.local_record``)

An intent is on the disk before its job is sent. Ids and states follow in batches, since the service knows them as well.
SQLite keeps its rollback journal, because readers of a write-ahead log write beside it; ``journal_view`` reads only.
"""

import json
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

from kedro_batch.errors import UsageError
from kedro_batch.plan.data_version import DataVersion, next_data_version
from kedro_batch.plan.model import JobName, PlanDigest
from kedro_batch.plan.submit_job import RunId
from kedro_batch.submitter.cancel_mark import refuse_cancelled
from kedro_batch.submitter.events import Event
from kedro_batch.submitter.job_state import JobRecord, JobState
from kedro_batch.submitter.journal_busy import BUSY_S, is_busy, unwritable
from kedro_batch.submitter.journal_commit import JournalCommit
from kedro_batch.submitter.journal_rows import RunEntry
from kedro_batch.submitter.journal_statements import (
    ADD_PLAN,
    BEGIN,
    INTEND,
    MARK,
    NOT_SENT,
    NOT_STUCK,
    OF_NEWEST_PLAN,
    REOPEN,
    STUCK,
    WITHDRAW,
    Row,
    event_rows,
)
from kedro_batch.submitter.stuck_jobs import FirstSight
from kedro_batch.submitter.submission_rows import SubmittedId


class Journal(JournalCommit):
    """A journal that one thread reads and writes.

    Attributes:
        is_held: Another program held the file when rows or ids were read last, so that they are those of before.
    """

    is_held: bool = False

    def __init__(self, file: Path, tell: Callable[[str], None] | None = None, *, at_once: bool = True) -> None:
        """Open the file, or create it, as ``JournalCommit`` does."""
        super().__init__(file, tell, at_once=at_once)
        self._own: RunId | None = None
        self._own_rows: list[tuple[JobName, JobRecord]] = []
        self._own_ids: tuple[SubmittedId, ...] = ()

    def submissions(self, run_id: RunId) -> tuple[tuple[JobName, JobRecord], ...]:
        """Return what the file has of a run; while another program holds it, what this process last read and intended.

        Nobody else writes the rows of the run that this process works on, but for one that ``cancel`` stops first: it
        asks ``is_held``.

        Raises:
            UsageError: A row is odd, or the file cannot be read and was not read before.
        """
        try:
            rows = super().submissions(run_id)
        except UsageError as error:
            if not self._is_own_and_held(run_id, error):
                raise
            self.is_held = True
            return tuple(self._own_rows)
        self.is_held = False
        if run_id == self._own:
            self._own_rows = [*rows]
        return rows

    def submitted_ids(self, run_id: RunId) -> tuple[SubmittedId, ...]:
        """Return every id that the file has for the jobs of a run; ``submissions`` says how, and what it raises."""
        try:
            ids = super().submitted_ids(run_id)
        except UsageError as error:
            if not self._is_own_and_held(run_id, error):
                raise
            self.is_held = True
            return self._own_ids
        self.is_held = False
        if run_id == self._own:
            self._own_ids = ids
        return ids

    def _is_own_and_held(self, run_id: RunId, error: UsageError) -> bool:
        cause = error.__cause__
        return run_id == self._own and isinstance(cause, sqlite3.Error) and is_busy(cause)

    def begin(self, entry: RunEntry, plan: bytes) -> None:
        """Record a run and its plan, byte for byte; written with its first intents, or with what is found of it."""
        location = json.dumps(dict(entry.location))
        values = (entry.run, plan, entry.digest, entry.engine, location, entry.jobs, entry.began_at, entry.plan_file)
        self._waiting.append((BEGIN, values))

    def add_plan(  # noqa: PLR0913  what is known of a plan
        self, run_id: RunId, digest: PlanDigest, plan: bytes, *, jobs: int, at: float, file: str | None = None
    ) -> None:
        """Record that a run goes on with another plan; written with the next commit.

        Args:
            run_id: The run.
            digest: The digest of the plan.
            plan: The plan, byte for byte.
            jobs: How many jobs it has.
            at: When; seconds since the epoch.
            file: The file that it was read from, if it was one.
        """
        self._waiting += [(ADD_PLAN, (run_id, digest, plan, at, run_id)), (OF_NEWEST_PLAN, (jobs, file, run_id))]

    def record_plan_file(self, run_id: RunId, file: str) -> None:
        """Record the file that the plan of a run was read from now; written with the next commit."""
        self._waiting.append(("UPDATE runs SET plan_file = ? WHERE run = ?", (file, run_id)))

    def locate(self, run_id: RunId, location: Mapping[str, str]) -> None:
        """Record where the run of this process runs, as soon as it is known."""
        if self._own is None:
            self._own_rows = [*self.submissions(run_id)]
            self._own = run_id
        self._waiting.append(("UPDATE runs SET location = ? WHERE run = ?", (json.dumps(dict(location)), run_id)))

    def intend(
        self,
        run_id: RunId,
        jobs: Iterable[tuple[JobName, int]],
        at: float,
        revisions: Mapping[JobName, str] = MappingProxyType({}),
        plan_digest: PlanDigest | None = None,
    ) -> None:
        """Write which submissions are about to be sent, and what waits to be written, in one commit.

        Args:
            run_id: The run.
            jobs: The jobs, and which submission of them it is.
            at: When; seconds since the epoch.
            revisions: With which revisions of their job definitions, as far as is known.
            plan_digest: The digest of the plan that they are sent from.

        Raises:
            UsageError: The file cannot be written: nothing may be sent.
            RunCancelled: The run was cancelled: nothing is written, and nothing may be sent.
        """
        jobs = tuple(jobs)
        intents: list[Row] = [
            (INTEND, (run_id, job, submission, at, revisions.get(job), JobState.SUBMITTING, plan_digest))
            for job, submission in jobs
        ]
        self._write_or_raise(intents, then=lambda connection: refuse_cancelled(connection, run_id))
        intended = [(job, JobRecord(state=JobState.SUBMITTING, submission=one, intended_at=at)) for job, one in jobs]
        self._own_rows += intended if run_id == self._own else ()

    def begin_version(self, run_id: RunId, wanted: DataVersion) -> DataVersion:
        """Give a run a version that no other run has, and write it with what waits to be written, in one commit.

        Args:
            run_id: The run.
            wanted: Its version; if another run has it, the next millisecond that is free.

        Returns:
            The version of the run.

        Raises:
            UsageError: The file cannot be written: nothing may be sent.
        """
        given = [wanted]

        def choose(connection: sqlite3.Connection) -> None:
            rows = connection.execute("SELECT version FROM runs WHERE run != ? AND version >= ?", (run_id, wanted))
            taken = {row[0] for row in rows}
            while given[0] in taken:
                given[0] = next_data_version(given[0])
            connection.execute("UPDATE runs SET version = ? WHERE run = ?", (given[0], run_id))

        self._write_or_raise(then=choose)
        return given[0]

    def record_version(self, run_id: RunId, version: DataVersion) -> None:
        """Record the version that a run has; written with the next commit."""
        self._waiting.append(("UPDATE runs SET version = ? WHERE run = ?", (version, run_id)))

    def record_begin(self, run_id: RunId, began_at: float) -> None:
        """Record when a run began that was found on the service; written with the next commit."""
        self._waiting.append(("UPDATE runs SET began_at = ? WHERE run = ?", (began_at, run_id)))

    def withdraw(self, run_id: RunId, jobs: Iterable[tuple[JobName, int]]) -> None:
        """Take back submissions that were surely not sent, with their intents; written with the next commit."""
        for job, submission in jobs:
            row = (run_id, job, submission, JobState.SUBMITTING, JobState.NOT_SUBMITTED)
            self._waiting.append((WITHDRAW, row))

    def record_not_sent(self, run_id: RunId, jobs: Iterable[tuple[JobName, int]]) -> None:
        """Take back the intents of submissions that were surely not sent; written with the next commit.

        A second or later submission is still to be sent: the job was to run again, whatever became of it before.
        """
        for job, submission in jobs:
            if submission == 1:
                self.withdraw(run_id, [(job, submission)])
            else:
                row = (JobState.NOT_SUBMITTED, run_id, job, submission, JobState.SUBMITTING)
                self._waiting.append((NOT_SENT, row))

    def note_first_sight(self, run_id: RunId, job: JobName, submission: int, sight: FirstSight | None) -> None:
        """Record when a job was first seen stuck, or with None that it is not; written with the next commit."""
        row = (run_id, job, submission)
        seen = (STUCK, (sight.since, sight.attempts, sight.reason, *row)) if sight else (NOT_STUCK, row)
        self._waiting.append(seen)

    def record(self, run_id: RunId, event: Event, at: float) -> None:
        """Record an event, and what follows from it for the job; written with the next commit."""
        self._waiting += event_rows(run_id, event, at)

    def reopen(self, run_id: RunId, cancel_at: float | None = None) -> None:
        """Record that somebody follows a run again; ``cancel_at`` is the mark that it had before, which goes."""
        self._waiting.append((REOPEN, (cancel_at, run_id)))

    def mark_to_cancel(self, run_id: RunId, at: float, within_s: float = BUSY_S) -> bool:
        """Write at once, and alone, that a run is to be cancelled; False if the file does not have the run.

        Whoever works on the run holds its lock; this needs none (``cancel_mark``).

        Args:
            run_id: The run.
            at: When; seconds since the epoch.
            within_s: How long to wait for a journal that another program holds.

        Raises:
            UsageError: The file cannot be written.
        """
        try:
            return self.wait.for_lock(
                lambda: self._connection.execute(MARK, (at, run_id)).rowcount > 0, within_s, writes=True
            )
        except sqlite3.Error as error:
            raise unwritable(self.file, error) from error

    def forget(self, run_id: RunId) -> None:
        """Delete a run, of which nothing was found; what waits is dropped."""
        self.discard()
        if not self._is_there:
            return
        for table in ("events", "submissions", "plans", "runs"):
            # A name of this code, no input.
            self._waiting.append((f"DELETE FROM {table} WHERE run = ?", (run_id,)))  # noqa: S608
        self.commit()
