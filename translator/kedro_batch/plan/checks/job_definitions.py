"""Checks the job definitions that a plan declares, and whether jobs fit theirs.

Sources: [api] the AWS Batch API reference, RegisterJobDefinition and ContainerProperties; [quotas] see
``batch_limits``; [secrets] the Amazon ECS API reference, RegisterTaskDefinition: secrets need an executionRoleArn;
[limits] the Docker command line reference, ``--ulimit``.
"""

import json
import math
import posixpath
from collections.abc import Iterator, Mapping
from typing import Any

from kedro_batch.diagnostics import Code, Diagnostic, FieldPath, PathMessage, Severity, diagnostics_of
from kedro_batch.plan.checks.batch_limits import DEFINITION_BYTES, RESERVED_ENVIRONMENT, RESERVED_TAGS, diagnose_size
from kedro_batch.plan.checks.variables import misused_variable
from kedro_batch.plan.image_reference import parse_image
from kedro_batch.plan.model import Plan
from kedro_batch.plan.register_definition import own_containers, register_request
from kedro_batch.plan.settings import ALWAYS_GIVEN, JobDefinition, JobSettings, Platform
from kedro_batch.plan.submit_job import PODS, TASKS, command_container
from kedro_batch.text.wording import did_you_mean, quoted

OF_ONE_CONTAINER = (
    "image",
    "job_role",
    "execution_role",
    "resources",
    "log_group",
    "secrets",
    "volumes",
    "ulimits",
    "shared_memory_mib",
    "public_ip",
)
"""The fields that describe the one container of a definition that has none of its own in ``register``."""
_PLACES: Mapping[str, str] = {
    "eksProperties": "eksProperties.podProperties.containers",
    "ecsProperties": "ecsProperties.taskProperties",
}
"""Where the containers are in the structures of RegisterJobDefinition."""
_OVERRIDES: Mapping[str | None, str] = {"eksProperties": PODS, "ecsProperties": TASKS}
"""The structure of SubmitJob for the containers in each structure of RegisterJobDefinition."""
_SHAPES: Mapping[str, str] = {
    PODS: "submit: {{eksPropertiesOverride: {{podProperties: {{containers: [{{name: {}}}]}}}}}}",
    TASKS: "submit: {{ecsPropertiesOverride: {{taskProperties: [{{containers: [{{name: {}}}]}}]}}}}",
}
_CONTAINER_OF_EKS = "Default"
"""[api] EksContainer, name: this, if there is none."""
_NO_IMAGE = (
    "is missing: name the image of the container, such as repository@sha256:... or repository:tag. In a project, "
    "`kedro-batch image --push` builds one and writes its digest there; `compile --image REF` takes one"
)
_UNLIMITED = -1
"""[limits] A limit of a ulimit that is none."""
_ON_MACHINES = ("ulimits", "shared_memory_mib")
"""[api] Fields that Fargate does not take."""


def check_definitions(plan: Plan) -> Iterator[Diagnostic]:
    """Yield what is wrong with each declared job definition."""
    for name, definition in plan.job_definitions.items():
        own = own_containers(definition.register)
        found = _check_container(definition) if own is None else _check_own_containers(definition, own)
        here = ("job_definitions", name)
        yield from diagnostics_of((*found, *_check_register(definition, plan)), here)
        size = len(json.dumps(register_request(name, definition, tags=plan.submit_tags), ensure_ascii=False).encode())
        if size > DEFINITION_BYTES:
            message = f"has {size:,} bytes, and AWS Batch takes {DEFINITION_BYTES:,} for a job definition"
            yield Diagnostic(path=here, message=message)


def check_fit(plan: Plan) -> Iterator[Diagnostic]:
    """Yield the jobs whose ``submit`` does not fit the containers of their declared definition."""
    known: dict[int, list[PathMessage]] = {}
    for index, job in enumerate(plan.jobs if plan.job_definitions else ()):
        definition = plan.job_definitions.get(job.settings.job_definition)
        if definition is not None:
            if id(job.settings) not in known:
                known[id(job.settings)] = list(_check_fit(job.settings, definition))
            yield from diagnostics_of(known[id(job.settings)], ("jobs", index))


