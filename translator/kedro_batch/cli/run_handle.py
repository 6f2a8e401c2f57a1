"""Find the run that a command works on: in the journal, or by the plans that the user names."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from kedro_batch.cli.base import print_plainly
from kedro_batch.cli.named_plan import NamedPlan
from kedro_batch.cli.run_choice import OR_BY_ITS_PLAN, choose_run, named_run_id
from kedro_batch.errors import UsageError
from kedro_batch.plan.digest import plan_digest
from kedro_batch.plan.model import Plan, PlanDigest
from kedro_batch.plan.reader import read_plan
from kedro_batch.plan.submit_job import RunId
from kedro_batch.submitter.events import EngineName
from kedro_batch.submitter.journal import Journal
from kedro_batch.submitter.journal_rows import PlanOfRun, RunEntry
from kedro_batch.submitter.journal_view import journal_words, read_journal
from kedro_batch.submitter.plan_file import recorded_file


@dataclass(frozen=True, slots=True, kw_only=True)
class RunHandle:
    """The run that a command works on.

    Attributes:
        run_id: Its id.
        plan: The plan that its jobs are sent from.
        digest: The digest of that plan.
        content: That plan, byte for byte.
        source: Where that plan comes from, for messages: a file, or something else.
        engine_name: What runs its jobs.
        entry: What the journal says of it; None if the journal does not have it.
        must_exist: The journal does not have it, and the service has to.
        first: The plan that it was begun with; None if that is the same one.
        earlier: Its other plans by their digests, that in use until now last.
        is_new: The run has not gone on with the plan yet.
    """

    run_id: RunId
    plan: Plan
    digest: PlanDigest
    content: bytes
    source: str
    engine_name: EngineName
    entry: RunEntry | None
    must_exist: bool = False
    first: PlanOfRun | None = None
    earlier: Mapping[PlanDigest, Plan] = field(default_factory=dict)
    is_new: bool = False

    @property
    def plan_file(self) -> str | None:
        """The file with the plan; None if it comes from elsewhere."""
        return self.source if Path(self.source).is_file() else None

    @property
    def recorded_file(self) -> str | None:
        """The file with the plan as the journal has it, or is to have it; None if there is none."""
        if self.plan_file or self.is_new or self.entry is None:
            return recorded_file(self.plan_file)
        return self.entry.plan_file

    @property
    def begun_with(self) -> PlanOfRun:
        """The plan that it was begun with."""
        return self.first or PlanOfRun(digest=self.digest, content=self.content)


def open_named_run(
    given: str | None, file: Path, plan: NamedPlan | None, *, quiet: bool, in_use: bool = False
) -> tuple[RunHandle, Journal]:
    """Find the run that the user names, and open its journal to work on it.

    The journal is made if he names the plan, too, and only then: where nothing was recorded, a mistyped name leaves
    nothing, and the next command still says that this is not the folder of the run.

    Args:
        given: What he has written for the run; None counts as ``last``.
        file: The journal.
        plan: The plan that he names.
        quiet: Do not say which run it is.
        in_use: The plan has to be the newest one of the run, not only one of its plans.

    Raises:
        RunUnknown: It is not in the journal, and no plan is named.
        UsageError: There is no journal, and no plan is named; or the plan is none of the run's.
        PlanError: A plan of the run is wrong.
    """
    if plan:
        run_id = named_run_id(given)
    else:
        with read_journal(file, print_plainly, otherwise=OR_BY_ITS_PLAN) as view:
            run_id = choose_run(view, given, prefix=False, quiet=quiet, otherwise=OR_BY_ITS_PLAN).run
    journal = Journal(file, print_plainly, at_once=False)
    return find_run(run_id, journal, plan, in_use=in_use), journal


def find_run(run_id: RunId, journal: Journal, plan: NamedPlan | None, *, in_use: bool = False) -> RunHandle:
    """Find a run in the journal, or else by the plan that the user names. It goes on with its newest plan.

    Args:
        run_id: The run.
        journal: The journal.
        plan: The plan that the user names.
        in_use: It has to be the newest one of the run, not only one of its plans.

    Raises:
        RunUnknown: It is not in the journal, and no plan is named.
        UsageError: The plan is none of the run's.
        PlanError: A plan of the run is wrong.
    """
    entry = journal.run(run_id) if plan else journal.known_run(run_id, OR_BY_ITS_PLAN)
    if entry is None and plan:
        return RunHandle(
            run_id=run_id,
            plan=plan.plan,
            digest=plan.digest,
            content=plan.content,
            source=plan.source,
            engine_name="aws",
            entry=None,
            must_exist=True,
        )
    recorded = journal.plans(run_id)
    if entry is None:
        raise UsageError(f"the journal {journal.file} has lost run {run_id}")
    if plan and not plan.is_one_of(recorded[-1:] if in_use else recorded):
        raise _other_plan(entry, plan.digest, plan.source, journal.file)
    plans = {one.digest: _read_recorded(run_id, one) for one in recorded}
    newest = recorded[-1]
    current = plans.pop(newest.digest)
    return RunHandle(
        run_id=run_id,
        plan=current,
        digest=newest.digest,
        content=newest.content,
        source=plan.source if plan and plan.digest == newest.digest else f"the plan of run {run_id}",
        engine_name=entry.engine,
        entry=entry,
        first=recorded[0] if len(recorded) > 1 else None,
        earlier=plans,
    )


def with_new_plan(handle: RunHandle, plan: NamedPlan) -> RunHandle:
    """Return the run as it is to go on with another plan; with the plan that it has, as it is."""
    if plan.digest == handle.digest:
        return replace(handle, source=plan.source)
    earlier = {**handle.earlier, handle.digest: handle.plan}
    earlier.pop(plan.digest, None)
    return replace(
        handle,
        plan=plan.plan,
        digest=plan.digest,
        content=plan.content,
        source=plan.source,
        first=handle.begun_with,
        earlier=earlier,
        is_new=True,
    )


def _read_recorded(run_id: RunId, recorded: PlanOfRun) -> Plan:
    """Read a plan from the journal, which must be the one that the journal says it is."""
    plan = read_plan(recorded.content, f"the plan of run {run_id}")
    if (digest := plan_digest(plan)) != recorded.digest:
        raise UsageError(
            f"run {run_id} is of another plan: its digest is {recorded.digest}, that of the one in the journal "
            f"{digest}. Another program has changed it: name another journal with --journal, and the plan with --plan"
        )
    return plan


def check_plan_in_use(entry: RunEntry | None, digest: PlanDigest, source: str, journal: Path) -> None:
    """Refuse a plan that is not the one that a run goes on with.

    Raises:
        UsageError: Its digest differs.
    """
    if entry and entry.plan_digest != digest:
        raise _other_plan(entry, digest, source, journal)


def _other_plan(entry: RunEntry, digest: PlanDigest, source: str, journal: Path) -> UsageError:
    new = shlex.quote(source) if Path(source).is_file() else "PLAN"
    resume = f"kedro-batch resume {entry.run} --new-plan {new}{journal_words(journal)}"
    of = "goes on with" if entry.new_digest else "is of"
    return UsageError(
        f"run {entry.run} {of} another plan: its digest is {entry.plan_digest}, that of this one {digest}. To go on "
        f"with this one: {resume}; or choose another run id"
    )
