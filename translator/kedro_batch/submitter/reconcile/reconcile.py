"""Finds out how a run stands before it is taken up again: from the journal, from ListJobs, from DescribeJobs.

Nothing is submitted here. What is terminated are second jobs for one node, and earlier attempts that another
one is to replace.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime

from kedro_batch.errors import ServiceError, UsageError
from kedro_batch.plan.graph import topological_order
from kedro_batch.plan.model import JobName
from kedro_batch.plan.submit_job import TAG_PLAN, JobId
from kedro_batch.submitter.context import RunContext
from kedro_batch.submitter.events import Notice, NoticeKind
from kedro_batch.submitter.job_submitter import LOOKED_UP_AFTER_S
from kedro_batch.submitter.journal_view import Recorded
from kedro_batch.submitter.reconcile.duplicates import (
    KEPT_INSTEAD,
    NONE_KEPT,
    Deduplicated,
    Discovered,
    deduplicate,
    discover,
    with_duplicates,
)
from kedro_batch.submitter.reconcile.merge import (
    REMEMBERED_S,
    Parents,
    Stock,
    again,
    assumed_done,
    closed,
    renewed,
    stock_of,
)
from kedro_batch.submitter.run_id import made_at
from kedro_batch.submitter.run_state import ENDED, JobRecord, JobState
from kedro_batch.submitter.terminate import terminate_and_wait
from kedro_batch.text.wording import listed

_ENDING_S = 120.0
_NAMES_SHOWN = 5


def plan_parents(context: RunContext) -> Parents:
    """Give the jobs of the plan with their parents, parents first."""
    parents = {job.name: job.depends_on for job in context.plan.jobs}
    return {name: parents[name] for name in topological_order(parents)}


def take_stock(context: RunContext, parents: Parents, *, expected: bool, done: Collection[JobName] = ()) -> Stock:
    """Find out how a run stands.

    Args:
        context: The run.
        parents: Its plan.
        expected: There has to be a job of it, in the journal or on the service.
        done: Jobs that the user says have succeeded.

    Returns:
        How it stands, with nothing forgotten in it.

    Raises:
        UsageError: The run has jobs of another plan, is not known at all, or is so old that it cannot be known.
        ServiceError: The service refused to tell.
    """
    recorded = context.journal.recorded(context.run_id)
    census, settlement = _settled(context, parents, recorded, expected=expected)
    kept = settlement.kept
    newest = {job: max(one.submission for one in copies) for job, copies in census.copies.items()}
    unknown = [
        one.standing.job_id
        for job, one in recorded.items()
        if one.standing.live and not (job in kept and newest[job] >= one.standing.submission)
    ]
    described = _described(context, [job_id for job_id in unknown if job_id])
    if expected and not recorded and not kept:
        raise UsageError(
            f"no job of run {context.run_id} is in {listed(context.queues)}: nothing was submitted under this id, or "
            "it was more than a day ago and AWS Batch has forgotten it. Check account and region, or begin anew: "
            "kedro-batch apply PLAN"
        )
    born = made_at(context.run_id)
    began_at = min(
        ([born.timestamp()] if born else [])
        + [copy.created_at / 1000 for copy in kept.values()]
        + [one.intended_at for one in recorded.values() if one.intended_at],
        default=context.calls.wall(),
    )
    stock = stock_of(
        parents,
        recorded=recorded,
        kept=kept,
        newest=newest,
        described=described,
        began_at=began_at,
        wall=context.calls.wall(),
    )
    if orphans := settlement.orphans:
        anew = {job: JobRecord(submission=newest[job] + 1) for job in orphans}
        left = tuple(job for job in stock.forgotten if job not in orphans)
        stock = Stock(standing={**stock.standing, **anew}, unsure=stock.unsure - orphans, forgotten=left)
    if unknown_names := sorted(set(done) - set(parents)):
        raise UsageError(f"the plan of the run has no job {listed(unknown_names)}, which are assumed to be done")
    if done:
        stock = assumed_done(stock, done)
    if stock.forgotten:
        raise UsageError(_too_old(context, stock.forgotten))
    return stock


def to_run_again(
    context: RunContext,
    parents: Parents,
    stock: Stock,
    *,
    from_jobs: tuple[JobName, ...],
    only_jobs: tuple[JobName, ...],
) -> tuple[dict[JobName, JobRecord], frozenset[JobName]]:
    """Give what failed, was blocked or lost another submission, after the earlier one has surely ended.

    Returns:
        How the run stands then, and the jobs that are still to be looked up before they are sent.

    Raises:
        UsageError: As ``again`` does.
        ServiceError: An earlier submission does not end.
    """
    standing = closed(parents, stock.standing)
    jobs = again(parents, standing, from_jobs=from_jobs, only_jobs=only_jobs)
    doubtful = [standing[job] for job in jobs if job in standing]
    earlier = [one.job_id for one in doubtful if one.job_id and one.state in (JobState.NOT_RUN, JobState.LOST)]
    still_live = [job_id for job_id, state in _described(context, earlier).items() if state not in ENDED]
    left = terminate_and_wait(context, still_live, f"kedro-batch: run {context.run_id} is resumed", _ENDING_S)
    if left:
        raise ServiceError(
            f"{len(left)} earlier attempts do not end ({listed(left[:_NAMES_SHOWN])}): nothing was submitted. "
            "Try again later"
        )
    in_doubt = {job for job in stock.unsure if standing.get(job, JobRecord()).state is JobState.NOT_SUBMITTED}
    return renewed(standing, jobs), frozenset(in_doubt)


def settle(context: RunContext, parents: Parents, census: Discovered) -> Deduplicated:
    """Choose one job for each node, and terminate the others.

    Raises:
        ServiceError: The service refused.
    """
    depends_on: dict[JobId, tuple[JobId, ...]] = {}
    if rivals := with_duplicates(census):
        below = _below(parents, {one.job for one in rivals})
        ids = [one.job_id for job in below for one in census.copies.get(job, ())]
        for detail in context.described(ids):
            depends_on[detail["jobId"]] = tuple(JobId(one["jobId"]) for one in detail.get("dependsOn", ()))
    settlement = deduplicate(census, parents, depends_on)
    by_reason: dict[str, list[JobId]] = {}
    for copy, kept in settlement.duplicates:
        by_reason.setdefault(f"{KEPT_INSTEAD}{kept or NONE_KEPT}", []).append(copy.job_id)
    live = {
        job_id for reason, ids in by_reason.items() for job_id in terminate_and_wait(context, ids, reason, _ENDING_S)
    }
    for copy, kept in settlement.duplicates:
        became = "could not be ended: look at it in AWS Batch" if copy.job_id in live else "is terminated"
        message = f"{copy.job} was submitted twice: {copy.job_id} {became}; {kept or NONE_KEPT} is kept"
        context.emit(Notice(kind=NoticeKind.DUPLICATE, message=message, job=copy.job))
    return settlement


def _settled(
    context: RunContext, parents: Parents, recorded: Mapping[JobName, Recorded], *, expected: bool
) -> tuple[Discovered, Deduplicated]:
    if not context.options.adopt or context.engine.name == "local":
        return Discovered(copies={}, foreign_jobs=()), Deduplicated(kept={})
    census = discover(context.run_id, parents, context.all_listed())
    for pause_s in LOOKED_UP_AFTER_S if not recorded else ():
        if not census.copies and not expected:
            break  # a run that is not known anywhere is a new one
        # What was submitted just before the journal was lost may not be visible yet.
        context.pause(pause_s)
        census = discover(context.run_id, parents, context.all_listed())
    _check_plan(context, census)
    born = made_at(context.run_id)
    if not recorded and not census.copies and born and _seconds_since(born, context) > REMEMBERED_S:
        raise UsageError(_too_old(context, ()))
    return census, settle(context, parents, census)


def _check_plan(context: RunContext, census: Discovered) -> None:
    """Refuse a run of another plan: by names that the plan does not have, or by the digest in the tags."""
    if census.foreign_jobs:
        raise UsageError(
            f"run {context.run_id} is of another plan: it has {listed(census.foreign_jobs[:_NAMES_SHOWN])}, which this "
            "plan does not have. Name the plan that it was applied from, or choose another --run-id"
        )
    newest = [copies[-1].job_id for copies in census.copies.values()][:_NAMES_SHOWN]
    for detail in context.described(newest) if newest else ():
        digest = detail.get("tags", {}).get(TAG_PLAN)
        if digest and digest != context.digest:
            raise UsageError(
                f"run {context.run_id} is of another plan: {detail['jobName']} was submitted from {digest[:19]}, this "
                f"plan is {context.digest[:19]}. Name the plan that it was applied from, or choose another --run-id"
            )


def _described(context: RunContext, ids: Iterable[JobId]) -> dict[JobId, JobState]:
    """Describe jobs, several times if some are not known: DescribeJobs may be late as well."""
    found: dict[JobId, JobState] = {}
    missing = list(ids)
    for pause_s in (0.0, *(LOOKED_UP_AFTER_S if context.engine.name != "local" else ())):
        if not missing:
            break
        context.pause(pause_s)
        found |= {one["jobId"]: JobState(one["status"]) for one in context.described(missing)}
        missing = [job_id for job_id in missing if job_id not in found]
    return found


def _below(parents: Parents, jobs: set[JobName]) -> list[JobName]:
    """Give jobs and all that are below them, parents first."""
    found = set(jobs)
    for job, above in parents.items():
        if not found.isdisjoint(above):
            found.add(job)
    return [job for job in parents if job in found]


def _seconds_since(moment: datetime, context: RunContext) -> float:
    return (datetime.fromtimestamp(context.calls.wall(), UTC) - moment).total_seconds()


def _too_old(context: RunContext, forgotten: tuple[JobName, ...]) -> str:
    shown = listed(forgotten[:_NAMES_SHOWN])
    more = f" and {len(forgotten) - _NAMES_SHOWN} more" if len(forgotten) > _NAMES_SHOWN else ""
    what = f" of {shown}{more}" if forgotten else ""
    return (
        f"run {context.run_id} is more than a day old, and AWS Batch no longer knows what became{what or ' of it'}: "
        "that is not guessed at. Write the names of the jobs that have succeeded into a file, one a line, and resume "
        "with --assume-done FILE (the others are run again); or begin anew: kedro-batch apply PLAN"
    )
