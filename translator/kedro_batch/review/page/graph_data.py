"""Build what the drawing needs beside the jobs: their groups with sums, and the longest path. Pure."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from kedro_batch.files.json_schema import whole
from kedro_batch.plan.job_resources import JobResources
from kedro_batch.plan.settings import AMOUNTS
from kedro_batch.review.formatting import sum_text
from kedro_batch.review.namespaces import namespaces_of
from kedro_batch.review.overview.model import JobOverview
from kedro_batch.review.page.groups import Group, JobFacts, group_jobs
from kedro_batch.review.page.model import PageGroup
from kedro_batch.text.escaping import for_review
from kedro_batch.text.wording import counted


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphData:
    """The groups, for each job the number of its group (None for a job at the top), and the jobs of a longest path."""

    groups: tuple[PageGroup, ...]
    group_of: tuple[int | None, ...]
    path: tuple[int, ...]


def build_graph_data(
    jobs: Sequence[JobOverview],
    parents: Sequence[Collection[int]],
    lost: Sequence[Collection[int]],
    own_changes: Mapping[int, str],
    removed: Collection[int],
) -> GraphData:
    """Build the groups of jobs, and one longest path.

    Args:
        jobs: The jobs of the page.
        parents: For each job, the numbers of its parents in the new plan.
        lost: For each job, the numbers of the parents that it lost.
        own_changes: What happened to jobs that have a change of their own, by their numbers.
        removed: The jobs that are no part of the new plan.
    """
    facts = [
        JobFacts(
            name=job.job,
            namespaces=namespaces_of(job.nodes),
            level=job.level,
            parents={*parents[number], *lost[number]},
            tags=job.settings.get("tags", {}),
        )
        for number, job in enumerate(jobs)
    ]
    grouped = group_jobs(facts)
    members: list[list[int]] = [[] for _ in grouped.groups]
    for number, group in enumerate(grouped.group_of):
        at = group
        while at is not None:
            members[at].append(number)
            at = grouped.groups[at].inside
    return GraphData(
        groups=tuple(
            _build_group(group, theirs, jobs, own_changes, removed)
            for group, theirs in zip(grouped.groups, members, strict=True)
        ),
        group_of=grouped.group_of,
        path=_longest_path(jobs, parents, removed),
    )


def _build_group(
    group: Group,
    members: Sequence[int],
    jobs: Sequence[JobOverview],
    own_changes: Mapping[int, str],
    removed: Collection[int],
) -> PageGroup:
    counted_in: Sequence[int] = [
        number for number in members if number not in removed
    ] or members  # a group that is gone had them
    found = [jobs[number].resources for number in counted_in]
    sums = {name: whole(sum(getattr(one.known, name) or 0 for one in found)) for name in AMOUNTS}
    return PageGroup(
        kind=str(group.kind),
        name=for_review(group.name),
        inside=group.inside,
        words=(counted(len(members), "job"), _sum_words(sums, found)),
        gpus=sums["gpus"],
        changes=Counter(own_changes[number] for number in members if number in own_changes),
    )


def _sum_words(sums: Mapping[str, float], found: Sequence[JobResources]) -> str:
    """Spell the resources of jobs together; what job definitions set is not known."""
    amounts = [sum_text(name, amount) for name, amount in sums.items() if amount]
    if not amounts:
        return "set by the job definition" if found else ""
    return f"{'' if all(one.is_whole for one in found) else 'at least '}{', '.join(amounts)}"


def _longest_path(
    jobs: Sequence[JobOverview], parents: Sequence[Collection[int]], removed: Collection[int]
) -> tuple[int, ...]:
    """Return the jobs of a longest path, from its beginning; of several, the one whose jobs come first in the plan."""
    there = [number for number in range(len(jobs)) if number not in removed]
    at = max(there, key=lambda number: (jobs[number].level, -number), default=None)
    path: list[int] = []
    while at is not None:
        path.append(at)
        above = (parent for parent in parents[at] if jobs[parent].level == jobs[at].level - 1)
        at = min(above, default=None)
    return tuple(path[::-1])
