"""Why a job of AWS Batch failed, and where its log is. A new cause of failure goes here.

One job of a DescribeJobs reply comes in, in AWS's own shape; any field may be missing or odd. A cause of a closed set
goes out, with what the service says as harmless text and a line of advice in the words of ``aws_batch.yml``. Pure:
nothing here asks the service, reads a log or raises.

The service's wording is not a documented interface. What is recognised was seen in:

- AWS Batch user guide: "Automated job retries", "Job timeouts";
- Amazon ECS developer guide: "Stopped tasks error messages" (``Cannot...Error``, ``ResourceInitializationError``,
  ``DockerTimeoutError`` and on newer Fargate ``ContainerRuntimeTimeoutError``);
- aws/amazon-ecs-agent#1187 and #2467: ``OutOfMemoryError: Container killed due to memory usage``, with any exit code;
- nextflow-io/nextflow#5099: ``Task failed to start - CannotPullContainerError: ... no space left on device``;
- nextflow-io/nextflow#5786: ``Your Spot Task was interrupted.``, Fargate's word for what is ``Host EC2 (instance
  i-...) terminated.`` on EC2;
- nextflow-io/nextflow#2146: ``ECS was unable to assume the role ...``;
- ASFHyP3/hyp3#3041: container overrides that are too long, found out after the job was accepted.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain
from typing import Any

from kedro_batch.submitter.stuck_advice import stuck_advice
from kedro_batch.text.escaping import one_line


class Cause(StrEnum):
    """What made a job fail."""

    OUT_OF_MEMORY = "out_of_memory"
    IMAGE_PULL = "image_pull"
    SPOT = "spot"
    TIMEOUT = "timeout"
    START_FAILURE = "start_failure"
    TERMINATED = "terminated"
    """Somebody or a tool ended it."""
    DEPENDENCY = "dependency"
    """A job that it waits for failed."""
    EXIT = "exit"
    """Its command ended with a code other than 0, and the service says no more."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a job failed.

    Attributes:
        cause: The kind of failure.
        reason: What the service says, as plain text of one line; may be empty.
        exit_code: Of the last attempt's container: the first that is not 0 where there are several.
        attempts: How often the service started the job; 1 where it does not tell.
        advice: What to check or to change, in one line.
        log: Where the output of the last attempt is: a file, or a stream of CloudWatch Logs.
        log_tail: The last lines of the log, once they are read.
        log_problem: Why the log cannot be read.
    """

    cause: Cause
    reason: str = ""
    exit_code: int | None = None
    attempts: int = 1
    advice: str = ""
    log: str | None = None
    log_tail: tuple[str, ...] = ()
    log_problem: str | None = None


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


_GROUP = "/aws/batch/job"
KILLED = 137
"""128 and the number of SIGKILL."""

_WORDING: Mapping[Cause, str] = {
    # Not documented, and seen only in what other tools look for: "Dependent Job failed".
    Cause.DEPENDENCY: r"\b(?:depend\w+ jobs?|jobs? depend\w+)\b.*\b(?:fail|cancel|terminat)",
    # Ended by SIGKILL, so that the exit code is often 137.
    Cause.TIMEOUT: r"\bduration exceeded timeout\b",
    Cause.TERMINATED: r"^(?:job |task )?(?:cancell?ed|terminated|stopped)\b",
    Cause.SPOT: r"^host ec2\b|\bspot (?:task|instance)\b.*\binterrupt",
    # Before START_FAILURE: "Task failed to start" may stand before it.
    Cause.IMAGE_PULL: r"cannotpull|errimagepull|imagepullbackoff|invalidimagename|unable to retrieve ecr registry",
    Cause.OUT_OF_MEMORY: r"outofmemory|oomkilled",
    Cause.START_FAILURE: r"task failed to start|cannot(?:start|create|inspect)\w*error|resourceinitializationerror"
    r"|(?:docker|containerruntime)timeouterror|unable to assume the role|waiting for .*\bprovisioning"
    r"|createcontainer(?:config)?error|runcontainererror|containercannotrun|container overrides length",
}
"""How the service words a cause; the first that fits counts."""

_ADVICE: Mapping[Cause, str] = {
    Cause.OUT_OF_MEMORY: "give it more memory: `memory_mib` in aws_batch.yml or a rule",
    Cause.IMAGE_PULL: "check the image and its tag in the job definition, that the execution role may pull it, "
    "that the subnets reach its registry, and that the disk has room for it",
    Cause.SPOT: "its machine was taken away: let AWS Batch start it again, by `attempts` with `retry_on: [spot]`",
    Cause.TIMEOUT: "raise `timeout_s` in aws_batch.yml or a rule, if it was doing its work",
    Cause.START_FAILURE: "its container did not start: check command, mounts, secrets, log group and roles of the "
    "job definition, and the network; if it passes by itself, raise `attempts`, with `start_failure` in `retry_on`",
    Cause.TERMINATED: "somebody or a tool ended it: the reason is all that AWS Batch keeps, CloudTrail knows who",
    Cause.DEPENDENCY: "look at the job that it waits for",
    Cause.EXIT: "its command failed: read its log",
    Cause.UNKNOWN: "the service does not say why: look at its log, if it has one, and at the job in the AWS console",
}

_KILLED_ADVICE = (
    "137: killed; usually memory, though the service does not say so: read its log, "
    "then try more `memory_mib` in aws_batch.yml or a rule"
)


def classify_failure(job: Mapping[str, Any]) -> Failure:
    """Return why a job failed, by its last attempt.

    Args:
        job: One job of a DescribeJobs reply. A field that is missing or of another type is ignored.
    """
    texts, exit_code = _texts(job), exit_code_of(job)
    cause = _cause(job, texts, exit_code)
    return Failure(
        cause=cause,
        reason="; ".join(texts),
        exit_code=exit_code,
        attempts=max(1, len(_attempts(job))),
        advice=_advice(cause, texts, exit_code),
        log=log_of(job),
    )


def exit_code_of(job: Mapping[str, Any]) -> int | None:
    """Return the exit code of a job's last attempt; None where it is not known."""
    attempts = _attempts(job)
    in_attempt = _exit_code(_containers_of_attempt(attempts[-1] if attempts else {}))
    return _exit_code(_containers_of_job(job)) if in_attempt is None else in_attempt


