"""A plan as a table for the terminal."""

from collections.abc import Iterable

from rich.table import Table
from rich.text import Text

from kedro_batch.plan.model import Plan, Resources
from kedro_batch.review.printable import printable
from kedro_batch.words import counted


def plan_table(plan: Plan) -> Table:
    """Show each job with what it waits for, reads, writes and gets."""
    queues = ", ".join(sorted({job.settings.job_queue for job in plan.jobs}))
    title = _text([f"{counted(len(plan.jobs), 'job')} for {queues}"])
    table = Table(title=title, title_justify="left", box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for heading in ("job", "waits for", "reads", "writes", "gets"):
        table.add_column(heading, overflow="fold")
    for job in plan.jobs:
        columns = ([job.name], job.depends_on, job.reads, job.writes, [_resources(job.settings.resources)])
        table.add_row(*map(_text, columns))
    return table


def _text(lines: Iterable[str]) -> Text:
    """Show names as they are, not as rich's markup."""
    return Text("\n".join(map(printable, lines)))


def _resources(resources: Resources) -> str:
    amounts = (
        ("vCPU", resources.vcpus),
        ("MiB", resources.memory_mib),
        ("GPU", resources.gpus),
    )
    return "\n".join(f"{amount} {unit}" for unit, amount in amounts if amount is not None)
