"""The command line: parse, call, print, exit. The only place that prints or exits.

What takes time to import is imported by the command that needs it, so that ``--help`` answers at once.
"""

import os
import sys

import click

from kedro_batch import __version__
from kedro_batch.cli.apply_command import apply
from kedro_batch.cli.commands import CLOSED_PIPE, INSIDE_KEDRO
from kedro_batch.cli.compile_command import compile_
from kedro_batch.cli.demo_command import demo
from kedro_batch.cli.validate_command import validate

_HELP = """Run a Kedro pipeline on AWS Batch: compile it into a plan, review the plan, apply it.

\b
  kedro-batch compile > plan.yaml    every node becomes a job
  git diff                           people review the plan
  kedro-batch apply plan.yaml        its jobs run on AWS Batch

To see it all on this machine, without AWS: kedro-batch demo
"""
_COMMANDS = (compile_, validate, apply)


@click.group(help=_HELP, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="%(prog)s %(version)s")
def _program() -> None:
    pass


for _command in (*_COMMANDS, demo):
    _program.add_command(_command)


@click.group(name="Batch")
def kedro_commands() -> None:
    """Entry point ``kedro.project_commands``: what Kedro adds to its own commands inside a project."""


@kedro_commands.group(name="batch", help="Run this project on AWS Batch: compile, validate, apply.")
@click.pass_context
def _batch(context: click.Context) -> None:
    context.meta[INSIDE_KEDRO] = True


for _command in _COMMANDS:
    _batch.add_command(_command)


def main(prog_name: str = "kedro-batch") -> None:
    """Run the program and exit."""
    try:
        code = _program.main(prog_name=prog_name, standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except click.Abort:
        code = 130
    except SystemExit:  # left to ourselves, click exits by itself only when a pipe is closed
        code = CLOSED_PIPE
    except BrokenPipeError:
        code = CLOSED_PIPE
    if code == CLOSED_PIPE:  # nobody reads: nothing more is said, not even by the interpreter's last flush
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    sys.exit(code)
