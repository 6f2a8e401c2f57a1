"""``kedro-batch versions``."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kedro_batch.cli.base import BatchCommand, print_note, print_plainly, verbosity_options
from kedro_batch.cli.options import command_options, journal_option
from kedro_batch.cli.run_choice import choose_run_id, complete_run
from kedro_batch.cli.streams import reserve_stdout
from kedro_batch.errors import KedroBatchError, ProjectError, ServiceError
from kedro_batch.text.escaping import for_terminal
from kedro_batch.text.wording import counted

if TYPE_CHECKING:
    from kedro_batch.plan.submit_job import RunId


@click.command(cls=BatchCommand, short_help="Print the outputs of a run and their version.")
@click.argument("run", shell_complete=complete_run)
@click.option(
    "--format",
    "format_",
    type=click.Choice(["words", "yaml"]),
    default="words",
    show_default=True,
    help="For people, or as YAML (schemas/versions.schema.json).",
)
@click.option(
    "--remove-partial",
    is_flag=True,
    help="First ask AWS Batch how the jobs ended, and remove what they have begun to save and not completed.",
)
@click.option(
    "--project",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path(),
    metavar="DIR",
    help="The Kedro project of the run, or a folder in it. Default: the working directory.",
)
@journal_option
@verbosity_options
def versions(  # noqa: PLR0913  click hands over every option
    run: str, *, format_: str, remove_partial: bool, project: Path, journal: Path, quiet: bool, **_: bool
) -> None:
    """Print which versioned datasets RUN has written, where they are, and which are missing and why.

    All of them have the version of the run. The last line is the flag with which kedro run loads them. Which jobs
    succeeded is read from the journal, and where the datasets are from the catalog of the project.
    """
    from kedro_batch.cli.partial_outputs import Removal, Starts, describe_kept, remove_partial_outputs
    from kedro_batch.cli.run_outputs import find_recorded_run, open_data
    from kedro_batch.review.run.outputs import find_outputs, outputs_text, outputs_yaml
    from kedro_batch.submitter.journal_view import read_journal

    removal = Removal()
    with reserve_stdout() as stdout:
        with read_journal(journal, print_plainly) as book:
            run_id = choose_run_id(book, run, prefix=not remove_partial, quiet=quiet)
            recorded = find_recorded_run(run_id, book)
        data = open_data(recorded, project)
        if remove_partial:
            _look(run_id, journal)
            removal = remove_partial_outputs(run_id, journal, lambda _: data, Starts())
            if removal.places and not quiet:
                print_note(for_terminal(removal.describe()))
            if removal.kept:
                print_note(for_terminal(describe_kept(removal.kept)))
        with read_journal(journal, print_plainly) as book:
            records = book.records(run_id)
        stored = {name: data.look_up(name) for job in recorded.plan.jobs for name in job.writes}
        found = find_outputs(run_id, recorded.version, recorded.plan, records, stored)
        stdout.write((outputs_yaml(found) if format_ == "yaml" else outputs_text(found)).encode())
    _refuse("could not be removed", removal.failures)
    _refuse("could not be looked up", [one.problem for one in stored.values() if one.problem])


def _look(run_id: "RunId", journal: Path) -> None:
    """Ask AWS Batch how the jobs of a run stand: since the journal was written, another machine may have resumed it.

    Raises:
        KedroBatchError: It cannot be asked, or the journal cannot be written.
        Interrupted: A signal came.
    """
    from kedro_batch.cli.run_handle import find_run
    from kedro_batch.cli.run_session import open_run
    from kedro_batch.cloud.account import PATIENCE_S
    from kedro_batch.submitter.journal import Journal
    from kedro_batch.submitter.run_options import RunMode

    book = Journal(journal, print_plainly)
    handle = find_run(run_id, book, None)
    if handle.engine_name == "local":
        return
    options = command_options({"once": True, "quiet": True, "retry_for": PATIENCE_S}, RunMode.FOLLOW)
    with open_run(handle, book, options) as session:
        session.look()


def _refuse(what: str, problems: Sequence[KedroBatchError]) -> None:
    """End the command with what went wrong with single datasets, if anything did.

    Raises:
        ProjectError: Datasets could not be made.
        ServiceError: Their storage refused, or did not answer.
    """
    if problems:
        message = "\n".join([f"{counted(len(problems), 'output')} {what}:", *(f"  {one}" for one in problems)])
        project = next((one for one in problems if isinstance(one, ProjectError)), None)
        raise ServiceError(message) if project is None else ProjectError(message)
