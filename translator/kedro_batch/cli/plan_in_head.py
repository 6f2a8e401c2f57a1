"""The two plans that ``diff`` compares if one is named: a file, and what it was in the last commit."""

import os
from pathlib import Path
from shlex import quote

import click

from kedro_batch.cli.plan_source import read_source
from kedro_batch.errors import UsageError


def plans_to_compare(old: str, new: str | None) -> tuple[str, str]:
    """Return the names of both plans: those that were given, or a file in HEAD and as it is now.

    A file that is only in HEAD is compared with no plan.

    Raises:
        UsageError: Git has no such file in HEAD.
    """
    if new is not None:
        return old, new
    if old in ("-", os.devnull) or (":" in old and not Path(old).exists()):
        raise click.UsageError(f"{old} is no file that can be compared with HEAD: name two plans, OLD and NEW")
    file = Path(old)
    before = f"HEAD:./{Path(os.path.relpath(file.parent.resolve() / file.name)).as_posix()}"
    try:
        read_source(before)
    except UsageError as error:
        raise UsageError(
            f"{old} cannot be compared with the last commit: {error}. To see it as a new plan: kedro-batch diff "
            f"{os.devnull} {quote(old)}. To compare it with another one: kedro-batch diff OLD {quote(old)}"
            if file.exists()
            else f"there is no file {old}, neither here nor in the last commit: {error}"
        ) from error
    return before, old if file.exists() else os.devnull
