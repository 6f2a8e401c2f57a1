"""The values that the templates of a diff show: equal changes together, values spelled, nothing escaped yet."""

from collections.abc import Mapping
from dataclasses import dataclass

from kedro_batch.plan.model import Plan
from kedro_batch.review.diff.details import Detail, data_details, field_detail, origin_detail
from kedro_batch.review.diff.job_blocks import JobBlock, JobBlocks, build_blocks, group_equal_jobs
from kedro_batch.review.diff.model import PlanDiff
from kedro_batch.review.diff.renamed_definitions import join_renamed
from kedro_batch.review.diff.risk_lines import RiskLine, group_risks
from kedro_batch.review.job_sets import JobSets
from kedro_batch.text.wording import counted

_TOTAL_LABELS: Mapping[tuple[str, ...], str] = {
    ("jobs_at_widest",): "jobs at the widest level",
    ("widest_level",): "widest level",
    ("longest_path",): "longest path",
    ("join_jobs",): "join jobs",
}
_UNSTATED = {"jobs_without_memory": "jobs without memory_mib", "jobs_without_vcpus": "jobs without vcpus"}


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffView:
    """The values that ``diff.txt.j2`` and ``diff.md.j2`` show.

    Attributes:
        old: The name of the old plan.
        new: The name of the new plan.
        summary: What differs, in one line.
        differ: True if the plans differ.
        digest_before: The digest of the old plan.
        digest_after: That of the new plan.
        risks: What a reviewer must not miss.
        origin: What differs in the plan as a whole.
        blocks: What differs in jobs; what few jobs have comes first.
        defaults: What differs in jobs because a default has changed.
        totals: The totals that differ.
        data: What differs in the datasets of the plan.
        full: True if all names and values are told.
    """

    old: str
    new: str
    summary: str
    differ: bool
    digest_before: str
    digest_after: str
    risks: tuple[RiskLine, ...]
    origin: tuple[Detail, ...]
    blocks: tuple[JobBlock, ...]
    defaults: tuple[JobBlock, ...]
    totals: tuple[Detail, ...]
    data: tuple[Detail, ...]
    full: bool


def build_diff_view(
    diff: PlanDiff, plans: tuple[Plan, Plan], names: tuple[str, str], *, full: bool = False
) -> DiffView:
    """Build the values for the templates of a diff.

    Args:
        diff: What differs.
        plans: The old and the new plan.
        names: What readers call them.
        full: Tell all names and values of all jobs.
    """
    sets = JobSets(plans[0].jobs), JobSets(plans[1].jobs)
    blocks = JobBlocks(jobs=tuple(group_equal_jobs(diff.jobs, sets))) if full else build_blocks(diff.jobs, plans, sets)
    return DiffView(
        old=names[0],
        new=names[1],
        summary=summarize_diff(diff),
        differ=diff.differ,
        digest_before=diff.digest_before,
        digest_after=diff.digest_after,
        risks=tuple(one.described(sets) for one in group_risks(diff.risks)),
        origin=tuple(map(origin_detail, join_renamed(diff))),
        blocks=blocks.jobs,
        defaults=blocks.defaults,
        totals=tuple(field_detail(one, _total_label(one.path)) for one in diff.totals),
        data=tuple(data_details(diff.data)),
        full=full,
    )


def summarize_diff(diff: PlanDiff) -> str:
    """Summarize a diff in one line: ``1 added, 2 changed, 94 unchanged; longest path 5 -> 6``."""
    if not diff.differ:
        return f"no difference in {counted(diff.totals_after.jobs, 'job')} (order and comments are ignored)"
    counts = diff.counts
    numbers = {
        "added": counts.added,
        "removed": counts.removed,
        "renamed": counts.renamed,
        "changed": counts.changed,
        "unchanged": counts.unchanged,
    }
    text = ", ".join(f"{number:,} {what}" for what, number in numbers.items() if number)
    if diff.origin:
        names = dict.fromkeys(one.path[0] for one in diff.origin)
        text += f"; the plan's {', '.join(names)} changed"
    before, after = diff.totals_before.longest_path, diff.totals_after.longest_path
    return text if before == after else f"{text}; longest path {before} -> {after}"


def _total_label(path: tuple[str, ...]) -> str:
    """Return the label of a total: ``memory_mib, all jobs`` for ``summed.memory_mib``."""
    match path:
        case ("summed", what):
            return f"{_UNSTATED.get(what, what)}, all jobs"
        case ("at_widest", what):
            return f"{_UNSTATED.get(what, what)}, widest level"
        case ("queues", queue):
            return f"jobs in queue {queue}"
        case ("definitions", definition):
            return f"jobs with definition {definition}"
        case _:
            return _TOTAL_LABELS.get(path, path[0])
