"""Judge how a run stands, from all that was asked about it. Pure.

``Facts`` go in: what the journal has, what ListJobs and DescribeJobs say, the time. A ``Standing`` comes out: the
record of every job, and the jobs that are to be ended because another one stands for their node.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from kedro_batch.plan.model import JobName
from kedro_batch.plan.submit_job import JobId
from kedro_batch.submitter.job_state import JobRecord
from kedro_batch.submitter.reconcile.duplicates import (
    Discovered,
    Duplicate,
    FoundJob,
    deduplicate_with_data,
    jobs_with_duplicates,
)
from kedro_batch.submitter.reconcile.merge import Records, merge
from kedro_batch.submitter.run_state import Parents
from kedro_batch.submitter.service.api import JobDetail


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that is known about a run from outside.

    Attributes:
        journal: What the journal says; empty where there is none.
        discovered: What ListJobs has.
        details: What DescribeJobs says of ``jobs_to_compare`` and ``live_jobs_not_listed``; unknown ones are left out.
        replaced: Jobs that may not stand for their node, whatever became of them.
        wall: The time; seconds since the epoch.
        made_at: When the id of the run was made; None for one that somebody chose.
        forgets: The service may have forgotten jobs that ended long ago.
    """

    journal: Records
    discovered: Discovered
    details: Mapping[JobId, JobDetail] = field(default_factory=dict)
    replaced: Collection[JobId] = ()
    wall: float
    made_at: datetime | None = None
    forgets: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a run stands.

    Attributes:
        records: The record of every job that may have been submitted.
        kept: The jobs on the service that stand for their nodes.
        duplicates: Jobs to be terminated, because another one stands for their node.
        lost_data: Nodes of which no job stands, because one may have removed what another one saved: that one's id.
    """

    records: dict[JobName, JobRecord]
    kept: Mapping[JobName, FoundJob]
    duplicates: tuple[Duplicate, ...]
    lost_data: Mapping[JobName, JobId]


def jobs_to_compare(parents: Parents, discovered: Discovered, replaced: Collection[JobId]) -> list[JobId]:
    """Return the jobs whose dependencies decide which of several jobs stands for a node: those, and all below them."""
    wrong = [one for jobs in discovered.jobs.values() for one in jobs if one.job_id in replaced]
    rivals = {one.job for one in (*jobs_with_duplicates(discovered), *wrong)}
    below = _with_descendants(parents, rivals)
    return [one.job_id for job in below for one in discovered.jobs.get(job, ())]


def live_jobs_not_listed(journal: Records, discovered: Discovered) -> list[JobId]:
    """Return the jobs of the journal that go on, as far as it knows, and that ListJobs does not have."""
    listed = {one.job_id for jobs in discovered.jobs.values() for one in jobs}
    return [one.job_id for one in journal.values() if one.live and one.job_id and one.job_id not in listed]


def standing_of(parents: Parents, facts: Facts) -> Standing:
    """Judge how a run stands.

    Args:
        parents: The jobs of the plan with their parents, in topological order.
        facts: What is known.
    """
    journal, discovered = facts.journal, facts.discovered
    depends_on = {job_id: detail.depends_on for job_id, detail in facts.details.items()}
    attempts = {job_id: detail.attempts_begun for job_id, detail in facts.details.items()}
    deduplicated = deduplicate_with_data(discovered, parents, depends_on, facts.replaced, attempts)
    kept = deduplicated.kept
    newest = {job: max(one.submission for one in found) for job, found in discovered.jobs.items()}
    created = [one.created_at_ms / 1000 for one in kept.values()]
    intended = [one.intended_at for one in journal.values() if one.intended_at]
    made = [facts.made_at.timestamp()] if facts.made_at else []
    records = merge(
        parents,
        journal=journal,
        kept=kept,
        newest=newest,
        described=facts.details,
        began_at=min([*created, *intended, *made], default=facts.wall),
        wall=facts.wall,
        forgets=facts.forgets,
    )
    # What this journal has submitted again may not be listed yet.
    orphans = {job for job in deduplicated.orphans if job not in journal or journal[job].submission <= newest[job]}
    records |= {job: JobRecord(submission=newest[job] + 1) for job in orphans}
    return Standing(
        records=records,
        kept=kept,
        duplicates=deduplicated.duplicates,
        lost_data={job: job_id for job, job_id in deduplicated.lost_data.items() if job in orphans},
    )


def _with_descendants(parents: Parents, jobs: Collection[JobName]) -> list[JobName]:
    found = set(jobs)
    for job, above in parents.items():
        if not found.isdisjoint(above):
            found.add(job)
    return [job for job in parents if job in found]
