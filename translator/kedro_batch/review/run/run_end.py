"""What a command says when a run has ended: each distinct failure once, then the outcome and the command to run next.

A terminal shows the end of a long text: so the most important line is the last one, and five lines tell the outcome.
Pure.
"""

from dataclasses import dataclass, replace

from kedro_batch.review.run.failure_view import FAILURES_SHOWN, FailureView, failure_view, problems_told_once
from kedro_batch.review.run.job_groups import jobs_in_short
from kedro_batch.review.run.next_steps import logs_command, next_steps
from kedro_batch.review.run.same_failures import Alike, same_failures
from kedro_batch.review.run.status import RunStatus
from kedro_batch.review.run.unfinished_jobs import lines_of_jobs_left
from kedro_batch.review.templates import render
from kedro_batch.submitter.log_excerpt import LOG_LINES
from kedro_batch.text.escaping import for_terminal
from kedro_batch.text.wording import counted, duration, listed

_LINES_AT_THE_END = 5
_STOPPED = ("interrupted", "stopped")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEndView:
    """What ``templates/run_end.txt.j2`` shows."""

    failures: tuple[FailureView, ...]
    further_failures: str
    jobs_left: tuple[str, ...]
    end: tuple[str, ...]


def run_end_text(  # noqa: PLR0913  what is known of the command beside the run
    status: RunStatus,
    *,
    journal: str,
    seconds: float,
    continued: bool = False,
    note: str | None = None,
    links: bool = False,
    verbose: bool = False,
    to_end_holder: str | None = None,
) -> str:
    """Return what a command says of a run at its end.

    Args:
        status: The run.
        journal: The file with its record.
        seconds: How long the command took.
        continued: Another command began the run.
        note: What becomes of jobs that have not ended.
        links: The reader's terminal shows links.
        verbose: Show the last lines of the logs of what failed.
        to_end_holder: What ends another process that holds the run.
    """
    groups = same_failures(status.failures)
    shown = groups[:FAILURES_SHOWN]
    views = problems_told_once([_failure(alike, status, links=links, verbose=verbose) for alike in shown])
    view = RunEndView(
        failures=views,
        further_failures=_further(groups[FAILURES_SHOWN:], status, journal),
        jobs_left=lines_of_jobs_left(status) if status.outcome in _STOPPED else (),
        end=_end(status, journal, seconds, continued=continued, note=note, to_end_holder=to_end_holder),
    )
    return render("run_end.txt.j2", view)


def _failure(alike: Alike, status: RunStatus, *, links: bool, verbose: bool) -> FailureView:
    """Return how a failure is told: without an exception, the last line of its log says most."""
    if verbose:
        return failure_view(alike, status, lines=LOG_LINES, links=links)
    view = failure_view(alike, status, lines=1, links=links)
    return replace(view, log_tail=()) if view.exceptions else view


def _further(groups: tuple[Alike, ...], status: RunStatus, journal: str) -> str:
    names = [one.job for alike in groups for one in alike]
    if not names:
        return ""
    return f"and {counted(len(names), 'more failure')} ({listed(names)}): {logs_command(status, journal)}"


def _end(  # noqa: PLR0913  what is known of the command beside the run
    status: RunStatus, journal: str, seconds: float, *, continued: bool, note: str | None, to_end_holder: str | None
) -> tuple[str, ...]:
    """Return the last lines, the most important one last; the file of the journal and the logs if there is room."""
    headline = f"run {status.run} {_how_it_ended(status, seconds, continued=continued)}: {jobs_in_short(status.counts)}"
    first = [headline, *([f"  {for_terminal(note)}"] if note else [])]
    told = _commands(status, journal, to_end_holder)[-(_LINES_AT_THE_END - len(first)) :]
    width = max((len(command) for command, _ in told), default=0)
    lines = [*first, *(f"  {command.ljust(width)}  {effect}" for command, effect in told)]
    place = [f"journal: {for_terminal(journal)}"] if len(lines) < _LINES_AT_THE_END else []
    return (*place, *lines)


def _commands(status: RunStatus, journal: str, to_end_holder: str | None) -> list[tuple[str, str]]:
    """Return the commands that lead on, with what they do; what helps most comes last."""
    steps = [(command.rstrip(), effect) for command, effect in reversed(next_steps(status, journal))]
    if to_end_holder:
        steps = [(to_end_holder, "first end the process that still holds the run"), *steps]
    with_log = any(one.log for one in status.failures)
    return [(logs_command(status, journal), "read the logs of what failed"), *steps] if with_log else steps


def _how_it_ended(status: RunStatus, seconds: float, *, continued: bool) -> str:
    """Return the outcome of a run, and how long it took, perhaps over several commands."""
    if status.run_seconds is None:
        return f"{status.outcome} after {duration(seconds)}"
    took = f"{status.outcome} after {duration(status.run_seconds)}"
    return f"{took} (this command: {duration(seconds)})" if continued else took
