"""List what a reviewer must not miss: the impacts of all that differs come in, risks go out, the worst first. Pure."""

from collections.abc import Iterable, Iterator

from kedro_batch.diagnostics import path_text
from kedro_batch.plan.job_limits import limits_of
from kedro_batch.plan.job_resources import PlanResources
from kedro_batch.plan.model import Plan
from kedro_batch.plan.settings import Resources
from kedro_batch.review.diff.model import DataChange, FieldChange, JobChange, Risk, RiskKind

_WORST_FIRST = tuple(RiskKind)


def list_risks(
    plans: tuple[Plan, Plan],
    origin: Iterable[FieldChange],
    jobs: Iterable[JobChange],
    definitions: Iterable[Risk],
    data: DataChange,
) -> tuple[Risk, ...]:
    """List the impacts of a diff, the worst kind first.

    Args:
        plans: The plans before and after.
        origin: What differs in the plans as a whole.
        jobs: The jobs that differ.
        definitions: What differs in the job definitions that the plans declare.
        data: What differs in the datasets.
    """
    whole = [
        Risk(kind=one.impact, before=one.before, after=one.after) for one in origin if one.impact and len(one.path) == 1
    ]
    found = [*whole, *_list_job_risks(plans, jobs), *definitions, *data.impacts]
    return tuple(sorted(found, key=lambda risk: _WORST_FIRST.index(risk.kind)))


def _list_job_risks(plans: tuple[Plan, Plan], jobs: Iterable[JobChange]) -> Iterator[Risk]:
    names = [{str(job.name): job for job in plan.jobs} for plan in plans]

    found = [PlanResources(plan) for plan in plans]

    def resources(job: str | None, side: int) -> Resources:
        return found[side].told(names[side][job]) if job in names[side] else Resources()

    for one in jobs:
        yield from one.impacts
        for field in one.fields:
            if field.impact is None:
                continue
            before, after = field.before, field.after
            if field.path == ("attempts",):
                before, after = (
                    limits_of(names[side][name].settings, plans[side]).attempts if name in names[side] else None
                    for side, name in enumerate((one.name_before, one.job))
                )
            if field.path[0] == "resources":  # what a definition gives counts where the job states nothing
                name = field.path[-1]
                before, after = getattr(resources(one.name_before, 0), name), getattr(resources(one.job, 1), name)
            yield Risk(kind=field.impact, job=one.job, field=_field(field), before=before, after=after)


def _field(field: FieldChange) -> str | None:
    """Return the name of a field that its kind does not tell."""
    if field.impact is RiskKind.NO_LONGER_STATED:
        return field.path[-1]
    return path_text(field.path[1:]) if field.path[0] in ("submit", "environment") else None
