"""Which run a command means: its id, ``last``, or, for a command that only reads, how the id of one run begins."""

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kedro_batch.cli.base import print_note
from kedro_batch.errors import KedroBatchError, RunUnknown, UsageError

if TYPE_CHECKING:
    from kedro_batch.submitter.journal_rows import RunEntry
    from kedro_batch.submitter.journal_view import JournalView

LAST = "last"
"""The run of a journal that was begun last."""


def choose_run(view: "JournalView", given: str | None, *, prefix: bool) -> "RunEntry":
    """Return the run that the user means, and say on standard error which one that is, if he has not named it in full.

    Args:
        view: The journal.
        given: What the user has written; None counts as ``last``.
        prefix: The beginning of an id will do, if only one run has it.

    Raises:
        RunUnknown: There is no such run.
        UsageError: Several ids begin so, or it can be no id.
    """
    from kedro_batch.submitter.journal_view import journal_words  # noqa: PLC0415  when a command runs
    from kedro_batch.submitter.run_id import checked_run_id  # noqa: PLC0415  the same
    from kedro_batch.text.wording import listed  # noqa: PLC0415  the same

    further = journal_words(view.file)
    if given in (None, LAST):
        entries = view.runs()
        if not entries:
            raise RunUnknown(f"the journal {view.file} has no run yet. To begin one: kedro-batch apply PLAN{further}")
        print_note(f"Run {entries[-1].run}, the last one.")
        return entries[-1]
    run_id = checked_run_id(str(given))
    if entry := view.run(run_id):
        return entry
    found = [one for one in view.runs() if one.run.startswith(run_id)] if prefix else []
    if len(found) > 1:
        raise UsageError(f"the ids of {len(found)} runs begin with {run_id}: {listed(one.run for one in found)}")
    if not found:
        raise RunUnknown(f"the journal {view.file} has no run {run_id}: see kedro-batch runs{further}")
    print_note(f"Run {found[0].run}.")
    return found[0]


def complete_run(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    """Return the ids of runs that begin so, the newest first, and ``last``: for the completion of a shell."""
    from kedro_batch.submitter.journal_view import read_journal  # noqa: PLC0415  when a shell asks

    journal = ctx.params.get("journal")
    with suppress(KedroBatchError, OSError), read_journal(Path(journal) if journal else _usual_journal()) as view:
        names = [*(str(one.run) for one in reversed(view.runs())), LAST]
        return [name for name in names if name.startswith(incomplete)]
    return []


def _usual_journal() -> Path:
    from kedro_batch.submitter.journal_place import DEFAULT_JOURNAL  # noqa: PLC0415  when a shell asks

    return DEFAULT_JOURNAL
