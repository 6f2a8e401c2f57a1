"""The status of a run as text, from the journal; a failed run as an exception; the list of runs."""

from collections.abc import Sequence
from dataclasses import dataclass

from kedro_batch.review.run.failure_view import (
    FAILURES_SHOWN,
    FailureView,
    failure_view,
    further_failures,
    problems_told_once,
)
from kedro_batch.review.run.job_groups import counts_in_short, jobs_in_short
from kedro_batch.review.run.next_steps import next_steps
from kedro_batch.review.run.same_failures import Alike, same_failures
from kedro_batch.review.run.status import RunStatus
from kedro_batch.review.templates import render
from kedro_batch.submitter.job_state import ENDED, LIVE, JobState
from kedro_batch.text.arns import name_of_arn
from kedro_batch.text.escaping import for_terminal
from kedro_batch.text.wording import duration, listed, location_words

_LINES_OF_LOGS, _LINES_OF_A_LOG = 60, 6
"""Of all logs together, and of each at least."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeView:
    """What ``templates/outcome.txt.j2`` shows."""

    headline: str
    place: str | None
    notes: tuple[str, ...]
    unfinished: tuple[str, ...]
    failures: tuple[FailureView, ...]
    further_failures: str
    commands: tuple[tuple[str, str], ...]
    journal: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenStatus:
    """When and how a run was looked at, for its status.

    Attributes:
        as_of: Since when its status may be another one, in words; empty if nothing of it goes on.
        notes: What is to be said of the looking.
        unfinished: What runs and what waits, in lines.
        further: What commands need to find the run, beside its journal.
        worked_on: A process of this machine works on the run.
        recorded: The journal has the run.
    """

    as_of: str = ""
    notes: tuple[str, ...] = ()
    unfinished: tuple[str, ...] = ()
    further: str = ""
    worked_on: bool = False
    recorded: bool = True


_NOT_LOOKED = SeenStatus()


def outcome_text(
    status: RunStatus, *, journal: str, note: str | None = None, links: bool = False, seen: SeenStatus = _NOT_LOOKED
) -> str:
    """Return the status of a run as text.

    Args:
        status: The run.
        journal: The file with its record.
        note: What else is to be said of it.
        links: The reader's terminal shows links.
        seen: When and how it was looked at, for its status.
    """
    groups = same_failures(status.failures)
    view = OutcomeView(
        headline=f"run {status.run} {_how_it_stands(status, seen)}: {jobs_in_short(status.counts)}",
        place=_place(status),
        notes=tuple(map(for_terminal, filter(None, (note, *seen.notes)))),
        unfinished=seen.unfinished,
        failures=_failures(groups[:FAILURES_SHOWN], status, links=links),
        further_failures=further_failures([one for alike in groups[FAILURES_SHOWN:] for one in alike]),
        commands=next_steps(status, journal, further=seen.further, worked_on=seen.worked_on),
        journal=for_terminal(journal) if seen.recorded else "",
    )
    return render("outcome.txt.j2", view)


def failure_text(status: RunStatus, *, journal: str) -> str:
    """Return why a run failed, and the command that takes it up again, for an exception: an outcome in short."""
    lines = [f"run {status.run} failed: {counts_in_short(status.counts)}"]
    shown = status.failures[:FAILURES_SHOWN]
    for view in _failures([(one,) for one in shown], status):
        lines += [f"  {view.job} {view.headline}", *(f"    {exception}" for exception in view.exceptions[:1])]
    if further := further_failures(status.failures[FAILURES_SHOWN:]):
        lines.append(f"  {further}")
    lines += [f"To {effect}: {command.rstrip()}" for command, effect in next_steps(status, journal)]
    return "\n".join(lines)


def _failures(shown: Sequence[Alike], status: RunStatus, *, links: bool = False) -> tuple[FailureView, ...]:
    """Return how failures are told: the more there are, the less of each log, so that all can be read."""
    lines = max(_LINES_OF_LOGS // max(len(shown), 1), _LINES_OF_A_LOG)
    return problems_told_once([failure_view(alike, status, lines=lines, links=links) for alike in shown])


def _place(status: RunStatus) -> str | None:
    """Return where a run runs on AWS, with which revisions of its job definitions, and the version of its data."""
    version = status.version and f"version {status.version}"
    if status.engine != "aws":
        return version
    earlier = {name: listed(map(name_of_arn, arns)) for name, arns in (status.earlier_definitions or {}).items()}
    revisions = [
        f"{name_of_arn(arn)}{f' (before: {earlier[name]})' if name in earlier else ''}"
        for name, arn in sorted((status.definitions or {}).items())
    ]
    where = location_words(status.location.get("account"), status.location.get("region"))
    which = f"job definition {listed(revisions)}" if revisions else ""
    return for_terminal("; ".join(filter(None, (where, version, which)))) or None


def _how_it_stands(status: RunStatus, seen: SeenStatus) -> str:
    """Return the outcome of a run, and how long it took, perhaps over several commands."""
    if seen.as_of:
        return f"{_standing(status)}, {seen.as_of}"
    if status.outcome is None:
        return "has not ended, as last seen"
    took = "" if status.run_seconds is None else f" after {duration(status.run_seconds)}"
    return f"{status.outcome}{took}, as last seen"


def _standing(status: RunStatus) -> str:
    """Return whether a run goes on that was looked at, whatever the journal has."""
    states = {JobState(state) for state in status.counts}
    if states <= ENDED:
        return "has ended"
    return status.outcome or ("has not ended" if states & LIVE else "does not go on")
