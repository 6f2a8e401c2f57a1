"""One line for each event of a run that is worth one, beneath each other in a log or above a live view. Pure."""

from datetime import tzinfo
from typing import assert_never

from rich.text import Text

from kedro_batch.plan.model import JobName
from kedro_batch.review.run.failure_words import failure_words
from kedro_batch.submitter.events import (
    WARNINGS,
    DefinitionPinned,
    Event,
    JobChanged,
    JobExecuted,
    JobLog,
    JobSubmitted,
    Notice,
    PinnedAs,
    PlanChanged,
    RunFinished,
    RunStarted,
)
from kedro_batch.submitter.job_state import FAILURES, JobState
from kedro_batch.text.arns import name_of_arn
from kedro_batch.text.escaping import for_terminal, one_line
from kedro_batch.text.times import clock_time
from kedro_batch.text.wording import counted, listed, location_words

_NAMED = 20
_STYLES = {
    JobState.SUCCEEDED: "green",
    **dict.fromkeys(FAILURES, "bold red"),
    **dict.fromkeys((JobState.CANCELLED, JobState.NOT_RUN), "yellow"),
    JobState.RUNNING: "cyan",
}


def timed(at: float, zone: tzinfo | None, text: str = "") -> Text:
    """Return the beginning of a line: the time of day, and what follows it."""
    return Text(f"{clock_time(at, zone)}  {text}")


def run_line(event: Event, at: float, zone: tzinfo | None, *, doing: str = "") -> Text | None:
    """Return the line of an event that is not about one job alone; None for other events.

    Args:
        event: The event.
        at: When it happened, in seconds since the epoch.
        zone: The time zone of the reader.
        doing: What the command does with the run, if it is not the usual.
    """
    match event:
        case RunStarted():
            return timed(at, zone, _started(event, doing))
        case PlanChanged():
            jobs = f"{counted(len(event.jobs), 'job')}: {listed(event.jobs, _NAMED)}" if event.jobs else "nothing"
            return timed(at, zone, f"goes on with plan {event.after}, and sends {jobs}")
        case DefinitionPinned():
            return _pinned(event, at, zone)
        case Notice():
            style = "yellow" if event.kind in WARNINGS else ""
            return timed(at, zone).append(for_terminal(event.message), style)
        case JobSubmitted() | JobChanged() | JobExecuted() | JobLog() | RunFinished():
            return None
        case _:
            assert_never(event)


def submitted_line(event: JobSubmitted, at: float, zone: tzinfo | None) -> Text:
    """Return the line of one submission."""
    how = " (found there)" if event.adopted else ""
    submission = f" submission {event.submission}" if event.submission > 1 else ""
    return timed(at, zone, f"{event.job} SUBMITTED{submission} {event.job_id}{how}")


def changed_line(  # noqa: PLR0913  what is known beside the event
    event: JobChanged,
    at: float,
    zone: tzinfo | None,
    *,
    took: str = "",
    how_far: str = "",
    with_log: bool = False,
) -> Text:
    """Return the line of a job that is in another state.

    Args:
        event: The event.
        at: When it happened, in seconds since the epoch.
        zone: The time zone of the reader.
        took: How long the job has run.
        how_far: How many jobs are done.
        with_log: Say where its log is.
    """
    failed = event.after is JobState.FAILED
    why = failure_words(event.reason, event.exit_code, event.cause) if failed else event.reason
    because = f"because {event.blocked_by} did not succeed" if event.blocked_by else ""
    state = for_terminal(event.status or str(event.after))
    line = timed(at, zone, f"{event.job} ").append(state, _STYLES.get(event.after, ""))
    if took:
        line.append(f" after {took}")
    if how_far:
        line.append(f", {how_far}")
    details = " ".join(filter(None, (because, for_terminal(why or ""))))
    if details:
        line.append(f": {details}" if took or how_far else f" {details}")
    return line.append(f" ({event.log})") if with_log and event.log else line


def exception_line(job: JobName, exception: str, at: float, zone: tzinfo | None) -> Text:
    """Return the line of the exception that has ended a job."""
    return timed(at, zone, f"{job}: ").append(one_line(exception), _STYLES[JobState.FAILED])


def _started(event: RunStarted, doing: str) -> str:
    """Return the first line of a command."""
    run = f"{doing} run {event.run}" if doing else f"run {event.run}"
    again = ", continued" if event.continued and not doing else ""
    return f"{run}: {counted(event.jobs, 'job')} {_where(event)}, plan {event.plan_digest}{again}"


def _where(event: RunStarted) -> str:
    if event.engine == "local":
        return "on this machine"
    where = location_words(event.account, event.region)
    return f"on AWS Batch ({where})" if where else "on AWS Batch"


def _pinned(event: DefinitionPinned, at: float, zone: tzinfo | None) -> Text | None:
    """Return what is worth saying of a revision; None if it is the one to be expected."""
    if event.newer:
        more = f", as until now; {name_of_arn(event.newer)} is newer"
    elif event.before:
        more = f" from now on; the run has used {name_of_arn(event.before)} until now"
    elif event.how is PinnedAs.REGISTERED:
        more = " is registered"
    elif event.how is PinnedAs.FOUND:
        more = " is there already"
    else:
        return None
    return timed(at, zone, f"job definition {name_of_arn(event.revision)}{more}")
