"""The runs of a journal with how far each one is, for a list.

Of each plan only the beginning is read, but of those that runs have gone on with.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from kedro_batch.errors import KedroBatchError
from kedro_batch.plan.origin import PlanOrigin
from kedro_batch.plan.reader import read_plan
from kedro_batch.submitter.job_state import FAILURES, JobState
from kedro_batch.submitter.journal_rows import RunEntry
from kedro_batch.submitter.journal_view import JournalView


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary:
    """A run in a list of runs.

    Attributes:
        entry: What the journal says of it as a whole.
        counts: How many jobs of its newest plan are in each state; those that were never submitted are left out.
        env: The Kedro environment of its first plan; None if that has none, or does not tell.
    """

    entry: RunEntry
    counts: Mapping[JobState, int] = field(default_factory=dict)
    env: str | None = None

    @property
    def done(self) -> int:
        """How many of its jobs have run to an end, good or bad, as in the live view."""
        return self.counts.get(JobState.SUCCEEDED, 0) + self.failed

    @property
    def failed(self) -> int:
        """How many of its jobs have failed by themselves."""
        return sum(self.counts.get(state, 0) for state in FAILURES)


def list_runs(view: JournalView) -> tuple[RunSummary, ...]:
    """Return the runs of a journal that can be read, the newest last."""
    counts = view.job_counts()
    entries = view.runs()
    counts |= {one.run: of_newest for one in entries if one.new_digest and (of_newest := _of_newest_plan(view, one))}
    first = {one.digest: one.run for one in reversed(entries)}
    origins = {digest: view.plan_origin(run) or PlanOrigin() for digest, run in first.items()}
    return tuple(RunSummary(entry=one, counts=counts.get(one.run, {}), env=origins[one.digest].env) for one in entries)


def _of_newest_plan(view: JournalView, entry: RunEntry) -> dict[JobState, int] | None:
    """Return how many jobs of the newest plan are in each state; None if that cannot be told.

    Jobs that this plan leaves out are done with; their rows stay.
    """
    try:
        jobs = {job.name for job in read_plan(view.plan(entry.run), f"the plan of run {entry.run}").jobs}
        return Counter(one.state for job, one in view.records(entry.run).items() if job in jobs)
    except KedroBatchError:
        return None
