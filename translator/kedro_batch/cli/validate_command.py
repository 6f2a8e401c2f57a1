"""``kedro-batch validate``."""

import sys
from collections import Counter

import click

from kedro_batch.cli.base import BatchCommand, print_diagnostics, print_plainly, shown_if, verbosity_options
from kedro_batch.cli.json_diagnostics import refusal_as_json, write_diagnostics
from kedro_batch.cli.option_types import complete_files
from kedro_batch.cli.policy_check import Listing, judge, policy_option, read_policy_file, report_violations
from kedro_batch.cli.streams import read_input
from kedro_batch.diagnostics import Severity, sorted_diagnostics


@click.command(cls=BatchCommand, short_help="Check a plan offline and print its digest.")
@click.argument("plan", shell_complete=complete_files)
@click.option("--json", "as_json", is_flag=True, help="Print the digest and all diagnostics as JSON.")
@policy_option
@verbosity_options
def validate(  # noqa: PLR0913  each is an option
    plan: str, *, as_json: bool, policy: str | None, quiet: bool, verbose: bool, no_color: bool
) -> None:
    """Check PLAN (- is standard input): its schema, its graph, and all limits of AWS Batch.

    Everything that is wrong is reported at once. The digest names the plan's meaning: order, comments and
    layout do not change it. A job that reads what another job writes, and does not wait for it, is a warning. With
    --policy, the plan must keep a policy, too (docs/policy.md).
    """
    from kedro_batch.plan.digest import plan_digest
    from kedro_batch.plan.graph import longest_path
    from kedro_batch.plan.reader import plan_warnings, read_plan
    from kedro_batch.text.wording import counted

    with refusal_as_json(sys.stdout.buffer if as_json else None):
        rules = read_policy_file(policy)
        content, name = read_input(plan)
        checked = read_plan(content, name)
    violations = judge(checked, content, name, rules)
    refused = any(one.severity is Severity.ERROR for one in violations)
    warnings = plan_warnings(checked, content, name)
    if not quiet:
        depth = longest_path(checked.parents)
        nodes = sum(len(job.nodes) for job in checked.jobs)
        sizes = f"{counted(len(checked.jobs), 'job')}, {counted(nodes, 'node')}, longest path {counted(depth, 'job')}"
        print_plainly(f"{name} is valid: {sizes}")
    if not (quiet and as_json):
        print_diagnostics(shown_if(warnings, quiet=quiet), every=verbose, no_color=no_color)
    if verbose:
        targets = Counter((job.settings.job_queue, job.settings.job_definition) for job in checked.jobs)
        for (queue, definition), count in sorted(targets.items()):
            print_plainly(f"  {counted(count, 'job')} to queue {queue} with definition {definition}")
    if as_json:
        found = sorted_diagnostics((*warnings, *violations))
        write_diagnostics(sys.stdout.buffer, found, None if refused else checked)
    elif not refused:
        click.echo(f"digest {plan_digest(checked)}")
    listing = Listing(full=verbose, how_to_see_all="-v shows all, --json lists them", no_color=no_color)
    report_violations(violations, checked, name, rules, None if as_json else listing)
