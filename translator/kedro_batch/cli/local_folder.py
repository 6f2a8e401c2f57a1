"""Find the folder in which the jobs of a plan run on this machine: as in a container, that of their Kedro project."""

from collections.abc import Sequence
from pathlib import Path

from kedro_batch.compiler.project_folder import enclosing_project, package_name
from kedro_batch.errors import UsageError
from kedro_batch.plan.model import Plan


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
