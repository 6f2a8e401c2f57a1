"""``kedro-batch validate``."""

import sys
from collections import Counter
from typing import TYPE_CHECKING

import click

from kedro_batch.cli.base import BatchCommand, print_diagnostics, print_plainly, shown_if, verbosity_options
from kedro_batch.cli.json_diagnostics import refusal_as_json, write_diagnostics
from kedro_batch.cli.option_types import complete_files
from kedro_batch.cli.policy_check import (
    Listing,
    describe_policy,
    judge,
    policy_option,
    read_policy_file,
    report_violations,
)
from kedro_batch.cli.streams import read_input
from kedro_batch.diagnostics import Severity, sorted_diagnostics
from kedro_batch.text.wording import counted

if TYPE_CHECKING:
    from kedro_batch.plan.model import Plan


@click.command(cls=BatchCommand, short_help="Check a plan offline and print its digest.")
@click.argument("plan", metavar="[PLAN]", required=False, shell_complete=complete_files)
@click.option("--json", "as_json", is_flag=True, help="Print the digest and all diagnostics as JSON.")
@policy_option
@verbosity_options
def validate(  # noqa: PLR0913  each is an option
    plan: str | None, *, as_json: bool, policy: str | None, quiet: bool, verbose: bool, no_color: bool
) -> None:
    """Check PLAN (- is standard input): its schema, its graph, and all limits of AWS Batch.

    Everything that is wrong is reported at once. The digest names the plan's meaning: order, comments and
    layout do not change it. A job that reads what another job writes, and does not wait for it, is a warning. With
    --policy, the plan must keep a policy, too (docs/policy.md); without PLAN, only the policy itself is checked.
    """
    from kedro_batch.plan.digest import plan_digest
    from kedro_batch.plan.reader import plan_warnings, read_plan

    if plan is None and policy is None:
        raise click.UsageError("name a plan: kedro-batch validate plan.yaml; or a policy alone, behind --policy")
    with refusal_as_json(sys.stdout.buffer if as_json else None):
        rules = read_policy_file(policy)
    if plan is None:
        if rules and not quiet:
            print_plainly(describe_policy(rules))
        if as_json:
            write_diagnostics(sys.stdout.buffer, (), None)
        return
    with refusal_as_json(sys.stdout.buffer if as_json else None):
        content, name = read_input(plan)
        checked = read_plan(content, name)
    violations = judge(checked, content, name, rules)
    refused = any(one.severity is Severity.ERROR for one in violations)
    warnings = plan_warnings(checked, content, name)
    if not quiet:
        print_plainly(f"{name} is valid: {_sizes(checked)}")
    if not (quiet and as_json):
        print_diagnostics(shown_if(warnings, quiet=quiet), every=verbose, no_color=no_color)
    if verbose:
        print_plainly(_targets(checked))
    if as_json:
        found = sorted_diagnostics((*warnings, *violations))
        write_diagnostics(sys.stdout.buffer, found, None if refused else checked)
    elif not refused:
        click.echo(f"digest {plan_digest(checked)}")
    listing = Listing(full=verbose, how_to_see_all="-v shows all, --json lists them", no_color=no_color)
    report_violations(violations, checked, name, rules, None if as_json else listing)


def _sizes(plan: "Plan") -> str:
    """Spell the number of jobs and nodes, and the longest path."""
    from kedro_batch.plan.graph import longest_path

    depth = longest_path(plan.parents)
    nodes = sum(len(job.nodes) for job in plan.jobs)
    return f"{counted(len(plan.jobs), 'job')}, {counted(nodes, 'node')}, longest path {counted(depth, 'job')}"


def _targets(plan: "Plan") -> str:
    """List queues and definitions, each with the number of its jobs."""
    targets = Counter((job.settings.job_queue, job.settings.job_definition) for job in plan.jobs)
    return "\n".join(
        f"  {counted(count, 'job')} to queue {queue} with definition {definition}"
        for (queue, definition), count in sorted(targets.items())
    )
