"""Spell the totals of two plans that differ. Nothing is escaped yet."""

from collections.abc import Collection, Iterator, Sequence

from kedro_batch.plan.model import Plan
from kedro_batch.plan.resource_hours import add_up_resources
from kedro_batch.review.diff.details import Detail
from kedro_batch.review.diff.model import FieldChange, PlanDiff
from kedro_batch.review.formatting import AMOUNT_LABELS, BY_DEFINITION, memory_text
from kedro_batch.review.overview.model import Totals
from kedro_batch.review.overview.view import at_peak
from kedro_batch.text.arns import name_of_arn

_AMOUNTS = {"jobs": "jobs", **AMOUNT_LABELS}
_LABELS = {
    ("join_jobs",): "join jobs",
    ("longest_path",): "longest path",
    ("summed", "jobs_without_vcpus"): "jobs with unknown vCPUs",
    ("summed", "jobs_without_memory"): "jobs with unknown memory",
}
_NOT_SHOWN = ("widest_level", "jobs_at_widest", "at_widest")
"""Totals that only the JSON has: the peak says more."""
_BOUNDS, _BY_QUEUE = "upper_bounds", "peak_by_queue"
_BY_NAME = {"queues": "jobs in queue", "definitions": "jobs with definition"}


def total_details(diff: PlanDiff, plans: tuple[Plan, Plan], *, full: bool) -> Iterator[Detail]:
    """Yield the totals that differ, with their units, the most important first.

    In short, jobs by queue and by definition are one detail each, unless all jobs of both plans have the same one. The
    peaks of the queues are left out, and the longest path, which the summary has. What definitions set that a plan only
    names is not taken for none.
    """
    unknown = [{what for _, what in add_up_resources(plan).unknown} for plan in plans]
    several = max(len(diff.totals_before.queues), len(diff.totals_after.queues)) > 1
    parts: dict[str, list[str]] = {}
    counts = {one.path: (one.before, one.after) for one in diff.totals}
    one_node_each = not full and counts.get(("nodes",), ()) == counts.get(("jobs",))
    for one in diff.totals:
        if one_node_each and one.path == ("nodes",):
            continue
        shown = several if one.path[0] == _BY_QUEUE else one.path[0] not in _NOT_SHOWN
        if not shown or one.path[-1] == _BOUNDS or not (one.before or one.after):
            continue
        sides = (
            (one.before or 0, diff.totals_before, unknown[0]),
            (one.after or 0, diff.totals_after, unknown[1]),
        )  # `- 6` would be a difference
        before, after = (_spell(one, *side) for side in sides)
        if before == after:  # rounded
            before, after = (_spell(one, *side, exactly=True) for side in sides)
        if full or one.path[0] not in (*_BY_NAME, _BY_QUEUE, "longest_path"):
            label = "jobs and nodes" if one_node_each and one.path == ("jobs",) else _label(one.path)
            yield Detail(label=label, before=before, after=after)
        elif one.path[0] in _BY_NAME and not _is_only_name(one.path, diff):
            part = f"{one.path[1]} {before} -> {after}"
            parts.setdefault(_BY_NAME[one.path[0]], []).append(part)
    yield from (Detail(label=label, each=tuple(each)) for label, each in parts.items())


def _is_only_name(path: Sequence[str], diff: PlanDiff) -> bool:
    """True for the queue, or the definition, that all jobs of both plans have."""
    counts = (getattr(totals, path[0]) for totals in (diff.totals_before, diff.totals_after))
    return all(one.keys() == {path[1]} for one in counts)


def _label(path: Sequence[str]) -> str:
    match tuple(path):
        case ("summed", what) if what in _AMOUNTS:
            return f"{_AMOUNTS[what]} in total"
        case ("peak", what):
            return f"{_AMOUNTS[what]} at peak"
        case ("peak_by_queue", queue, what):
            return f"{_AMOUNTS[what]} at peak, {name_of_arn(queue)}"
        case (what, name) if what in _BY_NAME:
            return f"{_BY_NAME[what]} {name}"
        case whole:
            return _LABELS.get(whole, whole[0])


def _spell(one: FieldChange, value: float, totals: Totals, unknown: Collection[str], *, exactly: bool = False) -> str:
    """Spell a total; one that is only an upper bound says so, and one that definitions may raise."""
    name = one.path[-1]
    text = _amount(name, value, exactly=exactly)
    bounded = one.path[0] == "peak" and name in totals.peak.upper_bounds
    if one.path[0] in ("summed", "peak") and name in unknown and not (value and bounded):
        return f"at least {text}" if value else BY_DEFINITION
    match one.path:
        case ("peak", _):
            peak = totals.peak
        case (_, queue, _) if queue in totals.peak_by_queue:
            peak = totals.peak_by_queue[queue]
        case _:
            return text
    return at_peak(peak, name, text)


def _amount(name: str, value: float, *, exactly: bool) -> str:
    return memory_text(value, exactly=exactly) if name == "memory_mib" else f"{value:,}"
