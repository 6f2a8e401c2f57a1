"""What differs in a plan that a run goes on with: the diff of both plans, cut to the jobs that are about to be sent.

Where none is sent, or none of them differs, it is the whole diff. What differs in other jobs does not count now: they
are named.
"""

from collections.abc import Collection
from dataclasses import replace

from kedro_batch.plan.model import JobName, Plan
from kedro_batch.review.diff.diff_plans import diff_plans
from kedro_batch.review.diff.model import Change, Counts, DataChange, PlanDiff
from kedro_batch.review.diff.view import build_diff_view
from kedro_batch.review.templates import render
from kedro_batch.text.wording import listed

_NAMED = 10


def new_plan_text(old: Plan, new: Plan, jobs: Collection[JobName], names: tuple[str, str]) -> str:
    """Return what differs in a plan that a run goes on with, as text.

    Args:
        old: The plan until now.
        new: The plan from now on.
        jobs: The jobs that are about to be sent.
        names: What readers call the two plans.
    """
    found = diff_plans(old, new)
    sent = set[str](jobs)
    cut = _cut(found, sent)
    text = render("diff.txt.j2", build_diff_view(cut if cut.jobs else found, (old, new), names))
    others = [one.job for one in found.jobs if one.job not in sent and one.change is not Change.REMOVED]
    if not others:
        return text
    stays = "what runs or has succeeded stays as it is"
    return f"{text}\nJobs that differ and are not sent now: {listed(others, _NAMED)} ({stays})\n"


def _cut(found: PlanDiff, sent: Collection[str]) -> PlanDiff:
    """Return what differs in the jobs that are about to be sent."""
    changes = tuple(one for one in found.jobs if one.job in sent and one.change is not Change.REMOVED)
    kinds = [one.change for one in changes]
    return replace(
        found,
        jobs=changes,
        counts=Counts(
            added=kinds.count(Change.ADDED),
            removed=0,
            renamed=kinds.count(Change.RENAMED),
            changed=kinds.count(Change.CHANGED),
            unchanged=len(sent) - len(changes),
        ),
        risks=tuple(one for one in found.risks if one.job is None or one.job in sent),
        totals=(),
        totals_before=found.totals_after,
        data=DataChange(),
    )
