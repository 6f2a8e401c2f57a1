"""``kedro-batch validate``."""

import click

from kedro_batch.cli.commands import BatchCommand, read_input, talk_options


@click.command(cls=BatchCommand, short_help="Check a plan offline and print its digest.")
@click.argument("plan")
@talk_options
def validate(plan: str, quiet: bool, verbose: bool, no_color: bool) -> None:  # noqa: ARG001  click hands over every option
    """Check PLAN (- is standard input): its schema, its graph, and every request that it leads to.

    Everything that is wrong is reported at once. The digest names the plan's meaning: order, comments and
    layout do not change it.
    """
    from kedro_batch.plan.digest import plan_digest  # noqa: PLC0415
    from kedro_batch.plan.graph import longest_path  # noqa: PLC0415
    from kedro_batch.plan.reader import read_plan  # noqa: PLC0415
    from kedro_batch.plan.service_model import check_requests  # noqa: PLC0415

    content, name = read_input(plan)
    checked = read_plan(content, name)
    digest = plan_digest(checked)
    check_requests(checked, digest, name)
    if not quiet:
        depth = longest_path({job.name: job.depends_on for job in checked.jobs})
        nodes = sum(len(job.nodes) for job in checked.jobs)
        click.echo(
            f"{name} is valid: {len(checked.jobs)} jobs, {nodes} nodes, at most {depth} one after another",
            err=True,
        )
    click.echo(f"digest {digest}")
