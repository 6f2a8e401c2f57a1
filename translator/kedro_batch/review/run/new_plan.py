"""What differs for the jobs that a run is about to send from a new plan: the diff of both plans, cut to these jobs."""

from collections.abc import Collection
from dataclasses import replace

from kedro_batch.plan.model import JobName, Plan
from kedro_batch.review.diff.diff_plans import diff_plans
from kedro_batch.review.diff.model import Change, Counts, DataChange
from kedro_batch.review.diff.view import build_diff_view
from kedro_batch.review.templates import render


def new_plan_text(old: Plan, new: Plan, jobs: Collection[JobName], names: tuple[str, str]) -> str:
    """Return what differs in the jobs that are about to be sent, as text; the jobs that are not sent are left out.

    Args:
        old: The plan until now.
        new: The plan from now on.
        jobs: The jobs that are about to be sent.
        names: What readers call the two plans.
    """
    found = diff_plans(old, new)
    sent = set[str](jobs)
    changes = tuple(one for one in found.jobs if one.job in sent and one.change is not Change.REMOVED)
    kinds = [one.change for one in changes]
    shown = replace(
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
    return render("diff.txt.j2", build_diff_view(shown, *names))
