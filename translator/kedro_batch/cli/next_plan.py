"""How to compile the next plan of a run, for advice: the file of its plan, and the command that writes it."""

import os
import shlex
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from kedro_batch.compiler.project.project_folder import enclosing_project, package_name
from kedro_batch.errors import ProjectError
from kedro_batch.plan.compile_words import words_to_compile_again
from kedro_batch.plan.model import Plan
from kedro_batch.plan.submit_job import RunId
from kedro_batch.review.run.status import NextPlan
from kedro_batch.submitter.plan_file import next_plan_file


def next_plan(run_id: RunId, plan: Plan, recorded: str | None) -> NextPlan:
    """Return how to compile the next plan of a run, from the working directory.

    Args:
        run_id: The run.
        plan: Its plan.
        recorded: The file of that plan, as far as the journal has it.
    """
    file = next_plan_file(run_id, recorded)
    words = [*_project_words(plan, recorded), *words_to_compile_again(plan), "-o", file]
    return NextPlan(file=file, command=shlex.join(["kedro-batch", "compile", *words]))


def _project_words(plan: Plan, recorded: str | None) -> Iterator[str]:
    """Yield the option that names the project, if it is not that around the working directory but around the plan."""
    if plan.project and recorded and not _is_around(plan.project, Path()):
        folder = Path(recorded).parent
        if root := _is_around(plan.project, folder):
            yield f"--project={os.path.relpath(root)}"


def _is_around(project: str, folder: Path) -> Path | None:
    """Return the folder of a project if it is the one around a folder; else None."""
    with suppress(ProjectError, OSError):
        root = enclosing_project(folder)
        if root is not None and package_name(root) == project:
            return root
    return None
