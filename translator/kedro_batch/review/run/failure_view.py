"""How one failed job is told to people: what happened in one line, what to do, where it is, how its log ends. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from kedro_batch.review.run.console_links import hyperlink, job_url
from kedro_batch.review.run.failure_words import failure_words, memory_words
from kedro_batch.review.run.same_failures import Alike, told_once
from kedro_batch.review.run.status import FailureStatus, RunStatus
from kedro_batch.submitter.failures import KILLED, SAYS_NOTHING, WITH_ADVICE, Cause
from kedro_batch.submitter.job_state import JobState
from kedro_batch.text.escaping import for_terminal
from kedro_batch.text.wording import counted, duration, listed

NAMES_SHOWN = 10
FAILURES_SHOWN = 10
"""Of distinct ones."""
_WHY_LOST = {
    "aws": "the service knows it no longer",
    "local": "the kedro-batch that ran it was killed, and nobody knows how it ended",
}
_ON_NO_SHARED_PATH = (
    "If it is lost once more, its path is on no storage that both containers have: move it with "
    "kedro-batch compile --write-catalog s3://BUCKET/PREFIX"
)
_RUN_TWICE = "it may have done its work: if running it twice does harm, look at its data first"
_KILLED_HERE = "if this machine ran out of memory, run fewer jobs at once: --max-workers 1"


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
    place: str | None
    log: str | None
    log_tail: tuple[str, ...]
    log_problem: str | None
    not_run_count: int
    not_run: str


def failure_view(alike: Alike, status: RunStatus, *, lines: int, links: bool) -> FailureView:
    """Return how a failed job is told, once for all that have failed in the same way.

    Args:
        alike: Why it failed, and those that have failed like it.
        status: Its run.
        lines: How many lines of its log are shown, the last ones.
        links: The reader's terminal shows links.
    """
    one = told_once(alike)
    details = "; ".join(filter(None, (_why(one, status.engine), _attempts(one), _submission(one))))
    return FailureView(
        job=one.job,
        headline=f"{_verb(one)}: {for_terminal(details)}" if details else _verb(one),
        exceptions=_exceptions(one),
        node=for_terminal(one.node) if one.node else None,
        same_count=len(alike) - 1,
        same=listed([other.job for other in alike[1:]], NAMES_SHOWN),
        advice=_advice(one, status.engine),
        place=_place(one, status, links=links),
        log=for_terminal(one.log) if one.log else None,
        log_tail=tuple(for_terminal(line) for line in one.log_tail[-lines:]),
        log_problem=for_terminal(one.log_problem) if one.log_problem else None,
        not_run_count=len(one.not_run),
        not_run=listed(one.not_run, NAMES_SHOWN),
    )


def _exceptions(one: FailureStatus) -> tuple[str, ...]:
    """Return the exception that ended the command of a job, and the one that led to it, a line each."""
    lines = (one.exception, f"after {one.exception_cause}" if one.exception_cause else None)
    return tuple(for_terminal(line) for line in lines if line)


def _verb(one: FailureStatus) -> str:
    verb = "was lost" if one.state == JobState.LOST else "failed"
    if one.cause in SAYS_NOTHING:
        return verb
    had = ""
    if one.cause == Cause.OUT_OF_MEMORY:
        had = memory_words(one.memory_mib)
    elif one.cause == Cause.TIMEOUT and one.timeout_s:
        had = f", had {duration(one.timeout_s)}"
    return f"{verb} ({str(one.cause).replace('_', ' ')}{had})"


def _why(one: FailureStatus, engine: str) -> str:
    if one.state == JobState.LOST and one.reason is None:
        return _WHY_LOST.get(engine, "")
    return failure_words(one.reason, one.exit_code, one.cause, one.memory_mib, exception=one.exception)


def _attempts(one: FailureStatus) -> str | None:
    return f"after {one.attempts} attempts" if one.attempts else None


def _submission(one: FailureStatus) -> str | None:
    return f"submission {one.submission}" if one.submission > 1 else None


def _advice(one: FailureStatus, engine: str) -> str | None:
    """Return what to do: about data that are gone, or else what the kind of failure suggests."""
    if one.not_found:
        is_, it = ("is", "it") if len(one.not_found) == 1 else ("are", "them")
        wrote = listed(one.run_again)
        gone = f"{listed(one.not_found)} {is_} not there, though {wrote} wrote {it}: run {wrote} again, as below"
        return for_terminal(gone if engine == "local" else f"{gone}. {_ON_NO_SHARED_PATH}")
    if one.state == JobState.LOST:
        return _RUN_TWICE
    if engine == "local" and one.cause == Cause.EXIT:  # there is no image, and no memory to give
        return _KILLED_HERE if one.exit_code == KILLED else None
    return None if one.cause in SAYS_NOTHING and one.exit_code not in WITH_ADVICE else one.advice


def _place(one: FailureStatus, status: RunStatus, *, links: bool) -> str | None:
    """Return the job on AWS Batch: its page in the AWS console, or its id where that is not known."""
    if status.engine != "aws" or not one.job_id:
        return None
    job_id = for_terminal(one.job_id)
    url = job_url(status.location.get("region"), one.job_id)
    if url is None or one.state == JobState.LOST:
        return job_id
    return hyperlink(job_id, url) if links else url


def problems_told_once(views: Sequence[FailureView]) -> tuple[FailureView, ...]:
    """Return the views; why there is no log stands under the first of those that have no log for the same reason."""
    alike: dict[str, list[str]] = {}
    for view in views:
        if view.log_problem:
            alike.setdefault(view.log_problem, []).append(view.job)
    return tuple(replace(view, log_problem=_told_once(view, alike)) for view in views)


def _told_once(view: FailureView, alike: Mapping[str, Sequence[str]]) -> str | None:
    first, *others = alike.get(view.log_problem or "", [view.job])
    if view.job != first or view.log_problem is None:
        return None
    return f"{view.log_problem} (the same for {listed(others, NAMES_SHOWN)})" if others else view.log_problem


def further_failures(failures: Sequence[FailureStatus]) -> str:
    """Return one line about the failures that are not shown; empty if there are none."""
    return (
        f"and {counted(len(failures), 'more failure')}: {listed([one.job for one in failures], NAMES_SHOWN)}"
        if failures
        else ""
    )
