"""Which run a command means: its id, ``last``, or, for a command that only reads, how the id of one run begins."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kedro_batch.cli.base import print_note
from kedro_batch.errors import RunUnknown, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kedro_batch.plan.submit_job import RunId
    from kedro_batch.submitter.journal_rows import RunEntry
    from kedro_batch.submitter.journal_view import JournalView

OR_BY_ITS_PLAN = ". If it was lost, or is on another machine, name the plan of the run with --plan PLAN"
"""What can be done where a journal, or a run in it, is missing, for a command that takes ``--plan``."""
_NAMED = 10
"""Of so many runs whose ids begin in the same way, the ids are said."""


def choose_run(
    view: "JournalView", given: str | None, *, prefix: bool, quiet: bool = False, otherwise: str = ""
) -> "RunEntry":
    """Return the run that the user means, as ``choose_run_id`` does; ``otherwise`` is said if there is no such run.

    Raises:
        RunUnknown: There is no such run.
        UsageError: Several ids begin so, or it can be no id.
    """
    return view.known_run(choose_run_id(view, given, prefix=prefix, quiet=quiet), otherwise)


def choose_run_id(view: "JournalView", given: str | None, *, prefix: bool = False, quiet: bool = False) -> "RunId":
    """Return the id of the run that the user means, and say on standard error which it is, if he has not written it.

    The journal may not have it.

    Args:
        view: The journal.
        given: What the user has written; None counts as ``last``.
        prefix: The beginning of an id will do, if only one run has it: for a command that only reads.
        quiet: Say nothing.

    Raises:
        RunUnknown: There is no last run.
        UsageError: Several ids begin so, or it can be no id.
    """
    from kedro_batch.submitter.journal_view import journal_words  # noqa: PLC0415  not loaded for --help
    from kedro_batch.submitter.run_id import LAST, checked_run_id  # noqa: PLC0415  not loaded for --help
    from kedro_batch.text.wording import listed  # noqa: PLC0415  not loaded for --help

    if given in (None, LAST):
        entries = view.runs()
        if not entries:
            further = journal_words(view.file)
            raise RunUnknown(
                f"the journal {view.file} has no run yet. Go to the folder of the run, name its file with --journal, "
                f"or begin one: kedro-batch apply PLAN{further}"
            )
        _say(f"Run {entries[-1].run}, the last one.", quiet=quiet)
        return entries[-1].run
    run_id = checked_run_id(str(given))
    if not prefix or view.run(run_id):
        return run_id
    found = [one.run for one in view.runs() if one.run.startswith(run_id)]
    if len(found) > 1:
        ids = listed(reversed(found), _NAMED)
        raise UsageError(f"the ids of {len(found)} runs begin with {run_id}, the newest first: {ids}. Name one of them")
    if found:
        _say(f"Run {found[0]}.", quiet=quiet)
    return found[0] if found else run_id


def named_run_id(given: str | None) -> "RunId":
    """Return the id of a run whose plan the user has named, as it stands: its journal may be on another machine.

    Raises:
        UsageError: It can be no id, or it is missing.
    """
    from kedro_batch.submitter.run_id import LAST, checked_run_id  # noqa: PLC0415  not loaded for --help

    if given in (None, LAST):
        raise UsageError("--plan is for a run of another machine: name the id of the run, too")
    return checked_run_id(str(given))


def complete_run(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    """Return the ids of runs that begin so, the newest first, and ``last``: for the completion of a shell."""
    from kedro_batch.submitter.run_id import LAST  # noqa: PLC0415  only for completions of a shell

    return _offered(ctx, incomplete, lambda view: [*(one.run for one in reversed(view.runs())), LAST])


def complete_job(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    """Return the jobs that begin so, of the run that is named before: for the completion of a shell."""

    def jobs(view: "JournalView") -> list[str]:
        run = choose_run_id(view, ctx.params.get("run"), prefix=True, quiet=True)
        return sorted({job for job, _ in view.submissions(run)})

    return _offered(ctx, incomplete, jobs)


def _offered(ctx: click.Context, incomplete: str, names: "Callable[[JournalView], Sequence[str]]") -> list[str]:
    """Return the names in the journal that begin so; wait for no other program, write nothing, and never fail."""
    from kedro_batch.submitter.journal_place import DEFAULT_JOURNAL  # noqa: PLC0415  only for completions of a shell
    from kedro_batch.submitter.journal_view import read_journal  # noqa: PLC0415  only for completions of a shell

    try:
        with read_journal(Path(ctx.params.get("journal") or DEFAULT_JOURNAL), patience_s=0) as view:
            return [name for name in names(view) if name.startswith(incomplete)]
    except Exception:  # noqa: BLE001  whatever it is: a message would land in the line that is being typed
        return []


def _say(words: str, *, quiet: bool) -> None:
    if not quiet:
        print_note(words)
