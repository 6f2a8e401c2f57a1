"""What to type where a new plan does not leave true what has succeeded in a run."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from kedro_batch.errors import UsageError
from kedro_batch.plan.submit_job import RunId
from kedro_batch.submitter.new_plan import PlanContradicted

_SHOWN = 20
"""So many jobs are named with ``--from``; with more, a new run is less to type."""


@contextmanager
def offering_reruns(command_with: Callable[..., str], run_id: RunId, further: str, first: str = "") -> Iterator[None]:
    """Add to a refusal of a new plan what may be done.

    Args:
        command_with: Returns the command line that is carried out with more options.
        run_id: The run.
        further: What commands need to find its journal.
        first: What to do before the command line is typed again, as a line.

    Raises:
        UsageError: The refusal, with the commands.
    """
    try:
        yield
    except PlanContradicted as refused:
        if refused.goes_on:
            lines = [
                f"What goes on has to end first. Wait for it: kedro-batch wait {run_id}{further}",
                f"Or end it: kedro-batch cancel {run_id}{further}",
            ]
        elif refused.rerun and len(refused.rerun) <= _SHOWN:
            options = [word for job in refused.rerun for word in ("--from", job)]
            lines = [f"Run what differs again by the new plan, with all below it: {command_with(*options)}{first}"]
        else:
            lines = ["Compile a plan that leaves it as it is, or start a new run: kedro-batch apply PLAN"]
        raise UsageError("\n".join([str(refused), *lines])) from refused
