"""The two plans that ``diff`` compares: those that are named, or a file as it was in the last commit and as it is."""

import os
from pathlib import Path
from shlex import quote

import click

from kedro_batch.cli.plan_source import read_source
from kedro_batch.errors import UsageError

Source = tuple[bytes, str]
"""The content of a plan, and its name in messages; nothing and ``/dev/null`` if there is none."""


def read_both(old: str, new: str | None) -> tuple[Source, Source]:
    """Read both plans: those that were named, or a file in HEAD and as it is now.

    A file that is only in HEAD is compared with no plan.

    Raises:
        UsageError: One cannot be read, or git has no such file in HEAD.
    """
    if new is not None:
        return _read(old), _read(new)
    if old in ("-", os.devnull) or (":" in old and not Path(old).exists()):
        raise click.UsageError(f"{old} is no file that can be compared with HEAD: name two plans, OLD and NEW")
    file = Path(old)
    before = f"HEAD:./{Path(os.path.relpath(file.parent.resolve() / file.name)).as_posix()}"
    try:
        committed = read_source(before)
    except UsageError as error:
        raise UsageError(
            f"{old} cannot be compared with the last commit: {error}. To see it as a new plan: kedro-batch diff "
            f"{os.devnull} {quote(old)}. To compare it with another one: kedro-batch diff OLD {quote(old)}"
            if file.exists()
            else f"there is no file {old}, neither here nor in the last commit: {error}"
        ) from error
    return committed, _read(old if file.exists() else os.devnull)


def _read(named: str) -> Source:
    return (b"", named) if named == os.devnull else read_source(named)
