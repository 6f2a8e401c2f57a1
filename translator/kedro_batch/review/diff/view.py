"""The values that the templates of a diff show: equal changes together, values spelled, nothing escaped yet."""

import os
from collections.abc import Iterable
from dataclasses import dataclass, replace

from kedro_batch.plan.model import Plan
from kedro_batch.review.broken_rules import ShownViolations, show_violations
from kedro_batch.review.commands import diff_command
from kedro_batch.review.diff.details import Detail, data_details, origin_detail
from kedro_batch.review.diff.job_block import JobBlock, JobBlocks
from kedro_batch.review.diff.job_blocks import build_blocks, group_equal_jobs
from kedro_batch.review.diff.model import PlanDiff, RiskKind
from kedro_batch.review.diff.own_names import OwnNames
from kedro_batch.review.diff.renamed_definitions import join_renamed
from kedro_batch.review.diff.risk_lines import RiskLine, describe_risks, group_risks
from kedro_batch.review.diff.risk_tables import RiskTable, tables_of_risks
from kedro_batch.review.diff.sets_of_plans import sets_of_plans
from kedro_batch.review.diff.total_lines import total_details
from kedro_batch.review.job_sets import JobSets
from kedro_batch.review.name_sets import NameSets, written_datasets
from kedro_batch.review.overview.build_overview import build_overview
from kedro_batch.review.overview.view import OverviewView, build_overview_view
from kedro_batch.review.shown_names import NAMES_SHOWN
from kedro_batch.text.wording import counted

_RISKS = 6
"""The most lines of risks of which each has a further line for its jobs."""


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
        whole: The only plan, if the other one is empty.
        full: True if all names and values are shown.
        policy: The name of the policy that the new plan was judged by; None if there is none.
        violations: What the new plan breaks of it.
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
    whole: OverviewView | None
    full: bool
    policy: str | None
    violations: ShownViolations

    @property
    def digests(self) -> dict[str, str]:
        """The digests of the plans that exist, by what they are; one if they are equal."""
        digests = {"before": self.digest_before, "now": self.digest_after}
        if self.new == os.devnull:
            del digests["now"]
        if self.old == os.devnull or not self.differ:
            del digests["before"]
        return digests

    @property
    def see_all(self) -> str:
        """The command that shows all."""
        return diff_command((self.old, self.new), "--full", policy=self.policy)

    @property
    def see_graph(self) -> str:
        """The command that draws all jobs."""
        return diff_command((self.old, self.new), "--format=html", "--output=diff.html", policy=self.policy)

    @property
    def risk_tables(self) -> list[RiskTable]:
        """The risks, many that are alike together; each by itself if all is shown."""
        return [RiskTable(first=one) for one in self.risks] if self.full else list(tables_of_risks(self.risks))

    @property
    def many_risks(self) -> bool:
        """True if there are so many lines of risks that jobs do not begin lines of their own."""
        return len(self.risks) > _RISKS

    @property
    def risks_heading(self) -> str:
        """What the risks are called: those that only mean higher cost are not counted as risks."""
        kinds = {one.is_cost for one in self.risks}
        return "Risks and cost" if len(kinds) > 1 else "Cost" if True in kinds else "Risks"


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
    sets = sets_of_plans(plans, diff.jobs)
    whole = next((number for number in (1, 0) if plans[number].jobs and not plans[1 - number].jobs), None)
    shown = None if whole is None else _whole_plan(diff, plans, names, whole)
    blocks = JobBlocks(jobs=tuple(group_equal_jobs(diff.jobs, sets))) if full else build_blocks(diff.jobs, plans, sets)
    lost = {one.dataset for one in diff.risks if one.kind is RiskKind.DATASET_NOT_WRITTEN and one.dataset}
    return DiffView(
        old=names[0],
        new=names[1],
        summary=_summarize(diff) if shown is None else f"{'new plan' if whole else 'plan removed'}: {shown.summary}",
        differ=diff.differ,
        digest_before=diff.digest_before,
        digest_after=diff.digest_after,
        risks=_risk_lines(diff, plans, sets, blocks.defaults, full=full),
        origin=tuple(map(origin_detail, join_renamed(diff))),
        blocks=blocks.jobs,
        defaults=blocks.defaults,
        totals=tuple(total_details(diff, plans, full=full)),
        data=tuple(data_details(diff.data, lost, full=full)),
        whole=shown,
        full=full,
        policy=diff.policy,
        violations=show_violations(diff.violations, sets[1], full=full),
    )


def _risk_lines(
    diff: PlanDiff, plans: tuple[Plan, Plan], sets: tuple[JobSets, JobSets], defaults: Iterable[JobBlock], *, full: bool
) -> tuple[RiskLine, ...]:
    """Return the risks with what their jobs have in common, in the words of a default that has changed in them."""
    reached = {frozenset(one.jobs): one.heading for one in defaults if one.heading}
    names = {
        RiskKind.DATASET_NOT_WRITTEN: written_datasets(plans[0]),
        RiskKind.NODE_REMOVED: NameSets((node for job in plans[0].jobs for node in job.nodes), "node"),
    }
    found = group_risks(diff.risks, OwnNames(plans, diff.jobs), sets[1], full=full)
    return tuple(describe_risks(found, sets, names, reached, full=full))


def _whole_plan(diff: PlanDiff, plans: tuple[Plan, Plan], names: tuple[str, str], at: int) -> OverviewView:
    known = (diff.totals_before, diff.digest_before), (diff.totals_after, diff.digest_after)
    overview = build_overview(plans[at], *known[at])
    view = build_overview_view(overview, plans[at], names[at], most_datasets=NAMES_SHOWN)
    return replace(view, data=tuple(line for line in view.data if not line.text))  # warnings are risks here


def _summarize(diff: PlanDiff) -> str:
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
