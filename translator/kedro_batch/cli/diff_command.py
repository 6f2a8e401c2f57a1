"""``kedro-batch diff``."""

import os
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from kedro_batch.cli.base import BatchCommand, print_plainly
from kedro_batch.cli.option_types import RiskKinds, RiskKindsOption, complete_files, complete_risk_kinds
from kedro_batch.cli.plan_in_head import Source, read_both
from kedro_batch.cli.policy_check import Listing, judge, policy_option, read_policy_file, report_violations
from kedro_batch.cli.review_output import review_options, write_review
from kedro_batch.diagnostics import Severity
from kedro_batch.errors import PlanDiffers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kedro_batch.plan.model import Plan
    from kedro_batch.review.diff.model import Risk


@click.command(cls=BatchCommand, short_help="Show what differs between two plans, by job.")
@click.argument("old", metavar="[OLD]", required=False, shell_complete=complete_files)
@click.argument("new", metavar="NEW", required=False, shell_complete=complete_files)
@click.option("--exit-code", is_flag=True, help="Exit with 3 if the plans differ, with 0 if not.")
@click.option(
    "--fail-on",
    cls=RiskKindsOption,
    type=RiskKinds(),
    shell_complete=complete_risk_kinds,
    multiple=True,
    metavar="KIND[,KIND]",
    help="Exit with 3 if there is a risk of such a kind, or any; higher costs count, too.",
)
@click.option("--full", is_flag=True, help="Name all jobs and values in the text, also where there are many.")
@policy_option
@review_options("text", "markdown", "json", "html")
def diff(
    old: str | None,
    new: str | None,
    *,
    exit_code: bool,
    fail_on: tuple[tuple[str, ...], ...],
    policy: str | None,
    **given: Any,
) -> None:
    """Show what differs between the plans OLD and NEW: by meaning, not by lines.

    Each is a file, - for standard input, or REV:PATH for a revision in git: kedro-batch diff main:plan.yaml
    plan.yaml. A single file is compared with what it is in HEAD. /dev/null is an empty plan, for a plan that was added
    or removed, as in git. Risks come first. With --policy, the plan NEW must keep a policy (docs/policy.md).
    markdown is for a comment on a pull request; JSON follows schemas/diff.schema.json; html is a self-contained page.
    """
    from kedro_batch.review.diff.diff_plans import diff_plans
    from kedro_batch.review.formats import DiffFormat, render_diff

    if old is None:
        raise click.UsageError("name a plan: kedro-batch diff plan.yaml compares it with the last commit")
    if old == new == "-":
        raise click.UsageError("only one of the two can be standard input")
    if exit_code and fail_on:
        raise click.UsageError("--exit-code and --fail-on both end with 3: give one of them")
    sources = read_both(old, new)
    (_, old_name), (content, new_name) = sources
    rules = read_policy_file(policy)
    before, after = map(_parse, sources)
    violations = judge(after, content, new_name, rules)
    judged = rules.source if rules and new_name != os.devnull else None
    found = replace(diff_plans(before, after), policy=judged, violations=tuple(violations))
    pieces = render_diff(found, (before, after), (old_name, new_name), DiffFormat(given["format"]), full=given["full"])
    write_review(pieces, given)
    counts = _count_kinds(found.risks, {kind for kinds in fail_on for kind in kinds})
    chosen = counts and f"{new_name} has what --fail-on names, compared with {old_name}: {counts}"
    if chosen and any(one.severity is Severity.ERROR for one in violations):
        print_plainly(chosen)  # the policy ends the command
    in_text = given["format"] == "text" and given["output"] == "-"
    listing = Listing(full=given["full"], how_to_see_all="--full shows all", no_color=given["no_color"])
    report_violations(violations, after, new_name, rules, None if in_text else listing)
    if exit_code and found.differ:
        raise PlanDiffers(f"{new_name} differs from {old_name}")
    if chosen:
        raise PlanDiffers(chosen)


def _count_kinds(risks: "Sequence[Risk]", kinds: set[str]) -> str:
    """Spell how many risks there are of some kinds: ``queue_changed (7), image_changed (1)``; nothing if none."""
    counts = Counter(str(risk.kind) for risk in risks if risk.kind in kinds)
    return ", ".join(f"{kind} ({count:,})" for kind, count in counts.items())


def _parse(source: Source) -> "Plan":
    from kedro_batch.plan.model import Plan
    from kedro_batch.plan.reader import read_plan

    content, name = source
    return Plan(jobs=()) if name == os.devnull else read_plan(content, name)
