"""Take a run over from another process on this machine, to cancel it: tell that process to stop, and wait until it has.

The journal gets a mark, for which whoever works on the run looks (``cancel_mark``). A process that does not stop, since
it hangs or was stopped itself, is left behind after a while: it sends nothing more either, once it goes on.
"""

import re
from collections.abc import Callable

from kedro_batch.errors import UsageError
from kedro_batch.submitter.context import RunContext
from kedro_batch.submitter.events import Notice, NoticeKind
from kedro_batch.text.escaping import one_line

STOPS_WITHIN_S = 30.0
"""How long to wait for the other process: it looks for the mark every second, waits for calls under way for some
seconds, and then ends what it runs on this machine."""
_LOOK_EVERY_S = 0.5
_PROCESS = re.compile(r"process (\d{1,10}) of ")

CANCELS = " (cancel)"
"""What the name of a process says that cancels the run itself, and so does not stop for another one."""

Lock = Callable[[], str | None]
"""Locks the run until the command ends; returns None once that is so, else who holds the lock."""


def already_locked() -> None:
    """Say that the run is locked."""


def tell_holder_to_stop(context: RunContext, lock: Lock) -> str | None:
    """Lock a run; where another process holds the lock, mark the run, and return the name of that process.

    If the journal cannot be written now, the jobs are ended all the same.

    Raises:
        UsageError: The journal does not have the run yet, so that nobody would see the mark.
    """
    holder = lock()
    if holder is None:
        return None
    try:
        marked = context.journal.mark_to_cancel(context.run_id, context.calls.wall())
    except UsageError as error:
        _tell(context, NoticeKind.WARNING, f"{holder} cannot be told to stop: {one_line(str(error))}")
        return holder
    if not marked:
        raise UsageError(
            f"run {context.run_id} is being worked on by {holder}, and is not in the journal "
            f"{context.journal.file} yet. Stop that process"
        )
    return holder


def take_over(context: RunContext, lock: Lock, holder: str, meanwhile: Callable[[], None]) -> bool:
    """Wait until the process that holds the lock of a run has stopped; True if it has, and the run is locked.

    Args:
        context: The run, which is marked.
        lock: Locks it.
        holder: Who holds the lock.
        meanwhile: Done again and again while it is waited for.

    Raises:
        Interrupted: A signal came.
    """
    if CANCELS in holder:
        _tell(context, NoticeKind.TERMINATED, f"{holder}, cancels run {context.run_id}, too")
        return False
    _tell(context, NoticeKind.TERMINATED, f"{holder} works on run {context.run_id}: it is told to stop")
    until = context.calls.now() + STOPS_WITHIN_S
    while lock():
        if context.calls.now() >= until:
            process = _PROCESS.match(holder)
            end = f"kill -9 {process[1]}" if process else "end that process"
            message = (
                f"{holder} has not stopped within {STOPS_WITHIN_S:.0f} s: it hangs or was stopped itself. The run is "
                f"cancelled without it, and it submits nothing more. To end it: {end}"
            )
            _tell(context, NoticeKind.WARNING, message)
            return False
        meanwhile()
        context.service.pause(_LOOK_EVERY_S)
    return True


def _tell(context: RunContext, kind: NoticeKind, message: str) -> None:
    context.emit(Notice(kind=kind, message=message))
