"""What happens in a run, as values: printed as lines, drawn on a terminal, written as JSON.

The JSON form, one object a line, is described by ``schemas/events.schema.json``.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

from kedro_batch.plan.model import JobName, PlanDigest
from kedro_batch.plan.request import JobId, RunId
from kedro_batch.submitter.progress import JobState

EVENTS_SCHEMA = "kedro-batch/events/v1"

RunOutcome = Literal["succeeded", "failed", "interrupted", "stopped"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStarted:
    """The run has its id; nothing has been submitted yet."""

    run: RunId
    plan_digest: PlanDigest
    engine: str
    jobs: int
    record: str
    event: Literal["run_started"] = "run_started"
    schema: str = EVENTS_SCHEMA


@dataclass(frozen=True, slots=True, kw_only=True)
class JobSubmitted:
    """A job has an id."""

    job: JobName
    job_id: JobId
    attempt: int
    event: Literal["job_submitted"] = "job_submitted"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobChanged:
    """A job was seen in another state.

    Attributes:
        job: The job.
        job_id: Its id; None for a job that was never submitted.
        before: The state until now.
        after: The state from now on.
        because: For NOT_RUN: the failed job above it.
        reason: What the service says about it.
        exit_code: Of its container, where it is known.
        log: Where its output is: a file, or a stream of CloudWatch Logs.
        log_tail: The last lines of it, for a failed job, where they can be read.
    """

    job: JobName
    job_id: JobId | None
    before: JobState
    after: JobState
    because: JobName | None = None
    reason: str | None = None
    exit_code: int | None = None
    log: str | None = None
    log_tail: tuple[str, ...] = ()
    event: Literal["job_changed"] = "job_changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFinished:
    """The run has ended, or this process has stopped following it.

    Attributes:
        run: The run.
        outcome: ``succeeded``; ``failed`` when jobs failed; ``interrupted`` by a signal; ``stopped`` when the
            service refused or did not answer.
        counts: How many jobs are in each state.
        seconds: How long it took.
        note: What became of jobs that had not ended.
    """

    run: RunId
    outcome: RunOutcome
    counts: dict[str, int]
    seconds: float
    note: str | None = None
    event: Literal["run_finished"] = "run_finished"


Event = RunStarted | JobSubmitted | JobChanged | RunFinished
Sink = Callable[[Event], None]


def event_json(event: Event, at: datetime) -> str:
    """Write an event as one line of JSON, without the fields that have no value.

    Args:
        event: The event.
        at: When it happened, with its time zone.
    """
    fields = asdict(event)
    first = {"schema": fields.pop("schema")} if "schema" in fields else {}
    first |= {"event": fields.pop("event"), "at": at.isoformat(timespec="milliseconds")}
    return json.dumps(first | {name: value for name, value in fields.items() if _has_value(value)}, ensure_ascii=False)


def _has_value(value: Any) -> bool:
    return value is not None and value != ()