def reason_of(job: Mapping[str, Any]) -> str:
    """Return what the service says about a job, as plain text of one line; may be empty."""
    return "; ".join(_texts(job))


def log_of(job: Mapping[str, Any]) -> str | None:
    """Return where the output of a job is: a file, or the first stream of CloudWatch Logs; None where there is none."""
    container = _text(_mapping(job.get("container")).get("logStreamName"))
    return container or next((one.stream for one in log_streams(job)), None)


def log_streams(job: Mapping[str, Any]) -> tuple[LogStream, ...]:
    """Return the streams of CloudWatch Logs with the output of a job's last attempt, one for each container.

    A stream has a name from RUNNING on, and may not exist yet. Jobs on EKS have none.

    Args:
        job: One job of a DescribeJobs reply.
    """
    attempts = _attempts(job)
    last = attempts[-1] if attempts else {}
    container = _mapping(job.get("container"))
    places = [_log_stream(container, _mapping(last.get("container")))]
    last_tasks = _mappings(last.get("taskProperties"))
    for number, task in enumerate(_tasks(job)):
        attempt = last_tasks[number] if number < len(last_tasks) else {}
        by_name = {_text(one.get("name")): one for one in _mappings(attempt.get("containers"))}
        containers = _mappings(task.get("containers"))
        places += [_log_stream(one, by_name.get(_text(one.get("name")), {})) for one in containers]
    return tuple(dict.fromkeys(one for one in places if one))


def _cause(job: Mapping[str, Any], texts: Iterable[str], exit_code: int | None) -> Cause:
    found = next((cause for cause, words in _WORDING.items() if _says(texts, words)), None)
    if found in (Cause.DEPENDENCY, Cause.TIMEOUT):
        return found
    if job.get("isTerminated") is True or job.get("isCancelled") is True:
        # The reason is then the words of whoever ended it, and may speak of anything.
        return Cause.TERMINATED
    if found:
        return found
    return Cause.EXIT if exit_code else Cause.UNKNOWN


def _says(texts: Iterable[str], words: str) -> bool:
    return any(re.search(words, text, re.IGNORECASE) for text in texts)


def _advice(cause: Cause, texts: Iterable[str], exit_code: int | None) -> str:
    if cause is Cause.EXIT and exit_code == KILLED:
        return _KILLED_ADVICE
    limited = next((text for text in texts if "JobStateTimeLimit" in text), None)
    if cause is Cause.TERMINATED and limited:
        return f"its queue ends jobs that wait too long (jobStateTimeLimitActions): {stuck_advice(limited)}"
    return _ADVICE[cause]


def _attempts(job: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    """Return the attempts, oldest first; those on EKS have a field of their own."""
    return _mappings(job.get("attempts")) or _mappings(job.get("eksAttempts"))


def _tasks(job: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    return _mappings(_mapping(job.get("ecsProperties")).get("taskProperties"))


def _containers_of_attempt(attempt: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    tasks = _mappings(attempt.get("taskProperties"))
    return (_mapping(attempt.get("container")), *_containers_in((*tasks, attempt)))


def _containers_of_job(job: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    pod = _mapping(_mapping(job.get("eksProperties")).get("podProperties"))
    return (_mapping(job.get("container")), *_containers_in((*_tasks(job), pod)))


def _containers_in(groups: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for group in groups:
        yield from _mappings(group.get("containers"))
        yield from _mappings(group.get("initContainers"))


def _exit_code(containers: Iterable[Mapping[str, Any]]) -> int | None:
    given = [one.get("exitCode") for one in containers]
    codes = [code for code in given if isinstance(code, int) and not isinstance(code, bool)]
    return next((code for code in codes if code), codes[0] if codes else None)


def _log_stream(container: Mapping[str, Any], attempt: Mapping[str, Any]) -> LogStream | None:
    configuration = _mapping(container.get("logConfiguration"))
    options = _mapping(configuration.get("options"))
    stream = _text(container.get("logStreamName")) or _text(attempt.get("logStreamName"))
    if not stream or _text(configuration.get("logDriver")) not in ("", "awslogs"):
        return None
    return LogStream(
        group=_text(options.get("awslogs-group")) or _GROUP,
        stream=stream,
        region=_text(options.get("awslogs-region")) or None,
    )


def _texts(job: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what the service says, in order, without texts that another one contains."""
    attempts = _attempts(job)
    last = attempts[-1] if attempts else {}
    containers = (*_containers_of_attempt(last), *_containers_of_job(job))
    said = chain([job.get("statusReason"), last.get("statusReason")], (one.get("reason") for one in containers))
    texts = tuple(dict.fromkeys(one_line(_text(value)).strip() for value in said))
    return tuple(text for text in texts if not any(text != other and text in other for other in texts) and text)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _mappings(value: Any) -> tuple[Mapping[str, Any], ...]:
    return tuple(one for one in value if isinstance(one, Mapping)) if isinstance(value, list | tuple) else ()
