"""The outcome of a run, for people: what succeeded, what failed and why, what was not run because of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from kedro_batch.review.run.same_failures import Alike, same_failures, told_once
from kedro_batch.review.run.status import FailureStatus, RunStatus
from kedro_batch.review.templates import render
from kedro_batch.submitter.job_state import ENDED, LIVE, WITHOUT_RESULT, JobState
from kedro_batch.submitter.journal_rows import RunEntry
from kedro_batch.submitter.journal_view import journal_words
from kedro_batch.text.escaping import for_terminal
from kedro_batch.text.wording import counted, duration, listed

_NAMES_SHOWN = 10
_FAILURES_SHOWN = 10

_LABELS = {
    JobState.SUCCEEDED: "succeeded",
    JobState.FAILED: "failed",
    JobState.LOST: "lost",
    JobState.NOT_RUN: "not run",
    JobState.NOT_SUBMITTED: "not submitted",
    JobState.SUBMITTING: "unconfirmed",
    JobState.UNCONFIRMED: "unconfirmed",
}
_UNFINISHED = "not finished"
_WHY_LOST = {
    "aws": "the service knows it no longer",
    "local": "the kedro-batch that ran it was killed, and nobody knows how it ended",
}
_SPEAKS_FOR_ITSELF = (None, "exit", "unknown")


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureView:
    """One job that failed."""

    job: str
    headline: str
    exceptions: tuple[str, ...]
    node: str | None
    same_count: int
    same: str
    advice: str | None
    log: str | None
    log_tail: tuple[str, ...]
    log_problem: str | None
    not_run_count: int
    not_run: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeView:
    """What ``templates/outcome.txt.j2`` shows."""

    headline: str
    place: str | None
    note: str | None
    going_on: tuple[str, ...]
    failures: tuple[FailureView, ...]
    further_failures: str
    commands: tuple[tuple[str, str], ...]
    journal: str


def outcome_text(status: RunStatus, *, journal: str, seconds: float | None = None, note: str | None = None) -> str:
    """Return the outcome of a run, or its status, as text.

    Args:
        status: The run.
        journal: The file with its record.
        seconds: How long the command took that has just ended; None for a report from the journal.
        note: What becomes of jobs that have not ended.
    """
    counts = f"{counted(len(status.jobs), 'job')}, {', '.join(_counts(status.counts))}"
    groups = same_failures(status.failures)
    view = OutcomeView(
        headline=f"run {status.run} {_how_it_stands(status, seconds)}: {counts}",
        place=_place(status) if seconds is None else None,
        note=for_terminal(note) if note else None,
        going_on=_going_on(status) if seconds is None or status.outcome in ("interrupted", "stopped") else (),
        failures=tuple(_failure(alike, status.engine) for alike in groups[:_FAILURES_SHOWN]),
        further_failures=_further([one for alike in groups[_FAILURES_SHOWN:] for one in alike]),
        commands=_commands(status, journal),
        journal=for_terminal(journal),
    )
    return render("outcome.txt.j2", view)


def failure_text(status: RunStatus, *, journal: str) -> str:
    """Return why a run failed, and the command that takes it up again, for an exception: an outcome in short."""
    lines = [f"run {status.run} failed: {', '.join(_counts(status.counts))}"]
    for view in (_failure((one,), status.engine) for one in status.failures[:_FAILURES_SHOWN]):
        lines += [f"  {view.job} {view.headline}", *(f"    {exception}" for exception in view.exceptions[:1])]
    if further := _further(status.failures[_FAILURES_SHOWN:]):
        lines.append(f"  {further}")
    lines += [f"To {effect}: {command.rstrip()}" for command, effect in _commands(status, journal)]
    return "\n".join(lines)


def _place(status: RunStatus) -> str | None:
    """Return where a run runs on AWS, with which revisions of its job definitions, and the version of its data."""
    version = status.version and f"version {status.version}"
    if status.engine != "aws":
        return version
    account = status.location.get("account")
    earlier = status.earlier_definitions or {}
    revisions = [
        f"{_short(arn)} (before: {listed([_short(one) for one in earlier[name]])})" if name in earlier else _short(arn)
        for name, arn in sorted((status.definitions or {}).items())
    ]
    where = ", ".join(filter(None, (account and f"account {account}", status.location.get("region"))))
    which = f"job definition {listed(revisions)}" if revisions else ""
    return for_terminal("; ".join(filter(None, (where, version, which)))) or None


def _short(arn: str) -> str:
    return arn.rpartition("/")[2]


def runs_text(entries: Iterable[RunEntry]) -> str:
    """Return the list of runs, a line for each, the newest last."""
    rows = [
        (one.run, _local_time(one.began_at), one.engine, counted(one.jobs, "job"), one.outcome or "not ended")
        for one in entries
    ]
    widths = [max(map(len, column), default=0) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "".join(f"{line}\n" for line in lines)


def _local_time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds).astimezone().strftime("%Y-%m-%d %H:%M")


def _how_it_stands(status: RunStatus, seconds: float | None) -> str:
    if seconds is not None:
        return f"{status.outcome} after {duration(seconds)}"
    return f"{status.outcome}, as last seen" if status.outcome else "has not ended, as last seen"


def _failure(alike: Alike, engine: str) -> FailureView:
    one = told_once(alike)
    reason = one.reason or (_WHY_LOST.get(engine) if one.state == JobState.LOST else None)
    code = None if one.exit_code is None else f"exit code {one.exit_code}"
    attempts = f"after {one.attempts} attempts" if one.attempts else None
    verb = "was lost" if one.state == JobState.LOST else "failed"
    if one.cause not in _SPEAKS_FOR_ITSELF:
        verb += f" ({str(one.cause).replace('_', ' ')})"
    submission = f"submission {one.submission}" if one.submission > 1 else None
    details = "; ".join(part for part in (reason, code, attempts, submission) if part)
    return FailureView(
        job=one.job,
        headline=f"{verb}: {for_terminal(details)}" if details else verb,
        exceptions=_exceptions(one),
        node=for_terminal(one.node) if one.node else None,
        same_count=len(alike) - 1,
        same=listed([other.job for other in alike[1:]], _NAMES_SHOWN),
        advice=one.advice if one.cause not in _SPEAKS_FOR_ITSELF else None,
        log=for_terminal(one.log) if one.log else None,
        log_tail=tuple(for_terminal(line) for line in one.log_tail),
        log_problem=for_terminal(one.log_problem) if one.log_problem else None,
        not_run_count=len(one.not_run),
        not_run=listed(one.not_run, _NAMES_SHOWN),
    )


def _exceptions(one: FailureStatus) -> tuple[str, ...]:
    """Return the exception that ended the command of a job, and the one that led to it, a line each."""
    lines = (one.exception, f"after {one.exception_cause}" if one.exception_cause else None)
    return tuple(for_terminal(line) for line in lines if line)


def _further(failures: Sequence[FailureStatus]) -> str:
    return (
        f"and {counted(len(failures), 'more failure')}: {listed([one.job for one in failures], _NAMES_SHOWN)}"
        if failures
        else ""
    )


def _counts(counts: Mapping[str, int]) -> list[str]:
    labelled: dict[str, int] = {}
    for state, count in counts.items():
        label = _LABELS.get(JobState(state), _UNFINISHED)
        labelled[label] = labelled.get(label, 0) + count
    labels = dict.fromkeys((*_LABELS.values(), _UNFINISHED))
    return [f"{labelled[label]} {label}" for label in labels if label in labelled]


def _going_on(status: RunStatus) -> tuple[str, ...]:
    """Return the jobs that go on while nobody follows them, with their ids."""
    if status.engine != "aws":
        return ()
    left = [one for one in status.jobs if one.job_id and JobState(one.state) not in ENDED]
    lines = [f"{one.job} {for_terminal(one.status or one.state)} {one.job_id}" for one in left[:_NAMES_SHOWN]]
    return (*lines, f"and {len(left) - _NAMES_SHOWN} more") if len(left) > _NAMES_SHOWN else tuple(lines)


def _commands(status: RunStatus, journal: str) -> tuple[tuple[str, str], ...]:
    """Return the commands that lead on from here, with what they do."""
    states = {JobState(state) for state in status.counts}
    if states == {JobState.SUCCEEDED}:
        return ()
    going_on = status.engine == "aws" and bool(states & LIVE)
    again = bool(states & WITHOUT_RESULT)
    with_journal = for_terminal(journal_words(Path(journal)))
    commands = []
    if going_on:
        commands.append((f"kedro-batch wait {status.run}{with_journal}", "follow it to its end"))
    if again or not going_on:
        commands.append((f"kedro-batch resume {status.run}{with_journal}", "submit what has not succeeded"))
    if going_on:
        commands.append((f"kedro-batch cancel {status.run}{with_journal}", "end all of it"))
    width = max(len(command) for command, _ in commands)
    return tuple((command.ljust(width), effect) for command, effect in commands)
