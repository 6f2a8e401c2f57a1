"""Checks fields of SubmitJob and RegisterJobDefinition offline against botocore's own model of AWS Batch.

The only module that reads botocore, and it loads it only for plans that have ``submit`` or declare job definitions.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

from kedro_batch.diagnostics import Diagnostic, PathMessage, diagnostics_of
from kedro_batch.files.read_budget import MAX_WRITTEN_KEY
from kedro_batch.plan.checks.placement import misplaced_command
from kedro_batch.plan.checks.request_size import worst_request
from kedro_batch.plan.model import Plan, stated_settings
from kedro_batch.plan.register_definition import register_request
from kedro_batch.text.wording import did_you_mean, listed


class _Operation(NamedTuple):
    """An operation of AWS Batch, and its fields that nobody may pass on, with what to do instead."""

    name: str
    owned: Mapping[tuple[str, ...], str]

    @property
    def shape(self) -> Any:
        return _input_shape(self.name)


_SUBMIT = _Operation(
    "SubmitJob",
    {
        ("jobName",): "kedro-batch names the jobs: leave it out",
        ("jobQueue",): "write it as job_queue",
        ("jobDefinition",): "write it as job_definition",
        ("dependsOn",): "it follows from what a job depends on: leave it out",
        ("timeout",): "write it as timeout_s",
        ("retryStrategy",): "write it as attempts and retry_on",
        ("tags",): "write them as tags",
        ("shareIdentifier",): "write it as share_identifier",
        ("schedulingPriorityOverride",): "write it as scheduling_priority",
        ("arrayProperties",): "it would make many jobs of one, and each would run the same nodes: leave it out",
        ("nodeOverrides",): "it is for jobs on several machines, and each would run the same nodes: leave it out",
        ("containerOverrides", "command"): "it would replace the command of the job: leave it out; see command_prefix",
        ("containerOverrides", "environment"): "write it as environment",
        ("containerOverrides", "resourceRequirements"): "write them as resources",
        ("containerOverrides", "vcpus"): "write it among the resources, as vcpus",
        ("containerOverrides", "memory"): "write it among the resources, as memory_mib",
    },
)
_REGISTER = _Operation(
    "RegisterJobDefinition",
    {
        ("jobDefinitionName",): "write it as name",
        ("type",): "every job runs in one container or pod: leave it out",
        ("nodeProperties",): "it is for jobs on several machines, and each would run the same nodes: leave it out",
        ("platformCapabilities",): "write it as platform",
        ("timeout",): "write it as timeout_s, beside job_definition",
        ("retryStrategy",): "write it as attempts and retry_on, beside job_definition",
        ("schedulingPriority",): "write it as scheduling_priority, beside job_definition",
        ("containerProperties", "image"): "write it as image",
        ("containerProperties", "jobRoleArn"): "write it as job_role",
        ("containerProperties", "executionRoleArn"): "write it as execution_role",
        ("containerProperties", "resourceRequirements"): "write them as resources",
        ("containerProperties", "vcpus"): "write it among the resources, as vcpus",
        ("containerProperties", "memory"): "write it among the resources, as memory_mib",
        ("containerProperties", "command"): "every job has a command of its own: leave it out",
        ("containerProperties", "secrets"): "write them as secrets",
        ("containerProperties", "ulimits"): "write them as ulimits",
        ("containerProperties", "linuxParameters", "sharedMemorySize"): "write it as shared_memory_mib",
        ("containerProperties", "networkConfiguration", "assignPublicIp"): "write it as public_ip",
    },
)


def check_submit_fields(file: Mapping[str, Any]) -> Iterator[Diagnostic]:
    """Yield what ``submit`` cannot pass on to SubmitJob, where a plan file states it."""
    for here, settings in stated_settings(file):
        if submit := settings.get("submit"):
            yield from diagnostics_of(wrong_submit_fields(submit), (*here, "submit"))


def check_register_fields(file: Mapping[str, Any]) -> Iterator[Diagnostic]:
    """Yield what ``register`` cannot pass on to RegisterJobDefinition, where a plan file states it."""
    for name, declared in file.get("job_definitions", {}).items():
        if register := declared.get("register"):
            yield from diagnostics_of(wrong_register_fields(register), ("job_definitions", name, "register"))


def check_registrations(plan: Plan) -> Iterator[Diagnostic]:
    """Yield the declared job definitions whose whole request botocore would refuse to send."""
    for name, definition in plan.job_definitions.items():
        request = register_request(name, definition, tags=plan.submit_tags)
        if objection := _objections(request, _REGISTER.shape):
            below = ("register",) if definition.register else ()
            yield Diagnostic(path=("job_definitions", name, *below), message=objection)


def check_requests(plan: Plan) -> Iterator[Diagnostic]:
    """Yield the jobs with ``submit`` whose whole request botocore would refuse to send.

    All others have requests of checked values alone, in fields that every botocore we support knows.
    """
    objections: dict[int, str] = {}  # requests of jobs that share their settings have the same fields
    for index, job in enumerate(plan.jobs):
        if not job.settings.submit:
            continue
        if id(job.settings) not in objections:
            request = worst_request(job, plan)
            objections[id(job.settings)] = _objections(request, _SUBMIT.shape)
        if objection := objections[id(job.settings)]:
            yield Diagnostic(path=("jobs", index), message=f"{job.name}: {objection}")


def wrong_submit_fields(submit: Mapping[str, Any]) -> Iterator[PathMessage]:
    """Yield what one ``submit`` cannot pass on to SubmitJob."""
    yield from [*_wrong_fields(submit, _SUBMIT)] or misplaced_command(submit)


def wrong_register_fields(register: Mapping[str, Any]) -> Iterator[PathMessage]:
    """Yield what one ``register`` cannot pass on to RegisterJobDefinition.

    What is missing there does not count: it may be merged over another one.
    """
    return _wrong_fields(register, _REGISTER, whole=False)


def _wrong_fields(given: Mapping[str, Any], operation: _Operation, *, whole: bool = True) -> Iterator[PathMessage]:
    name, owned, shape = operation.name, operation.owned, operation.shape
    least = dict.fromkeys(shape.required_members, "x")
    for path, advice in owned.items():
        if _has(given, path):
            yield path, advice
    for field, value in given.items():
        if field not in shape.members:
            others = [other for other in shape.members if (other,) not in owned]
            hint = did_you_mean(field, others) or f" Known here: {', '.join(others)}."
            yield (field,), f"is no field of {name}.{hint}"
        elif (field,) not in owned and (objection := _objections({**least, field: value}, shape, whole=whole)):
            yield (field,), objection
        elif long := next((key for key in _keys(value) if len(key) > MAX_WRITTEN_KEY), None):
            yield (field,), f"has a key of {len(long)} characters; YAML takes {MAX_WRITTEN_KEY}"


def _keys(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        yield from value
        for inner in value.values():
            yield from _keys(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _keys(inner)


def _has(value: Any, path: tuple[str, ...]) -> bool:
    for step in path:
        if not isinstance(value, Mapping) or step not in value:
            return False
        value = value[step]
    return True


@cache
def _input_shape(operation: str) -> Any:
    return _service_model().operation_model(operation).input_shape


@cache
def _service_model() -> Any:
    """Load the model without a session, which would read the AWS configuration of the shell: this is offline."""
    from botocore.loaders import Loader  # noqa: PLC0415  loaded only when a check asks for it
    from botocore.model import ServiceModel  # noqa: PLC0415  loaded only when a check asks for it

    return ServiceModel(Loader().load_service_model("batch", "service-2"), "batch")


def _objections(value: Any, shape: Any, *, whole: bool = True) -> str:
    """Return botocore's objections to a value in one line, without the value; empty if there are none.

    Args:
        value: The arguments of a call.
        shape: What the operation takes.
        whole: Object to what is missing, too.
    """
    report = _validator().validate(value, shape)
    lines = report.generate_report().splitlines() if report.has_errors() else []
    counting = [line for line in lines if whole or not line.startswith("Missing required parameter")]
    return _WRONG_TYPE.sub(_reworded, listed(counting, separator="; "))


_WRONG_TYPE = re.compile(
    r"Invalid type for parameter (\S+), value: .*?, type: <class '(\w+)'>, valid types: ((?:<class '\w+'>(?:, )?)+)",
    re.DOTALL,
)
_KINDS = {
    "str": "text",
    "int": "a whole number",
    "bool": "true or false",
    "dict": "a mapping",
    "list": "a list",
    "tuple": "a list",
    "float": "a number",
    "NoneType": "nothing",
}


def _reworded(found: re.Match[str]) -> str:
    allowed = dict.fromkeys(_KINDS.get(kind, kind) for kind in re.findall(r"'(\w+)'", found[3]))
    return f"{found[1]} must be {' or '.join(allowed)}, found {_KINDS.get(found[2], found[2])}"


@cache
def _validator() -> Any:
    from botocore.validate import ParamValidator  # noqa: PLC0415  loaded only when a check asks for it

    return ParamValidator()
