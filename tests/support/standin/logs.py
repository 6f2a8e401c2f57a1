"""GetLogEvents of CloudWatch Logs: the lines of the jobs that have got to run."""

from collections import Counter
from typing import Any

from .config import Config
from .jobs import Job, Jobs, Status
from .limits import RefusedError

GROUP = "/aws/batch/job"
_MOST = 10_000


def events(  # noqa: PLR0913  all that a page depends on
    config: Config, jobs: Jobs, body: dict[str, Any], *, now: float, epoch: float, looks: Counter[str]
) -> dict[str, Any]:
    """Give some lines of a stream: the last ones, or the first ones with ``startFromHead``.

    Args:
        config: The configuration.
        jobs: The jobs.
        body: The request.
        now: The time.
        epoch: The Unix time when the clock shows zero.
        looks: How often each job's log was asked for without a token until now.

    Raises:
        RefusedError: There is no such group or stream.
    """
    if body.get("logGroupName") != GROUP:
        raise _not_found("group")
    job, number = _found(jobs, str(body.get("logStreamName", "")))
    started = _started(job, number)
    way, _, place = str(body.get("nextToken", "")).partition("/")
    looks[job.label] += not way
    missing = looks[job.label] <= config.log_missing.get(job.label, 0)
    if started is None or now < started + config.log_delay_s or missing:
        raise _not_found("stream")
    said = _said(config, job.label, looks[job.label])
    most = body.get("limit", _MOST)
    start, end, empty = _window(config, way, place, len(said), most, from_head=bool(body.get("startFromHead")))
    at = int((started + epoch) * 1000)
    return {
        "events": [{"timestamp": at + n, "message": said[n], "ingestionTime": at + n} for n in range(start, end)],
        "nextForwardToken": f"f/{end}",
        "nextBackwardToken": f"e/{empty}" if empty else f"b/{start}",
    }


def _window(  # noqa: PLR0913  all that a page depends on
    config: Config, way: str, place: str, lines: int, most: int, *, from_head: bool
) -> tuple[int, int, int]:
    """Return the first line of a page, the one after its last, and the number of empty pages that it has had before it.

    Tokens are ``f/LINE`` forwards, ``b/LINE`` backwards, and ``e/PAGES`` after so many empty pages.
    """
    if way == "f" or (not way and from_head):
        start = int(place or 0)
        return start, min(lines, start + most), 0
    if way == "b":
        return max(0, int(place) - most), int(place), 0
    pages = int(place or 0)
    if pages < config.log_empty_pages:
        return lines, lines, pages + 1
    return max(0, lines - most), lines, 0


def _said(config: Config, label: str, looks: int) -> list[str]:
    """Return the lines of a job that can be seen yet."""
    said = config.logs.get(label, [f"line {n} of {label}" for n in range(1, config.log_lines + 1)])
    late_for, late = config.log_late.get(label, (0, 0))
    return said[: max(0, len(said) - late)] if looks <= late_for else said


def _found(jobs: Jobs, stream: str) -> tuple[Job, int]:
    for job in (jobs.by_id.get(stream[-36:]), jobs.by_id.get(stream.rpartition("-")[0][-36:])):
        for number in range(1, len(job.tries) + 2) if job else ():
            if job and job.stream_of(number) == stream:
                return job, number
    raise _not_found("stream")


def _started(job: Job, number: int) -> float | None:
    """Tell when a try of a job got to run; None if it did not."""
    if number <= len(job.tries):
        return job.tries[number - 1].started
    return job.started if job.status is Status.RUNNING else None


def _not_found(what: str) -> RefusedError:
    return RefusedError(400, "ResourceNotFoundException", f"The specified log {what} does not exist.")
