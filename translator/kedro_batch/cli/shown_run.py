"""The run that a command shows, and only reads: from the journal, or by its id and a plan, if that is elsewhere."""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from kedro_batch.cli.base import print_plainly
from kedro_batch.cli.named_plan import NamedPlan, read_named_plan
from kedro_batch.cli.run_choice import OR_BY_ITS_PLAN, choose_run, named_run_id
from kedro_batch.errors import PlanError, UsageError
from kedro_batch.plan.graph import topological_order
from kedro_batch.plan.model import JobName, Plan
from kedro_batch.plan.reader import read_plan
from kedro_batch.plan.submit_job import RunId
from kedro_batch.submitter.journal_place import run_folder
from kedro_batch.submitter.journal_rows import RunEntry
from kedro_batch.submitter.journal_view import JournalMissing, JournalView, read_journal
from kedro_batch.submitter.run_lock import is_worked_on
from kedro_batch.submitter.run_plans import queues_in
from kedro_batch.text.wording import listed


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownRun:
    """A run that is shown.

    Attributes:
        run_id: Its id.
        plan: Its newest plan.
        earlier: The plans that it had before, as far as they can be read.
        entry: What the journal says of it; None if the journal does not have it.
        journal: The journal, as the user names it.
    """

    run_id: RunId
    plan: Plan
    entry: RunEntry | None
    journal: Path
    earlier: tuple[Plan, ...] = ()

    @property
    def is_local(self) -> bool:
        """True if its jobs run on this machine."""
        return self.entry is not None and self.entry.engine == "local"

    @property
    def names(self) -> tuple[JobName, ...]:
        """Its jobs, parents first."""
        return tuple(topological_order(self.plan.parents))

    @property
    def region(self) -> str | None:
        """Where it is, as far as that is known."""
        return self.plan.region or (self.entry.location.get("region") if self.entry else None)

    @property
    def account(self) -> str | None:
        """In which account it is, as far as that is known."""
        return self.plan.account or (self.entry.location.get("account") if self.entry else None)

    @property
    def queues(self) -> frozenset[str]:
        """Where its jobs are, or were sent before it went on with another plan."""
        return frozenset(queues_in(self.plan, *self.earlier))

    @property
    def folder(self) -> Path:
        """Where its lock is, and the logs of a run on this machine."""
        return run_folder(self.journal, self.run_id)

    @property
    def is_worked_on(self) -> bool:
        """True if a process of this machine works on it, as far as anybody can tell."""
        return self.entry is not None and is_worked_on(self.folder)


def find_shown_run(run: str | None, plan: tuple[bytes, str] | None, journal: Path, *, quiet: bool = False) -> ShownRun:
    """Find a run in the journal, or by its id and the plan that the user names; unless quiet, say which one it is.

    Raises:
        RunUnknown: There is no such run.
        UsageError: The journal cannot be read, or the id is missing; or the plan is none of those that the journal has.
        PlanError: The plan is wrong.
    """
    if plan is None:
        with read_journal(journal, print_plainly, otherwise=OR_BY_ITS_PLAN) as view:
            return _recorded(view, choose_run(view, run, prefix=True, quiet=quiet, otherwise=OR_BY_ITS_PLAN))
    run_id, named = named_run_id(run), read_named_plan(*plan)
    with suppress(JournalMissing), read_journal(journal, print_plainly) as view:
        if entry := view.run(run_id):
            _refuse_other_plan(named, view, run_id)
            return _recorded(view, entry)
    return ShownRun(run_id=run_id, plan=named.plan, entry=None, journal=journal)


def _refuse_other_plan(named: NamedPlan, view: JournalView, run_id: RunId) -> None:
    plans = view.plans(run_id)
    if not named.is_one_of(plans):
        digests = listed([one.digest for one in reversed(plans)], 3)
        raise UsageError(
            f"{named.source} is not the plan of run {run_id}: its digest is {named.digest}, and the "
            f"journal {view.file} has {digests}. Leave --plan out; or, if a run of another machine is meant that has "
            "this id, too, name a journal that does not have it: --journal FILE"
        )


def _recorded(view: JournalView, entry: RunEntry) -> ShownRun:
    *before, newest = view.plans(entry.run)
    name = f"the plan of run {entry.run}"
    earlier: list[Plan] = []
    for one in before:
        with suppress(PlanError):  # what an older kedro-batch has written is no reason to show nothing
            earlier.append(read_plan(one.content, name))
    return ShownRun(
        run_id=entry.run,
        plan=read_plan(newest.content, name),
        entry=entry,
        journal=view.file,
        earlier=tuple(earlier),
    )
