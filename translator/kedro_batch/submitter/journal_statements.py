"""What is written to a journal: the statements, and the rows that follow from an event. Pure."""

import json
from datetime import UTC, datetime
from typing import assert_never

from kedro_batch.plan.submit_job import RunId
from kedro_batch.submitter.events import (
    DefinitionPinned,
    Event,
    JobChanged,
    JobLog,
    JobSubmitted,
    Notice,
    PlanChanged,
    RunFinished,
    RunStarted,
    event_json,
)
from kedro_batch.submitter.job_state import JobState

INTEND = """
INSERT INTO submissions (run, job, submission, intended_at, revision, state, plan_digest) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET intended_at = excluded.intended_at, revision = excluded.revision, state = excluded.state,
    plan_digest = excluded.plan_digest, blocked_by = NULL
"""
BEGIN = "INSERT INTO runs (run, plan, digest, engine, location, jobs, began_at) VALUES (?, ?, ?, ?, ?, ?, ?)"
ADD_PLAN = """
INSERT INTO plans (run, number, digest, plan, added_at)
SELECT ?, coalesce(max(number), 1) + 1, ?, ?, ? FROM plans WHERE run = ?
"""
COUNT_JOBS = "UPDATE runs SET jobs = ? WHERE run = ?"
WITHDRAW = "DELETE FROM submissions WHERE run = ? AND job = ? AND submission = ? AND state IN (?, ?) AND job_id IS NULL"
_SUBMITTED = """
INSERT INTO submissions (run, job, submission, job_id, state) VALUES (?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET job_id = excluded.job_id, state = excluded.state, blocked_by = NULL
"""
_CHANGED = """
INSERT INTO submissions (
    run, job, submission, job_id, state, status, blocked_by, cause, reason, exit_code, attempts, advice, log
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET job_id = excluded.job_id, state = excluded.state, status = excluded.status,
    blocked_by = excluded.blocked_by, cause = excluded.cause, reason = excluded.reason,
    exit_code = excluded.exit_code, attempts = excluded.attempts, advice = excluded.advice, log = excluded.log
"""
_LOG = "UPDATE submissions SET log_tail = ?, log_problem = ? WHERE run = ? AND job = ? AND submission = ?"

Row = tuple[str, tuple[object, ...]]
"""A statement and its values."""


def event_rows(run_id: RunId, event: Event, at: float) -> list[Row]:
    """Return what an event writes: the event itself, and what follows from it for the job or the run.

    Args:
        run_id: The run.
        event: What happened.
        at: When; seconds since the epoch.
    """
    moment = datetime.fromtimestamp(at, UTC)
    rows: list[Row] = [("INSERT INTO events (run, event) VALUES (?, ?)", (run_id, event_json(event, moment)))]
    match event:
        case JobSubmitted():
            submitted = (run_id, event.job, event.submission, event.job_id, JobState.SUBMITTED)
            rows.append((_SUBMITTED, submitted))
        case JobChanged():
            submission = (run_id, event.job, event.submission, event.job_id, event.after, event.status)
            failure = (event.cause, event.reason, event.exit_code, event.attempts, event.advice, event.log)
            rows.append((_CHANGED, (*submission, event.blocked_by, *failure)))
        case JobLog():
            log = (json.dumps(event.lines), event.problem, run_id, event.job, event.submission)
            rows.append((_LOG, log))
        case RunFinished():
            rows.append(("UPDATE runs SET outcome = ?, ended_at = ? WHERE run = ?", (event.outcome, at, run_id)))
        case RunStarted() | PlanChanged() | DefinitionPinned() | Notice():
            pass
        case _:
            assert_never(event)
    return rows
