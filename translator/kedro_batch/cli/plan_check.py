"""``compile --check``: compares the plan in a file with what compiling gives now, and says how to update the file."""

import io
import os
import shlex
from codecs import BOM_UTF8
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import click

from kedro_batch.cli.base import print_note
from kedro_batch.cli.plan_source import read_source
from kedro_batch.cli.project_compilation import typed_words
from kedro_batch.errors import PlanDiffers, PlanError, UsageError
from kedro_batch.plan.approved_digests import loses_digests, with_digests_of
from kedro_batch.plan.digest import plan_digest
from kedro_batch.plan.reader import read_plan
from kedro_batch.plan.variables import ENV_VARIABLE
from kedro_batch.review.diff.diff_plans import diff_plans
from kedro_batch.review.diff.view import build_diff_view
from kedro_batch.review.templates import render
from kedro_batch.text.escaping import LONGEST_LINE, for_terminal
from kedro_batch.text.line_diff import unified_diff

_COMPILED = "compiled now"
_MAX_LINES = 100


def update_command(context: click.Context, file: str, env: str | None, *more: str, check: bool = False) -> str:
    """Return the command that was typed, with more words, in any shell: to check the file again, or to write it."""
    from_variable = [f"--env={env}"] if env and not context.params["env"] else []
    words = [*from_variable, "--check" if check else "-o", file, *typed_words("compile", "--check"), *more]
    return shlex.join([*context.command_path.split(), *words])


def read_checked(context: click.Context, file: str) -> tuple[bytes, str]:
    """Read the file that is checked, and return its content and its name.

    Raises:
        UsageError: It cannot be read; if there is none, the message says how to write it.
    """
    try:
        return read_source(file)
    except UsageError as error:
        if Path(file).exists() or ":" in file or not Path(file).parent.is_dir():
            raise
        update = update_command(context, file, os.environ.get(ENV_VARIABLE))
        raise UsageError(f"{error}. Write it: {update}") from error


def compare_with_file(before: bytes, name: str, now: bytes, update: Callable[..., str]) -> None:
    """Show how the plan in a file differs from the compiled one; line ends and a byte order mark do not count.

    Raises:
        PlanDiffers: They differ.
        PlanError: The file is not a plan.
    """
    if _as_written(before) == _as_written(now):
        return
    try:
        approved = read_plan(before, name)
    except PlanError as error:
        advice = f"Write it again: {update()}" if Path(name).is_file() else ""
        raise PlanError(error.headline, error.diagnostics, advice) from error
    compiled = read_plan(now, _COMPILED)
    resolving = ("--resolve-image",) if loses_digests(compiled, approved) else ()
    if resolving and plan_digest(with_digests_of(approved, compiled)) == plan_digest(approved):
        raise PlanDiffers(
            f"{name} has images by digest, and the settings have tags: only Amazon ECR knows whether they still mean "
            f"these images. Ask it: {update(*resolving, check=True)}"
        )
    diff = diff_plans(approved, compiled)
    if diff.differ:
        print_note(render("diff.txt.j2", build_diff_view(diff, (approved, compiled), (name, _COMPILED))).rstrip())
    else:
        print_note("the jobs are the same; only their order, comments or the layout of the file differ:")
        lines = unified_diff(_lines(before), _lines(now))
        for line in (f"--- {name}", f"+++ {_COMPILED}", *map(_shown, islice(lines, _MAX_LINES))):
            print_note(for_terminal(line))
        if next(lines, None) is not None:
            print_note("and more lines")
    raise PlanDiffers(
        f"{name} is out of date. Update it: {update(*resolving)}" if Path(name).is_file() else f"{name} is out of date"
    )


def _as_written(content: bytes) -> bytes:
    """Return a file without what does not count: its byte order mark, and how its lines end."""
    return content.removeprefix(BOM_UTF8).replace(b"\r\n", b"\n").removesuffix(b"\n")


def _lines(content: bytes) -> Iterator[bytes]:
    """Yield the lines of a file without their ends; all at once, they could take a lot of memory."""
    return (line.removesuffix(b"\n").removesuffix(b"\r") for line in io.BytesIO(content.removeprefix(BOM_UTF8)))


def _shown(line: bytes) -> str:
    """Return a line of UTF-8 as text, a long one cut."""
    if len(line) <= LONGEST_LINE:
        return line.decode()
    return f"{line[:LONGEST_LINE].decode(errors='ignore')}..."
