"""Judge whether a plan may cost more than another: what both may use comes in, a verdict and lines go out. Pure.

Prices are not known here: what a plan asks for is compared, and for how long at most.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from kedro_batch.plan.resource_hours import ResourceUse
from kedro_batch.review.diff.model import PlanDiff, RiskKind
from kedro_batch.review.formatting import memory_text


class CostVerdict(StrEnum):
    """Whether a plan may cost more than before."""

    MORE = "more cost"
    LESS = "less cost"
    MIXED = "more and less cost"
    """More of something, and less of something else."""
    SAME = "same cost"
    ELSEWHERE = "same amounts, other queue or region"
    """Nothing says that it costs the same there."""
    UNKNOWN = "cost not known"
    """Other jobs than before leave their amounts to job definitions that the plan does not declare."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CostLine:
    """An amount of all jobs together, before and after."""

    label: str
    before: str
    after: str
    differs: bool


_ELSEWHERE = {RiskKind.QUEUE_CHANGED, RiskKind.REGION_CHANGED, RiskKind.ACCOUNT_CHANGED}


def judge_cost(diff: PlanDiff, before: ResourceUse, after: ResourceUse) -> CostVerdict:
    """Compare what two plans may use.

    Args:
        diff: What differs between the plans.
        before: What the jobs of the old plan may use.
        after: What the jobs of the new plan may use.
    """
    was, now = _comparable(before, after)
    more = any(one < other for one, other in zip(was, now, strict=True)) or any(
        risk.kind.is_cost for risk in diff.risks
    )
    less = any(one > other for one, other in zip(was, now, strict=True))
    kinds = {risk.kind for risk in diff.risks if risk.before is not None or not risk.job}  # an added job is counted
    if before.unknown != after.unknown or (before.unknown and RiskKind.DEFINITION_CHANGED in kinds):
        return CostVerdict.UNKNOWN
    if more:
        return CostVerdict.MIXED if less else CostVerdict.MORE
    if less:
        return CostVerdict.LESS
    return CostVerdict.ELSEWHERE if kinds & _ELSEWHERE else CostVerdict.SAME


def _comparable(before: ResourceUse, after: ResourceUse) -> tuple[list[float], list[float]]:
    """Return the amounts to compare; hours cannot be compared if other jobs have no limit."""
    hours = before.unlimited == after.unlimited

    def amounts(use: ResourceUse) -> list[float]:
        sums = [use.vcpus, use.memory_mib, use.gpus, use.starts]
        more = [use.vcpu_hours, use.memory_gib_hours, use.gpu_hours] if hours else [use.unlimited]
        return [*sums, *(round(one, 6) for one in more)]  # sums of fractions depend on the order of the jobs

    return amounts(before), amounts(after)


def list_costs(before: ResourceUse, after: ResourceUse) -> Iterator[CostLine]:
    """Yield what all jobs may use, before and after, also what is the same."""
    spelled: Mapping[str, Callable[[ResourceUse, bool], str]] = {
        "vCPUs": lambda use, _: f"{use.vcpus:,}",
        "memory": lambda use, exactly: memory_text(use.memory_mib, exactly=exactly),
        "GPUs": lambda use, _: f"{use.gpus:,}",
        "attempts": lambda use, _: f"{use.starts:,}",
        "vCPU-hours": lambda use, exactly: _hours(use.vcpu_hours, use.unlimited, exactly),
        "GPU-hours": lambda use, exactly: _hours(use.gpu_hours, use.unlimited_with_gpus, exactly),
        "jobs without a time limit": lambda use, _: f"{use.unlimited:,}",
        "jobs with unknown amounts": lambda use, _: f"{sum(use.unknown.values()):,}",
    }
    for label, spell in spelled.items():
        exact = [spell(use, True) for use in (before, after)]
        short = [spell(use, False) for use in (before, after)]
        was, now = exact if short[0] == short[1] and exact[0] != exact[1] else short
        if not (label.startswith("jobs") and was == now == "0"):
            yield CostLine(label=label, before=was, after=now, differs=exact[0] != exact[1])


def _hours(hours: float, unlimited: int, exactly: bool) -> str:
    """Spell the hours of the jobs that have a time limit, and that there are others."""
    short = f"{hours:,.1f}".removesuffix(".0")
    text = f"{hours:,.6f}".rstrip("0").rstrip(".") if exactly or (short == "0" and hours) else short
    return f"{text} + no limit" if unlimited else text
