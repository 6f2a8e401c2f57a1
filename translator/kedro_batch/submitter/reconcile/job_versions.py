"""Under which versions the jobs of a run save data, as DescribeJobs shows it; one of them is the run's.

Two machines that begin a run at the same moment give it a version each. The smallest one among its jobs stands, so that
both choose the same; jobs of another version would read and write past the others, and are replaced.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from kedro_batch.plan.data_version import DataVersion, is_data_version
from kedro_batch.plan.submit_job import JobId
from kedro_batch.plan.variables import VERSION_VARIABLE
from kedro_batch.submitter.context import RunContext
from kedro_batch.submitter.events import Notice, NoticeKind
from kedro_batch.submitter.reconcile.ask_service import describe_jobs
from kedro_batch.submitter.reconcile.duplicates import Discovered, jobs_with_duplicates
from kedro_batch.submitter.reconcile.merge import Records
from kedro_batch.submitter.run_options import RunMode


@dataclass(frozen=True, slots=True, kw_only=True)
class JobVersions:
    """The versions of the jobs of a run.

    Attributes:
        found: The versions that DescribeJobs shows, of the jobs that were asked about.
        other: Jobs of another version than the run's.
    """

    found: frozenset[DataVersion] = frozenset()
    other: frozenset[JobId] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chosen:
    """The version of a run; None if nobody can tell, and the jobs that have another one."""

    version: DataVersion | None
    other: frozenset[JobId] = field(default=frozenset())


def look_at_versions(
    context: RunContext, discovered: Discovered, journal: Records, shown: Collection[JobId]
) -> JobVersions:
    """Ask for the versions of the jobs that this journal has not submitted, and settle on the run's.

    Where the journal has no version and the jobs have several, nothing is settled: the user is asked.

    Args:
        context: The run.
        discovered: Its jobs.
        journal: What the journal says of them.
        shown: Those that the service has shown just now: the others are forgotten, and not asked about.

    Raises:
        ServiceError: The service refused, or has not answered for too long.
    """
    follows, before = context.options.mode is RunMode.FOLLOW, context.version
    begun_without = before is None and was_submitted_here(journal)
    only_looks = follows and before is not None and not jobs_with_duplicates(discovered)
    if begun_without or not discovered.jobs or only_looks:
        return JobVersions()
    submitted_here = {one.job_id for one in journal.values() if one.job_id} - context.adopted if before else set()
    jobs = [one for found in discovered.jobs.values() for one in found if one.counts or before is None]
    asked = [one.job_id for one in jobs if one.job_id in shown and one.job_id not in submitted_here]
    details = describe_jobs(context, asked)  # DescribeJobs may show a job later than ListJobs
    found = {one.job_id: version for one in details.values() if (version := version_in(one.reply))}
    context.adopted.clear()
    context.adopted |= set(asked) - details.keys()  # shown later: asked about in the next look
    own = [one.job_id for one in jobs if one.job_id in submitted_here]
    chosen = choose(before, own, found, given=context.options.data_version, smallest=follows or before is not None)
    context.adopted |= chosen.other  # not of the version that the journal has from now on, whoever submitted them
    if chosen.other and own:
        # One of its own may be another process's: whoever found it there was killed, and the journal does not tell.
        details |= describe_jobs(context, [one for one in own if one in shown])
        found = {one.job_id: version for one in details.values() if (version := version_in(one.reply))}
        own = [one for one in own if one not in found]
        chosen = choose(before, own, found, given=context.options.data_version, smallest=follows or before is not None)
    if chosen.version and chosen.version != before:
        context.version = chosen.version
        context.journal.record_version(context.run_id, chosen.version)
    if chosen.other:
        message = (
            f"run {context.run_id} was begun twice at once, and its jobs save data under several versions: "
            f"{chosen.version} stands, and jobs of another one are replaced"
        )
        context.emit(Notice(kind=NoticeKind.WARNING, message=message))
    return JobVersions(found=frozenset(found.values()), other=chosen.other)


def was_submitted_here(journal: Records) -> bool:
    """True if the journal has submitted jobs itself: without a version, if it has none now."""
    return any(one.intended_at for one in journal.values())


def choose(
    before: DataVersion | None,
    own: Collection[JobId],
    found: Mapping[JobId, DataVersion],
    *,
    given: DataVersion | None = None,
    smallest: bool = True,
) -> _Chosen:
    """Choose the version of a run. Pure.

    Args:
        before: What the journal has; None if it has none.
        own: The jobs on the service that were submitted from this journal: they have this version.
        found: The versions of others.
        given: What the user names; it counts only if the journal has none.
        smallest: Of several, the smallest is the run's; else nobody can tell.
    """
    several = {*found.values(), *([before] if before and (own or not found) else [])}
    if before is None and given:
        version: DataVersion | None = given
    else:
        version = min(several, default=None) if smallest or len(several) == 1 else None
    if version is None:
        return _Chosen(version=None)
    other = {job_id for job_id, one in found.items() if one != version}
    return _Chosen(version=version, other=frozenset(other | set(own) if before and before != version else other))


def version_in(reply: Mapping[str, Any]) -> DataVersion | None:
    """Return the version in one job of a DescribeJobs reply; None if it has none.

    AWS Batch shows the variables of a request among those of the container (API reference, ContainerDetail,
    EksContainerDetail, TaskContainerDetails).
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
