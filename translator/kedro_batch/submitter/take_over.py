"""Take a run over from another process on this machine, to cancel it: tell that process to stop, and wait until it has.

The journal gets a mark, for which whoever works on the run looks (``cancel_mark``). A process that does not stop, since
it hangs, was stopped itself or asks for an MFA code, is left behind after a while: it sends nothing more either, once
it goes on. A journal that another program holds gets its mark as soon as it is let go.
"""

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from kedro_batch.errors import UsageError
from kedro_batch.submitter.context import RunContext
from kedro_batch.submitter.events import Notice, NoticeKind
from kedro_batch.submitter.journal_busy import BUSY_S
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


class RunNotBegun(UsageError):  # noqa: N818  what a process is at, not a fault
    """Another process begins the run, and nothing of that is in the journal yet."""


def already_locked() -> None:
    """Say that the run is locked."""


@dataclass(kw_only=True)
class Holder:
    """The process that works on a run that is to be cancelled.

    Attributes:
        context: The run.
        name: Its name, as its lock says it.
        marked: The run is marked, which that process sees; else the journal could not be written until now.
    """

    context: RunContext
    name: str
    marked: bool = False

    def mark(self, within_s: float = BUSY_S) -> None:
        """Mark the run, unless that is done.

        Args:
            within_s: How long to wait for a journal that another program holds.

        Raises:
            UsageError: The journal cannot be written, or does not have the run yet, so that nobody would see the mark.
        """
        context = self.context
        if self.marked:
            return
        if not context.journal.mark_to_cancel(context.run_id, context.calls.wall(), within_s):
            raise RunNotBegun(
                f"run {context.run_id} is being worked on by {self.name}, and is not in the journal "
                f"{context.journal.file} yet. Stop that process"
            )
        self.marked = True

    def try_to_mark(self) -> bool:
        """Mark the run if that is not done, and the journal can be written by now; True if it was marked here."""
        before = self.marked
        with suppress(UsageError):
            self.mark(0.0)
        return self.marked and not before

    @property
    def why_it_goes_on(self) -> str:
        """Why it has not stopped after a while, and what that means, as sentences."""
        if self.marked:
            return (
                f"{self.name} has not stopped within {STOPS_WITHIN_S:.0f} s: it hangs, was stopped itself, or waits "
                "for an MFA code on its terminal. It submits nothing more"
            )
        return (
            f"{self.name} could not be told to stop, since the journal {self.context.journal.file} cannot be written: "
            "it works on, and may submit jobs"
        )

    @property
    def cancels(self) -> bool:
        """True if it cancels the run, too, and so ends by itself."""
        return CANCELS in self.name

    @property
    def to_end_it(self) -> str:
        """What ends it: a process that is well hears a signal."""
        process = _PROCESS.match(self.name)
        return f"kill {'-9 ' if self.marked else ''}{process[1]}" if process else "end that process"


def tell_holder_to_stop(context: RunContext, lock: Lock) -> Holder | None:
    """Lock a run; where another process holds the lock, mark the run, and return that process.

    If the journal cannot be written now, the jobs are ended all the same.

    Raises:
        UsageError: The journal does not have the run yet, so that nobody would see the mark.
    """
    name = lock()
    if name is None:
        return None
    holder = Holder(context=context, name=name)
    try:
        holder.mark()
    except RunNotBegun:
        raise
    except UsageError as error:
        message = f"{name} cannot be told to stop yet: {one_line(str(error))}. It is tried again"
        _tell(context, NoticeKind.WARNING, message)
    return holder


def take_over(context: RunContext, lock: Lock, holder: Holder, meanwhile: Callable[[], None]) -> bool:
    """Wait until the process that holds the lock of a run has stopped; True if it has, and the run is locked.

    Args:
        context: The run.
        lock: Locks it.
        holder: Who holds the lock.
        meanwhile: Done again and again while it is waited for.

    Raises:
        Interrupted: A signal came.
    """
    name = holder.name
    if holder.cancels:
        _tell(context, NoticeKind.TERMINATED, f"{name}, cancels run {context.run_id}, too")
        return False
    told = f"{name}, works on run {context.run_id}: it is told to stop"
    if holder.marked:
        _tell(context, NoticeKind.TERMINATED, told)
    until = context.calls.now() + STOPS_WITHIN_S
    while lock():
        if holder.try_to_mark():
            until = context.calls.now() + STOPS_WITHIN_S
            _tell(context, NoticeKind.TERMINATED, told)
        if context.calls.now() >= until:
            message = f"{holder.why_it_goes_on}. The run is cancelled beside it. To end it: {holder.to_end_it}"
            _tell(context, NoticeKind.WARNING, message)
            return False
        meanwhile()
        context.service.pause(_LOOK_EVERY_S)
    return True


def _tell(context: RunContext, kind: NoticeKind, message: str) -> None:
    context.emit(Notice(kind=kind, message=message))
