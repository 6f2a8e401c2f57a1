"""What ``compile`` says at its end: what the plan is, and the commands that lead on. Plans come in, lines go out."""

import shlex
from pathlib import Path

from kedro_batch.cli.plan_source import read_source
from kedro_batch.errors import UsageError
from kedro_batch.plan.graph import longest_path
from kedro_batch.plan.model import Plan
from kedro_batch.text.escaping import for_terminal
from kedro_batch.text.wording import counted, named


def plan_in_short(plan: Plan) -> str:
    """Return what a plan is: how many jobs, on how many levels, on which queues."""
    levels = longest_path(plan.parents)
    queues = sorted({job.settings.job_queue for job in plan.jobs if job.settings.job_queue})
    return f"{counted(len(plan.jobs), 'job')} on {counted(levels, 'level')}, {named('queue', queues, 3)}"


def next_commands(file: str, content: bytes) -> tuple[str, ...]:
    """Return the commands that lead on from a plan that was written, each with what it does.

    Args:
        file: Its name.
        content: What was written.
    """
    word = shlex.quote(f"./{file}" if file.startswith("-") else file)
    commands = [(f"kedro-batch apply {word}", "run it on AWS Batch")]
    committed = _committed(file)
    if committed is None:
        commands.insert(0, (f"kedro-batch show {word}", "read it"))
    elif committed != content:
        before = shlex.quote(f"HEAD:./{file}")
        commands.insert(0, (f"kedro-batch diff {before} {word}", "see what has changed since the last commit"))
    width = max(len(command) for command, _ in commands)
    return tuple(f"  {for_terminal(command.ljust(width))}  {effect}" for command, effect in commands)


def _committed(file: str) -> bytes | None:
    """Return what git has of a file; None if it has not, or if nobody can tell."""
    if Path(file).is_absolute():
        return None
    try:
        return read_source(f"HEAD:./{file}")[0]
    except UsageError:
        return None
