"""The command line: parse, call, print, exit. The only place that prints or exits.

What takes time to import is imported by the command that needs it, so that ``--help`` answers at once.
"""

import sys
from contextlib import suppress

import click

from kedro_batch import __version__
from kedro_batch.cli.apply_command import apply
from kedro_batch.cli.base import CLOSED_PIPE
from kedro_batch.cli.cancel_command import cancel
from kedro_batch.cli.compile_command import compile_
from kedro_batch.cli.demo_command import demo
from kedro_batch.cli.diff_command import diff
from kedro_batch.cli.doctor_command import doctor
from kedro_batch.cli.image_command import image
from kedro_batch.cli.infra_command import infra
from kedro_batch.cli.init_command import init
from kedro_batch.cli.inside_kedro import INSIDE_KEDRO
from kedro_batch.cli.logs_command import logs
from kedro_batch.cli.report_command import report
from kedro_batch.cli.resume_command import resume
from kedro_batch.cli.show_command import show
from kedro_batch.cli.status_command import runs, status
from kedro_batch.cli.streams import drop_unwritable_output, escape_unencodable, open_closed_streams
from kedro_batch.cli.validate_command import validate
from kedro_batch.cli.versions_command import versions
from kedro_batch.cli.wait_command import wait
from kedro_batch.errors import UsageError

_HELP = """Run a Kedro pipeline on AWS Batch: compile it into a plan, review the plan, apply it.

\b
  kedro-batch compile > plan.yaml              every node becomes a job
  kedro-batch diff main:plan.yaml plan.yaml    people review the plan
  kedro-batch apply plan.yaml                  its jobs run on AWS Batch

To see it all on this machine, without AWS: kedro-batch demo
"""
_COMMANDS = (
    *(init, infra, image),
    *(compile_, show, diff, validate),
    *(doctor, apply, resume, wait, cancel, status, logs, runs, report, versions),
)


@click.group(help=_HELP, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="%(prog)s %(version)s")
def _program() -> None:
    pass


for _command in (*_COMMANDS, demo):
    _program.add_command(_command)


@click.group(name="Batch")
def kedro_commands() -> None:
    """Entry point ``kedro.project_commands``: what Kedro adds to its own commands inside a project."""


@kedro_commands.group(name="batch", help="Run this project on AWS Batch: compile, review, apply, and what follows.")
@click.pass_context
def _batch(context: click.Context) -> None:
    context.meta[INSIDE_KEDRO] = True


for _command in _COMMANDS:
    _batch.add_command(_command)


def main(prog_name: str = "kedro-batch") -> None:
    """Run the program and exit."""
    open_closed_streams()
    escape_unencodable()
    try:
        code = _program.main(prog_name=prog_name, standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as error:
        with suppress(OSError):
            error.show()
        code = error.exit_code
    except click.Abort:
        code = 130
    except SystemExit as error:  # click's own: after a completion, and with 1 when a pipe is closed
        code = CLOSED_PIPE if error.code == 1 else error.code
    except BrokenPipeError:
        code = CLOSED_PIPE
    except OSError as error:
        with suppress(OSError):
            click.echo(f"Error: cannot write standard output: {error.strerror}", err=True)
        code = UsageError.exit_code
    drop_unwritable_output()
    sys.exit(code)
