"""Where the logs of jobs are: streams of CloudWatch Logs, attempt by attempt, or files of this machine. Pure.

One job of a DescribeJobs reply comes in, in AWS's own shape; any field may be missing or odd. Of a job that AWS Batch
has forgotten, the journal has the names of its streams, but not their group: that is the one of its job definition.

Sources: AWS Batch API reference, ContainerDetail, AttemptContainerDetail, LogConfiguration.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

from kedro_batch.plan.model import JobName
from kedro_batch.submitter.described_job import attempts_of, mapping_in, mappings_in, tasks_of, text_in
from kedro_batch.text.escaping import one_line

_GROUP = "/aws/batch/job"
_AWSLOGS = "awslogs"
"""The log driver of CloudWatch Logs."""
_LONGEST_PLACE = 4096
"""Of a log: the longest path on Linux; the name of a stream has 512 characters at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogStream:
    """A stream of CloudWatch Logs.

    Attributes:
        group: The log group.
        stream: The stream in it.
        region: Where the group is; None for the region of the job.
    """

    group: str
    stream: str
    region: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LogPlace:
    """Where one attempt of a job writes its log, or one container of it.

    Attributes:
        job: The job.
        submission: Its submission in the run, counted from 1.
        attempt: The attempt of that submission, counted from 1.
        where: A stream, or a file.
        begins_at: No line of it is older, in seconds since the epoch; 0 if that is not known. It makes no other place.
    """

    job: JobName
    submission: int
    attempt: int
    where: LogStream | Path
    begins_at: float = field(default=0.0, compare=False)


def log_of(job: Mapping[str, Any]) -> str | None:
    """Return where the output of a job is: a file, or the first stream of CloudWatch Logs; None where there is none."""
    container = text_in(mapping_in(job.get("container")).get("logStreamName"))
    found = container or next((one.stream for one in log_streams(job)), None)
    return one_line(found, _LONGEST_PLACE) if found else None


def log_streams(job: Mapping[str, Any]) -> tuple[LogStream, ...]:
    """Return the streams of CloudWatch Logs with the output of a job's last attempt, one for each container.

    A stream has a name from RUNNING on, and may not exist yet. Jobs on EKS have none.

    Args:
        job: One job of a DescribeJobs reply.
    """
    attempts = attempts_of(job)
    return tuple(dict.fromkeys(_streams(job, attempts[-1] if attempts else {}, of_job=True)))


def attempt_streams(job: Mapping[str, Any], *, ended: bool) -> tuple[tuple[LogStream, ...], ...]:
    """Return the streams of each attempt that has begun, the oldest first; an attempt that never started has none.

    Args:
        job: One job of a DescribeJobs reply.
        ended: The job has ended. Otherwise, the stream that the job itself names is that of an attempt that goes on.
    """
    attempts = attempts_of(job)
    found = [tuple(dict.fromkeys(_streams(job, attempt, of_job=False))) for attempt in attempts]
    latest = log_streams(job)
    if ended and found:
        found[-1] = found[-1] or tuple(one for one in latest if one not in chain(*found))
    elif new := tuple(one for one in latest if one not in chain(*found)):
        found.append(new)
    return tuple(found)


def log_driver(job: Mapping[str, Any]) -> str | None:
    """Return the log driver of a job whose log is not in CloudWatch Logs; None if it is there.

    Args:
        job: One job of a DescribeJobs reply.
    """
    configuration = mapping_in(mapping_in(job.get("container")).get("logConfiguration"))
    driver = text_in(configuration.get("logDriver"))
    return None if driver in ("", _AWSLOGS) else driver


def why_no_stream(job: Mapping[str, Any]) -> str:
    """Return why a job has no stream in CloudWatch Logs.

    Args:
        job: One job of a DescribeJobs reply.
    """
    if job.get("eksProperties"):
        return "its log is in its cluster: kubectl logs shows it"
    if driver := log_driver(job):
        return f"its definition sends its log elsewhere: logDriver {one_line(driver)}"
    begun = any(one.get("startedAt") for one in (job, *attempts_of(job)))
    if job.get("container") is not None and not begun:
        return "it has no log stream: its container never started"
    return "AWS Batch names no log stream of it"


def shown_place(where: LogStream | Path) -> str:
    """Return a place for messages."""
    if isinstance(where, Path):
        return one_line(str(where), _LONGEST_PLACE)
    return f"stream {one_line(where.stream)} of {one_line(where.group)}"


def _streams(job: Mapping[str, Any], attempt: Mapping[str, Any], *, of_job: bool) -> Iterator[LogStream]:
    """Yield the streams of an attempt; those that the job itself names come first, if they count."""
    container = mapping_in(job.get("container"))
    places = [_log_stream(container, mapping_in(attempt.get("container")), of_job=of_job)]
    tasks_tried = mappings_in(attempt.get("taskProperties"))
    for number, task in enumerate(tasks_of(job)):
        tried = tasks_tried[number] if number < len(tasks_tried) else {}
        by_name = {text_in(one.get("name")): one for one in mappings_in(tried.get("containers"))}
        containers = mappings_in(task.get("containers"))
        places += [_log_stream(one, by_name.get(text_in(one.get("name")), {}), of_job=of_job) for one in containers]
    yield from (one for one in places if one)


def _log_stream(container: Mapping[str, Any], attempt: Mapping[str, Any], *, of_job: bool) -> LogStream | None:
    configuration = mapping_in(container.get("logConfiguration"))
    options = mapping_in(configuration.get("options"))
    stream = (text_in(container.get("logStreamName")) if of_job else "") or text_in(attempt.get("logStreamName"))
    if not stream or text_in(configuration.get("logDriver")) not in ("", _AWSLOGS):
        return None
    return LogStream(
        group=text_in(options.get("awslogs-group")) or _GROUP,
        stream=stream,
        region=text_in(options.get("awslogs-region")) or None,
    )
