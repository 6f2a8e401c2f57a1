"""When the jobs of a run started, ended, and were seen to run or to be stuck; how many ended how."""

from kedro_batch.plan.model import JobName
from kedro_batch.plan.submit_job import RunId
from kedro_batch.submitter.began import Began
from kedro_batch.submitter.job_state import MAY_BE_WORKING, JobState
from kedro_batch.submitter.journal_reader import JournalReader
from kedro_batch.submitter.journal_rows import began_of_event, moment_of_event
from kedro_batch.submitter.stuck_jobs import FirstSight
from kedro_batch.submitter.submission_rows import (
    FIRST_SIGHT_COLUMNS,
    JOB_TIMES_COLUMNS,
    JobTimes,
    first_sight,
    times_of_job,
)

_STATES = frozenset(map(str, JobState))


class JournalTimes(JournalReader):
    """What a journal knows about when jobs ran, and how many did."""

    def first_sights(self, run_id: RunId) -> dict[JobName, FirstSight]:
        """Return when the latest submissions of jobs were first seen stuck; odd ones are left out: they count anew."""
        columns = self._columns("submissions", FIRST_SIGHT_COLUMNS)
        # Names of this code, no input.
        query = f"SELECT {columns} FROM submissions WHERE run = ? ORDER BY submission"  # noqa: S608
        latest = {row[0]: row for row in self._read(query, run_id)}
        return dict(filter(None, map(first_sight, latest.values())))

    def job_times(self, run_id: RunId) -> tuple[JobTimes, ...]:
        """Return when the submissions of a run ran that have ended; those that do not tell, and odd ones, are left out.

        Details are texts of JSON, and long to read: only those of several attempts are.
        """
        *columns, details = JOB_TIMES_COLUMNS
        several = f"CASE WHEN {details} LIKE '%stopped_at%stopped_at%' THEN {details} END"
        if details not in {row[1] for row in self._read("PRAGMA table_info(submissions)")}:
            return ()  # an older journal
        where = "WHERE run = ? AND started_at NOT NULL AND stopped_at NOT NULL"
        # Names of this code, no input.
        query = f"SELECT {', '.join(columns)}, {several} FROM submissions {where}"  # noqa: S608
        return tuple(filter(None, map(times_of_job, self._read(query, run_id))))

    def last_event_at(self, run_id: RunId) -> float | None:
        """Return when the last event of a run happened, until which its records are known; None if that is odd."""
        rows = self._read("SELECT event FROM events WHERE run = ? ORDER BY number DESC LIMIT 1", run_id)
        return next((moment_of_event(line) for (line,) in rows), None)

    def began(self, run_id: RunId) -> dict[JobName, Began]:
        """Return when jobs of a run began that were seen at work, by the last event of each; odd ones are left out."""
        query = (
            "SELECT event FROM events WHERE run = ? AND CASE WHEN json_valid(event) "
            "THEN json_extract(event, '$.after') END IN (?, ?, ?) ORDER BY number"
        )
        rows = self._read(query, run_id, *sorted(MAY_BE_WORKING))
        return dict(filter(None, (began_of_event(line) for (line,) in rows)))

    def job_counts(self) -> dict[RunId, dict[JobState, int]]:
        """Return how many jobs of each run are in each state, by their latest submissions; odd states are left out."""
        latest = "SELECT run, state, max(submission) FROM submissions GROUP BY run, job"  # the state of the greatest
        counts: dict[RunId, dict[JobState, int]] = {}
        # Names of this code, no input.
        for run, state, count in self._read(f"SELECT run, state, count(*) FROM ({latest}) GROUP BY run, state"):  # noqa: S608
            if state in _STATES:
                counts.setdefault(run, {})[JobState(state)] = count
        return counts

    def earlier_failures(self, run_id: RunId) -> dict[JobName, int]:
        """Return how many submissions of each job, before its latest one, are known to have ended without success."""
        query = (
            "SELECT job, count(*) FROM submissions AS one WHERE run = ? AND state IN (?, ?, ?) AND submission < "
            "(SELECT max(submission) FROM submissions WHERE run = one.run AND job = one.job) GROUP BY job"
        )
        rows = self._read(query, run_id, JobState.FAILED, JobState.CANCELLED, JobState.NOT_RUN)
        return {JobName(job): count for job, count in rows}
