"""What is written to a journal: the statements, and the rows that follow from an event. Pure."""

import json
from typing import assert_never

from kedro_batch.plan.submit_job import RunId
from kedro_batch.submitter.event_json import event_json
from kedro_batch.submitter.events import (
    DefinitionPinned,
    Event,
    JobChanged,
    JobExecuted,
    JobLog,
    JobSubmitted,
    Notice,
    PlanChanged,
    RunFinished,
    RunStarted,
)
from kedro_batch.submitter.job_execution import details_text
from kedro_batch.submitter.job_state import ENDED_ON_SERVICE, JobState

INTEND = """
INSERT INTO submissions (run, job, submission, intended_at, revision, state, plan_digest) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET intended_at = excluded.intended_at, revision = excluded.revision, state = excluded.state,
    plan_digest = excluded.plan_digest, blocked_by = NULL, cause = NULL, reason = NULL, advice = NULL
"""
STUCK = "UPDATE submissions SET stuck_since = ?, attempts = ?, reason = ? WHERE run = ? AND job = ? AND submission = ?"
NOT_STUCK = "UPDATE submissions SET stuck_since = NULL WHERE run = ? AND job = ? AND submission = ?"
BEGIN = """
INSERT INTO runs (run, plan, digest, engine, location, jobs, began_at, plan_file) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""
ADD_PLAN = """
INSERT INTO plans (run, number, digest, plan, added_at)
SELECT ?, coalesce(max(number), 1) + 1, ?, ?, ? FROM plans WHERE run = ?
"""
OF_NEWEST_PLAN = "UPDATE runs SET jobs = ?, plan_file = ? WHERE run = ?"
WITHDRAW = "DELETE FROM submissions WHERE run = ? AND job = ? AND submission = ? AND state IN (?, ?) AND job_id IS NULL"
NOT_SENT = """
UPDATE submissions SET state = ?, intended_at = NULL, revision = NULL, plan_digest = NULL
WHERE run = ? AND job = ? AND submission = ? AND state = ? AND job_id IS NULL
"""
REOPEN = "UPDATE runs SET outcome = NULL, ended_at = NULL, cancel_at = NULLIF(cancel_at, ?) WHERE run = ?"
"""A mark that was written since it was last read stays."""
MARK = "UPDATE runs SET cancel_at = ? WHERE run = ?"
_SUBMITTED = """
INSERT INTO submissions (run, job, submission, job_id, state) VALUES (?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET job_id = excluded.job_id, state = excluded.state, blocked_by = NULL,
    stuck_since = CASE WHEN job_id IS excluded.job_id THEN stuck_since END,
    created_at = NULL, started_at = NULL, stopped_at = NULL, details = NULL
"""
_CHANGED = """
INSERT INTO submissions (
    run, job, submission, job_id, state, status, blocked_by, cause, reason, exit_code, attempts, advice, log
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET job_id = excluded.job_id, state = excluded.state, status = excluded.status,
    blocked_by = excluded.blocked_by, cause = excluded.cause, reason = excluded.reason,
    exit_code = excluded.exit_code, attempts = excluded.attempts, advice = excluded.advice, log = excluded.log
WHERE submissions.state != 'CANCELLED' OR ?
"""
_EXECUTED = """
UPDATE submissions SET created_at = ?, started_at = ?, stopped_at = ?, details = ?
WHERE run = ? AND job = ? AND submission = ? AND job_id = ?
"""
_LOG = """
UPDATE submissions SET log_tail = ?, log_problem = ?, exception = ?, exception_cause = ?, node = ?
WHERE run = ? AND job = ? AND submission = ?
"""

Row = tuple[str, tuple[object, ...]]
"""A statement and its values."""


def event_rows(run_id: RunId, event: Event, at: float) -> list[Row]:
    """Return what an event writes: the event itself, and what follows from it for the job or the run.

    Args:
        run_id: The run.
        event: What happened.
        at: When; seconds since the epoch.
    """
    rows: list[Row] = [("INSERT INTO events (run, event) VALUES (?, ?)", (run_id, event_json(event, at)))]
    match event:
        case JobSubmitted():
            submitted = (run_id, event.job, event.submission, event.job_id, JobState.SUBMITTED)
            rows.append((_SUBMITTED, submitted))
        case JobChanged():
            submission = (run_id, event.job, event.submission, event.job_id, event.after, event.status)
            failure = (event.cause, event.reason, event.exit_code, event.attempts, event.advice, event.log)
            # A process that was stopped, and goes on once the run is cancelled, tells what it saw before.
            is_later = event.before is JobState.CANCELLED or event.after in ENDED_ON_SERVICE
            rows.append((_CHANGED, (*submission, event.blocked_by, *failure, is_later)))
        case JobExecuted(execution=one):
            times = (one.created_at, one.started_at, one.stopped_at)
            of_job = (run_id, event.job, event.submission, event.job_id)
            rows.append((_EXECUTED, (*times, details_text(one), *of_job)))
        case JobLog():
            told = (json.dumps(event.lines), event.problem, event.exception, event.exception_cause, event.node)
            rows.append((_LOG, (*told, run_id, event.job, event.submission)))
        case RunFinished():
            ended_at = at if event.ended_at is None else event.ended_at
            rows.append(("UPDATE runs SET outcome = ?, ended_at = ? WHERE run = ?", (event.outcome, ended_at, run_id)))
        case RunStarted() | PlanChanged() | DefinitionPinned() | Notice():
            pass
        case _:
            assert_never(event)
    return rows
