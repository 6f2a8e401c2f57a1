"""``--policy``: read a policy, judge a plan by it, and end with 4 if the plan breaks rules that refuse."""

import os
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

import click

from kedro_batch.cli.base import print_diagnostics
from kedro_batch.cli.option_types import complete_files
from kedro_batch.cli.plan_source import read_source
from kedro_batch.diagnostics import Diagnostic, Severity
from kedro_batch.errors import PolicyViolated, UsageError
from kedro_batch.text.wording import counted

if TYPE_CHECKING:
    from kedro_batch.plan.model import Plan
    from kedro_batch.plan.policy.model import Policy

_F = TypeVar("_F", bound=Callable[..., Any])


def policy_option(command: _F) -> _F:
    """Add ``--policy``."""
    return click.option(
        "--policy",
        metavar="FILE",
        multiple=True,  # so that a second one is not taken in place of the first
        callback=_take_one,
        shell_complete=complete_files,
        help="Exit with 4 if the plan breaks this policy: a file, or REV:PATH in git.",
    )(command)


def _take_one(_: click.Context, __: click.Parameter, named: tuple[str, ...]) -> str | None:
    if len(named) > 1:
        raise click.UsageError(f"--policy is given {len(named)} times: put all rules into one file")
    return named[0] if named else None


def read_policy_file(named: str | None) -> "Policy | None":
    """Read the policy that ``--policy`` names, before any plan: whatever is wrong with plans, its mistakes are said.

    Raises:
        PolicyError: It is no policy.
        UsageError: It cannot be read.
    """
    if named is None:
        return None
    if named == "-":
        raise UsageError("--policy takes a file or REV:PATH, not standard input")
    from kedro_batch.plan.policy.reader import read_policy  # noqa: PLC0415  loaded only if there is a policy

    content, name = read_source(named)
    return read_policy(content, name)


def describe_policy(policy: "Policy") -> str:
    """Say that a file is a policy, and how many rules it has: ``policy.yaml is a policy: 7 rules, 2 warnings``."""
    counts = Counter(rule.severity for rule in policy.rules)
    parts = ((Severity.ERROR, "rule"), (Severity.WARNING, "warning"))
    found = ", ".join(counted(counts[severity], noun) for severity, noun in parts if counts[severity])
    return f"{policy.source} is a policy: {found}"


def judge(plan: "Plan", content: bytes, name: str, policy: "Policy | None") -> list[Diagnostic]:
    """Return a diagnostic for each way in which a plan breaks a policy.

    Args:
        plan: The plan. One that does not exist (``/dev/null``) breaks nothing.
        content: The file that it was read from, for the lines.
        name: The file's name, for messages.
        policy: The policy, if there is one.
    """
    if policy is None or name == os.devnull:
        return []
    from kedro_batch.plan.policy.judge import judge_plan  # noqa: PLC0415  loaded only if there is a policy
    from kedro_batch.plan.reader import locate_diagnostics  # noqa: PLC0415  loaded only if there is a policy
    from kedro_batch.review.violations import violation_diagnostics  # noqa: PLC0415  loaded only if there is a policy

    found = violation_diagnostics(judge_plan(plan, policy), plan, policy)
    return locate_diagnostics(found, content, name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """How violations are listed on standard error.

    Attributes:
        full: List all; otherwise the first ways to break each rule.
        how_to_see_all: What shows all.
        no_color: Without colours.
    """

    full: bool
    how_to_see_all: str
    no_color: bool


def report_violations(
    violations: Sequence[Diagnostic], plan: "Plan", name: str, policy: "Policy | None", listing: Listing | None
) -> None:
    """Say on standard error which rules a plan breaks, and end the command if some of them refuse it.

    Args:
        violations: What ``judge`` has returned.
        plan: The plan.
        name: Its name.
        policy: The policy.
        listing: How they are listed; None if they stand elsewhere, so that only the end is said.

    Raises:
        PolicyViolated: It breaks rules that refuse.
    """
    if not violations or policy is None:
        return
    from kedro_batch.review.broken_rules import count_rules, show_violations  # noqa: PLC0415  only if a rule is broken
    from kedro_batch.review.job_sets import JobSets  # noqa: PLC0415  only if a rule is broken

    def lines(severity: Severity) -> list[Diagnostic]:
        if listing is None:
            return []
        found = [one for one in violations if one.severity is severity]
        shown = show_violations(found, JobSets(plan.jobs), full=listing.full)
        advice = listing.how_to_see_all if shown.left_out else ""
        return [replace(one, advice=advice) for one in shown.lines]

    warned, broken = (count_rules(violations, severity) for severity in (Severity.WARNING, Severity.ERROR))
    if warned and listing:
        headline = f"Warning: {name} breaks {counted(warned, 'rule')} under warnings in {policy.source}"
        print_diagnostics(lines(Severity.WARNING), every=True, no_color=listing.no_color, headline=headline)
    if broken:
        headline, errors = f"{name} breaks {counted(broken, 'rule')} of {policy.source}", lines(Severity.ERROR)
        raise PolicyViolated(f"{headline}:" if errors else headline, errors)
