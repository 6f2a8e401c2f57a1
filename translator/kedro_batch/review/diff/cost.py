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

    @property
    def differs(self) -> bool:
        """True if it is not the same."""
        return self.before != self.after


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
    kinds = {risk.kind for risk in diff.risks}
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
    spelled: Mapping[str, Callable[[ResourceUse], str]] = {
        "vCPUs": lambda use: f"{use.vcpus:,}",
        "memory": lambda use: memory_text(use.memory_mib, exactly=False),
        "GPUs": lambda use: f"{use.gpus:,}",
        "attempts": lambda use: f"{use.starts:,}",
        "vCPU-hours": lambda use: _hours(use.vcpu_hours),
        "GPU-hours": lambda use: _hours(use.gpu_hours),
    }
    for label, spell in spelled.items():
        yield CostLine(label=label, before=spell(before), after=spell(after))
    for label, was, now in (
        ("jobs without a time limit", before.unlimited, after.unlimited),
        ("jobs with unknown amounts", sum(before.unknown.values()), sum(after.unknown.values())),
    ):
        if was or now:
            yield CostLine(label=label, before=f"{was:,}", after=f"{now:,}")


def _hours(hours: float) -> str:
    return f"{hours:,.1f}".removesuffix(".0")
