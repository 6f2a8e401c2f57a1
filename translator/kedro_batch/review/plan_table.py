"""A plan as a table for the terminal."""

from rich import box
from rich.table import Table

from kedro_batch.plan.model import Plan, Resources


def plan_table(plan: Plan) -> Table:
    """Show each job with what it waits for, reads, writes and gets."""
    table = Table(
        title=f"{len(plan.jobs)} jobs for {plan.defaults.job_queue}",
        title_justify="left",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
    )
    for heading in ("job", "waits for", "reads", "writes", "gets"):
        table.add_column(heading, overflow="fold")
    for job in plan.jobs:
        columns = (job.depends_on, job.reads, job.writes)
        table.add_row(job.name, *("\n".join(names) for names in columns), _resources(job.resources))
    return table


def _resources(resources: Resources) -> str:
    amounts = (
        ("vCPU", resources.vcpus),
        ("MiB", resources.memory_mib),
        ("GPU", resources.gpus),
    )
    return "\n".join(f"{amount} {unit}" for unit, amount in amounts if amount is not None)
