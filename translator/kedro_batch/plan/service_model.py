"""Checks requests offline against botocore's own model of AWS Batch. The only module that reads botocore."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from kedro_batch.errors import Finding, PlanError, did_you_mean
from kedro_batch.plan.limits import worst_request
from kedro_batch.plan.model import JobName, Plan
from kedro_batch.plan.request import ARRAY_PROPERTIES, OWNED_FIELDS


def check_requests(plan: Plan, source: str) -> None:
    """Check the SubmitJob request of every job of a plan.

    Args:
        plan: The plan.
        source: The name of the plan's file, for messages.

    Raises:
        PlanError: botocore would refuse to send some of the requests.
    """
    wrong = [
        Finding(source=source, path=("jobs", index), message=f"{name}: {report}")
        for index, name, report in _reports(plan)
    ]
    if wrong:
        raise PlanError(f"{source} asks for requests that AWS Batch does not know:", wrong)


def submit_problems(submit: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield ``(field, message)`` for what ``submit`` cannot pass on to SubmitJob."""
    shape = _submit_job()
    known = shape.members
    least = dict.fromkeys(shape.required_members, "x")
    for field, value in submit.items():
        if field in OWNED_FIELDS:
            yield field, f"is said by {OWNED_FIELDS[field]}: write it there"
        elif field == ARRAY_PROPERTIES:
            yield field, "would make many jobs of one, and each would run the same nodes"
        elif field not in known:
            others = [name for name in known if name not in OWNED_FIELDS and name != ARRAY_PROPERTIES]
            hint = did_you_mean(field, others) or f" Known here: {', '.join(others)}."
            yield field, f"is no field of SubmitJob.{hint}"
        elif report := _report({**least, field: value}, shape):
            yield field, report


def _reports(plan: Plan) -> Iterator[tuple[int, JobName, str]]:
    shape = _submit_job()
    for index, job in enumerate(plan.jobs):
        if report := _report(worst_request(job), shape):
            yield index, job.name, report


@cache
def _submit_job() -> Any:
    from botocore.session import get_session  # noqa: PLC0415  loaded only when a check asks for it

    return get_session().get_service_model("batch").operation_model("SubmitJob").input_shape


def _report(value: Any, shape: Any) -> str:
    """Give botocore's objections to a value in one line; empty where it has none."""
    report = _validator().validate(value, shape)
    return "; ".join(report.generate_report().splitlines()) if report.has_errors() else ""


@cache
def _validator() -> Any:
    from botocore.validate import ParamValidator  # noqa: PLC0415  loaded only when a check asks for it

    return ParamValidator()
