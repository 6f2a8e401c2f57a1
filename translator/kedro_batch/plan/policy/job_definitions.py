"""Judges declared job definitions by a rule: their images, their roles, their access to the machine. Pure.

Source: the AWS Batch API reference, RegisterJobDefinition. On EKS, a pod has the role of its service account.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from kedro_batch.diagnostics import FieldPath
from kedro_batch.plan.checks.job_definitions import images_of
from kedro_batch.plan.policy.allowed_names import keeps_image_rule
from kedro_batch.plan.policy.model import Rule, RuleName
from kedro_batch.plan.settings import JobDefinition

_JOB_ROLES = ("job_role", "taskRoleArn", "serviceAccountName")
_EXECUTION_ROLES = ("execution_role", "executionRoleArn")
_Broken = Iterator[tuple[FieldPath, str]]
"""What breaks a rule, each with its path in the definition."""


def _find_images(rule: Rule, definition: JobDefinition) -> _Broken:
    return ((path, image) for path, image in images_of(definition) if not keeps_image_rule(image, rule))


def _find_roles(names: tuple[str, ...], rule: Rule, definition: JobDefinition) -> _Broken:
    for path, value in _fields(definition.to_dict(), ()):
        if path[-1] in names and not rule.value.allow(str(value)):
            yield path, str(value)


def _find_host_access(_: Rule, definition: JobDefinition) -> _Broken:
    for path, value in _fields(definition.to_dict(), ()):
        if found := _spell_access(str(path[-1]), value):
            yield path, found


WRONG_IN_DEFINITIONS: Mapping[RuleName, Callable[[Rule, JobDefinition], _Broken]] = {
    RuleName.REGISTRIES: _find_images,
    RuleName.IMAGES_BY_DIGEST: _find_images,
    RuleName.JOB_ROLES: partial(_find_roles, _JOB_ROLES),
    RuleName.EXECUTION_ROLES: partial(_find_roles, _EXECUTION_ROLES),
    RuleName.NO_HOST_ACCESS: _find_host_access,
}
"""The rules of what only a definition has, and what finds what breaks them."""


def _spell_access(name: str, value: Any) -> str | None:
    """Spell a field that gives access to the machine; None for all others.

    The network is none of these: where a definition says nothing, AWS Batch gives containers that of the machine.
    """
    match name, value:
        case "privileged", True:
            return "privileged: true"
        case "host", (str(folder) | {"sourcePath": str(folder)}) if folder:
            return f"host: {folder}"
        case "hostPath", {"path": str(folder)}:
            return f"hostPath: {folder}"
        case "devices" | "capabilities", _ if names := _devices_or_capabilities(value):
            return f"{name}: {', '.join(names)}"
        case "pidMode" | "ipcMode", "host":
            return f"{name}: host"
        case _:
            return None


def _devices_or_capabilities(value: Any) -> list[str]:
    match value:
        case [*devices]:
            return [str(one.get("hostPath")) for one in devices if isinstance(one, Mapping)]
        case {"add": [*capabilities]}:
            return [str(one) for one in capabilities]
        case _:
            return []


def _fields(value: Any, here: FieldPath) -> Iterator[tuple[FieldPath, Any]]:
    """Yield the fields of all maps, each with its path, wherever they stand."""
    match value:
        case Mapping():
            for name, inner in value.items():
                yield (*here, name), inner
                yield from _fields(inner, (*here, name))
        case list() | tuple():
            for position, inner in enumerate(value):
                yield from _fields(inner, (*here, position))
