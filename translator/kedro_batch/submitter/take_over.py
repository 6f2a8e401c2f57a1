"""Take a run over from another process on this machine, to cancel it: tell that process to stop, and wait until it has.

The journal gets a mark, for which whoever works on the run looks (``cancel_mark``). A process that does not stop, since
it hangs or was stopped itself, is left behind after a while: it sends nothing more either, once it goes on.
"""

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

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


@dataclass(slots=True, kw_only=True)
class Holder:
    """The process that holds the lock of a run.

    Attributes:
        name: Which process it is.
        told: The run is marked, so that it stops. Without the mark, since the journal cannot be written, it goes on.
    """

    name: str
    told: bool

    def tell(self, context: RunContext) -> None:
        """Tell it to stop, if the journal can be written by now."""
        if not self.told:
            with suppress(UsageError):
                self.told = context.journal.mark_to_cancel(context.run_id, context.calls.wall(), within_s=0.0)

    @property
    def why_it_goes_on(self) -> str:
        """Say why it has not stopped, in a sentence."""
        if self.told:
            return f"{self.name} has not stopped within {STOPS_WITHIN_S:.0f} s: it hangs or was stopped itself."
        return f"{self.name} could not be told to stop, since the journal cannot be written: it may submit more jobs."

    @property
    def how_to_end_it(self) -> str:
        """Say how to end it. Only what hangs has to be killed: any other process gets to know what it has submitted."""
        process = _PROCESS.match(self.name)
        kill = "kill -9" if self.told else "kill -INT"
        return f"To end it: {kill} {process[1]}" if process else "End that process"


def tell_holder_to_stop(context: RunContext, lock: Lock) -> Holder | None:
    """Lock a run; where another process holds the lock, mark the run, and return that process.

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
        return Holder(name=holder, told=False)
    if not marked:
        raise UsageError(
            f"run {context.run_id} is being worked on by {holder}, and is not in the journal "
            f"{context.journal.file} yet. Stop that process"
        )
    return Holder(name=holder, told=True)


def take_over(context: RunContext, lock: Lock, holder: Holder, meanwhile: Callable[[], None]) -> bool:
    """Wait until the process that holds the lock of a run has stopped; True if it has, and the run is locked.

    Args:
        context: The run. It is marked as soon as the journal can be written.
        lock: Locks it.
        holder: Who holds the lock.
        meanwhile: Done again and again while it is waited for.

    Raises:
        Interrupted: A signal came.
    """
    if CANCELS in holder.name:
        _tell(context, NoticeKind.TERMINATED, f"{holder.name}, cancels run {context.run_id}, too")
        return False
    if holder.told:
        _tell(context, NoticeKind.TERMINATED, f"{holder.name} works on run {context.run_id}: it is told to stop")
    until = context.calls.now() + STOPS_WITHIN_S
    while lock():
        if context.calls.now() >= until:
            without = "The run is cancelled without it"
            more = ", and it submits nothing more" if holder.told else ""
            message = f"{holder.why_it_goes_on} {without}{more}. {holder.how_to_end_it}"
            _tell(context, NoticeKind.WARNING, message)
            return False
        holder.tell(context)
        meanwhile()
        context.service.pause(_LOOK_EVERY_S)
    return True


def _tell(context: RunContext, kind: NoticeKind, message: str) -> None:
    context.emit(Notice(kind=kind, message=message))
