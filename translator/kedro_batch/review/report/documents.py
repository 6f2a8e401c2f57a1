"""The report of a run for programs: JSON by ``schemas/report.schema.json``, and CSV with the same row an attempt. Pure.

Fields without a value are left out of the JSON, and are empty in the CSV.
"""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from io import StringIO
from typing import Any

from kedro_batch.files.json_text import encoded, known
from kedro_batch.review.report.critical_path import PathStep
from kedro_batch.review.report.model import Report, ReportFailure, ReportJob
from kedro_batch.review.report.phases import Phase
from kedro_batch.review.report.timeline import Attempt
from kedro_batch.review.report.usage import Amount, Share
from kedro_batch.text.escaping import for_review
from kedro_batch.text.times import iso_time

REPORT_SCHEMA = "kedro-batch/report/v1"
_MILLISECONDS, _HOURS = 3, 6
"""Digits of seconds, and of hours."""
_FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""A spreadsheet takes a cell that begins so for a formula (OWASP, CSV Injection), some also the wide forms of these."""

COLUMNS = (
    *("job", "submission", "attempt", "state", "outcome", "on_critical_path", "level", "namespace", "nodes", "tags"),
    *("queue", "job_id", "created_at", "parents_done_at", "starting_seen_at", "running_seen_at", "started_at"),
    *("stopped_at", "waiting_for_parents_s", "waiting_for_capacity_s", "starting_s", "waiting_s", "running_s"),
    *("exit_code", "cause", "reason", "exception", "vcpus", "memory_mib", "gpus", "instance", "log"),
)
"""The fields of an attempt, and after ``run`` the columns of the CSV."""


def render_report_json(report: Report) -> str:
    """Write a report as JSON."""
    return encoded(report_document(report), indent=2) + "\n"


def render_report_csv(report: Report) -> str:
    """Write the attempts of a run as CSV: text of others is shown as text, never taken for a formula."""
    buffer = StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(("run", *COLUMNS))
    for row in attempt_rows(report):
        writer.writerow((report.status.run, *(_cell(row.get(name)) for name in COLUMNS)))
    return buffer.getvalue()


def report_document(report: Report) -> dict[str, Any]:
    """Return a report as plain values."""
    status, usage = report.status, report.usage
    return known(
        {
            "schema": REPORT_SCHEMA,
            "source": report.source,
            "run": status.run,
            "plan_digest": status.plan_digest,
            "first_plan_digest": status.first_plan_digest,
            "project": report.project,
            "pipelines": list(report.pipelines),
            "env": report.env,
            "engine": status.engine,
            "location": dict(status.location),
            "outcome": report.outcome,
            "is_over": report.is_over,
            "began_at": iso_time(report.began_at),
            "last_at": iso_time(report.last_at),
            "seconds": round(report.seconds, _MILLISECONDS),
            "counts": dict(status.counts),
            "submissions": report.submissions,
            "totals": _amount(usage.total),
            "slots": {
                "most_running": usage.slots.most_running,
                "mean_running": round(usage.slots.mean_running, _MILLISECONDS),
            },
            "critical_path": {"is_complete": report.path.is_complete, "steps": list(map(_step, report.path.steps))},
            "by_node": list(map(_share, usage.by_node)),
            "by_tag": list(map(_share, usage.by_tag)),
            "by_namespace": list(map(_share, usage.by_namespace)),
            "by_queue": list(map(_share, usage.by_queue)),
            "failures": list(map(_failure, report.failures)),
            "not_known": list(report.not_known) if report.source == "aws" else None,
            "notes": list(report.notes),
            "attempts": list(attempt_rows(report)),
        }
    )


def attempt_rows(report: Report) -> Iterator[dict[str, Any]]:
    """Yield the fields of each attempt that have a value."""
    jobs = {job.name: job for job in report.jobs}
    critical = {(step.job, step.submission) for step in report.path.steps}
    for one in report.attempts:
        yield known(_row(one, jobs.get(one.job), critical=one.key in critical))


def _row(one: Attempt, job: ReportJob | None, *, critical: bool) -> dict[str, Any]:
    failure, execution = one.record.failure, one.record.execution
    told = failure if one.is_last else None
    return {
        "job": one.job,
        "submission": one.submission,
        "attempt": one.attempt,
        "state": str(one.state),
        "outcome": one.outcome,
        "on_critical_path": critical,
        "level": job.level if job else None,
        "namespace": job.namespace if job else None,
        "nodes": list(job.nodes) if job else None,
        "tags": list(job.tags) if job else None,
        "queue": job.queue if job else None,
        "job_id": one.record.job_id,
        **{name: _moment(getattr(one, name)) for name in _TIMES},
        **{name: _seconds(one, phase) for name, phase in _PHASES.items()},
        "exit_code": one.exit_code,
        "cause": str(told.cause) if told else None,
        "reason": one.reason or (told.reason or None if told else None),
        "exception": told.exception if told else None,
        "vcpus": execution.vcpus if execution else None,
        "memory_mib": execution.memory_mib if execution else None,
        "gpus": execution.gpus if execution else None,
        "instance": one.instance,
        "log": one.log,
    }


_TIMES = ("created_at", "parents_done_at", "starting_seen_at", "running_seen_at", "started_at", "stopped_at")
_PHASES: Mapping[str, Phase] = {
    "waiting_for_parents_s": Phase.PARENTS,
    "waiting_for_capacity_s": Phase.CAPACITY,
    "starting_s": Phase.STARTING,
    "waiting_s": Phase.WAITING,
    "running_s": Phase.RUNNING,
}


def _moment(seconds: float | None) -> str | None:
    return None if seconds is None else iso_time(seconds)


def _seconds(one: Attempt, phase: Phase) -> float | None:
    seconds = one.seconds(phase)
    return None if seconds is None else round(seconds, _MILLISECONDS)


def _amount(amount: Amount) -> dict[str, Any]:
    digits = {name: _HOURS if name.endswith("_hours") else _MILLISECONDS for name in asdict(amount)}
    return known(
        {
            name: round(value, digits[name]) if isinstance(value, float) else value
            for name, value in asdict(amount).items()
        }
    )


def _share(share: Share) -> dict[str, Any]:
    return {"name": share.name, **_amount(share.amount)}


def _step(step: PathStep) -> dict[str, Any]:
    return {
        "job": step.job,
        "submission": step.submission,
        "state": str(step.state),
        "begin": iso_time(step.begin),
        "end": iso_time(step.end),
        **{name: round(getattr(step, name), _MILLISECONDS) for name in _STEP_SECONDS},
    }


_STEP_SECONDS = ("seconds", "unsubmitted_s", "capacity_s", "starting_s", "retried_s", "run_s", "unknown_s")


def _failure(one: ReportFailure) -> dict[str, Any]:
    view = one.view
    return known(
        {
            "jobs": list(one.jobs),
            "headline": view.headline,
            "exceptions": list(view.exceptions),
            "node": view.node,
            "advice": view.advice,
            "place": view.place,
            "log": view.log,
            "log_tail": list(view.log_tail),
            "log_problem": view.log_problem,
            "not_run": view.not_run_count,
        }
    )


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case int() | float():
            return f"{value}"
        case list():
            return _text("; ".join(map(str, value)))
        case _:
            return _text(str(value))


def _text(text: str) -> str:
    shown = for_review(text)
    return f"'{shown}" if shown.lstrip().startswith(_FORMULA) else shown
