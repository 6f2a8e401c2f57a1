"""Checks fields of SubmitJob offline against botocore's own model of AWS Batch.

The only module that reads botocore, and it loads it only for plans that have ``submit``.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from kedro_batch.diagnostics import Diagnostic, PathMessage, diagnostics_of
from kedro_batch.files.read_budget import MAX_WRITTEN_KEY
from kedro_batch.plan.checks.placement import misplaced_command
from kedro_batch.plan.checks.request_size import worst_request
from kedro_batch.plan.model import Plan, stated_settings
from kedro_batch.text.wording import did_you_mean, listed

_OWNED_FIELDS: Mapping[tuple[str, ...], str] = {
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
}
"""The fields of SubmitJob that ``submit`` may not have, and what to do instead."""


def check_submit_fields(file: Mapping[str, Any]) -> Iterator[Diagnostic]:
    """Yield what ``submit`` cannot pass on to SubmitJob, where a plan file states it."""
    for here, settings in stated_settings(file):
        if submit := settings.get("submit"):
            yield from diagnostics_of(wrong_submit_fields(submit), (*here, "submit"))


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
            objections[id(job.settings)] = _objections(request, _submit_job())
        if objection := objections[id(job.settings)]:
            yield Diagnostic(path=("jobs", index), message=f"{job.name}: {objection}")


def wrong_submit_fields(submit: Mapping[str, Any]) -> Iterator[PathMessage]:
    """Yield what one ``submit`` cannot pass on to SubmitJob."""
    yield from [*_wrong_fields(submit)] or misplaced_command(submit)


def _wrong_fields(submit: Mapping[str, Any]) -> Iterator[PathMessage]:
    shape = _submit_job()
    least = dict.fromkeys(shape.required_members, "x")
    for path, advice in _OWNED_FIELDS.items():
        if _has(submit, path):
            yield path, advice
    for field, value in submit.items():
        if field not in shape.members:
            others = [name for name in shape.members if (name,) not in _OWNED_FIELDS]
            hint = did_you_mean(field, others) or f" Known here: {', '.join(others)}."
            yield (field,), f"is no field of SubmitJob.{hint}"
        elif (field,) not in _OWNED_FIELDS and (objection := _objections({**least, field: value}, shape)):
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
def _submit_job() -> Any:
    from botocore.session import get_session  # noqa: PLC0415  loaded only when a check asks for it

    return get_session().get_service_model("batch").operation_model("SubmitJob").input_shape


def _objections(value: Any, shape: Any) -> str:
    """Return botocore's objections to a value in one line, without the value; empty if there are none."""
    report = _validator().validate(value, shape)
    text = listed(report.generate_report().splitlines(), separator="; ") if report.has_errors() else ""
    return _WRONG_TYPE.sub(_reworded, text)


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
