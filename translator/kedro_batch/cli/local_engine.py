"""Make the engine of a run on this machine: jobs get the folder and the environment that they have in a container."""

import os
from collections.abc import Sequence
from pathlib import Path

from kedro_batch.cli.base import print_note
from kedro_batch.cli.options import CommandOptions
from kedro_batch.compiler.project.project_folder import enclosing_project, package_name
from kedro_batch.errors import UsageError
from kedro_batch.plan.model import Plan
from kedro_batch.plan.submit_job import variables_of
from kedro_batch.plan.variables import ENV_VARIABLE
from kedro_batch.submitter.inbox import Inbox
from kedro_batch.submitter.service.api import Engine
from kedro_batch.text.escaping import for_terminal


def local_engine(plan: Plan, inbox: Inbox, options: CommandOptions, *, start: Path, run_folder: Path) -> Engine:
    """Make the engine, and say what it leaves out of the environment.

    Args:
        plan: The plan that it will run.
        inbox: Is woken when a job changes.
        options: The options of the command.
        start: The folder of the run, unless the options name another.
        run_folder: Where the output of the jobs goes, and the record of what was started.

    Raises:
        UsageError: The folder is not in the plan's project.
        ProjectError: A ``pyproject.toml`` cannot be read.
    """
    from kedro_batch.submitter.service.local import LocalEngine  # noqa: PLC0415  only for runs on this machine
    from kedro_batch.submitter.service.local_record import RECORD  # noqa: PLC0415  only for runs on this machine

    folder = find_local_folder(plan, options.local.project or start)
    dropped = os.environ.get(ENV_VARIABLE)
    if dropped and options.verbosity.notes and not _states_env(plan):
        print_note(
            for_terminal(
                f"Note: the jobs run without {ENV_VARIABLE}={dropped}, as on AWS Batch, because the plan has no env. "
                f"To run them with it, compile the plan with --env={dropped}"
            )
        )
    workers = options.local.max_workers or _processors()
    return LocalEngine(inbox, max_workers=workers, folder=folder, logs=run_folder / "logs", record=run_folder / RECORD)


def _states_env(plan: Plan) -> bool:
    """True if the plan gives all jobs an environment of Kedro."""
    return plan.env is not None or all(ENV_VARIABLE in variables_of(job.settings) for job in plan.jobs)


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def find_local_folder(plan: Plan, start: Path) -> Path:
    """Return the working directory of the jobs: the project around a folder, or else the folder itself.

    A plan that names no project runs anywhere, and so does one whose commands do not call ``kedro run``, such as those
    of a packaged project, but not in another project.

    Raises:
        UsageError: The folder is not in the plan's project.
        ProjectError: A ``pyproject.toml`` cannot be read.
    """
    start = start.resolve()
    if plan.project is None:
        return start
    anywhere = not any(_is_kedro_run(job.command) for job in plan.jobs)
    if anywhere and package_name(start) is None:
        return start
    root = enclosing_project(start)
    found = None if root is None else package_name(root)
    if root is not None and found == plan.project:
        return start if anywhere else root
    here = f"{start} is in no Kedro project" if root is None else f"{root} is the project {found or 'without a name'}"
    raise UsageError(
        f"{here}, and the plan is of the project {plan.project}: its jobs would fail here, or run something else. "
        "Go to the folder of that project, or name it with --project DIR"
    )


def _is_kedro_run(command: Sequence[str]) -> bool:
    """True for ``kedro run``, ``uv run kedro run``, ``python -m kedro run`` and the like."""
    position = next((at for at, word in enumerate(command) if Path(word).name == "kedro"), len(command))
    return "run" in command[position + 1 :]
