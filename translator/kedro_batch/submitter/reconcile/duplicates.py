"""Choose the one job that stands for each node, among the jobs of a run that ListJobs gives. Pure.

A name carries run, job and submission, so that anybody who has the id of a run and its plan finds its jobs. Where a
node has two jobs, the one that has succeeded stands for it, the oldest of several. Otherwise jobs that depend on each
other are kept together: the family with the oldest job (``families``). Everybody who looks chooses the same, also
later. Where two have seen different jobs all the same, and each has ended what the other one keeps, nobody's failure is
that of the node: it is submitted again.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from kedro_batch.plan.model import JobName
from kedro_batch.plan.submit_job import JobId, RunId, parsed_job_name
from kedro_batch.submitter.job_state import ENDED, FAILED_ON_SERVICE, PARENTS_SUCCEEDED, JobState
from kedro_batch.submitter.reconcile.families import Age, oldest_in_family
from kedro_batch.submitter.service.api import JobSummary

_REASON = "kedro-batch: a second job for one node; the run keeps "
"""How the reason begins for which a duplicate is terminated; the id of the kept job follows."""
_NONE = "none of them"


def reason_to_terminate(kept: JobId | None) -> str:
    """Return the reason for which a duplicate is terminated, in favour of a job or of none."""
    return f"{_REASON}{kept or _NONE}"


def kept_instead(reason: str) -> JobId | None:
    """Return the id of the job in favour of which a duplicate was terminated; None for other reasons."""
    kept = reason.removeprefix(_REASON)
    return JobId(kept) if kept not in (reason, _NONE) else None


def ended_as_duplicate(reason: str) -> bool:
    """True if a job was terminated as a duplicate, in favour of a job or of none: it has not failed by itself."""
    return reason.startswith(_REASON)


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundJob:
    """One job on the service, and the job of the plan that it is; ``started`` if its container has run."""

    job: JobName
    submission: int
    job_id: JobId
    state: JobState
    status: str | None
    created_at_ms: int
    reason: str
    started: bool = False

    @property
    def live(self) -> bool:
        """True if it has not ended."""
        return self.state not in ENDED

    @property
    def counts(self) -> bool:
        """True if it runs its node or has run it."""
        return self.state not in FAILED_ON_SERVICE

    @property
    def proves_parents(self) -> bool:
        """True if AWS Batch has started it, also if it failed then, so that every parent has succeeded."""
        return self.started or self.state in PARENTS_SUCCEEDED

    @property
    def age(self) -> Age:
        """When it was created, and its id: what never changes."""
        return self.created_at_ms, self.job_id


Duplicate = tuple[FoundJob, JobId | None]
"""A job to be terminated, with the id of the kept job, or None where there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovered:
    """The jobs of a run on the service.

    Attributes:
        jobs: Every job found, by the plan's names, the oldest first.
        foreign_jobs: Names that belong to the run, and to no job of the plan.
    """

    jobs: Mapping[JobName, tuple[FoundJob, ...]]
    foreign_jobs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deduplicated:
    """The one job that stands for each node.

    Attributes:
        kept: The job that stands for a job of the plan.
        duplicates: The jobs that do not stand for their node.
        orphans: Nodes whose jobs all waited for a job that is not kept, lost data, or were ended as duplicates: they
            are to be submitted again.
        lost_data: Those that lost data, each with the job that may have removed them.
    """

    kept: Mapping[JobName, FoundJob]
    duplicates: tuple[Duplicate, ...] = ()
    orphans: frozenset[JobName] = frozenset()
    lost_data: Mapping[JobName, JobId] = field(default_factory=dict)


def discover(run_id: RunId, jobs: Iterable[JobName], summaries: Iterable[JobSummary]) -> Discovered:
    """Sort the jobs that ListJobs gave for the prefix of a run; the names of other runs are ignored."""
    known = set(jobs)
    by_id: dict[JobId, FoundJob] = {}
    foreign_jobs = set()
    for summary in summaries:
        parsed = parsed_job_name(summary.name)
        if parsed is None or parsed[0] != run_id:
            continue
        _, job, submission = parsed
        if job not in known:
            foreign_jobs.add(summary.name)
            continue
        by_id[summary.job_id] = FoundJob(
            job=job,
            submission=submission,
            job_id=summary.job_id,
            state=summary.state,
            status=summary.status,
            created_at_ms=summary.created_at_ms,
            reason=summary.reason,
            started=summary.started,
        )
    by_name: dict[JobName, list[FoundJob]] = {}
    for found in sorted(by_id.values(), key=lambda one: one.age):
        by_name.setdefault(found.job, []).append(found)
    return Discovered(
        jobs={job: tuple(ones) for job, ones in by_name.items()}, foreign_jobs=tuple(sorted(foreign_jobs))
    )


