"""Read the journal without writing anything, not even beside it."""

import shlex
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from kedro_batch.errors import RunUnknown, UsageError
from kedro_batch.plan.model import JobName, PlanDigest
from kedro_batch.plan.origin import BEGINNING, PlanOrigin, read_origin
from kedro_batch.plan.submit_job import RunId
from kedro_batch.submitter.job_state import JobRecord, JobState
from kedro_batch.submitter.journal_busy import BUSY_S, JournalWait, is_busy, unreadable
from kedro_batch.submitter.journal_place import DEFAULT_JOURNAL, real_journal
from kedro_batch.submitter.journal_reader import copied, open_to_read
from kedro_batch.submitter.journal_rows import RUN_COLUMNS, PlanOfRun, RunEntry, event_document, plan_of_run, run_entry
from kedro_batch.submitter.journal_schema import check_version, is_empty, version_of
from kedro_batch.submitter.journal_times import JournalTimes
from kedro_batch.submitter.journal_values import OddValueError
from kedro_batch.submitter.submission_rows import (
    SUBMISSION_COLUMNS,
    SubmittedId,
    digest_sent,
    job_record,
    revision_used,
    submitted_id,
)

_NEWEST = "(SELECT digest FROM plans WHERE plans.run = runs.run ORDER BY number DESC LIMIT 1)"


class JournalMissing(UsageError):  # noqa: N818  named for the state of things
    """Where a journal should be, there is none."""


class JournalView(JournalTimes):
    """A journal that is only read: its runs, plans, submissions and events."""

    def runs(self) -> tuple[RunEntry, ...]:
        """Return all runs that can be read, the oldest first."""
        return tuple(one for one in self._entries() if isinstance(one, RunEntry))

    def odd_runs(self) -> tuple[UsageError, ...]:
        """Return what is wrong with the runs that cannot be read."""
        return tuple(one for one in self._entries() if isinstance(one, UsageError))

    def run(self, run_id: RunId) -> RunEntry | None:
        """Return one run; None if the journal does not have it.

        Raises:
            UsageError: Its row is odd.
        """
        found = next(self._entries("WHERE run = ?", run_id), None)
        if isinstance(found, UsageError):
            raise found
        return found

    def known_run(self, run_id: RunId, otherwise: str = "") -> RunEntry:
        """Return one run that the journal has to have.

        Args:
            run_id: The run.
            otherwise: What the message says that can be done beside looking for another id.

        Raises:
            RunUnknown: It does not have it.
            UsageError: Its row is odd.
        """
        if entry := self.run(run_id):
            return entry
        further = journal_words(self.file)
        raise RunUnknown(f"the journal {self.file} has no run {run_id}: see kedro-batch runs{further}{otherwise}")

    def _entries(self, where: str = "", *values: object) -> Iterator[RunEntry | UsageError]:
        columns = f"{self._columns('runs', RUN_COLUMNS)}, {_NEWEST if self._has_plans() else 'NULL'}"
        # Names of this code, no input.
        rows = self._read(f"SELECT {columns} FROM runs {where} ORDER BY began_at, run", *values)  # noqa: S608
        for row in rows:
            try:
                yield run_entry(row)
            except OddValueError as error:
                yield self._odd(row[0], "", error)

    def plan(self, run_id: RunId) -> bytes:
        """Return the newest plan of a run, byte for byte as it was applied.

        Raises:
            UsageError: There is none.
        """
        return self.plans(run_id)[-1].content

    def plans(self, run_id: RunId) -> tuple[PlanOfRun, ...]:
        """Return all plans of a run, at least one: that it was applied from, and those that it has gone on with.

        Raises:
            UsageError: There is none, or a row is odd.
        """
        rows = self._read("SELECT digest, plan FROM runs WHERE run = ?", run_id)
        if not rows:
            raise self._odd(run_id, "", OddValueError("its plan is missing"))
        if self._has_plans():
            rows += self._read("SELECT digest, plan FROM plans WHERE run = ? ORDER BY number", run_id)
        try:
            return tuple(map(plan_of_run, rows))
        except OddValueError as error:
            raise self._odd(run_id, "", error) from error

    def digests_sent(self, run_id: RunId) -> dict[JobName, PlanDigest | None]:
        """Return the digest of the plan that the latest submission of each job was sent from, as far as is recorded.

        Raises:
            UsageError: A row is odd.
        """
        return {job: digest for (job, _), digest in self.digests_of_submissions(run_id).items()}

    def digests_of_submissions(self, run_id: RunId) -> dict[tuple[JobName, int], PlanDigest | None]:
        """Return the digest of the plan that each submission was sent from, as far as is recorded, the latest last.

        Raises:
            UsageError: A row is odd.
        """
        columns = self._columns("submissions", ["plan_digest"])
        # Names of this code, no input.
        query = f"SELECT job, submission, {columns} FROM submissions WHERE run = ? ORDER BY submission"  # noqa: S608
        try:
            return dict(map(digest_sent, self._read(query, run_id)))
        except OddValueError as error:
            raise self._odd(run_id, "", error) from error

    def _has_plans(self) -> bool:
        """True if runs may have several plans: an older journal has no table of them."""
        return bool(self._read("PRAGMA table_info(plans)"))

    def records(self, run_id: RunId) -> dict[JobName, JobRecord]:
        """Return the record of the latest submission of each job of a run that has one.

        Raises:
            UsageError: A row is odd.
        """
        return dict(self.submissions(run_id))

    def submissions(self, run_id: RunId) -> tuple[tuple[JobName, JobRecord], ...]:
        """Return every submission of a run that is recorded, the latest of each job last.

        Raises:
            UsageError: A row is odd.
        """
        columns = self._columns("submissions", SUBMISSION_COLUMNS)
        # Names of this code, no input.
        query = f"SELECT {columns} FROM submissions WHERE run = ? ORDER BY submission"  # noqa: S608
        return tuple(self._submission(run_id, row) for row in self._read(query, run_id))

    def _submission(self, run_id: RunId, row: tuple[Any, ...]) -> tuple[JobName, JobRecord]:
        try:
            return job_record(row)
        except OddValueError as error:
            which = f", submission {row[1]!a} of {row[0]!a}"
            raise self._odd(run_id, which, error) from error

    def submitted_ids(self, run_id: RunId) -> tuple[SubmittedId, ...]:
        """Return every id that the journal has for the jobs of a run, of all submissions and events.

        The row of a submission has its last id; an earlier one, whose job may run beside it, is in the events.

        Raises:
            UsageError: A row is odd.
        """
        rows = self._read("SELECT job, submission, job_id FROM submissions WHERE run = ? AND job_id NOT NULL", run_id)
        events = (one for one in self.events(run_id) if one.get("job_id") is not None)
        told = ((one.get("job"), one.get("submission"), one["job_id"]) for one in events)
        found: dict[SubmittedId, None] = {}
        for row in (*rows, *told):
            try:
                found[submitted_id(row)] = None
            except OddValueError as error:
                raise self._odd(run_id, "", error) from error
        return tuple(found)

    def plan_origin(self, run_id: RunId) -> PlanOrigin | None:
        """Return of what the first plan of a run is, by its beginning alone; None if that does not tell."""
        rows = self._read("SELECT substr(plan, 1, ?) FROM runs WHERE run = ?", BEGINNING, run_id)
        return next((read_origin(content) for (content,) in rows if isinstance(content, bytes)), None)

    def revisions(self, run_id: RunId) -> dict[JobName, str]:
        """Return the revision of its job definition that each job of a run has, as far as it is recorded.

        It is that of the latest submission that was sent, or may have been. The newest submission comes first.
        """
        query = (
            # Names of this code, no input.
            f"SELECT job, {self._columns('submissions', ['revision'])}, intended_at FROM submissions "  # noqa: S608
            "WHERE run = ? AND (job_id IS NOT NULL OR state = ?) ORDER BY submission"
        )
        latest = {}
        for row in self._read(query, run_id, JobState.SUBMITTING):
            try:
                latest[row[0]] = revision_used(row)
            except OddValueError as error:
                raise self._odd(run_id, f", job {row[0]!a}", error) from error
        newest_first = sorted(latest.values(), key=lambda one: one[2], reverse=True)
        return {job: revision for job, revision, _ in newest_first if revision}

    def events(self, run_id: RunId) -> Iterator[dict[str, Any]]:
        """Yield the events of a run in order, as ``schemas/events.schema.json`` describes them.

        Raises:
            UsageError: One is odd.
        """
        for number, found in self._events(run_id):
            if isinstance(found, OddValueError):
                raise self._odd(run_id, f", event {number}", found) from found
            yield found

    def events_or_none(self, run_id: RunId) -> Iterator[dict[str, Any] | None]:
        """Yield the events of a run in order, and None for each that cannot be read: for what only shows them."""
        return (None if isinstance(found, OddValueError) else found for _, found in self._events(run_id))

    def _events(self, run_id: RunId) -> Iterator[tuple[int, dict[str, Any] | OddValueError]]:
        for number, line in self._read("SELECT number, event FROM events WHERE run = ? ORDER BY number", run_id):
            try:
                yield number, event_document(line)
            except OddValueError as error:
                yield number, error


