"""How a run ended, for people: what succeeded, what failed and why, what was not run because of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kedro_batch.review.printable import printable
from kedro_batch.review.templates import render
from kedro_batch.review.words import counted, duration
from kedro_batch.submitter.events import Event, JobChanged, JobSubmitted, RunFinished, RunStarted
from kedro_batch.submitter.progress import ENDED, JobState

_NAMES_SHOWN = 10

_LABELS = {
    JobState.SUCCEEDED: "succeeded",
    JobState.FAILED: "failed",
    JobState.LOST: "lost",
    JobState.NOT_RUN: "not run",
    JobState.WAITING: "not submitted",
}
_UNFINISHED = "not finished"


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureView:
    """One job that failed by itself."""

    job: str
    headline: str
    log: str | None
    log_tail: tuple[str, ...]
    not_run: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeView:
    """What ``templates/outcome.txt.j2`` shows."""

    run: str
    outcome: str
    counts: str
    took: str
    note: str | None
    failures: tuple[FailureView, ...]
    submitted: tuple[str, ...]
    record: str


def outcome_text(events: Iterable[Event]) -> str:
    """Report a run from its events, which have to hold its start and its end."""
    happened = tuple(events)
    started = next(one for one in happened if isinstance(one, RunStarted))
    finished = next(one for one in happened if isinstance(one, RunFinished))
    changes = [one for one in happened if isinstance(one, JobChanged)]
    view = OutcomeView(
        run=finished.run,
        outcome=finished.outcome,
        counts=_counts(finished, started.jobs),
        took=duration(finished.seconds),
        note=finished.note,
        failures=tuple(
            _failure(change, changes) for change in changes if change.after in (JobState.FAILED, JobState.LOST)
        ),
        submitted=_left_on_aws(started, finished, happened),
        record=printable(started.record),
    )
    return render("outcome.txt.j2", view)


def _failure(change: JobChanged, changes: Iterable[JobChanged]) -> FailureView:
    not_run = [one.job for one in changes if one.because == change.job]
    reason = change.reason or ("the service knows it no longer" if change.after is JobState.LOST else None)
    code = None if change.exit_code is None else f"exit code {change.exit_code}"
    details = "; ".join(part for part in (reason, code) if part)
    verb = "was lost" if change.after is JobState.LOST else "failed"
    return FailureView(
        job=change.job,
        headline=f"{verb}: {printable(details)}" if details else verb,
        log=change.log,
        log_tail=tuple(printable(line) for line in change.log_tail),
        not_run=_listed(not_run),
    )


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_NAMES_SHOWN])
    return f"{shown} and {len(names) - _NAMES_SHOWN} more" if len(names) > _NAMES_SHOWN else shown


def _counts(finished: RunFinished, jobs: int) -> str:
    labelled: dict[str, int] = {}
    for state, count in finished.counts.items():
        label = _LABELS.get(JobState(state), _UNFINISHED)
        labelled[label] = labelled.get(label, 0) + count
    order = [*_LABELS.values(), _UNFINISHED]
    told = [f"{labelled[label]} {label}" for label in order if label in labelled]
    return f"{counted(jobs, 'job')}, {', '.join(told)}"


def _left_on_aws(started: RunStarted, finished: RunFinished, happened: Iterable[Event]) -> tuple[str, ...]:
    """Name the jobs that go on without anybody following them, with their ids."""
    if started.engine != "aws" or finished.outcome not in ("interrupted", "stopped"):
        return ()
    ended = {one.job for one in happened if isinstance(one, JobChanged) and one.after in ENDED}
    left = [one for one in happened if isinstance(one, JobSubmitted) and one.job not in ended]
    lines = [f"{one.job} {one.job_id}" for one in left[:_NAMES_SHOWN]]
    if len(left) > _NAMES_SHOWN:
        lines.append(f"and {len(left) - _NAMES_SHOWN} more")
    return tuple(lines)
