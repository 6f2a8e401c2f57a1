"""Builds the RegisterJobDefinition request of a job definition that a plan declares. Pure.

Source of the fields: the AWS Batch API reference, RegisterJobDefinition.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from kedro_batch.plan.settings import JobDefinition, merged_deep

CONTENT_TAG = "kedro-batch:definition"
"""The tag with the hash of what was registered."""
CONTENT_PARAMETER = "kedro_batch_definition"
"""The parameter that has it where an account forbids tags."""
OWN_CONTAINERS = ("eksProperties", "ecsProperties", "nodeProperties")
"""The structures of RegisterJobDefinition that have containers of their own: they stand in ``register``."""
CONTAINERS = ("containerProperties", *OWN_CONTAINERS)
"""All structures that have containers."""


def register_request(name: str, definition: JobDefinition, *, tags: bool) -> dict[str, Any]:
    """Build the arguments of one RegisterJobDefinition call.

    Args:
        name: The name of the definition.
        definition: What the plan declares.
        tags: Write the hash of the content into a tag, or else into a parameter of the definition.
    """
    request: dict[str, Any] = {"jobDefinitionName": name, "type": "container"}
    if definition.platform:
        request["platformCapabilities"] = [definition.platform.upper()]
    if own_containers(definition.register) is None:
        request["containerProperties"] = _container(definition)
    request = merged_deep(definition.register, request)
    content = content_hash(request)
    field, key = ("tags", CONTENT_TAG) if tags else ("parameters", CONTENT_PARAMETER)
    return {**request, field: {**request.get(field, {}), key: content}}


def own_containers(register: Mapping[str, Any]) -> str | None:
    """Return the structure of ``register`` that has containers of its own; None if it has none."""
    return next((field for field in OWN_CONTAINERS if field in register), None)


def content_hash(request: Mapping[str, Any]) -> str:
    """Return the hash of a request without the hash itself: ``sha256:`` and 64 hexadecimal digits."""
    canonical = json.dumps(request, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return f"sha256:{hashlib.sha256(canonical.encode()).hexdigest()}"


def _container(definition: JobDefinition) -> dict[str, Any]:
    amounts = definition.resources
    needed = (("VCPU", amounts.vcpus), ("MEMORY", amounts.memory_mib), ("GPU", amounts.gpus))
    container: dict[str, Any] = {
        "image": definition.image,
        "jobRoleArn": definition.job_role,
        "executionRoleArn": definition.execution_role,
        "resourceRequirements": [{"type": kind, "value": str(amount)} for kind, amount in needed if amount],
        "logConfiguration": definition.log_group
        and {"logDriver": "awslogs", "options": {"awslogs-group": definition.log_group}},
        "secrets": [{"name": key, "valueFrom": value} for key, value in sorted(definition.secrets.items())],
        "volumes": [_volume(f"volume-{number}", one) for number, one in enumerate(definition.volumes)],
        "mountPoints": [_mount_point(f"volume-{number}", one) for number, one in enumerate(definition.volumes)],
        "ulimits": [*_ulimits(definition.ulimits)],
        "linuxParameters": definition.shared_memory_mib and {"sharedMemorySize": definition.shared_memory_mib},
        "networkConfiguration": definition.public_ip and {"assignPublicIp": "ENABLED"},
    }
    return {name: value for name, value in container.items() if value}


def _volume(name: str, stated: Mapping[str, Any]) -> dict[str, Any]:
    if "efs" not in stated:
        return {"name": name, "host": {"sourcePath": stated["host"]}}
    root = {"rootDirectory": stated["root"]} if "root" in stated else {}
    return {"name": name, "efsVolumeConfiguration": {"fileSystemId": stated["efs"], **root}}


def _mount_point(name: str, stated: Mapping[str, Any]) -> dict[str, Any]:
    return {"sourceVolume": name, "containerPath": stated["path"], "readOnly": stated.get("read_only", False)}


def _ulimits(stated: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for name, limit in sorted(stated.items()):
        soft, hard = (limit["soft"], limit["hard"]) if isinstance(limit, Mapping) else (limit, limit)
        yield {"name": name, "softLimit": soft, "hardLimit": hard}
