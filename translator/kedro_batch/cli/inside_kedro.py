"""``kedro batch ...``: Kedro has written to standard output before our code was loaded, so no data may go there."""

import shlex
from collections.abc import Sequence

import click

from kedro_batch.cli.streams import is_standard_output

INSIDE_KEDRO = "kedro_batch.inside_kedro"
"""Set in the context's meta where the command was called as ``kedro batch ...``."""
_FOR_PEOPLE = ("text", "words")
"""The formats that nothing but people read."""


def refuse_mixed_output(ctx: click.Context, words: Sequence[str]) -> None:
    """Refuse to write data to standard output inside Kedro, whose log lines stand before them.

    Args:
        ctx: The command.
        words: The words of the command line after the command's name.

    Raises:
        UsageError: It would.
    """
    given = ctx.params
    formats = [given[one.name] for one in ctx.command.params if one.name and "--format" in one.opts]
    reviews = any(one not in _FOR_PEOPLE for one in formats)
    to_file = "output" in given and reviews
    if to_file and not is_standard_output(given["output"]):
        return
    if INSIDE_KEDRO not in ctx.meta or not (reviews or given.get("as_json") or given.get("dry_run")):
        return
    command = ctx.command_path.partition(" batch ")[2]
    otherwise = shlex.join(["kedro-batch", *command.split(), *words])
    file = f"{shlex.join(['kedro', 'batch', *command.split(), *words])} -o FILE. Or outside of it: " if to_file else ""
    raise click.UsageError(
        f"inside Kedro, which writes to standard output itself, data would be mixed with its log: {file}{otherwise}"
    )
