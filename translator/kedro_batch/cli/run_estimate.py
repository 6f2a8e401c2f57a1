"""When a run is expected to end, from the journal, and from what AWS Batch says of the run."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from kedro_batch.errors import UsageError
from kedro_batch.plan.model import JobName, Plan
from kedro_batch.review.run.expected_end import ExpectedEnd, RunSoFar, expected_end, run_so_far
from kedro_batch.review.run.progress_words import Estimate
from kedro_batch.submitter.context import RunContext
from kedro_batch.submitter.job_state import LIVE, WITHOUT_ID, JobRecord
from kedro_batch.submitter.journal_rows import RunEntry
from kedro_batch.submitter.journal_view import JournalView, read_journal
from kedro_batch.submitter.usual_times import read_usual_times


def estimate_end(  # noqa: PLR0913  what is recorded of a run, and what was seen of it
    journal: JournalView,
    entry: RunEntry,
    plan: Plan,
    records: Mapping[JobName, JobRecord],
    now: float,
    *,
    running_since: Mapping[JobName, float] | None = None,
    as_of: float | None = None,
) -> ExpectedEnd | None:
    """Return when a run is expected to end; None if it does not go on, or if no earlier run tells.

    Args:
        journal: The journal.
        entry: The run.
        plan: Its plan.
        records: The record of each of its jobs, in the order in which they are submitted.
        now: Seconds since the epoch.
        running_since: When jobs started that run, as far as AWS Batch was asked; else it is when they were seen.
        as_of: When the records were true, if AWS Batch was asked; else it is the last event.
    """
    followed = entry.outcome is None
    states = {one.state for one in records.values()}
    if not followed and (entry.engine == "local" or not states & LIVE or states & WITHOUT_ID):
        return None  # what was not submitted is submitted by no one
    as_of = journal.last_event_at(entry.run) if as_of is None else as_of
    if as_of is None:
        return None
    so_far = run_so_far(records, {**journal.started_running(entry.run), **(running_since or {})}, as_of)
    parents = {job.name: job.depends_on for job in plan.jobs}
    in_order = {job: parents[job] for job in records}
    return expected_end(in_order, read_usual_times(journal, entry, plan), so_far, now)


def read_estimator(context: RunContext) -> Callable[[RunSoFar, float], Estimate] | None:
    """Read what earlier runs tell of a run that is followed, for any thread.

    Returns:
        None if there are none, or if they cannot be read now.
    """
    try:
        with read_journal(context.journal.file) as journal:  # of this thread: the run's own goes on meanwhile
            entry = journal.run(context.run_id) or _entry_to_be(context)
            usual = read_usual_times(journal, entry, context.plan)
    except UsageError:  # another program holds the journal: no run fails for want of an estimate
        return None
    if usual is None:
        return None
    usual_s = usual.seconds
    parents = context.parents
    return lambda so_far, now: Estimate(expected_end=expected_end(parents, usual, so_far, now), usual_s=usual_s)


def _entry_to_be(context: RunContext) -> RunEntry:
    """Return a run that the journal does not have yet: it is written with its first intents."""
    return RunEntry(
        run=context.run_id,
        digest=context.begun_with or context.digest,
        engine=context.engine.name,
        jobs=len(context.plan.jobs),
        began_at=context.began_at,
    )


def estimate_document(expected: ExpectedEnd) -> dict[str, Any]:
    """Return the JSON document of an estimate."""
    moments = {"at": expected.at, "earliest": expected.earliest, "latest": expected.latest}
    said = {name: datetime.fromtimestamp(one, UTC).isoformat(timespec="seconds") for name, one in moments.items()}
    return {**said, "basis": expected.basis}