def check_use(plan: Plan) -> Iterator[Diagnostic]:
    """Yield a warning for each declared job definition that no job names."""
    used = {job.settings.job_definition for job in plan.jobs}
    for name in plan.job_definitions:
        if name not in used:
            yield Diagnostic(
                path=("job_definitions", name),
                code=Code.UNMATCHED,
                severity=Severity.WARNING,
                message=f"no job names it.{did_you_mean(name, used)}",
                advice="Leave it out, or name it as job_definition",
            )


def _check_container(definition: JobDefinition) -> Iterator[PathMessage]:
    if not definition.image:
        yield ("image",), _NO_IMAGE
    elif wrong := _find_wrong_image(definition.image):
        yield ("image",), wrong
    stated = definition.resources.to_dict()
    missing = [name for name in ALWAYS_GIVEN if name not in stated]
    if missing:
        yield ("resources",), f"AWS Batch takes no job definition without {' and '.join(missing)}"
    else:
        for path, message in diagnose_size(definition.resources, definition.platform):
            yield path, message
    yield from _check_platform(definition)
    if definition.secrets and not definition.execution_role and definition.platform is not Platform.FARGATE:
        yield ("execution_role",), "is missing: a role must read the secrets when the container starts"
    yield from _check_volumes(definition)
    yield from _check_ulimits(definition.ulimits)
    if definition.volumes and {"volumes", "mountPoints"} & definition.register.get("containerProperties", {}).keys():
        message = "cannot stand beside volumes and mountPoints in register.containerProperties: write all in one place"
        yield ("volumes",), message


def _check_volumes(definition: JobDefinition) -> Iterator[PathMessage]:
    first: dict[str, int] = {}
    for number, volume in enumerate(definition.volumes):
        path = posixpath.normpath(volume["path"])
        if first.setdefault(path, number) != number:
            message = f"{quoted(volume['path'])} is the path of volumes[{first[path]}] too: give each one of its own"
            yield ("volumes", number, "path"), message


def _check_ulimits(ulimits: Mapping[str, Any]) -> Iterator[PathMessage]:
    for name, limit in ulimits.items():
        if isinstance(limit, Mapping):
            soft, hard = (math.inf if limit[kind] == _UNLIMITED else limit[kind] for kind in ("soft", "hard"))
            if soft > hard:
                yield ("ulimits", name, "soft"), f"is {_spell_limit(soft)}, above hard: {hard}"


def _spell_limit(limit: float) -> str:
    return "-1, which is no limit" if limit == math.inf else str(limit)


def _find_wrong_image(image: str) -> str | None:
    try:
        parse_image(image)
    except ValueError as error:
        return str(error)
    return None


def _check_platform(definition: JobDefinition) -> Iterator[PathMessage]:
    container = definition.register.get("containerProperties", {})
    if definition.platform is not Platform.FARGATE:
        if definition.public_ip or "fargatePlatformConfiguration" in container or "networkConfiguration" in container:
            path = ("public_ip",) if definition.public_ip else ("register", "containerProperties")
            yield path, "AWS Batch takes this for Fargate alone: write platform: fargate, or leave it out"
        return
    if not definition.execution_role:
        message = "is missing: on Fargate, a role must pull the image and write the logs. Write the ARN of one"
        yield ("execution_role",), message
    for name in _ON_MACHINES:
        if getattr(definition, name):
            yield (name,), "Fargate does not take it: leave it out, or write platform: ec2"
    for number, volume in enumerate(definition.volumes):
        if "host" in volume:
            yield ("volumes", number), "Fargate has no folders of a machine: mount a file system (efs)"
    if container.get("privileged"):
        yield ("register", "containerProperties", "privileged"), "Fargate does not take it: leave it out"


def _check_own_containers(definition: JobDefinition, own: str) -> Iterator[PathMessage]:
    place = _PLACES.get(own, own)
    others = [field for field in (*_PLACES, "containerProperties") if field in definition.register and field != own]
    for other in others:
        yield ("register", other), f"cannot stand beside {own}: a job has one kind of containers"
    stated = definition.to_dict()
    for name in OF_ONE_CONTAINER:
        if name in stated:
            message = f"cannot stand beside {own}, which has containers of its own: write it in register.{place}"
            yield (name,), message
    if own == "eksProperties" and definition.platform:
        yield ("platform",), "AWS Batch takes none for EKS: leave it out"
    if own == "ecsProperties" and definition.platform is Platform.FARGATE:
        for number, task in enumerate(definition.register[own].get("taskProperties", ())):
            if not task.get("executionRoleArn"):
                message = "has no executionRoleArn: on Fargate, a role must pull the images and write the logs"
                yield ("register", own, "taskProperties", number), message
    for path, image in images_of(definition):
        if wrong := _find_wrong_image(image):
            yield path, wrong