def jobs_with_duplicates(discovered: Discovered) -> tuple[FoundJob, ...]:
    """Return the jobs of nodes that have or had two: only what depends on them has to be described."""
    return tuple(found for jobs in discovered.jobs.values() if _has_duplicates(jobs) for found in jobs)


def _has_duplicates(jobs: Sequence[FoundJob]) -> bool:
    newest = max(one.submission for one in jobs)
    several = sum(one.live or one.submission == newest for one in jobs) > 1
    return several or any(ended_as_duplicate(one.reason) for one in jobs)


def deduplicate(
    discovered: Discovered,
    parents: Mapping[JobName, Sequence[JobName]],
    depends_on: Mapping[JobId, Sequence[JobId]],
    replaced: Collection[JobId] = (),
) -> Deduplicated:
    """Choose the one job that stands for each node.

    Args:
        discovered: What was found.
        parents: The jobs of the plan, parents first, with their parents.
        depends_on: The ids that jobs on the service wait for. Needed for ``jobs_with_duplicates`` and the jobs below
            them; a job that is left out counts as waiting for kept jobs.
        replaced: Jobs that may not stand for their node, whatever became of them.
    """
    ages = {one.job_id: one.age for jobs in discovered.jobs.values() for one in jobs}
    oldest = oldest_in_family(ages, depends_on)
    kept: dict[JobName, FoundJob] = {}
    duplicates: list[tuple[FoundJob, JobId | None]] = []
    doomed: set[JobId] = set()  # what depends on one of these fails, at once or soon
    orphans: set[JobName] = set()
    read_past = set(replaced)  # and what has read from them, however far below: its data may lack theirs
    for job in parents:
        jobs = discovered.jobs.get(job, ())
        fell = {one.job_id for one in jobs if not doomed.isdisjoint(depends_on.get(one.job_id, ()))}
        read_past.update(one.job_id for one in jobs if not read_past.isdisjoint(depends_on.get(one.job_id, ())))
        standing = [kept[one] for one in parents[job] if one in kept]
        complete = orphans.isdisjoint(parents[job])
        valid = [one for one in jobs if complete and all(parent.age < one.age for parent in standing)]
        done = any(one.state is JobState.SUCCEEDED and one.job_id not in fell for one in valid)
        newest = _newest_that_was_meant(jobs, fell if done else ())
        rivals = [one for one in jobs if one.counts and (one.live or one.submission == newest)]
        allowed = [one for one in _not_rerun(rivals, jobs, newest) if one.job_id not in replaced]
        fitting = [one for one in allowed if one.job_id not in fell]
        chosen = min(fitting, key=lambda one: _preference(one, oldest), default=None)
        if chosen is None and jobs:
            failed = [one for one in jobs if one.state in FAILED_ON_SERVICE and not (rivals and one.job_id in replaced)]
            chosen = _failed_by_itself(jobs, [one for one in failed if one.job_id not in fell])
        duplicates += [(one, chosen.job_id if chosen else None) for one in rivals if one is not chosen and one.live]
        dropped = [one for one in jobs if one is not chosen]
        doomed.update(one.job_id for one in dropped if one.state is not JobState.SUCCEEDED or one.job_id in read_past)
        if chosen is not None:
            kept[job] = chosen
        elif jobs:
            orphans.add(job)
    return Deduplicated(kept=kept, duplicates=tuple(duplicates), orphans=frozenset(orphans))


