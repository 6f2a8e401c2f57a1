"""The commands that lead on from where a run stands, and what each does. Pure."""

import shlex
from pathlib import Path

from kedro_batch.review.run.status import NextPlan, RunStatus
from kedro_batch.submitter.failures import Cause, is_mended_by_plan
from kedro_batch.submitter.job_state import ENDED, LIVE, WITHOUT_RESULT, JobState
from kedro_batch.submitter.journal_view import journal_words
from kedro_batch.text.escaping import for_terminal
from kedro_batch.text.wording import listed

_ONLY_BY_SETTINGS = (Cause.OUT_OF_MEMORY, Cause.REFUSED)
"""The causes that come back with the same settings."""


def next_steps(
    status: RunStatus, journal: str, *, further: str = "", worked_on: bool = False
) -> tuple[tuple[str, str], ...]:
    """Return the commands that lead on from here, with what they do.

    Args:
        status: The run.
        journal: The file with its record.
        further: What commands need to find the run, beside its journal.
        worked_on: A process of this machine works on the run: its lock refuses ``wait`` and ``resume``.
    """
    states = {JobState(state) for state in status.counts}
    if states == {JobState.SUCCEEDED}:
        return ()
    going_on = worked_on or (status.engine == "aws" and bool(states & LIVE))
    with_journal = for_terminal(f"{further}{journal_words(Path(journal))}")
    cancelled = going_on and status.outcome == "cancelled"  # the command that cancelled it ends its jobs
    again = bool(states & WITHOUT_RESULT) and not cancelled and not worked_on
    commands = []
    if cancelled:
        commands.append((f"kedro-batch status {status.run}{with_journal}", "see how it ended"))
    elif worked_on:
        commands.append((f"kedro-batch status {status.run} --watch{with_journal}", "follow it to its end"))
    elif going_on:
        commands.append((f"kedro-batch wait {status.run}{with_journal}", "follow it to its end"))
    if again or not going_on:
        commands += _resumes(status, with_journal)
    if going_on and not states <= ENDED:
        effect = "end what goes on, if the command that cancels it does not" if cancelled else "end all of it"
        commands.append((f"kedro-batch cancel {status.run}{with_journal}", effect))
    width = max(len(command) for command, _ in commands)
    return tuple((command.ljust(width), effect) for command, effect in commands)


def logs_command(status: RunStatus, journal: str) -> str:
    """Return the command that reads the logs of what failed."""
    return f"kedro-batch logs --run {status.run}{for_terminal(journal_words(Path(journal)))}"


def _resumes(status: RunStatus, with_journal: str) -> list[tuple[str, str]]:
    """Return the commands that submit again, the one first that helps."""
    command, effect = _resume(status, with_journal)
    mended = any(is_mended_by_plan(one.cause, one.exit_code) for one in status.failures)
    if status.engine != "aws" or not mended:
        return [(command, effect)]
    same = command, f"{effect}, with the same settings"
    plan = status.next_plan or NextPlan()
    changed = (
        f"kedro-batch resume {status.run} --new-plan {for_terminal(shlex.quote(plan.file))}{with_journal}",
        f"submit it with changed settings, after {for_terminal(plan.command)}",
    )
    return [changed, same] if all(one.cause in _ONLY_BY_SETTINGS for one in status.failures) else [same, changed]


def _resume(status: RunStatus, with_journal: str) -> tuple[str, str]:
    """Return the command that submits again: also what wrote the data that failed jobs did not find."""
    writers = list(dict.fromkeys(writer for one in status.failures for writer in one.run_again))
    more = "".join(f" --from {writer}" for writer in writers)
    effect = "submit what has not succeeded"
    if writers:
        effect += f", and run {listed(writers, 3)} and all below again"
    return f"kedro-batch resume {status.run}{more}{with_journal}", effect
