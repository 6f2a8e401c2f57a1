"""Checks requests offline against botocore's own model of AWS Batch. The only module that reads botocore."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from kedro_batch.diagnostics import Diagnostic
from kedro_batch.errors import PlanError
from kedro_batch.plan.checks.batch_limits import worst_request
from kedro_batch.plan.model import JobName, Plan
from kedro_batch.plan.submit_job import OWNED_FIELDS, placement_problems
from kedro_batch.text.wording import did_you_mean, listed


def check_requests(plan: Plan, source: str) -> None:
    """Check the SubmitJob requests that pass on what the plan says in AWS's spelling.

    All others are made of checked values alone, in fields that every botocore we support knows.

    Args:
        plan: The plan.
        source: The name of the plan's file, for messages.

    Raises:
        PlanError: botocore would refuse to send some of the requests.
    """
    wrong = [
        Diagnostic(source=source, path=("jobs", index), message=f"{name}: {report}")
        for index, name, report in _reports(plan)
    ]
    if wrong:
        raise PlanError(f"{source} asks for requests that AWS Batch does not know:", wrong)


def submit_problems(submit: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield ``(path, message)`` for what ``submit`` cannot pass on to SubmitJob."""
    wrong = [*_field_problems(submit)]
    yield from wrong or placement_problems(submit)


def _field_problems(submit: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], str]]:
    shape = _submit_job()
    least = dict.fromkeys(shape.required_members, "x")
    for path, advice in OWNED_FIELDS.items():
        if _has(submit, path):
            yield path, advice
    for field, value in submit.items():
        if field not in shape.members:
            others = [name for name in shape.members if (name,) not in OWNED_FIELDS]
            hint = did_you_mean(field, others) or f" Known here: {', '.join(others)}."
            yield (field,), f"is no field of SubmitJob.{hint}"
        elif (field,) not in OWNED_FIELDS and (report := _report({**least, field: value}, shape)):
            yield (field,), report
        elif long := next((key for key in _keys(value) if len(key) > _LONGEST_KEY), None):
            yield (field,), f"has a key of {len(long)} characters; YAML takes {_LONGEST_KEY}"


_LONGEST_KEY = 1000
"""YAML 1.2.2, section 7.4.2: a key in one line has 1024 characters at most, quotes and escapes included."""


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


def _reports(plan: Plan) -> Iterator[tuple[int, JobName, str]]:
    for index, job in enumerate(plan.jobs):
        if not job.settings.submit:
            continue
        if report := _report(worst_request(job, submit_tags=plan.submit_tags), _submit_job()):
            yield index, job.name, report


@cache
def _submit_job() -> Any:
    from botocore.session import get_session  # noqa: PLC0415  loaded only when a check asks for it

    return get_session().get_service_model("batch").operation_model("SubmitJob").input_shape


def _report(value: Any, shape: Any) -> str:
    """Give botocore's objections to a value in one line, without the value; empty where it has none."""
    report = _validator().validate(value, shape)
    told = listed(report.generate_report().splitlines(), separator="; ") if report.has_errors() else ""
    return _WRONG_TYPE.sub(_reworded, told)


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
