"""How a job was executed: when, on which machine, with what, attempt by attempt. AWS Batch forgets it within days.

One job of a DescribeJobs reply comes in, in AWS's own shape; any field may be missing or odd, and is then None. Typed
values go out: they are recorded as the job ends, and reports are made of them. Times are in seconds since the epoch.
Pure.

Sources: AWS Batch API reference, JobDetail, AttemptDetail, ContainerDetail, EcsTaskDetails, EksAttemptDetail.
"""

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from kedro_batch.files.json_text import known
from kedro_batch.submitter.described_job import (
    attempts_of,
    containers_of_attempt,
    containers_of_job,
    first_exit_code,
    mapping_in,
    mappings_in,
    tasks_of,
    text_in,
)
from kedro_batch.text.escaping import LONGEST_REASON, one_line
from kedro_batch.text.times import iso_time

_ATTEMPTS = 20
"""AWS Batch makes 10 at most."""
_LAST_S = 253_402_300_799.0
"""Of the year 9999, the last one that Python knows."""
_MOST = 2**31
_MIB_OF: Mapping[str, float] = {"Ki": 2**-10, "Mi": 1.0, "Gi": 2**10, "Ti": 2**20}
"""Kubernetes spells sizes with these units."""
_TIMES = ("created_at", "started_at", "stopped_at")
_TYPES: Mapping[str, type | tuple[type, ...]] = {
    **dict.fromkeys(_TIMES, (int, float)),
    **dict.fromkeys(("reason", "log", "instance", "task"), str),
    **dict.fromkeys(("exit_code", "memory_mib", "gpus"), int),
    "vcpus": (int, float),
}
_GPU_OF_EKS = "nvidia.com/gpu"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobAttempt:
    """One start of a job by the service. What the service does not tell is None.

    Attributes:
        started_at: When its container started; None also if it never did.
        stopped_at: When it ended.
        exit_code: Of its container.
        reason: What the service says about its end.
        log: Where its output is: a file, or a stream of CloudWatch Logs.
        instance: The ARN of the container instance, or the name of the node on EKS.
        task: The ARN of the task, or the name of the pod on EKS.
    """

    started_at: float | None = None
    stopped_at: float | None = None
    exit_code: int | None = None
    reason: str | None = None
    log: str | None = None
    instance: str | None = None
    task: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobExecution:
    """How a job was executed. What the service does not tell is None.

    Attributes:
        created_at: When it was submitted, by the clock of the service.
        started_at: When its container started; of several attempts, that of the last one that started.
        stopped_at: When it ended.
        attempts: Its attempts, the oldest first.
        log: Where the output of the last attempt is.
        instance: The ARN of the container instance of the last attempt, or the name of the node on EKS.
        task: The ARN of its last task, or the name of the pod on EKS.
        vcpus: The vCPUs that it had, all containers together.
        memory_mib: The memory that it had, likewise.
        gpus: The GPUs that it had, likewise.
    """

    created_at: float | None = None
    started_at: float | None = None
    stopped_at: float | None = None
    attempts: tuple[JobAttempt, ...] = ()
    log: str | None = None
    instance: str | None = None
    task: str | None = None
    vcpus: float | None = None
    memory_mib: int | None = None
    gpus: int | None = None

    @property
    def ran(self) -> tuple[float, float] | None:
        """When its container started, and when it ended, never before that; None if that is not known.

        Of several attempts it is the last one that started a container: one that never did has not run.
        """
        last = next((one for one in reversed(self.attempts) if one.started_at is not None), JobAttempt())
        started_at = self.started_at if last.started_at is None else last.started_at
        stopped_at = self.stopped_at if last.stopped_at is None else last.stopped_at
        return None if started_at is None or stopped_at is None else (started_at, max(started_at, stopped_at))

    @property
    def run_seconds(self) -> float | None:
        """How long it ran; 0 counts, None if that is not known."""
        return None if self.ran is None else self.ran[1] - self.ran[0]


NOTHING_KNOWN = JobExecution()


def execution_of(job: Mapping[str, Any]) -> JobExecution:
    """Return how a job was executed.

    Args:
        job: One job of a DescribeJobs reply. A field that is missing or of another type is ignored.
    """
    attempts = tuple(_attempt(one) for one in attempts_of(job)[-_ATTEMPTS:])
    last = attempts[-1] if attempts else JobAttempt()
    places = (mapping_in(job.get("container")), *tasks_of(job), _pod(job))
    started = (one.started_at for one in reversed(attempts) if one.started_at is not None)
    return JobExecution(
        created_at=_seconds(job.get("createdAt")),
        started_at=_seconds(job.get("startedAt")) or next(started, None),
        stopped_at=_seconds(job.get("stoppedAt")) or last.stopped_at,
        attempts=attempts,
        log=_first(places, "logStreamName") or _first(containers_of_job(job), "logStreamName") or last.log,
        instance=_first(places, "containerInstanceArn", "nodeName") or last.instance,
        task=_first(places, "taskArn", "podName") or last.task,
        vcpus=_sum(_amounts(job, "VCPU", "vcpus", "cpu")),
        memory_mib=_whole(_sum(_amounts(job, "MEMORY", "memory", "memory"))),
        gpus=_whole(_sum(_amounts(job, "GPU", "", _GPU_OF_EKS))),
    )


