"""The limits of AWS Batch, and the error for each. Pure.

Where the text that AWS gives is known it is used: it says "Error executing request, Exception : ...". The others are
in our words; nothing should be made to depend on them.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

JOB_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}")
DEPENDENCIES = 20
TIMEOUT_S = 60
ATTEMPTS = 10
RETRY_RULES = 5
TAGS = 50
TAG_KEY_LENGTH, TAG_VALUE_LENGTH = 128, 256
ARRAY_SIZE = (2, 10_000)
PAYLOAD_BYTES = 30 * 1024
OVERRIDES_LENGTH = 8192
DESCRIBED_AT_ONCE = 100
TERMINATED_AT_ONCE = 50
LISTED_AT_ONCE = 100
RESERVED_PREFIX = "AWS_BATCH"
_RESOURCES = ("VCPU", "MEMORY", "GPU")


class RefusedError(Exception):
    """The service refuses a call."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


def client_error(what: str) -> RefusedError:
    return RefusedError(400, "ClientException", f"Error executing request, Exception : {what}")


def check_submit(body: dict[str, Any], size: int) -> None:
    """Check a request of SubmitJob of so many bytes.

    Raises:
        RefusedError: It breaks a limit that AWS checks at once.
    """
    if size > PAYLOAD_BYTES:
        raise client_error(f"Job size must be less than 30 KiB, got {size // 1024} KiB")
    for what in _mistakes(body):
        raise client_error(what)


def check_fit(body: dict[str, Any], definition: dict[str, Any], queue: dict[str, Any]) -> None:
    """Check whether a request fits its job definition and its queue, as they are described.

    The words about EKS are those of nextflow-io/nextflow#5817, about shares those of boto/boto3#3158 and
    nextflow-io/nextflow#3505; the others are ours.

    Raises:
        RefusedError: It does not.
    """
    if "containerOverrides" in body:
        if "eksProperties" in definition:
            raise _refused("Container overrides or node overrides should not be set for Batch on EKS jobs.")
        if "ecsProperties" in definition:
            raise _refused("Container overrides should not be set for jobs with several containers.")
        if definition.get("type") == "multinode":
            raise _refused("Container overrides should not be set for multi-node parallel jobs.")
    shares = "schedulingPolicyArn" in queue
    if shares and "shareIdentifier" not in body:
        raise _refused("shareIdentifier must be specified.")
    prioritised = "schedulingPriorityOverride" in body or "schedulingPriority" in definition
    if shares and not prioritised:
        raise _refused("Either schedulingPriority in job definition or schedulingPriorityOverride should be specified.")
    if not shares and ("shareIdentifier" in body or "schedulingPriorityOverride" in body):
        raise _refused(
            "Job with shareIdentifier or schedulingPriority can only be submitted to job queue with fair share "
            "scheduling policy."
        )


def _refused(what: str) -> RefusedError:
    return RefusedError(400, "ClientException", what)


def doom(body: dict[str, Any]) -> str | None:
    """Tell why a job that is accepted will fail instead of being started."""
    overrides = json.dumps(body.get("containerOverrides", {}), separators=(",", ":"), ensure_ascii=False)
    if len(overrides) > OVERRIDES_LENGTH:
        return f"Container Overrides length must be at most {OVERRIDES_LENGTH}"
    return None


def check_count(ids: list[str], most: int) -> None:
    """Check how many ids are asked about at once."""
    if len(ids) > most:
        raise client_error(f"at most {most} jobs at once, not {len(ids)}")


def _mistakes(body: dict[str, Any]) -> Iterator[str]:
    for name in ("jobName", "jobQueue", "jobDefinition"):
        if not body.get(name):
            yield f"{name} is required"
    if not JOB_NAME.fullmatch(body["jobName"]):
        yield "Job name should match valid pattern"
    if len(body.get("dependsOn", ())) > DEPENDENCIES:
        yield f"Job cannot have more than {DEPENDENCIES} dependencies"
    if body.get("timeout", {}).get("attemptDurationSeconds", TIMEOUT_S) < TIMEOUT_S:
        yield f"The timeout must be at least {TIMEOUT_S} seconds"
    yield from _retry_mistakes(body.get("retryStrategy", {}))
    yield from _tag_mistakes(body.get("tags", {}))
    size = body.get("arrayProperties", {}).get("size")
    if size is not None and not ARRAY_SIZE[0] <= size <= ARRAY_SIZE[1]:
        yield f"The array size must be between {ARRAY_SIZE[0]} and {ARRAY_SIZE[1]}"
    yield from _override_mistakes(body.get("containerOverrides", {}))


def _retry_mistakes(strategy: dict[str, Any]) -> Iterator[str]:
    if not 1 <= strategy.get("attempts", 1) <= ATTEMPTS:
        yield f"Retry attempts must be between 1 and {ATTEMPTS}"
    rules = strategy.get("evaluateOnExit", ())
    if len(rules) > RETRY_RULES:
        yield f"evaluateOnExit must have at most {RETRY_RULES} rules"
    if any(str(rule.get("action")).upper() not in ("RETRY", "EXIT") for rule in rules):
        yield "evaluateOnExit action must be RETRY or EXIT"


def _tag_mistakes(tags: dict[str, str]) -> Iterator[str]:
    if len(tags) > TAGS:
        yield f"A resource cannot have more than {TAGS} tags"
    if any(not 1 <= len(key) <= TAG_KEY_LENGTH or key.startswith("aws:") for key in tags):
        yield f"Tag keys must have 1 to {TAG_KEY_LENGTH} characters and not start with aws:"
    if any(len(value) > TAG_VALUE_LENGTH for value in tags.values()):
        yield f"Tag values must have at most {TAG_VALUE_LENGTH} characters"


def _override_mistakes(overrides: dict[str, Any]) -> Iterator[str]:
    if not all(overrides.get("command", ())):
        yield "Container command must not contain empty strings"
    for variable in overrides.get("environment", ()):
        if variable["name"].startswith(RESERVED_PREFIX):
            yield f"Environment variable {variable['name']} must not start with {RESERVED_PREFIX}"
    for one in overrides.get("resourceRequirements", ()):
        if one["type"] not in _RESOURCES or not isinstance(one["value"], str):
            yield f"Resource requirements are strings for {', '.join(_RESOURCES)}"