def images_of(definition: JobDefinition) -> Iterator[tuple[FieldPath, str]]:
    """Yield all images of a definition, each with its path."""
    if definition.image:
        yield ("image",), definition.image
    for place, container in _containers(definition.register):
        if "image" in container:
            yield ("register", *place, "image"), container["image"]


def _containers(register: Mapping[str, Any]) -> Iterator[tuple[FieldPath, Mapping[str, Any]]]:
    """Yield the containers that ``register`` has of its own, each with its path."""
    pod = register.get("eksProperties", {}).get("podProperties", {})
    for kind in ("initContainers", "containers"):
        for number, one in enumerate(pod.get(kind, ())):
            yield ("eksProperties", "podProperties", kind, number), one
    for at, task in enumerate(register.get("ecsProperties", {}).get("taskProperties", ())):
        for number, one in enumerate(task.get("containers", ())):
            yield ("ecsProperties", "taskProperties", at, "containers", number), one


def _check_register(definition: JobDefinition, plan: Plan) -> Iterator[PathMessage]:
    """Check the tags and the variables in ``register``, as those of jobs are checked."""
    tags = definition.register.get("tags", {})
    if tags and not plan.submit_tags:
        yield ("register", "tags"), "no tags may be sent, since submit_tags is false: leave out tags or submit_tags"
    for key in tags:
        if key.lower().startswith(RESERVED_TAGS):
            message = f"begins with {' or '.join(RESERVED_TAGS)}, which only AWS and kedro-batch may use"
            yield ("register", "tags", key), message
    for path, name, value in variables_in_register(definition.register):
        if name.upper().startswith(RESERVED_ENVIRONMENT):
            yield ("register", *path), f"no variable may begin with {RESERVED_ENVIRONMENT}: AWS Batch keeps it"
        elif misuse := misused_variable(name, value, plan.env):
            yield ("register", *path), f"{name}: {misuse}"


def variables_in_register(register: Mapping[str, Any]) -> Iterator[tuple[FieldPath, str, Any]]:
    """Yield the variables that ``register`` gives containers: the path, the name, the value.

    Args:
        register: Fields whose types botocore's model has allowed.
    """
    places: list[tuple[FieldPath, Mapping[str, Any]]] = [*_containers(register)]
    if single := register.get("containerProperties"):
        places.append((("containerProperties",), single))
    for place, container in places:
        for field in ("environment", "env"):
            for number, pair in enumerate(container.get(field, ())):
                where: FieldPath = (*place, field, number)
                yield where, str(pair.get("name")), pair.get("value")


def _check_fit(settings: JobSettings, definition: JobDefinition) -> Iterator[PathMessage]:
    name = quoted(settings.job_definition)
    own = own_containers(definition.register)
    wanted = _OVERRIDES.get(own)
    given = next((field for field in (PODS, TASKS) if field in settings.submit), None)
    known = [
        str(one.get("name", _CONTAINER_OF_EKS))
        for path, one in _containers(definition.register)
        if path[0] == own and "initContainers" not in path
    ]
    if wanted is None:
        if given:
            yield ("submit", given), f"does not fit the job definition {name}, which has one container: leave it out"
    elif given != wanted:
        place = ("submit", given) if given else ("submit",)
        write = _SHAPES[wanted].format(known[0] if known else "NAME")
        yield place, f"the job definition {name} has {own}: name the container that gets the command. Write {write}"
    elif known and (found := command_container(settings.submit)) and found[1].get("name", known[0]) not in known:
        hint = did_you_mean(str(found[1]["name"]), known) or f" It has {', '.join(known)}."
        yield ("submit", wanted), f"the job definition {name} has no container {quoted(str(found[1]['name']))}.{hint}"
