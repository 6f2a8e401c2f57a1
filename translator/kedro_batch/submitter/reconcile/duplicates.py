"""Choose the one job that stands for each node, among the jobs of a run that ListJobs gives. Pure.

A name carries run, job and submission, so that anybody who has the id of a run and its plan finds its jobs. Where a
node has two jobs, the one that has succeeded stands for it, the oldest of several. Otherwise jobs that depend on each
other are kept together: the larger family, or the one with more work done, or else the older one. Everybody who looks
chooses the same, also later.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from kedro_batch.plan.model import JobName
from kedro_batch.plan.submit_job import JobId, RunId, parsed_job_name
from kedro_batch.submitter.job_state import ENDED, JobState
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


_Rank = tuple[int, int, int, str]
_NO_FAMILY: _Rank = (0, 0, 0, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundJob:
    """One job on the service, and the job of the plan that it is."""

    job: JobName
    submission: int
    job_id: JobId
    state: JobState
    status: str | None
    created_at_ms: int
    reason: str

    @property
    def live(self) -> bool:
        """True if it has not ended."""
        return self.state not in ENDED

    @property
    def counts(self) -> bool:
        """True if it runs its node or has run it."""
        return self.state is not JobState.FAILED


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
        orphans: Nodes whose jobs all waited for a job that is not kept, or lost data: they are to be submitted again.
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
        )
    by_name: dict[JobName, list[FoundJob]] = {}
    for found in sorted(by_id.values(), key=lambda one: (one.created_at_ms, one.job_id)):
        by_name.setdefault(found.job, []).append(found)
    return Discovered(
        jobs={job: tuple(ones) for job, ones in by_name.items()}, foreign_jobs=tuple(sorted(foreign_jobs))
    )


def jobs_with_duplicates(discovered: Discovered) -> tuple[FoundJob, ...]:
    """Return the jobs of nodes that have or had two: only what depends on them has to be described."""
    return tuple(found for jobs in discovered.jobs.values() if _has_duplicates(jobs) for found in jobs)


def _has_duplicates(jobs: Sequence[FoundJob]) -> bool:
    newest = max(one.submission for one in jobs)
    return sum(one.live or one.submission == newest for one in jobs) > 1


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
    ranks = _ranks_of_families(discovered, depends_on)
    kept: dict[JobName, FoundJob] = {}
    duplicates: list[tuple[FoundJob, JobId | None]] = []
    doomed: set[JobId] = set()  # what depends on one of these fails, at once or soon
    orphans: set[JobName] = set()
    for job in parents:
        jobs = discovered.jobs.get(job, ())
        rivals = _rivals(jobs)
        allowed = [one for one in rivals if one.job_id not in replaced]
        fitting = [one for one in allowed if doomed.isdisjoint(depends_on.get(one.job_id, ()))]
        chosen = min(fitting, key=lambda one: _preference(one, ranks), default=None)
        duplicates += [(one, chosen.job_id if chosen else None) for one in rivals if one is not chosen and one.live]
        if chosen is None and jobs and not rivals:
            chosen = max(jobs, key=_last_word)
            if not doomed.isdisjoint(depends_on.get(chosen.job_id, ())):
                chosen = None
        dropped = [one for one in jobs if one is not chosen]
        doomed.update(one.job_id for one in dropped if one.state is not JobState.SUCCEEDED or one.job_id in replaced)
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
        and (one.live or (one.state is JobState.FAILED and one.submission >= stands.submission))
    }


def _ranks_of_families(discovered: Discovered, depends_on: Mapping[JobId, Sequence[JobId]]) -> dict[JobId, _Rank]:
    """Rank jobs by the family that dependencies tie them to: the most jobs, then the most done, then the oldest.

    Two processes that submit one run make two families. With the older job of each node, a node could be left
    whose one job waits for what the other process has submitted, and whose other one the other way round.
    """
    families: dict[JobId, list[FoundJob]] = {
        one.job_id: [one] for jobs in discovered.jobs.values() for one in _rivals(jobs) if one.job_id in depends_on
    }
    for job_id in list(families):
        for parent in depends_on[job_id]:
            if parent in families and families[parent] is not families[job_id]:
                fewer, more = sorted((families[parent], families[job_id]), key=len)
                more += fewer
                families |= dict.fromkeys((one.job_id for one in fewer), more)
    ranks: dict[int, _Rank] = {}
    for family in families.values():
        if id(family) not in ranks:
            done = sum(one.state is JobState.SUCCEEDED for one in family)
            oldest = min((one.created_at_ms, one.job_id) for one in family)
            ranks[id(family)] = -len({one.job for one in family}), -done, *oldest
    return {job_id: ranks[id(family)] for job_id, family in families.items()}


def _rivals(jobs: Sequence[FoundJob]) -> list[FoundJob]:
    """Return the jobs that run the node or have run it. An older one that succeeded is ignored: it was rerun.

    Not if what ran it again was terminated in favour of the older one, by somebody who saw that one still run.
    """
    known = {one.job_id for one in jobs}
    newest = max((one.submission for one in jobs if kept_instead(one.reason) not in known), default=0)
    return [one for one in jobs if one.counts and (one.live or one.submission == newest)]


def _last_word(found: FoundJob) -> tuple[int, bool, int, str]:
    """Order jobs that have all failed: the newest submission last, terminated duplicates first."""
    return found.submission, not found.reason.startswith(_REASON), found.created_at_ms, found.job_id


def _preference(found: FoundJob, ranks: Mapping[JobId, _Rank]) -> tuple[bool, _Rank, int, str]:
    """Order rivals: those that have succeeded by age, then the others by family and age.

    What has succeeded harms no family, and a family changes when its duplicates are terminated: if it counted here, a
    later look could choose another job.
    """
    succeeded = found.state is JobState.SUCCEEDED
    rank = _NO_FAMILY if succeeded else ranks.get(found.job_id, _NO_FAMILY)
    return not succeeded, rank, found.created_at_ms, found.job_id
