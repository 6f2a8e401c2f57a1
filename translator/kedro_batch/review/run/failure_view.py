"""How one failed job is told to people: what happened in one line, what to do, where it is, how its log ends. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from kedro_batch.review.run.status import FailureStatus
from kedro_batch.submitter.job_state import JobState
from kedro_batch.text.escaping import for_terminal
from kedro_batch.text.wording import counted, listed

NAMES_SHOWN = 10
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
    advice: str | None
    log: str | None
    log_tail: tuple[str, ...]
    log_problem: str | None
    not_run_count: int
    not_run: str


def failure_view(one: FailureStatus, engine: str) -> FailureView:
    """Return how a failed job is told.

    Args:
        one: Why it failed.
        engine: What ran it.
    """
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
        advice=one.advice if one.cause not in _SPEAKS_FOR_ITSELF else None,
        log=for_terminal(one.log) if one.log else None,
        log_tail=tuple(for_terminal(line) for line in one.log_tail),
        log_problem=for_terminal(one.log_problem) if one.log_problem else None,
        not_run_count=len(one.not_run),
        not_run=listed(one.not_run, NAMES_SHOWN),
    )


def further_failures(failures: Sequence[FailureStatus]) -> str:
    """Return one line about the failures that are not shown; empty if there are none."""
    return (
        f"and {counted(len(failures), 'more failure')}: {listed([one.job for one in failures], NAMES_SHOWN)}"
        if failures
        else ""
    )
