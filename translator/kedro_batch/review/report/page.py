"""Write the report of a run as one HTML file that needs no server and no network, as the page of a plan is made.

The page embeds its data as JSON; the scripts of ``templates/report/`` build elements from it and must never treat data
as HTML. Times are embedded as seconds since the begin of the timeline.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from markupsafe import Markup

from kedro_batch.plan.model import JobName
from kedro_batch.review.page.self_contained import embed, page_script, page_style, policy
from kedro_batch.review.report.critical_path import PathStep
from kedro_batch.review.report.model import Report, ReportFailure, ReportJob
from kedro_batch.review.report.phases import Interval, Phase
from kedro_batch.review.report.timeline import Attempt
from kedro_batch.review.report.usage import Share
from kedro_batch.review.report.words import WHILE, Fact, headline, hours_words, report_facts
from kedro_batch.review.run.job_groups import counts_words
from kedro_batch.review.templates import render
from kedro_batch.text.escaping import for_review

_SCRIPTS = ("run.js", "timeline.js", "drawing.js", "tables.js", "report.js")
_PHASES = tuple(Phase)
_MILLISECONDS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    """The values that ``report/report.html.j2`` shows."""

    run: str
    headline: str
    outcome: str
    policy: str
    style: Markup
    script: Markup
    data: Markup
    facts: tuple[Fact, ...]
    notes: tuple[str, ...]
    counts: tuple[tuple[str, str], ...]
    has_times: bool
    is_over: bool


def render_report_page(report: Report) -> str:
    """Write a report as a page."""
    style, script = page_style("report", "report.css"), page_script("report", *_SCRIPTS)
    view = _Page(
        run=report.status.run,
        headline=headline(report),
        outcome=report.outcome or "" if report.is_over else "",
        policy=policy(style, script),
        style=Markup(style),  # noqa: S704  a file of this package, no input
        script=Markup(script),  # noqa: S704  a file of this package, no input
        data=Markup(embed(build_page_data(report))),  # noqa: S704  escaped by embed
        facts=tuple(Fact(label=one.label, text=for_review(one.text)) for one in report_facts(report)),
        notes=report.notes,
        counts=tuple((group.name.lower(), counts_words(report.groups, [group])) for group in report.groups),
        has_times=any(one.intervals for one in report.attempts),
        is_over=report.is_over,
    )
    return render("report/report.html.j2", view)


def build_page_data(report: Report) -> dict[str, Any]:
    """Build the data of a page: jobs go by their number, and times by seconds since ``begin``."""
    begin, slots = report.began_at, report.usage.slots
    number: dict[JobName, int] = {job.name: index for index, job in enumerate(report.jobs)}
    earlier = dict.fromkeys(one.job for one in report.attempts if one.job not in number)  # of an earlier plan only
    number |= {name: index for index, name in enumerate(earlier, len(number))}
    return {
        "begin": begin,
        "end": _since(begin, report.last_at),
        "isOver": report.is_over,
        "phases": list(map(str, _PHASES)),
        "jobs": [*(_job(job, number) for job in report.jobs), *({"name": name, "earlier": True} for name in earlier)],
        "attempts": [_attempt(one, number[one.job], begin) for one in report.attempts],
        "path": [_step(step, number, begin) for step in report.path.steps],
        "spent": dict(WHILE),
        "slots": {
            "times": [_since(begin, at) for at in slots.times],
            "running": list(slots.running),
            "waiting": list(slots.waiting),
        },
        "shares": {
            "node": list(map(_share, report.usage.by_node)),
            "namespace": list(map(_share, report.usage.by_namespace)),
            "queue": list(map(_share, report.usage.by_queue)),
            "tag": list(map(_share, report.usage.by_tag)),
        },
        "failures": [_failure(one, number) for one in report.failures],
    }


def _since(begin: float, at: float) -> float:
    return round(at - begin, _MILLISECONDS)


def _job(job: ReportJob, number: Mapping[JobName, int]) -> dict[str, Any]:
    return _with_value(
        {
            "name": job.name,
            "state": str(job.state),
            "level": job.level,
            "namespace": job.namespace,
            "queue": for_review(job.queue),
            "nodes": list(map(for_review, job.nodes)),
            "tags": list(map(for_review, job.tags)),
            "parents": [number[parent] for parent in job.parents],
            "blockedBy": number.get(job.blocked_by) if job.blocked_by else None,
        }
    )


def _attempt(one: Attempt, job: int, begin: float) -> dict[str, Any]:
    execution, failure = one.record.execution, one.record.failure if one.is_last else None
    times = {
        "created": one.created_at,
        "parentsDone": one.parents_done_at,
        "startingSeen": one.starting_seen_at,
        "runningSeen": one.running_seen_at,
        "started": one.started_at,
        "stopped": one.stopped_at,
    }
    return {
        "job": job,
        "submission": one.submission,
        "state": str(one.state),
        **_with_value(
            {
                "attempt": one.attempt,
                "outcome": one.outcome,
                "intervals": [_interval(each, begin) for each in one.intervals],
                **{name: None if at is None else _since(begin, at) for name, at in times.items()},
                "exitCode": one.exit_code,
                "reason": _shown(one.reason or (failure.reason if failure else None)),
                "exception": _shown(failure.exception) if failure else None,
                "jobId": one.record.job_id,
                "log": _shown(one.log),
                "instance": _shown(one.instance),
                "vcpus": execution.vcpus if execution else None,
                "memoryMib": execution.memory_mib if execution else None,
                "gpus": execution.gpus if execution else None,
            }
        ),
    }


def _interval(one: Interval, begin: float) -> list[float]:
    """Return the number of the phase, begin and end, and 1 if it goes on."""
    phase = _PHASES.index(one.phase)
    return [phase, _since(begin, one.start), _since(begin, one.stop), *([1] if one.is_open else [])]


def _step(step: PathStep, number: Mapping[JobName, int], begin: float) -> dict[str, Any]:
    return {
        "job": number[JobName(step.job)],
        "submission": step.submission,
        "begin": _since(begin, step.begin),
        "end": _since(begin, step.end),
        "spent": [round(getattr(step, name), _MILLISECONDS) for name in WHILE],
    }


def _share(share: Share) -> dict[str, Any]:
    amount = asdict(share.amount)
    return {"name": for_review(share.name), "hours": hours_words(share.amount), **_with_value(amount)}


def _failure(one: ReportFailure, number: Mapping[JobName, int]) -> dict[str, Any]:
    view = one.view
    return _with_value(
        {
            "jobs": [number[JobName(name)] for name in one.jobs],
            "headline": view.headline,
            "exceptions": list(view.exceptions),
            "node": view.node,
            "advice": view.advice,
            "place": view.place,
            "log": view.log,
            "logTail": list(view.log_tail),
            "logProblem": view.log_problem,
            "notRun": view.not_run_count,
            "notRunNames": view.not_run,
        }
    )


def _shown(text: str | None) -> str | None:
    return for_review(text) if text else None


def _with_value(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value not in (None, [], "")}
