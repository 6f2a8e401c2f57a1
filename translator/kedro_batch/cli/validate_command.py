"""``kedro-batch validate``."""

import sys
from collections import Counter

import click

from kedro_batch.cli.base import BatchCommand, print_diagnostics, print_plainly, verbosity_options
from kedro_batch.cli.json_diagnostics import refusal_as_json, write_diagnostics
from kedro_batch.cli.streams import read_input


@click.command(cls=BatchCommand, short_help="Check a plan offline and print its digest.")
@click.argument("plan")
@click.option("--json", "as_json", is_flag=True, help="Print the digest and all diagnostics as JSON.")
@verbosity_options
def validate(plan: str, *, as_json: bool, quiet: bool, verbose: bool, no_color: bool) -> None:
    """Check PLAN (- is standard input): its schema, its graph, and all limits of AWS Batch.

    Everything that is wrong is reported at once. The digest names the plan's meaning: order, comments and
    layout do not change it. A job that reads what another job writes, and does not wait for it, is a warning.
    """
    from kedro_batch.plan.digest import plan_digest
    from kedro_batch.plan.graph import longest_path
    from kedro_batch.plan.reader import plan_warnings, read_plan
    from kedro_batch.text.wording import counted

    content, name = read_input(plan)
    with refusal_as_json(sys.stdout.buffer if as_json else None):
        checked = read_plan(content, name)
    warnings = plan_warnings(checked, content, name)
    if not quiet:
        depth = longest_path({job.name: job.depends_on for job in checked.jobs})
        nodes = sum(len(job.nodes) for job in checked.jobs)
        sizes = f"{counted(len(checked.jobs), 'job')}, {counted(nodes, 'node')}, longest path {counted(depth, 'job')}"
        print_plainly(f"{name} is valid: {sizes}")
        print_diagnostics(warnings, every=verbose, no_color=no_color)
    if verbose:
        targets = Counter((job.settings.job_queue, job.settings.job_definition) for job in checked.jobs)
        for (queue, definition), count in sorted(targets.items()):
            print_plainly(f"  {counted(count, 'job')} to queue {queue} with definition {definition}")
    if as_json:
        write_diagnostics(sys.stdout.buffer, warnings, checked)
    else:
        click.echo(f"digest {plan_digest(checked)}")
