"""Find a run, its version, and the project in whose catalog its outputs are looked up."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kedro_batch.compiler.project.project_folder import enclosing_project, package_name
from kedro_batch.errors import UsageError
from kedro_batch.plan.data_version import DataVersion
from kedro_batch.plan.model import Plan
from kedro_batch.plan.reader import read_plan
from kedro_batch.plan.submit_job import RunId
from kedro_batch.submitter.journal_rows import RunEntry
from kedro_batch.submitter.journal_view import JournalView, journal_words

if TYPE_CHECKING:
    from kedro_batch.compiler.stored_data import DataOfRun


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedRun:
    """A run of the journal with a version.

    Attributes:
        entry: What the journal says of it.
        version: The version under which its jobs save.
        plan: Its plan.
    """

    entry: RunEntry
    version: DataVersion
    plan: Plan


def find_recorded_run(run_id: RunId, book: JournalView) -> RecordedRun:
    """Find a run in the journal.

    Raises:
        RunUnknown: The journal does not have it.
        UsageError: The journal does not have its version.
        PlanError: Its plan cannot be read.
    """
    entry = book.known_run(
        run_id,
        ". If it was lost, or is on another machine, write it here first, with the plan of the run: "
        f"kedro-batch wait {run_id} --plan PLAN --once{journal_words(book.file)}",
    )
    if entry.version is None:
        raise UsageError(
            f"the journal does not have the version of run {run_id}. Either an older kedro-batch submitted it, and "
            "each of its jobs saved under a version of its own, or AWS Batch had forgotten its jobs when the journal "
            "was written again: then the line 'kedro-batch: run ...' in the log of each job has it"
        )
    return RecordedRun(
        entry=entry, version=entry.version, plan=read_plan(book.plan(run_id), f"the plan of run {run_id}")
    )


def find_project_of(plan: Plan, start: Path) -> Path:
    """Return the folder of the plan's project: the one around a folder.

    Raises:
        UsageError: That is in no project, or in another one.
        ProjectError: A ``pyproject.toml`` cannot be read.
    """
    if plan.project is None:
        raise UsageError("the plan of the run names no Kedro project, so there is no catalog for its outputs")
    root = enclosing_project(start)
    name = None if root is None else package_name(root)
    if root is not None and name == plan.project:
        return root
    here = f"{start.resolve()} is in no Kedro project" if root is None else f"{root} is the project {name or '?'}"
    raise UsageError(
        f"{here}, and the run is of the project {plan.project}, whose catalog says where its outputs are. Go to the "
        "folder of that project, or name it with --project DIR"
    )


def open_data(run: RecordedRun, start: Path) -> "DataOfRun":
    """Open the catalog of the run's project. What that project prints has to be kept from standard output before.

    Raises:
        UsageError: The folder is not in that project.
        Refused: It cannot be loaded.
    """
    from kedro_batch.compiler.stored_data import open_data_of_run  # noqa: PLC0415  it loads Kedro, which is slow

    return open_data_of_run(find_project_of(run.plan, start), run.plan, run.version)
