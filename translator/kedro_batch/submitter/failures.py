"""Why a job of AWS Batch failed. A new cause of failure goes here.

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
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain
from typing import Any

from kedro_batch.submitter.described_job import (
    attempts_of,
    containers_of_attempt,
    containers_of_job,
    first_exit_code,
    text_in,
)
from kedro_batch.submitter.log_places import log_of
from kedro_batch.submitter.stuck_advice import ENDED_AS_STUCK, stuck_advice
from kedro_batch.text.escaping import one_line


class Cause(StrEnum):
    """What made a job fail."""

    OUT_OF_MEMORY = "out_of_memory"
    IMAGE_PULL = "image_pull"
    SPOT = "spot"
    TIMEOUT = "timeout"
    START_FAILURE = "start_failure"
    STUCK = "stuck"
    """A follower ended it, since it had waited in vain for a machine for as long as ``--stuck-after`` says."""
    TERMINATED = "terminated"
    """Somebody or a tool ended it."""
    DEPENDENCY = "dependency"
    """A job that it waits for failed."""
    EXIT = "exit"
    """Its command ended with a code other than 0, and the service says no more."""
    REFUSED = "refused"
    """The service did not take it, for its own request: it has no id, and nothing ran."""
    UNKNOWN = "unknown"


SAYS_NOTHING = (None, Cause.EXIT, Cause.UNKNOWN)
"""The kinds of failure that do not say what happened: exit code and log do."""


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
        log_problem: Why there are none.
        exception: The exception that ended its command, where the log tells: name and message.
        exception_cause: The exception that led to it.
        node: The node that failed, of a job with several, where the log tells.
    """

    cause: Cause
    reason: str = ""
    exit_code: int | None = None
    attempts: int = 1
    advice: str = ""
    log: str | None = None
    log_tail: tuple[str, ...] = ()
    log_problem: str | None = None
    exception: str | None = None
    exception_cause: str | None = None
    node: str | None = None


_WORDING: Mapping[Cause, str] = {
    Cause.STUCK: f"^{re.escape(ENDED_AS_STUCK)}",
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
    Cause.STUCK: "",
    Cause.REFUSED: "",
    Cause.TERMINATED: "somebody or a tool ended it: the reason is all that AWS Batch keeps, CloudTrail knows who",
    Cause.DEPENDENCY: "look at the job that it waits for",
    Cause.EXIT: "its command failed: read its log",
    Cause.UNKNOWN: "the service does not say why: look at its log, if it has one, and at the job in the AWS console",
}

_SPOT_AGAIN = "its machine was taken away each time: raise `attempts`, or choose a queue without Spot"
_EXIT_ADVICE: Mapping[int, str] = {
    126: "check that the program of its command may be executed in its image",
    127: "check that the program of its command is in its image, and in a folder of PATH",
    137: "if its log says nothing else, give it more memory: `memory_mib` in aws_batch.yml or a rule",
}
"""What to do about exit codes that no log explains."""
WITH_ADVICE = frozenset(_EXIT_ADVICE)
"""The exit codes that have an advice of their own."""
KILLED = 137
"""The exit code of a process that was ended by SIGKILL."""
_MENDED_BY_PLAN = (
    Cause.OUT_OF_MEMORY,
    Cause.TIMEOUT,
    Cause.IMAGE_PULL,
    Cause.START_FAILURE,
    Cause.SPOT,
    Cause.STUCK,
    Cause.REFUSED,
)
"""The causes whose advice is to change settings, which only another plan has: a run goes on with its own."""


def classify_failure(job: Mapping[str, Any]) -> Failure:
    """Return why a job failed, by its last attempt.

    Args:
        job: One job of a DescribeJobs reply. A field that is missing or of another type is ignored.
    """
    texts, exit_code, attempts = _texts(job), exit_code_of(job), max(1, len(attempts_of(job)))
    cause = _cause(job, texts, exit_code)
    return Failure(
        cause=cause,
        reason=one_line("; ".join(texts).removeprefix(ENDED_AS_STUCK)),
        exit_code=exit_code,
        attempts=attempts,
        advice=_advice(cause, texts, exit_code, attempts),
        log=log_of(job),
    )


def is_mended_by_plan(cause: str | None, exit_code: int | None) -> bool:
    """True if what to do about a failure on AWS Batch is to go on with another plan, which has other settings."""
    return cause in _MENDED_BY_PLAN or exit_code == KILLED


def advice_for_programs(
    advice: str,
    cause: str | None,
    exit_code: int | None,
    compiling: str = "kedro-batch compile -o PLAN",
    resume: str = "kedro-batch resume RUN --new-plan PLAN",
) -> str:
    """Return an advice with the commands that carry it out, for who is shown no list of commands."""
    if not is_mended_by_plan(cause, exit_code):
        return advice
    return f"{advice}; then {compiling}, and {resume}"


def exit_code_of(job: Mapping[str, Any]) -> int | None:
    """Return the exit code of a job's last attempt; None where it is not known."""
    attempts = attempts_of(job)
    in_attempt = first_exit_code(containers_of_attempt(attempts[-1] if attempts else {}))
    return first_exit_code(containers_of_job(job)) if in_attempt is None else in_attempt


def reason_of(job: Mapping[str, Any]) -> str:
    """Return what the service says about a job, as plain text of one line; may be empty."""
    return one_line("; ".join(_texts(job)))


def _cause(job: Mapping[str, Any], texts: Iterable[str], exit_code: int | None) -> Cause:
    found = next((cause for cause, words in _WORDING.items() if _says(texts, words)), None)
    if found in (Cause.STUCK, Cause.DEPENDENCY, Cause.TIMEOUT):
        return found
    if job.get("isTerminated") is True or job.get("isCancelled") is True:
        # The reason is then the words of whoever ended it, and may speak of anything.
        return Cause.TERMINATED
    if found:
        return found
    return Cause.EXIT if exit_code else Cause.UNKNOWN


def _says(texts: Iterable[str], words: str) -> bool:
    return any(re.search(words, text, re.IGNORECASE) for text in texts)


def _advice(cause: Cause, texts: Iterable[str], exit_code: int | None, attempts: int) -> str:
    if cause is Cause.SPOT and attempts > 1:
        return _SPOT_AGAIN
    if cause is Cause.EXIT and exit_code is not None and exit_code in _EXIT_ADVICE:
        return _EXIT_ADVICE[exit_code]
    if cause is Cause.STUCK:
        return stuck_advice(next(iter(texts)))
    limited = next((text for text in texts if "JobStateTimeLimit" in text), None)
    if cause is Cause.TERMINATED and limited:
        return f"its queue ends jobs that wait too long (jobStateTimeLimitActions): {stuck_advice(limited)}"
    return _ADVICE[cause]


def _texts(job: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what the service says, in order, without texts that another one contains."""
    attempts = attempts_of(job)
    last = attempts[-1] if attempts else {}
    containers = (*containers_of_attempt(last), *containers_of_job(job))
    said = chain([job.get("statusReason"), last.get("statusReason")], (one.get("reason") for one in containers))
    texts = tuple(dict.fromkeys(one_line(text_in(value)).strip() for value in said))
    return tuple(text for text in texts if not any(text != other and text in other for other in texts) and text)
