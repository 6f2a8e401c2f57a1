"""Find the run that a command works on: in the journal, or by the plan that the user names."""

from dataclasses import dataclass
from pathlib import Path

from kedro_batch.errors import RunUnknown, UsageError
from kedro_batch.plan.digest import plan_digest
from kedro_batch.plan.model import Plan, PlanDigest
from kedro_batch.plan.reader import read_plan
from kedro_batch.plan.submit_job import RunId
from kedro_batch.submitter.events import EngineName
from kedro_batch.submitter.journal import Journal
from kedro_batch.submitter.journal_rows import RunEntry
from kedro_batch.submitter.journal_view import journal_words


@dataclass(frozen=True, slots=True, kw_only=True)
class RunHandle:
    """The run that a command works on.

    Attributes:
        run_id: Its id.
        plan: Its plan.
        digest: The digest of its plan.
        content: Its plan, byte for byte.
        source: Where its plan comes from, for messages: a file, or something else.
        engine_name: What runs its jobs.
        entry: What the journal says of it; None if the journal does not have it.
        must_exist: The journal does not have it, and the service has to.
    """

    run_id: RunId
    plan: Plan
    digest: PlanDigest
    content: bytes
    source: str
    engine_name: EngineName
    entry: RunEntry | None
    must_exist: bool = False

    @property
    def plan_file(self) -> str | None:
        """The file with the plan; None if it comes from elsewhere."""
        return self.source if Path(self.source).is_file() else None


def find_run(run_id: RunId, journal: Journal, plan: tuple[bytes, str] | None) -> RunHandle:
    """Find a run in the journal, or else by the plan that the user names.

    Raises:
        RunUnknown: It is not in the journal, and no plan is named.
        UsageError: The plan is not that of the run.
        PlanError: The plan is wrong.
    """
    entry = journal.run(run_id)
    if entry is None and plan is None:
        raise RunUnknown(
            f"the journal {journal.file} has no run {run_id}: see kedro-batch runs{journal_words(journal.file)}. "
            "If it was lost, or is on another machine, name the plan of the run with --plan PLAN"
        )
    content, name = plan or (journal.plan(run_id), f"the plan of run {run_id}")
    ready = read_plan(content, name)
    digest = plan_digest(ready)
    check_digest(entry, digest)
    return RunHandle(
        run_id=run_id,
        plan=ready,
        digest=digest,
        content=content,
        source=name,
        engine_name=entry.engine if entry else "aws",
        entry=entry,
        must_exist=entry is None,
    )


def check_digest(entry: RunEntry | None, digest: PlanDigest) -> None:
    """Refuse a plan that is not the one from which a run was applied.

    Raises:
        UsageError: Its digest differs.
    """
    if entry and entry.digest != digest:
        raise UsageError(
            f"run {entry.run} is of another plan: its digest is {entry.digest}, that of this one {digest}. "
            "Name the plan that it was applied from, or choose another run id"
        )
