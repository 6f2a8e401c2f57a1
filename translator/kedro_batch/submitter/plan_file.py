"""The file of a run's plan: as the journal has it, and as advice names it for the plan that comes next."""

import os
from pathlib import Path

from kedro_batch.plan.submit_job import RunId
from kedro_batch.submitter.journal_values import PATH_LENGTH


def recorded_file(file: str | None) -> str | None:
    """Return the name under which a journal records a file: absolute; None for one that it cannot record."""
    if file is None:
        return None
    name = str(Path(file).absolute())
    return name if name.isprintable() and len(name) <= PATH_LENGTH else None


def next_plan_file(run_id: RunId, recorded: str | None) -> str:
    """Return the file into which the next plan of a run is to be compiled, as seen from the working directory.

    Args:
        run_id: The run.
        recorded: The file of its plan. If that is not known, such as for standard input, or if its folder is not here,
            as on another machine, it is a new file.
    """
    if recorded is None or not Path(recorded).parent.is_dir():
        return f"plan-{run_id}.yaml"
    name = os.path.relpath(recorded)
    return f"./{name}" if name.startswith("-") else name  # else it would be standard input, or an option
