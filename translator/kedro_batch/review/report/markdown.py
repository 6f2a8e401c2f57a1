"""The report of a run as Markdown, for the summary of a CI job: bounded, and escaped like any foreign text. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from kedro_batch.review.markdown_escape import fence
from kedro_batch.review.report.model import Report, ReportFailure
from kedro_batch.review.report.phases import Phase
from kedro_batch.review.report.timeline import Attempt
from kedro_batch.review.report.usage import Share
from kedro_batch.review.report.words import (
    Fact,
    headline,
    hours_words,
    report_facts,
    spent_words,
    which_words,
)
from kedro_batch.review.templates import render
from kedro_batch.submitter.log_excerpt import LOG_LINES
from kedro_batch.text.escaping import one_line
from kedro_batch.text.wording import counted, duration

CHARACTERS = 60_000
"""As for comments; the summary of a job on GitHub may have 1 MiB."""
_ROWS, _STEPS, _FAILURES, _RETRIES = 15, 40, 10, 20
_LINES_OF_A_LOG = (LOG_LINES, 10, 3, 0)
"""How much of each log is shown: as much as fits."""
_LINE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    job: str
    which: str
    took: str
    spent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    name: str
    jobs: str
    ran: str
    waited: str
    hours: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    title: str
    head: str
    rows: tuple[_Row, ...]
    left_out: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Failure:
    headline: str
    job: str
    others: tuple[str, ...]
    texts: tuple[str, ...]
    log: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Retry:
    job: str
    which: str
    ran: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    run: str
    headline: str
    facts: tuple[Fact, ...]
    failures: tuple[_Failure, ...]
    failures_left_out: str
    is_over: bool
    steps: tuple[_Step, ...]
    steps_left_out: str
    retries: tuple[_Retry, ...]
    retries_left_out: str
    tables: tuple[_Table, ...]
    notes: tuple[str, ...]


def render_report_markdown(report: Report) -> str:
    """Write a report as Markdown of at most ``CHARACTERS`` characters."""
    for lines in _LINES_OF_A_LOG:
        text = render("report.md.j2", _page(report, lines))
        if len(text) <= CHARACTERS:
            break
    return text


def _page(report: Report, lines: int) -> _Page:
    usage, steps = report.usage, report.path.steps
    failed = [one for one in report.attempts if one.outcome == "failed"]
    tables = (
        _table("queue", usage.by_queue),
        _table("namespace", usage.by_namespace),
        _table("tag", usage.by_tag),
        _table("node", usage.by_node),
    )
    return _Page(
        run=report.status.run,
        headline=headline(report),
        facts=report_facts(report),
        failures=tuple(_failure(one, lines) for one in report.failures[:_FAILURES]),
        failures_left_out=_left_out(len(report.failures) - _FAILURES, "failure"),
        is_over=report.is_over,
        # The end of a path is what people ask about.
        steps=tuple(
            _Step(job=one.job, which=which_words(one.submission), took=duration(one.seconds), spent=spent_words(one))
            for one in steps[-_STEPS:]
        ),
        steps_left_out=_left_out(len(steps) - _STEPS, "job"),
        retries=tuple(map(_retry, failed[:_RETRIES])),
        retries_left_out=_left_out(len(failed) - _RETRIES, "attempt"),
        tables=tuple(table for table in tables if len(table.rows) > 1),  # a single row has the sums of the head
        notes=report.notes,
    )


def _left_out(number: int, noun: str) -> str:
    return counted(number, f"more {noun}") if number > 0 else ""


def _failure(one: ReportFailure, lines: int) -> _Failure:
    view = one.view
    tail = "\n".join(one_line(line, _LINE) for line in view.log_tail[-lines:]) if lines else ""
    return _Failure(
        headline=view.headline,
        job=one.jobs[0],
        others=one.jobs[1:],
        texts=tuple(_texts(one)),
        log=fence(tail, "text") if tail else "",
    )


def _texts(one: ReportFailure) -> Iterator[str]:
    view = one.view
    yield from view.exceptions
    if view.node:
        yield f"node {view.node}"
    if view.advice:
        yield view.advice.replace("`", "'")  # no code has backticks that can be read as it stands
    yield from filter(None, (view.log_problem, view.place, f"log {view.log}" if view.log else None))
    if view.not_run_count:
        yield f"{counted(view.not_run_count, 'job')} not run: {view.not_run}"


def _retry(one: Attempt) -> _Retry:
    ran = one.seconds(Phase.RUNNING)
    code = None if one.exit_code is None else f"exit code {one.exit_code}"
    return _Retry(
        job=one.job,
        which=f"submission {one.submission}, attempt {one.attempt or '-'}",
        ran="" if ran is None else duration(ran),
        why="; ".join(filter(None, (one.reason, code))),
    )


def _table(what: str, shares: tuple[Share, ...]) -> _Table:
    rows = tuple(
        _Row(
            name=one.name,
            jobs=f"{one.amount.jobs:,}",
            ran=duration(one.amount.ran_s),
            waited=duration(one.amount.waited_s),
            hours=hours_words(one.amount),
        )
        for one in shares[:_ROWS]
        if one.amount.attempts
    )
    return _Table(title=f"Time by {what}", head=what, rows=rows, left_out=_left_out(len(shares) - _ROWS, what))