def details_text(execution: JobExecution) -> str:
    """Return all but the times of the job itself as JSON, for the journal; ``with_details`` reads it."""
    fields = {name: value for name, value in known(asdict(execution)).items() if name not in _TIMES}
    attempts = [known(one) for one in fields.pop("attempts")]
    return json.dumps({"attempts": attempts, **fields})


def with_details(details: str, times: Mapping[str, float | None]) -> JobExecution:
    """Return the execution that ``details_text`` has written, with the times of the job itself.

    Raises:
        ValueError, TypeError, KeyError, AttributeError: It has not written this.
    """
    read = json.loads(details)
    attempts = tuple(JobAttempt(**_checked(one)) for one in read.pop("attempts"))
    fields: dict[str, Any] = {**_checked(read), **times}
    return JobExecution(attempts=attempts, **fields)


def _checked(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return fields whose values are of their types.

    Raises:
        ValueError, TypeError, KeyError, AttributeError: One is not, or the fields are no mapping.
    """
    return {name: _checked_value(name, value) for name, value in fields.items()}


def _checked_value(name: str, value: Any) -> str | float:
    if isinstance(value, str) and _TYPES[name] is str:
        return _name(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not isinstance(value, _TYPES[name]):
        raise TypeError(name)
    if not (0 <= value <= _LAST_S if name in _TIMES else -_MOST < value < _MOST):
        raise ValueError(name)
    return value


def execution_document(execution: JobExecution) -> dict[str, Any]:
    """Return the JSON document of an execution: times in ISO 8601, UTC, and no field without a value."""
    fields = _with_moments(asdict(execution))
    fields["attempts"] = [_with_moments(one) for one in fields["attempts"]] or None
    return known(fields)


def _with_moments(attempt: Mapping[str, Any]) -> dict[str, Any]:
    return {name: iso_time(value) if name in _TIMES else value for name, value in known(attempt).items()}


def _attempt(attempt: Mapping[str, Any]) -> JobAttempt:
    places = (mapping_in(attempt.get("container")), *mappings_in(attempt.get("taskProperties")), attempt)
    containers = containers_of_attempt(attempt)
    code = first_exit_code(containers)
    reasons = (attempt.get("statusReason"), *(one.get("reason") for one in containers))
    said = dict.fromkeys(text for reason in reasons if (text := _name(reason)))
    return JobAttempt(
        started_at=_seconds(attempt.get("startedAt")),
        stopped_at=_seconds(attempt.get("stoppedAt")),
        exit_code=code if code is not None and abs(code) < _MOST else None,
        reason=one_line("; ".join(said), LONGEST_REASON) or None,
        log=_first(containers, "logStreamName"),
        instance=_first(places, "containerInstanceArn", "nodeName"),
        task=_first(places, "taskArn", "podName"),
    )


def _pod(job: Mapping[str, Any]) -> Mapping[str, Any]:
    return mapping_in(mapping_in(job.get("eksProperties")).get("podProperties"))


def _first(places: Iterable[Mapping[str, Any]], *fields: str) -> str | None:
    return next((text for place in places for name in fields if (text := _name(place.get(name)))), None)


def _name(value: Any) -> str:
    return one_line(text_in(value).strip(), LONGEST_REASON)


def _seconds(milliseconds: Any) -> float | None:
    number = _number(milliseconds)
    return number / 1000 if number is not None and 0 < number / 1000 <= _LAST_S else None


def _number(value: Any) -> float | None:
    """Return a number that is finite; also one that is written as a text."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _amounts(job: Mapping[str, Any], kind: str, older: str, on_eks: str) -> Iterator[float]:
    """Yield how much of a resource each container of a job had.

    Args:
        job: The job.
        kind: What ``resourceRequirements`` call it.
        older: The field of a container that had it before there were these.
        on_eks: What the resources of a container on EKS call it.
    """
    for container in containers_of_job(job):
        required = (one for one in mappings_in(container.get("resourceRequirements")) if one.get("type") == kind)
        resources = mapping_in(container.get("resources"))
        given = (
            *(_number(one.get("value")) for one in required),
            _number(container.get(older)) if older else None,
            _kubernetes(mapping_in(resources.get("limits")).get(on_eks)),
            _kubernetes(mapping_in(resources.get("requests")).get(on_eks)),
        )
        found = next((one for one in given if one is not None and 0 < one < _MOST), None)
        if found is not None:
            yield found


def _kubernetes(value: Any) -> float | None:
    """Return an amount as Kubernetes spells it: a number, or MiB for a size with a binary unit."""
    text = text_in(value)
    if text[-2:] in _MIB_OF:
        number = _number(text[:-2])
        return None if number is None else number * _MIB_OF[text[-2:]]
    return _number(value)


def _sum(amounts: Iterable[float]) -> float | None:
    found = list(amounts)
    return sum(found) if found else None


def _whole(amount: float | None) -> int | None:
    return None if amount is None else round(amount)
