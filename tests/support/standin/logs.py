"""GetLogEvents of CloudWatch Logs: the lines of the jobs that have got to run."""

from typing import Any

from .config import Config
from .jobs import Job, Jobs, Status
from .limits import RefusedError

GROUP = "/aws/batch/job"
_MOST = 10_000


def events(config: Config, jobs: Jobs, body: dict[str, Any], *, now: float, epoch: float) -> dict[str, Any]:
    """Give some lines of a stream: the last ones, or the first ones with ``startFromHead``.

    Raises:
        RefusedError: There is no such group or stream.
    """
    if body.get("logGroupName") != GROUP:
        raise _not_found("group")
    job, number = _found(jobs, str(body.get("logStreamName", "")))
    started = _started(job, number)
    if started is None or now < started + config.log_delay_s:
        raise _not_found("stream")
    said = config.logs.get(job.label) or [f"line {n} of {job.label}" for n in range(1, config.log_lines + 1)]
    most = body.get("limit", _MOST)
    way, _, place = str(body.get("nextToken", "")).partition("/")
    if way == "f" or (not way and body.get("startFromHead")):
        start = int(place or 0)
    else:
        start = max(0, int(place or len(said)) - most)
    end = int(place) if way == "b" else min(len(said), start + most)
    at = int((started + epoch) * 1000)
    return {
        "events": [{"timestamp": at + n, "message": said[n], "ingestionTime": at + n} for n in range(start, end)],
        "nextForwardToken": f"f/{end}",
        "nextBackwardToken": f"b/{start}",
    }


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