def deduplicate_with_data(
    discovered: Discovered,
    parents: Mapping[JobName, Sequence[JobName]],
    depends_on: Mapping[JobId, Sequence[JobId]],
    replaced: Collection[JobId],
    attempts: Mapping[JobId, int],
) -> Deduplicated:
    """Choose the one job that stands for each node, and none whose data another one may have removed.

    Args:
        discovered: As for ``deduplicate``.
        parents: As for ``deduplicate``.
        depends_on: As for ``deduplicate``.
        replaced: As for ``deduplicate``.
        attempts: How many attempts of a job have begun; needed for ``jobs_with_duplicates``.
    """
    lost_data: dict[JobName, JobId] = {}
    while True:
        out = {*replaced, *(one.job_id for job in lost_data for one in discovered.jobs[job])}
        result = deduplicate(discovered, parents, depends_on, out)
        if not (found := _lost_data(discovered, result.kept, attempts)):
            return replace(result, lost_data=lost_data)
        lost_data |= found


def _lost_data(
    discovered: Discovered, kept: Mapping[JobName, FoundJob], attempts: Mapping[JobId, int]
) -> dict[JobName, JobId]:
    """Return the nodes whose kept job may have lost data, each with the job that may have removed them.

    A repeated submission or attempt removes, when it starts, what was saved before it (``data_versions.in_job``). If it
    ends before it has saved all of it again, the kept job succeeds without its data. An older submission that has
    ended did so before the kept one began.
    """
    return {
        job: one.job_id
        for job, stands in kept.items()
        if stands.counts
        for one in discovered.jobs[job]
        if one is not stands
        and attempts.get(one.job_id, 0) > (one.submission == 1)  # all but the very first attempt
        and (one.live or (one.state in FAILED_ON_SERVICE and one.submission >= stands.submission))
    }


def _not_rerun(rivals: Sequence[FoundJob], jobs: Sequence[FoundJob], newest: int) -> Sequence[FoundJob]:
    """Return the rivals without those of a submission that had succeeded before the node was run again."""
    succeeded = (one.submission for one in jobs if one.state is JobState.SUCCEEDED and one.submission < newest)
    rerun = max(succeeded, default=0)
    return [one for one in rivals if one.submission > rerun] or rivals


def _newest_that_was_meant(jobs: Sequence[FoundJob], fell: Collection[JobId]) -> int:
    """Return the newest submission that runs its node or has run it; 0 if there is none.

    What has succeeded before it was rerun, and does not count any more. One that was ended in favour of another job has
    rerun nothing.

    Args:
        jobs: All of the node.
        fell: Jobs that have rerun nothing either, because what they wait for is ended so, while another job is done.
    """
    known = {one.job_id for one in jobs}
    meant = (one for one in jobs if one.job_id not in fell)
    return max((one.submission for one in meant if kept_instead(one.reason) not in known), default=0)


def _failed_by_itself(jobs: Sequence[FoundJob], candidates: Collection[FoundJob]) -> FoundJob | None:
    """Return the job whose failure is that of the node, where no job counts; None if there is none.

    It is of the newest submission, or the newest one was ended in its favour. Where each was ended in favour of
    another, no failure is the node's own: two processes have seen different jobs. Nor is it where one of the newest was
    ended in favour of none: the node was to be submitted again, and whoever ended that one was killed before it was.
    """
    by_id = {one.job_id: one for one in jobs}
    newest = max(one.submission for one in jobs)
    latest = (one for one in jobs if one.submission == newest)
    if any(ended_as_duplicate(one.reason) and kept_instead(one.reason) is None for one in latest):
        return None
    found = []
    for one in jobs:
        at: FoundJob | None = one if one.submission == newest else None
        passed = set[JobId]()
        while at and ended_as_duplicate(at.reason) and at.job_id not in passed:
            passed.add(at.job_id)
            kept = kept_instead(at.reason)
            at = by_id.get(kept) if kept else None
        if at and at in candidates and at.job_id not in passed:
            found.append(at)
    return max(found, key=lambda one: (one.submission, one.age), default=None)


def _preference(found: FoundJob, oldest: Mapping[JobId, Age]) -> tuple[bool, Age, Age]:
    """Order rivals: those that have succeeded by age, which harms no family; then the others by family and age."""
    succeeded = found.state is JobState.SUCCEEDED
    return not succeeded, found.age if succeeded else oldest.get(found.job_id, found.age), found.age
