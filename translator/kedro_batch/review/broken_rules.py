"""Shows what a plan breaks of a policy: each broken rule, however many ways to break it there are. Pure."""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from kedro_batch.diagnostics import Diagnostic, Severity
from kedro_batch.review.job_sets import JobSets

WAYS_SHOWN = 5
"""Ways to break one rule that are shown to people; ``--full``, ``-v`` and data for tools have all."""

_Rule = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownViolations:
    """What is shown of the ways in which a plan breaks a policy.

    Attributes:
        lines: The violations of each broken rule, and a line that counts those that are left out.
        left_out: The number of violations that are left out.
    """

    lines: tuple[Diagnostic, ...]
    left_out: int

    @property
    def refuse(self) -> bool:
        """True if one of the broken rules refuses the plan."""
        return any(one.severity is Severity.ERROR for one in self.lines)


def show_violations(
    violations: Iterable[Diagnostic], sets: JobSets, most: int = WAYS_SHOWN, *, full: bool = False
) -> ShownViolations:
    """Choose the violations to show: those that refuse first, then rules that few jobs break before those of many.

    Args:
        violations: All of them, those of each rule in the order in which they are to be shown.
        sets: The jobs of the plan.
        most: The most ways to break a rule that are shown, one or more.
        full: Show all.
    """
    rules: defaultdict[_Rule, list[Diagnostic]] = defaultdict(list)
    for one in violations:
        rules[_rule_of(one)].append(one)
    lines, left_out = list[Diagnostic](), 0
    for found in sorted(rules.values(), key=_weight):
        shown = len(found) if full or len(found) <= most + 1 else most
        lines += found[:shown]
        if rest := len(found) - shown:
            lines.append(_count_rest(found, rest, sets))
            left_out += rest
    return ShownViolations(lines=tuple(lines), left_out=left_out)


def count_rules(violations: Iterable[Diagnostic], severity: Severity) -> int:
    """Count the rules of a severity that are broken; each may be broken in several ways."""
    return len({_rule_of(one) for one in violations if one.severity is severity})


def _rule_of(one: Diagnostic) -> _Rule:
    """Return what tells a rule from all others: several may stand in one line, and one name in both parts."""
    return (str(one.severity), *one.about["rule"], *one.about["policy"])


def _weight(found: Sequence[Diagnostic]) -> tuple[bool, float]:
    """Return what sorts rules; one that says nothing of jobs is about all of them."""
    return found[0].severity is not Severity.ERROR, len({*_jobs(found)}) or math.inf


def _jobs(found: Iterable[Diagnostic]) -> Iterator[str]:
    return (name for one in found for name in one.about["jobs"])


def _count_rest(found: Sequence[Diagnostic], rest: int, sets: JobSets) -> Diagnostic:
    (rule,), (line,) = found[0].about["rule"], found[0].about["policy"]
    if "listed" in found[-1].about:  # it stands for those that nobody has counted
        told = f"over {rest - 1:,} more ways to break it (over {len(found) - 1:,} in total)"
    else:
        jobs = {*_jobs(found)}
        whose = f", for {sets.describe(jobs)}" if jobs else ""
        told = f"{rest:,} more ways to break it ({len(found):,} in total{whose})"
    return Diagnostic(
        source=line,
        code=found[0].code,
        severity=found[0].severity,
        message=f"{rule}: {told}",
        about={**found[0].about, "jobs": ()},
    )
