"""How a run stands, as JSON documents; ``schemas/run.schema.json`` describes them. Pure."""

import shlex
from dataclasses import asdict, replace
from typing import Any

from kedro_batch.files.json_text import known
from kedro_batch.review.run.status import FailureStatus, JobStatus, NextPlan, RunStatus
from kedro_batch.submitter.failures import advice_for_programs
from kedro_batch.submitter.job_execution import execution_document
from kedro_batch.submitter.journal_rows import RunEntry
from kedro_batch.text.times import iso_time


def status_document(status: RunStatus) -> dict[str, Any]:
    """Return the JSON document of a run, without the fields that have no value."""
    jobs = [_job_document(one) for one in status.jobs]
    failures = tuple(_for_programs(one, status) for one in status.failures)
    fields = asdict(replace(status, jobs=(), failures=failures, next_plan=None))
    return {name: _without_nothing(value) for name, value in known(fields).items()} | {"jobs": jobs}


def _for_programs(one: FailureStatus, status: RunStatus) -> FailureStatus:
    if one.advice is None or status.engine != "aws":
        return one
    following = status.next_plan or NextPlan()
    resume = f"kedro-batch resume {status.run} --new-plan {shlex.quote(following.file)}"
    return replace(one, advice=advice_for_programs(one.advice, one.cause, one.exit_code, following.command, resume))


def _job_document(one: JobStatus) -> dict[str, Any]:
    fields: dict[str, Any] = _without_nothing(asdict(replace(one, execution=None)))
    return fields if one.execution is None else {**fields, "execution": execution_document(one.execution)}


def entry_document(entry: RunEntry) -> dict[str, Any]:
    """Return the JSON document of the journal's record of a run."""
    return known(
        {
            "run": entry.run,
            "plan_digest": entry.plan_digest,
            "first_plan_digest": entry.digest if entry.new_digest else None,
            "engine": entry.engine,
            "location": dict(entry.location),
            "total": entry.jobs,
            "began_at": iso_time(entry.began_at, "seconds"),
            "ended_at": None if entry.ended_at is None else iso_time(entry.ended_at, "seconds"),
            "outcome": entry.outcome,
            "version": entry.version,
        }
    )


def _without_nothing(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nothing(one) for key, one in value.items() if one is not None and one != ()}
    if isinstance(value, tuple | list):
        return [_without_nothing(one) for one in value]
    return value
