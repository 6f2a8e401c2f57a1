"""Say in one line what a diff is: how much changed, how many risks there are, whether it may cost more. Pure."""

from collections.abc import Iterator

from kedro_batch.diagnostics import Severity
from kedro_batch.review.broken_rules import count_rules
from kedro_batch.review.diff.model import PlanDiff
from kedro_batch.text.wording import counted


def write_headline(diff: PlanDiff, *, risks: int, verdict: str) -> str:
    """Write the headline of a diff: ``684 of 800 jobs changed · 2 risks · more cost``.

    Args:
        diff: What differs.
        risks: The number of different risks, without those that only mean higher cost.
        verdict: Whether the new plan may cost more, in words; how much it may, if there was none before; may be empty.
    """
    parts = [_what_changed(diff)]
    if broken := count_rules(diff.violations, Severity.ERROR):
        parts.append(f"breaks {counted(broken, 'rule')} of the policy")
    if warned := count_rules(diff.violations, Severity.WARNING):
        parts.append(counted(warned, "policy warning"))
    if diff.differ:
        if risks or (diff.totals_before.jobs and diff.totals_after.jobs):
            parts.append(counted(risks, "risk") if risks else "no risks")
        if verdict:
            parts.append(verdict)
    return " · ".join(parts)


def _what_changed(diff: PlanDiff) -> str:
    before, after = diff.totals_before.jobs, diff.totals_after.jobs
    if after and not before:
        return f"new, {counted(after, 'job')}"
    if before and not after:
        return f"removed, with {counted(before, 'job')}"
    if not diff.differ:
        return f"no difference in {counted(after, 'job')} (order and comments are ignored)"
    numbers = list(_numbers(diff))
    fields = ", ".join(dict.fromkeys(one.path[0].replace("_", " ") for one in diff.origin))
    if not numbers:
        return f"only the plan's {fields} changed"
    total = f" of {counted(before, 'job')}" if before else ""
    first, *others = numbers
    words = ", ".join((f"{first[0]:,}{total} {first[1]}", *(f"{number:,} {what}" for number, what in others)))
    if first[1] == "added":
        words = f"{counted(first[0], 'job')} added to {before:,}"
    return f"{words}; the plan's {fields} changed" if fields else words


def _numbers(diff: PlanDiff) -> Iterator[tuple[int, str]]:
    counts = diff.counts
    for number, what in (
        (counts.changed, "changed"),
        (counts.renamed, "renamed"),
        (counts.removed, "removed"),
        (counts.added, "added"),
    ):
        if number:
            yield number, what
