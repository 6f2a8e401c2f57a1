"""When a run is expected to end, from the journal, and from what AWS Batch says of the run."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from kedro_batch.cli.run_snapshot import RunSnapshot
from kedro_batch.errors import UsageError
from kedro_batch.plan.model import JobName, Parents, Plan
from kedro_batch.review.run.expected_end import ExpectedEnd, RunSoFar, expected_end
from kedro_batch.review.run.progress import Progress
from kedro_batch.review.run.progress_words import Estimate
from kedro_batch.submitter.context import RunContext
from kedro_batch.submitter.job_state import LIVE, WITHOUT_ID, JobRecord
from kedro_batch.submitter.journal_rows import RunEntry
from kedro_batch.submitter.journal_view import read_journal
from kedro_batch.submitter.usual_times import UsualTimes, read_usual_times
from kedro_batch.text.times import iso_time


def estimate_end(snapshot: RunSnapshot, records: Mapping[JobName, JobRecord], now: float) -> ExpectedEnd | None:
    """Return when a run is expected to end; None if it does not go on, or if no earlier run tells.

    Args:
        snapshot: The run, with how long its jobs ran in earlier runs.
        records: The record of each of its jobs, in the order in which they are submitted.
        now: Seconds since the epoch.
    """
    as_of = snapshot.seen_at
    if as_of is None or not reaches_its_end(snapshot.entry, records):
        return None
    parents = snapshot.run.plan.parents
    in_order = {job: parents[job] for job in records}
    progress = Progress(in_order, records, snapshot.began)
    return expected_end(in_order, snapshot.usual, progress.so_far(as_of), now)


def reaches_its_end(entry: RunEntry, records: Mapping[JobName, JobRecord]) -> bool:
    """True if a run goes on until its last job has ended: somebody follows it, or all of it is on AWS Batch."""
    states = {one.state for one in records.values()}
    return entry.outcome is None or (entry.engine == "aws" and bool(states & LIVE) and not states & WITHOUT_ID)


def read_estimator(context: RunContext) -> Callable[[RunSoFar, float], Estimate] | None:
    """Read what earlier runs tell of a run that is followed, for any thread.

    Returns:
        None if there are none, or if they cannot be read now.
    """
    usual = read_usual(context.journal.file, context.plan, _entry_to_be(context))
    return estimator(usual, context.parents)


def read_usual(file: Path, plan: Plan, entry: RunEntry) -> UsualTimes | None:
    """Read how long the jobs of a run took in earlier ones, by a connection of its own, so that any thread may.

    Args:
        file: The journal.
        plan: The plan of the run.
        entry: The run; if the journal has it, as it stands there.

    Returns:
        None if no earlier run tells, or if they cannot be read now.
    """
    try:
        with read_journal(file) as journal:
            return read_usual_times(journal, journal.run(entry.run) or entry, plan)
    except UsageError:  # another program holds the journal: nothing fails for want of an estimate
        return None


def estimator(usual: UsualTimes | None, parents: Parents) -> Callable[[RunSoFar, float], Estimate] | None:
    """Return what tells when a run is expected to end; None if no earlier run tells how long its jobs take."""
    if usual is None:
        return None
    usual_s = usual.seconds
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
    said = {name: iso_time(one, "seconds") for name, one in moments.items()}
    return {**said, "basis": expected.basis}
