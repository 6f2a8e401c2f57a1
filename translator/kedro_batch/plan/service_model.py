"""Checks requests offline against botocore's own model of AWS Batch. The only module that reads botocore."""

from typing import TYPE_CHECKING

from kedro_batch.errors import Finding, PlanError
from kedro_batch.plan.model import JobName, Plan, PlanDigest
from kedro_batch.plan.request import JobId, RunId, submit_request

if TYPE_CHECKING:
    from collections.abc import Iterator

# The longest that a real run puts there.
_RUN_ID = RunId("9" * 24)
_JOB_ID = JobId("00000000-0000-0000-0000-000000000000")
_ATTEMPT = 999


def check_requests(plan: Plan, digest: PlanDigest, source: str) -> None:
    """Check the SubmitJob request of every job of a plan.

    Args:
        plan: The plan.
        digest: Its digest, which the requests carry.
        source: The name of the plan's file, for messages.

    Raises:
        PlanError: botocore would refuse to send some of the requests.
    """
    wrong = [
        Finding(source=source, path=("jobs", index), message=f"{name}: {report}")
        for index, name, report in _reports(plan, digest)
    ]
    if wrong:
        raise PlanError(f"{source} asks for requests that AWS Batch does not know:", wrong)


def _reports(plan: Plan, digest: PlanDigest) -> "Iterator[tuple[int, JobName, str]]":
    from botocore.session import get_session  # noqa: PLC0415  loaded only when a check asks for it
    from botocore.validate import ParamValidator  # noqa: PLC0415  the same

    shape = get_session().get_service_model("batch").operation_model("SubmitJob").input_shape
    if shape is None:  # pragma: no cover  SubmitJob has always had an input
        return
    validator = ParamValidator()
    for index, job in enumerate(plan.jobs):
        request = submit_request(
            job,
            run_id=_RUN_ID,
            attempt=_ATTEMPT,
            digest=digest,
            parent_ids=[_JOB_ID] * len(job.depends_on),
            job_definition=job.job_definition,
        )
        report = validator.validate(request, shape)
        if report.has_errors():
            yield index, job.name, "; ".join(report.generate_report().splitlines())
