"""Judge how a run stands, from all that was asked about it. Pure.

``Facts`` go in: what the journal has, what ListJobs and DescribeJobs say, the time. Every job that one of them knows
counts, listed or not. A ``Standing`` comes out: the
record of every job, and the jobs that are to be ended because another one stands for their node.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from kedro_batch.plan.model import JobName, Parents
from kedro_batch.plan.submit_job import JobId
from kedro_batch.submitter.job_state import JobRecord, JobState
from kedro_batch.submitter.reconcile.copies import ids_of, join
from kedro_batch.submitter.reconcile.duplicates import (
    Discovered,
    Duplicate,
    FoundJob,
    deduplicate_with_data,
    jobs_with_duplicates,
)
from kedro_batch.submitter.reconcile.merge import Records, merge, unblock
from kedro_batch.submitter.service.api import JobDetail


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that is known about a run from outside.

    Attributes:
        journal: What the journal says; empty where there is none.
        discovered: What ListJobs has.
        details: What DescribeJobs says of ``ids_not_listed``, which count as if they were listed, and of the
            ``jobs_to_compare`` of all these; unknown ones are left out.
        replaced: Jobs that may not stand for their node, whatever became of them.
        wall: The time; seconds since the epoch.
        version_at: When the version of the run's data was made, seconds since the epoch; None if it is not known.
        forgets: The service may have forgotten jobs that ended long ago.
        proving: The parents of each job that have surely succeeded before it started; None for all of the plan.
        taken_over: Jobs whose first submission is the second: they take over what jobs of an earlier plan have left.
    """

    journal: Records
    discovered: Discovered
    details: Mapping[JobId, JobDetail] = field(default_factory=dict)
    replaced: Collection[JobId] = ()
    wall: float
    version_at: float | None = None
    forgets: bool = True
    proving: Parents | None = None
    taken_over: Collection[JobName] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a run stands.

    Attributes:
        records: The record of every job that may have been submitted.
        kept: The jobs on the service that stand for their nodes.
        duplicates: Jobs to be terminated, because another one stands for their node.
        lost_data: Nodes of which no job stands, because one may have removed what another one saved: that one's id.
        contested: Nodes that are to be submitted anew, with how many of their submissions were made twice until now.
    """

    records: dict[JobName, JobRecord]
    kept: Mapping[JobName, FoundJob]
    duplicates: tuple[Duplicate, ...]
    lost_data: Mapping[JobName, JobId]
    contested: Mapping[JobName, int]


def jobs_to_compare(parents: Parents, discovered: Discovered, replaced: Collection[JobId]) -> list[JobId]:
    """Return the jobs whose dependencies decide which of several jobs stands for a node: those, and all below them."""
    wrong = [one for jobs in discovered.jobs.values() for one in jobs if one.job_id in replaced]
    rivals = {one.job for one in (*jobs_with_duplicates(discovered), *wrong)}
    below = _with_descendants(parents, rivals)
    return [one.job_id for job in below for one in discovered.jobs.get(job, ())]


def standing_of(parents: Parents, facts: Facts) -> Standing:
    """Judge how a run stands.

    Args:
        parents: The jobs of the plan with their parents, in topological order.
        facts: What is known.
    """
    journal, discovered = facts.journal, join(facts.discovered, facts.journal, facts.details)
    compared = {*jobs_to_compare(parents, discovered, facts.replaced)}
    depends_on = {job_id: detail.depends_on for job_id, detail in facts.details.items() if job_id in compared}
    attempts = {job_id: detail.attempts_begun for job_id, detail in facts.details.items()}
    deduplicated = deduplicate_with_data(discovered, parents, depends_on, facts.replaced, attempts)
    kept = deduplicated.kept
    newest = {job: max(one.submission for one in found) for job, found in discovered.jobs.items()}
    records = merge(
        parents,
        journal=journal,
        kept=kept,
        newest=newest,
        described=facts.details,
        began_at=_began_at(facts, discovered),
        wall=facts.wall,
        forgets=facts.forgets,
        others=_others_submit(journal, discovered),
        gap=_has_gap(facts.taken_over, journal, discovered),
        proving=facts.proving,
    )
    orphans = {job for job in deduplicated.orphans if not _journal_has_more(journal.get(job), newest[job], discovered)}
    records |= {job: JobRecord(submission=newest[job] + 1) for job in orphans}
    return Standing(
        records=unblock(records),
        kept=kept,
        duplicates=deduplicated.duplicates,
        lost_data={job: job_id for job, job_id in deduplicated.lost_data.items() if job in orphans},
        contested={job: _made_twice(discovered.jobs[job]) for job in deduplicated.orphans},
    )


def _made_twice(jobs: Collection[FoundJob]) -> int:
    copies = Counter(one.submission for one in jobs)
    return sum(count > 1 for count in copies.values())


def _began_at(facts: Facts, discovered: Discovered) -> float:
    """Return when the run began, as far as anything proves it. Its id proves nothing: anybody may choose one."""
    intended = [one.intended_at for one in facts.journal.values() if one.intended_at]
    version = [facts.version_at] if facts.version_at is not None else []
    return min([*created_at(discovered), *intended, *version], default=facts.wall)


def created_at(discovered: Discovered) -> tuple[float, ...]:
    """Return when each job was created that the service has; seconds since the epoch."""
    found = (one for jobs in discovered.jobs.values() for one in jobs)
    return tuple(one.created_at_ms / 1000 for one in found if one.created_at_ms)


def _others_submit(journal: Records, discovered: Discovered) -> bool:
    """True if a job of the run was not submitted from this journal: other jobs may not have been either."""
    adopted = any(one.job_id and one.intended_at is None for one in journal.values())
    return adopted or any(
        job not in journal or max(one.submission for one in found) > journal[job].submission
        for job, found in discovered.jobs.items()
    )


def _has_gap(taken_over: Collection[JobName], journal: Records, discovered: Discovered) -> bool:
    """True if there is a submission of a job without the ones before it: the service has forgotten something."""
    submissions = {
        job: {one.submission for one in found} for job, found in discovered.jobs.items() if job not in journal
    }
    return any(len(known) + (job in taken_over and 1 not in known) < max(known) for job, known in submissions.items())


def _journal_has_more(record: JobRecord | None, newest: int, discovered: Discovered) -> bool:
    """True if the journal has a later submission, which may not be listed yet, or saw one succeed that nobody knows."""
    if record is None:
        return False
    unseen = record.job_id is None or record.job_id not in ids_of(discovered)
    done = record.state is JobState.SUCCEEDED and record.submission == newest and unseen
    return record.submission > newest or done


def _with_descendants(parents: Parents, jobs: Collection[JobName]) -> list[JobName]:
    found = set(jobs)
    for job, above in parents.items():
        if not found.isdisjoint(above):
            found.add(job)
    return [job for job in parents if job in found]
