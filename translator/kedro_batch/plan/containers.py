"""The containers of a job definition, in AWS's shape: of a RegisterJobDefinition request, or of a reply. Pure.

Source of the fields: the AWS Batch API reference, RegisterJobDefinition and JobDefinition.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from kedro_batch.plan.settings import JobDefinition

_EACH = "*"
_ECS_TASKS = ("ecsProperties", "taskProperties", _EACH)
_POD = ("eksProperties", "podProperties")
_NODES = ("nodeProperties", "nodeRangeProperties", _EACH)
_IN_TASKS = (*_ECS_TASKS, "containers", _EACH)
_IN_PODS = ((*_POD, "containers", _EACH), (*_POD, "initContainers", _EACH))
_CONTAINERS = (
    ("containerProperties",),
    (*_NODES, "container"),
    *((*above, *_IN_TASKS) for above in ((), _NODES)),
    *((*above, *below) for above in ((), _NODES) for below in _IN_PODS),
)
"""Where containers stand in a job definition."""
_ROLES = (
    ("containerProperties",),
    (*_NODES, "container"),
    _ECS_TASKS,
    (*_NODES, *_ECS_TASKS),
)
"""Where roles and the platform of a container stand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogGroup:
    """A group of CloudWatch Logs; the region is None where it is that of the job."""

    name: str
    region: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RolesInUse:
    """The roles of a container, as names or ARNs, and what kind of processor it asks for; None: it says nothing."""

    job_role: str | None
    execution_role: str | None
    architecture: str | None


def find_images(definition: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the images of a definition, each once, in the order of their containers."""
    found = (one.get("image") for one in _find_containers(definition))
    return tuple(dict.fromkeys(image for image in found if isinstance(image, str)))


def find_log_groups(definition: Mapping[str, Any]) -> tuple[LogGroup, ...]:
    """Return the groups that get the output of a definition's containers, as far as the definition names them."""
    groups = []
    for container in _find_containers(definition):
        log = container.get("logConfiguration") or {}
        options = log.get("options") or {}
        if log.get("logDriver") == "awslogs" and options.get("awslogs-group"):
            groups.append(LogGroup(name=options["awslogs-group"], region=options.get("awslogs-region")))
    return tuple(dict.fromkeys(groups))


def find_roles(definition: Mapping[str, Any]) -> tuple[RolesInUse, ...]:
    """Return the roles of a definition's containers; those of pods on EKS are no roles of IAM."""
    holders = (one for path in _ROLES for one in _find(definition, path) if isinstance(one, Mapping))
    return tuple(
        dict.fromkeys(
            RolesInUse(
                job_role=one.get("jobRoleArn") or one.get("taskRoleArn"),
                execution_role=one.get("executionRoleArn"),
                architecture=(one.get("runtimePlatform") or {}).get("cpuArchitecture"),
            )
            for one in holders
        )
    )


def with_images(definition: JobDefinition, change: Callable[[str], str]) -> JobDefinition:
    """Return a declared definition with other images, also where ``register`` has containers of its own."""
    register: Any = definition.register
    for path in _CONTAINERS:
        register = _changed(register, (*path, "image"), change)
    return replace(definition, image=definition.image and change(definition.image), register=register)


def _find_containers(definition: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    return (one for path in _CONTAINERS for one in _find(definition, path) if isinstance(one, Mapping))


def _find(value: Any, path: tuple[str, ...]) -> Iterator[Any]:
    """Yield what stands at a path; ``*`` is each item of a list."""
    if not path:
        yield value
    elif path[0] == _EACH:
        for one in value if isinstance(value, list | tuple) else ():
            yield from _find(one, path[1:])
    elif isinstance(value, Mapping) and path[0] in value:
        yield from _find(value[path[0]], path[1:])


def _changed(value: Any, path: tuple[str, ...], change: Callable[[str], str]) -> Any:
    """Return a structure in which the texts at a path are changed."""
    if not path:
        return change(value) if isinstance(value, str) else value
    if path[0] == _EACH:
        return [_changed(one, path[1:], change) for one in value] if isinstance(value, list | tuple) else value
    if isinstance(value, Mapping) and path[0] in value:
        return {**value, path[0]: _changed(value[path[0]], path[1:], change)}
    return value
