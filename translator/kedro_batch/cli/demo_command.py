"""``kedro-batch demo``: writes the demo's project, then compiles, shows and applies it by the commands of a user."""

import importlib.util
import json
import os
import shutil
import sys
from pathlib import Path

import click

from kedro_batch.cli.base import BatchCommand, verbosity_options
from kedro_batch.cli.own_commands import run_own_command
from kedro_batch.errors import ProjectError

_NEEDED = ("kedro", "kedro_datasets", "pandas", "sklearn")


@click.command(cls=BatchCommand, short_help="See it all on this machine, without AWS.")
@click.argument("directory", type=click.Path(file_okay=False, path_type=Path), default=Path("kedro-batch-demo"))
@verbosity_options
def demo(directory: Path, quiet: bool, verbose: bool, no_color: bool) -> None:
    """Write a small Kedro project into DIRECTORY, compile it, show the plan, and run it on this machine.

    Without DIRECTORY: kedro-batch-demo.
    """
    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise ProjectError(
            f"the demo needs {', '.join(missing)}. Install them from the checkout of kedro-batch: "
            "pip install -e '/path/to/kedro-batch[demo]'"
        )
    from importlib.metadata import version

    from kedro_batch.scaffold.demo_project import DemoView, write_demo_project

    talk = [flag for flag, given in (("-q", quiet), ("-v", verbose), ("--no-color", no_color)) if given]

    def say(text: str) -> None:
        if not quiet:
            click.echo(text)

    write_demo_project(directory, DemoView(kedro_version=version("kedro")))
    say(f"wrote a Kedro project to {directory}/")
    say("\n$ kedro-batch compile -o plan.yaml")
    _run(directory, ["compile", "-o", "plan.yaml", *talk])
    if not quiet:
        say("\n$ kedro-batch show plan.yaml")
        _run(directory, ["show", "plan.yaml"])
    say("\n$ kedro-batch apply plan.yaml --local")
    _run(directory, ["apply", "plan.yaml", "--local", *talk])
    score = json.loads((directory / "data" / "08_reporting" / "score.json").read_text(encoding="utf-8"))
    say("")
    click.echo(f"The model's score: r2 {score['r2']}, mean absolute error {score['mean_absolute_error']}")
    say("\nWhere to look next:")
    say(f"  {directory}/plan.yaml                  the jobs that ran: read it as a reviewer would")
    say(f"  {directory}/conf/base/aws_batch.yml    their queue, definition and resources on AWS Batch")
    say(f"  {_program()} apply {directory}/plan.yaml --dry-run")
    say("                                      the requests that AWS Batch would get")


def _program() -> str:
    """Return the name of this program as the shell finds it."""
    return "kedro-batch" if shutil.which("kedro-batch") else os.path.relpath(sys.argv[0])


def _run(directory: Path, words: list[str]) -> None:
    """Run one of our own commands as a user would. If it fails, exit with its code."""
    if code := run_own_command(words, cwd=directory):
        click.get_current_context().exit(code)
