"""Who is who on the service: from names that ListJobs gives to the jobs of a run. Pure.

A name carries run, job and submission, so that a run can be found again by anybody who has its id and its plan.
Where there are two jobs for one node, jobs that depend on each other are kept together: those that are more, or
of which more is done, or else older. Everybody who looks chooses the same.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from kedro_batch.plan.model import JobName
from kedro_batch.plan.submit_job import JobId, RunId, parsed_job_name
from kedro_batch.submitter.run_state import ENDED, JobState
from kedro_batch.submitter.service.api import JobSummary

KEPT_INSTEAD = "kedro-batch: a second job for one node; the run keeps "
"""How the reason begins for which a second job is terminated; the id of the kept one follows."""
NONE_KEPT = "none of them"
"""What follows instead where there is none."""

_Rank = tuple[int, int, int, str]
_NO_FAMILY: _Rank = (0, 0, 0, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """One job on the service, and which job of the plan it is."""

    job: JobName
    submission: int
    job_id: JobId
    state: JobState
    created_at: int
    reason: str

    @property
    def live(self) -> bool:
        """It has not ended."""
        return self.state not in ENDED

    @property
    def counts(self) -> bool:
        """It runs its node or has run it."""
        return self.state is not JobState.FAILED


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovered:
    """What ListJobs knows of a run.

    Attributes:
        copies: Every job found, by the plan's names, the oldest first.
        foreign_jobs: Names that belong to the run, and to no job of the plan.
    """

    copies: Mapping[JobName, tuple[Copy, ...]]
    foreign_jobs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deduplicated:
    """Which job stands for each node.

    Attributes:
        kept: The one that stands for a job of the plan.
        duplicates: Those to be terminated, with the id of the one that is kept, or None where there is none.
        orphans: Jobs of which every copy waited for one that is not kept: they are to be submitted anew.
    """

    kept: Mapping[JobName, Copy]
    duplicates: tuple[tuple[Copy, JobId | None], ...] = ()
    orphans: frozenset[JobName] = frozenset()


def discover(run_id: RunId, jobs: Iterable[JobName], summaries: Iterable[JobSummary]) -> Discovered:
    """Sort what ListJobs gave for the prefix of a run; the names of other runs are passed over."""
    known = set(jobs)
    found: dict[JobId, Copy] = {}
    foreign_jobs = set()
    for summary in summaries:
        parsed = parsed_job_name(summary["jobName"])
        if parsed is None or parsed[0] != run_id:
            continue
        _, job, submission = parsed
        if job not in known:
            foreign_jobs.add(summary["jobName"])
            continue
        found[summary["jobId"]] = Copy(
            job=job,
            submission=submission,
            job_id=summary["jobId"],
            state=JobState(summary["status"]),
            created_at=summary["createdAt"],
            reason=summary.get("statusReason", ""),
        )
    copies: dict[JobName, list[Copy]] = {}
    for copy in sorted(found.values(), key=lambda one: (one.created_at, one.job_id)):
        copies.setdefault(copy.job, []).append(copy)
    return Discovered(
        copies={job: tuple(ones) for job, ones in copies.items()}, foreign_jobs=tuple(sorted(foreign_jobs))
    )


def with_duplicates(census: Discovered) -> tuple[Copy, ...]:
    """Give the jobs of which there are or were two: only what depends on them has to be looked up."""
    return tuple(copy for copies in census.copies.values() if _was_doubled(copies) for copy in copies)


def _was_doubled(copies: Sequence[Copy]) -> bool:
    newest = max(one.submission for one in copies)
    return len(_rivals(copies)) > 1 or sum(one.submission == newest for one in copies) > 1


def deduplicate(
    census: Discovered, parents: Mapping[JobName, Sequence[JobName]], depends_on: Mapping[JobId, Sequence[JobId]]
) -> Deduplicated:
    """Choose the one job that stands for each node.

    Args:
        census: What was found.
        parents: The jobs of the plan, parents first, with their parents.
        depends_on: What jobs on the service depend on. Needed for those of ``with_duplicates`` and those below them; a
            job that is not in it counts as depending on what is kept.
    """
    ranks = _ranks_of_families(census, depends_on)
    kept: dict[JobName, Copy] = {}
    duplicates: list[tuple[Copy, JobId | None]] = []
    doomed: set[JobId] = set()  # what depends on one of these fails, at once or soon
    orphans: set[JobName] = set()
    for job in parents:
        copies = census.copies.get(job, ())
        rivals = _rivals(copies)
        fitting = [one for one in rivals if doomed.isdisjoint(depends_on.get(one.job_id, ()))]
        chosen = min(fitting, key=lambda one: _preference(one, ranks), default=None)
        duplicates += [(one, chosen.job_id if chosen else None) for one in rivals if one is not chosen and one.live]
        if chosen is None and copies and not rivals:
            chosen = max(copies, key=_last_word)
            if not doomed.isdisjoint(depends_on.get(chosen.job_id, ())):
                chosen = None
        doomed.update(one.job_id for one in copies if one is not chosen and one.state is not JobState.SUCCEEDED)
        if chosen is not None:
            kept[job] = chosen
        elif copies:
            orphans.add(job)
    return Deduplicated(kept=kept, duplicates=tuple(duplicates), orphans=frozenset(orphans))


def _ranks_of_families(census: Discovered, depends_on: Mapping[JobId, Sequence[JobId]]) -> dict[JobId, _Rank]:
    """Rank jobs by those that they are tied to by dependencies: most jobs first, then most jobs done, then the oldest.

    Two processes that submit one run make two families. With the older job of each node, a node could be left
    whose one job waits for what the other process has submitted, and whose other one the other way round.
    """
    families: dict[JobId, list[Copy]] = {
        one.job_id: [one] for copies in census.copies.values() for one in _rivals(copies) if one.job_id in depends_on
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
            oldest = min((one.created_at, one.job_id) for one in family)
            ranks[id(family)] = -len({one.job for one in family}), -done, *oldest
    return {job_id: ranks[id(family)] for job_id, family in families.items()}


def _rivals(copies: Sequence[Copy]) -> list[Copy]:
    """Give those that run the node or have run it; an earlier submission that has succeeded was rerun on purpose."""
    newest = max((one.submission for one in copies), default=0)
    return [one for one in copies if one.counts and (one.live or one.submission == newest)]


def _last_word(copy: Copy) -> tuple[int, bool, int, str]:
    """Order copies that have all failed: the newest submission tells, and what was terminated for another does not."""
    return copy.submission, not copy.reason.startswith(KEPT_INSTEAD), copy.created_at, copy.job_id


def _preference(copy: Copy, ranks: Mapping[JobId, _Rank]) -> tuple[bool, _Rank, int, str]:
    """Order rivals: one whose work is done, then by those that they are tied to, then by age."""
    undone = copy.state is not JobState.SUCCEEDED
    return undone, ranks.get(copy.job_id, _NO_FAMILY), copy.created_at, copy.job_id
