"""``kedro-batch demo``."""

import importlib.metadata
import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import click

from kedro_batch.cli.commands import BatchCommand, talk_options
from kedro_batch.errors import ProjectError

_NEEDED = ("kedro", "kedro_datasets", "pandas", "sklearn")


@click.command(cls=BatchCommand, short_help="See it all on this machine, without AWS.")
@click.argument("directory", type=click.Path(file_okay=False, path_type=Path), default=Path("kedro-batch-demo"))
@talk_options
def demo(directory: Path, quiet: bool, verbose: bool, no_color: bool) -> None:
    """Write a small Kedro project into DIRECTORY, compile it, show the plan, and run it on this machine.

    Without DIRECTORY: kedro-batch-demo.
    """
    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise ProjectError(
            f"the demo needs {', '.join(missing)}: pip install 'kedro-batch[demo]', or -e '.[demo]' here"
        )
    from kedro_batch.scaffold.demo_project import DemoView, write_demo_project  # noqa: PLC0415

    talk = [flag for flag, given in (("-q", quiet), ("-v", verbose), ("--no-color", no_color)) if given]
    write_demo_project(directory, DemoView(kedro_version=importlib.metadata.version("kedro")))
    click.echo(f"wrote a Kedro project to {directory}/")
    _run(directory, ["compile", "-o", "plan.yaml"], talk)
    _show_plan(directory / "plan.yaml", no_color=no_color)
    _run(directory, ["apply", "plan.yaml", "--local"], talk)
    score = json.loads((directory / "data" / "08_reporting" / "score.json").read_text(encoding="utf-8"))
    click.echo(f"\nThe model's score: r2 {score['r2']}, mean absolute error {score['mean_absolute_error']}\n")
    click.echo("Where to look next:")
    click.echo(f"  {directory}/plan.yaml                     what ran: read it as a reviewer would")
    click.echo(f"  {directory}/conf/base/aws_batch.yml       queue, definition and resources for AWS Batch")
    click.echo(f"  cd {directory} && kedro-batch apply plan.yaml --dry-run    what AWS Batch would be sent")


def _run(directory: Path, words: list[str], talk: list[str]) -> None:
    """Run one of our own commands as a user would, and end as it ends if it fails."""
    click.echo(f"\n$ kedro-batch {' '.join(words)}")
    sys.stdout.flush()
    command = [sys.executable, "-m", "kedro_batch", *words, *talk]
    with subprocess.Popen(command, cwd=directory) as process:  # noqa: S603  our own program
        try:
            code = process.wait()
        except BaseException:
            process.terminate()  # politely, so that it can end what it has started
            process.wait()
            raise
    if code:
        click.get_current_context().exit(code)


def _show_plan(file: Path, *, no_color: bool) -> None:
    from rich.console import Console  # noqa: PLC0415

    from kedro_batch.plan.reader import read_plan  # noqa: PLC0415
    from kedro_batch.review.plan_table import plan_table  # noqa: PLC0415

    Console(no_color=no_color or None, highlight=False).print(plan_table(read_plan(file.read_bytes(), str(file))))