def journal_words(journal: Path) -> str:
    """Return what a command needs to find a run in a journal, for advice: nothing if it is the usual one."""
    return "" if journal == DEFAULT_JOURNAL else f" --journal {shlex.quote(str(journal))}"


@contextmanager
def read_journal(
    file: Path, tell: Callable[[str], None] | None = None, *, patience_s: float = BUSY_S, otherwise: str = ""
) -> Iterator[JournalView]:
    """Open a journal for reading only; nothing is written, not even beside it.

    Args:
        file: The journal.
        tell: Shows why nothing happens, while another program holds it.
        patience_s: How long to wait for that program, in seconds.
        otherwise: What the message says that can be done where there is none, beside looking for it.

    Raises:
        JournalMissing: There is none.
        UsageError: It cannot be read, or is not a journal of this version.
    """
    real = real_journal(file)
    none = JournalMissing(
        f"there is no journal {file}: no run was recorded here. Go to the folder of the run, or name its file "
        f"with --journal{otherwise}"
    )
    if not real.is_file():
        raise none
    wait = JournalWait(file)
    wait.tell = tell or wait.tell
    wait.at_most_s = patience_s
    with ExitStack() as held:
        try:
            try:
                view = _view(file, open_to_read(real), wait, none)
            except sqlite3.OperationalError as error:
                if is_busy(error):
                    raise
                # A writer has died within a commit: reading means to roll that back first, which is done on a copy.
                folder = Path(held.enter_context(tempfile.TemporaryDirectory()))
                view = _view(file, open_to_read(copied(real, folder), writing=True), wait, none)
        except (sqlite3.Error, OSError) as error:
            raise unreadable(file, error) from error
        held.callback(view.close)
        yield view


def _view(file: Path, connection: sqlite3.Connection, wait: JournalWait, none: JournalMissing) -> JournalView:
    with ExitStack() as on_failure:
        on_failure.callback(connection.close)
        if wait.for_lock(lambda: is_empty(connection)):
            raise none  # who made it was killed before anything was in it
        check_version(file, wait.for_lock(lambda: version_of(connection)))
        on_failure.pop_all()
    return JournalView(file, connection, wait)
