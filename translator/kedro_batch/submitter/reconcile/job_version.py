"""Read from the environment of jobs, as DescribeJobs shows it, under which version they save data."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from kedro_batch.plan.data_version import DataVersion, is_data_version
from kedro_batch.plan.submit_job import JobId
from kedro_batch.plan.variables import VERSION_VARIABLE
from kedro_batch.submitter.context import RunContext


def find_versions(context: RunContext, ids: Iterable[JobId]) -> dict[JobId, DataVersion]:
    """Ask under which version jobs save data; those that have none, or that are not known, are left out.

    Raises:
        ServiceError: The service refused, or has not answered for too long.
    """
    versions = ((one.job_id, version_in(one.reply)) for one in context.service.describe_jobs(ids))
    return {job_id: version for job_id, version in versions if version}


def version_in(reply: Mapping[str, Any]) -> DataVersion | None:
    """Return the version in one job of a DescribeJobs reply; None if it has none.

    AWS Batch shows what a request overrides merged into what the definition has (API reference, JobDetail).
    """
    values = (one.get("value") for one in _variables(reply) if one.get("name") == VERSION_VARIABLE)
    return next((DataVersion(value) for value in values if isinstance(value, str) and is_data_version(value)), None)


def _variables(reply: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from (reply.get("container") or {}).get("environment") or ()
    pods = (reply.get("eksProperties") or {}).get("podProperties") or {}
    for container in pods.get("containers") or ():
        yield from container.get("env") or ()
    for task in (reply.get("ecsProperties") or {}).get("taskProperties") or ():
        for container in task.get("containers") or ():
            yield from container.get("environment") or ()
