"""Compare what a plan declares with a job definition that exists. Pure.

A revision that somebody made in the console has the tags of the one before it, our hash among them, so its content is
compared as well: every value that would be sent has to be there, and what would not be sent has to be empty there, or
to be what AWS Batch fills in.

Sources of what it fills in: the AWS Batch API reference, RegisterJobDefinition; and what Terraform's provider for AWS
leaves out when it compares (``aws_batch_job_definition``).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from kedro_batch.plan.register_definition import CONTENT_TAG

_COMPARED = (
    "type",
    "parameters",
    "schedulingPriority",
    "containerProperties",
    "nodeProperties",
    "ecsProperties",
    "eksProperties",
    "consumableResourceProperties",
    "retryStrategy",
    "timeout",
    "propagateTags",
    "platformCapabilities",
)
"""What of a definition has a say in how its jobs run."""

_FILLED_IN: Mapping[str, tuple[Any, ...]] = {
    "platformCapabilities": (["EC2"],),
    "attempts": (1,),
    "platformVersion": ("LATEST",),
    "assignPublicIp": ("DISABLED",),
    "operatingSystemFamily": ("LINUX",),
    "cpuArchitecture": ("X86_64",),
    "logDriver": ("awslogs",),
    "rootDirectory": ("/",),
    "transitEncryption": ("DISABLED",),
    "iam": ("DISABLED",),
    "essential": (True,),
    "hostNetwork": (True,),
    "dnsPolicy": ("ClusterFirst", "ClusterFirstWithHostNet"),
    "imagePullPolicy": ("Always", "IfNotPresent"),
}
"""What a field has that was not sent, by its name. Any other field is empty then."""

_IN_ANY_ORDER = frozenset(
    {"environment", "env", "secrets", "secretOptions", "resourceRequirements", "volumes", "mountPoints", "ulimits"}
)
"""Lists that AWS Batch may give back in another order."""


def same_content(request: Mapping[str, Any], described: Mapping[str, Any]) -> bool:
    """True if a definition is what a request would register.

    Args:
        request: The arguments of RegisterJobDefinition, with the hash of their content.
        described: The definition in a DescribeJobDefinitions reply.
    """
    content = request.get("tags", {}).get(CONTENT_TAG)  # else the hash is among the parameters
    if content and (described.get("tags") or {}).get(CONTENT_TAG) != content:
        return False
    return all(_same(request.get(field), described.get(field), field) for field in _COMPARED)


def _same(sent: Any, found: Any, field: str) -> bool:
    if isinstance(sent, Mapping) or isinstance(found, Mapping):
        own, theirs = sent or {}, found or {}
        return all(_same(own.get(name), theirs.get(name), name) for name in {*own, *theirs})
    if field in _IN_ANY_ORDER:
        return _same_in_any_order(_with_value(sent, field), _with_value(found, field))
    if _is_list(sent) and _is_list(found) and len(sent) == len(found):
        return all(_same(one, other, "") for one, other in zip(sent, found, strict=True))
    return bool(
        sent == found or (sent is None and _left_out(found, field)) or (found is None and _left_out(sent, field))
    )


def _same_in_any_order(sent: Sequence[Any], found: Sequence[Any]) -> bool:
    left = list(found)
    for one in sent:
        match = next((number for number, other in enumerate(left) if _same(one, other, "")), None)
        if match is None:
            return False
        del left[match]
    return not left


def _with_value(pairs: Any, field: str) -> Sequence[Any]:
    """Return what a list has; AWS Batch drops variables without a value."""
    return [one for one in pairs or () if field not in ("environment", "env") or one.get("value")]


def _left_out(value: Any, field: str) -> bool:
    """True if a field may have this value on one side, and none on the other."""
    return value in _FILLED_IN.get(field, ()) or (field not in _FILLED_IN and not value)


def _is_list(value: Any) -> bool:
    return isinstance(value, list | tuple)
