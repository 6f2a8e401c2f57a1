"""GetLogEvents of CloudWatch Logs: the lines of the jobs that have got to run."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from typing import Any

from .config import Config
from .jobs import Job, Jobs, Status
from .limits import RefusedError

_MOST = 10_000
_LAGS = 97
"""Lines have so many different lags, in no order."""

_Line = tuple[int, int, str, int]
"""Time in milliseconds, number, text, time of arrival."""


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
    if body.get("logGroupName") != config.log_group:
        raise _not_found("group")
    job, number = _found(jobs, str(body.get("logStreamName", "")))
    started, stopped = _times(job, number)
    way, _, place = str(body.get("nextToken", "")).partition("/")
    looks[job.label] += not way
    missing = looks[job.label] <= config.log_missing.get(job.label, 0)
    if started is None or now < started + config.log_delay_s or missing:
        raise _not_found("stream")
    least, most = body.get("startTime", 0), body.get("endTime", float("inf"))
    written = _written(config, job.label, looks[job.label], started=started, until=min(now, stopped or now), now=now)
    zero = int((started + epoch) * 1000)
    timed = ((zero + at, number, text, zero + taken) for at, number, text, taken in written)
    lines = sorted(one for one in timed if least <= one[0] < most)
    size = min(body.get("limit", _MOST), config.log_page)
    if way == "f" or (not way and body.get("startFromHead")):
        page, forward, backward = _forwards(config, place, lines, size)
    else:
        page, forward, backward = _backwards(config, way, place, lines, size)
    return {
        "events": [{"timestamp": at, "message": text, "ingestionTime": taken} for at, _, text, taken in page],
        "nextForwardToken": f"f/{forward}",
        "nextBackwardToken": backward,
    }


def _forwards(config: Config, place: str, lines: list[_Line], size: int) -> tuple[list[_Line], str, str]:
    """Return the page behind a place, the place that it leads to, and the token backwards.

    A place is ``TIME.NUMBER/PAGES``: behind which line, and how many empty pages have come since.
    """
    behind, _, empty = place.partition("/")
    at, _, number = behind.partition(".")
    start = bisect_right(lines, (int(at or -1), int(number or -1), "\U0010ffff", 0)) if behind else 0
    page = lines[start : start + size]
    if page and int(empty or 0) < config.log_empty_pages:
        return [], f"{behind}/{int(empty or 0) + 1}", f"b/{start}"
    if not page:
        further = f"{behind}/{int(empty or 0) + 1}" if config.log_endless else place or "/0"
        return [], further, f"b/{start}"
    return page, f"{page[-1][0]}.{page[-1][1]}/0", f"b/{start}"


def _backwards(config: Config, way: str, place: str, lines: list[_Line], size: int) -> tuple[list[_Line], str, str]:
    """Return the page before a place, the place forwards, and the token that leads on.

    Tokens are ``b/LINE``, and ``e/PAGES`` after so many empty pages.
    """
    pages, end = int(place or 0) if way == "e" else 0, int(place) if way == "b" else len(lines)
    behind = f"{lines[end - 1][0]}.{lines[end - 1][1]}/0" if end else "/0"
    if way != "b" and pages < config.log_empty_pages:
        return [], behind, f"e/{pages + 1}"
    start = max(0, end - size)
    return lines[start:end], behind, f"b/{start}"


def _written(  # noqa: PLR0913  all that the lines of a job depend on
    config: Config, label: str, looks: int, *, started: float, until: float, now: float
) -> Iterator[_Line]:
    """Yield the lines of a job that can be seen yet, with their times since its start."""
    for number, text in enumerate(_said(config, label, looks)):
        after = number / 1000 if config.log_rate is None else number / config.log_rate
        if config.log_rate is not None and started + after > until:
            return
        lag = config.log_lag_s * (number * 37 % _LAGS) / _LAGS
        if now >= started + (0 if config.log_rate is None else after) + lag:
            yield int(after * 1000), number, text, int((after + lag) * 1000)


def _said(config: Config, label: str, looks: int) -> list[str]:
    """Return the lines of a job, without those that come late."""
    said = config.logs.get(label, [f"line {n} of {label}" for n in range(1, config.log_lines + 1)])
    late_for, late = config.log_late.get(label, (0, 0))
    return said[: max(0, len(said) - late)] if looks <= late_for else said


def _found(jobs: Jobs, stream: str) -> tuple[Job, int]:
    for job in (jobs.by_id.get(stream[-36:]), jobs.by_id.get(stream.rpartition("-")[0][-36:])):
        for number in range(1, len(job.tries) + 2) if job else ():
            if job and job.stream_of(number) == stream:
                return job, number
    raise _not_found("stream")


def _times(job: Job, number: int) -> tuple[float | None, float | None]:
    """Tell when a try of a job got to run and when it ended; None where it did not."""
    if number <= len(job.tries):
        return job.tries[number - 1].started, job.tries[number - 1].stopped
    return (job.started, None) if job.status is Status.RUNNING else (None, None)


def _not_found(what: str) -> RefusedError:
    return RefusedError(400, "ResourceNotFoundException", f"The specified log {what} does not exist.")
