"""The containers of a job definition, in AWS's shape: of a RegisterJobDefinition request, or of a reply. Pure.

Source of the fields: the AWS Batch API reference, RegisterJobDefinition and JobDefinition.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from kedro_batch.plan.settings import JobDefinition

DEFAULT_LOG_GROUP = "/aws/batch/job"
"""Where AWS Batch sends the output if a definition does not say; it creates this group."""
_EACH = "*"
_ECS_TASKS = ("ecsProperties", "taskProperties", _EACH)
_POD = ("eksProperties", "podProperties")
_NODES = ("nodeProperties", "nodeRangeProperties", _EACH)
_IN_TASKS = (*_ECS_TASKS, "containers", _EACH)
_IN_PODS = ((*_POD, "containers", _EACH), (*_POD, "initContainers", _EACH))
_ON_ECS = (("containerProperties",), (*_NODES, "container"), _IN_TASKS, (*_NODES, *_IN_TASKS))
_ON_EKS = tuple((*above, *pod) for above in ((), _NODES) for pod in _IN_PODS)
_CONTAINERS = (*_ON_ECS, *_ON_EKS)
"""Where containers stand in a job definition."""
_TASKS = (("containerProperties",), (*_NODES, "container"), _ECS_TASKS, (*_NODES, *_ECS_TASKS))
"""Where the roles and the platform of a container on ECS stand."""
_VARIABLES = ("environment", "env", "secrets")
"""What containers call their variables, and those whose values are kept elsewhere, on ECS and on EKS."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogGroup:
    """A group of CloudWatch Logs that a container writes to.

    Attributes:
        name: Its name.
        region: Its region; None for that of the job.
        created: The container creates it if it does not exist.
    """

    name: str
    region: str | None = None
    created: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What one or more containers on ECS share; None where the definition says nothing.

    Attributes:
        job_role: Name or ARN of the role that the code has.
        execution_role: Name or ARN of the role that starts the containers.
        processor: ``X86_64`` or ``ARM64``.
        operating_system: Such as ``LINUX``.
    """

    job_role: str | None
    execution_role: str | None
    processor: str | None
    operating_system: str | None


def find_images(definition: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the images of a definition, each once, in the order of their containers."""
    found = (one.get("image") for one in _find_maps(definition, _CONTAINERS))
    return tuple(dict.fromkeys(image for image in found if isinstance(image, str)))


def find_log_groups(definition: Mapping[str, Any]) -> tuple[LogGroup, ...]:
    """Return the groups that get the output of a definition's containers on ECS; other drivers have none."""
    logs = (one.get("logConfiguration") or {"logDriver": "awslogs"} for one in _find_maps(definition, _ON_ECS))
    options = [one.get("options") or {} for one in logs if one.get("logDriver") == "awslogs"]
    return tuple(dict.fromkeys(map(_parse_log_group, options)))


def find_tasks(definition: Mapping[str, Any]) -> tuple[Task, ...]:
    """Return what a definition says of its containers on ECS. Pods on EKS have no roles of their own here."""
    return tuple(dict.fromkeys(map(_parse_task, _find_maps(definition, _TASKS))))


def find_variables(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield the variables of all containers, wherever these stand; of a secret, where its value is kept.

    Args:
        value: A definition, or the overrides of a SubmitJob request.
    """
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if key in _VARIABLES and isinstance(inner, list | tuple):
                yield from (
                    (str(pair.get("name")), pair.get("value", pair.get("valueFrom")))
                    for pair in inner
                    if isinstance(pair, Mapping)
                )
            else:
                yield from find_variables(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from find_variables(inner)


def with_images(definition: JobDefinition, change: Callable[[str], str]) -> JobDefinition:
    """Return a declared definition with other images, also where ``register`` has containers of its own."""
    register: Any = definition.register
    for path in _CONTAINERS:
        register = _changed(register, (*path, "image"), change)
    return replace(definition, image=definition.image and change(definition.image), register=register)


def _parse_task(stated: Mapping[str, Any]) -> Task:
    machine = stated.get("runtimePlatform") or {}
    return Task(
        job_role=stated.get("jobRoleArn") or stated.get("taskRoleArn"),
        execution_role=stated.get("executionRoleArn"),
        processor=machine.get("cpuArchitecture"),
        operating_system=machine.get("operatingSystemFamily"),
    )


def _parse_log_group(options: Mapping[str, Any]) -> LogGroup:
    return LogGroup(
        name=options.get("awslogs-group") or DEFAULT_LOG_GROUP,
        region=options.get("awslogs-region"),
        created=str(options.get("awslogs-create-group")).lower() == "true",
    )


def _find_maps(definition: Mapping[str, Any], paths: Iterable[tuple[str, ...]]) -> Iterator[Mapping[str, Any]]:
    return (one for path in paths for one in _find(definition, path) if isinstance(one, Mapping))


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
