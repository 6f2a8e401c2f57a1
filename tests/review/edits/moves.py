"""Count what an edit changes in the plan file, and how many jobs it changes in meaning."""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass

from kedro_batch.plan.model import Plan
from kedro_batch.plan.writer import plan_text
from kedro_batch.review.diff.diff_plans import diff_plans
from tests.review.edits.renderings import git_diff


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """An edit in numbers.

    Attributes:
        added: Lines that the git diff of the file adds.
        removed: Lines that it removes.
        jobs: Jobs that differ by their meaning.
        moved: Jobs with the same meaning at another position among the jobs of both plans.
    """

    added: int
    removed: int
    jobs: int
    moved: int


def edit_in_numbers(old: Plan, new: Plan) -> Numbers:
    """Count what an edit changes in a plan and in its file."""
    diff = diff_plans(old, new)
    lines = git_diff(plan_text(old), plan_text(new)).partition("@@")[2].splitlines()
    differing = {one.job for one in diff.jobs} | {one.name_before for one in diff.jobs}
    position = {job.name: number for number, job in enumerate(old.jobs)}
    common = [job.name for job in new.jobs if job.name in position]
    stayed = _increasing(position[name] for name in common)
    moved = [name for name in common if position[name] not in stayed and name not in differing]
    return Numbers(
        added=sum(line.startswith("+") for line in lines),
        removed=sum(line.startswith("-") for line in lines),
        jobs=len(diff.jobs),
        moved=len(moved),
    )


def _increasing(numbers: Iterable[int]) -> set[int]:
    """Return one of the longest increasing subsequences of different numbers."""
    ends: list[int] = []
    before: dict[int, int | None] = {}
    for number in numbers:
        at = bisect_left(ends, number)
        before[number] = ends[at - 1] if at else None
        ends[at:] = [number, *ends[at + 1 :]]
    found: set[int] = set()
    last = ends[-1] if ends else None
    while last is not None:
        found.add(last)
        last = before[last]
    return found
