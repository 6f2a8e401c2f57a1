"""The status of a run, for people and as JSON: what the journal has of it, and one look at AWS Batch."""

import os
import shlex
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from kedro_batch.cli.base import print_plainly
from kedro_batch.cli.next_plan import next_plan
from kedro_batch.cli.run_estimate import estimate_document, estimate_end
from kedro_batch.cli.run_snapshot import RunSnapshot, take_snapshot, tell_notices
from kedro_batch.cli.shown_run import ShownRun
from kedro_batch.cli.streams import shows_links
from kedro_batch.plan.model import JobName
from kedro_batch.review.run.expected_end import ExpectedEnd, expected_end_words
from kedro_batch.review.run.outcome import SeenStatus, outcome_text
from kedro_batch.review.run.progress import Began, began_by
from kedro_batch.review.run.status import run_status
from kedro_batch.review.run.status_documents import status_document
from kedro_batch.review.run.unfinished_jobs import unfinished_lines
from kedro_batch.submitter.definitions.in_use import revisions_in_use
from kedro_batch.submitter.events import Sink
from kedro_batch.submitter.job_state import LIVE, MAY_BE_WORKING, MAYBE_SUBMITTED, NEW, JobRecord, JobState
from kedro_batch.submitter.journal_rows import RunEntry
from kedro_batch.submitter.journal_view import JournalView, read_journal
from kedro_batch.submitter.stuck_jobs import FirstSight
from kedro_batch.submitter.usual_times import read_usual_times


@dataclass(frozen=True, slots=True, kw_only=True)
class _Recorded:
    """What the journal has of a run, as far as its status needs it."""

    records: Mapping[JobName, JobRecord] = field(default_factory=dict)
    stuck: Mapping[JobName, FirstSight] = field(default_factory=dict)
    revisions: Mapping[JobName, str] = field(default_factory=dict)
    began: Mapping[JobName, Began] = field(default_factory=dict)
    last_event_at: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusNow:
    """How a run stands at a moment.

    Attributes:
        text: For people.
        document: The same as JSON.
        states: The state of each job, parents first.
        goes_on: Something is on AWS Batch that has not ended, or may be.
    """

    text: str
    document: Mapping[str, Any]
    states: Mapping[JobName, JobState]
    goes_on: bool


def status_now(run: ShownRun, *, offline: bool, plan_file: str | None, tell: Sink = tell_notices) -> StatusNow:
    """Look how a run stands.

    Args:
        run: The run.
        offline: Do not ask AWS Batch.
        plan_file: The plan that the user has named.
        tell: Receives what goes wrong while AWS Batch is asked.

    Raises:
        RunUnknown: Neither the journal nor AWS Batch knows it.
        UsageError: The journal cannot be read.
        ServiceError: The journal does not have it, and AWS Batch could not be asked.
    """
    recorded = _Recorded()
    if run.entry:
        with read_journal(run.journal, print_plainly) as book:
            recorded = _read(book, run.entry)
    seen = take_snapshot(run, recorded.records, offline=offline, tell=tell)
    now = time.time()
    records = {name: seen.records.get(name, NEW) for name in run.names}
    expected, usual = _from_earlier_runs(run, seen, records, now)
    current = run_status(
        seen.entry,
        run.names,
        records,
        revisions_in_use(run.plan, recorded.revisions),
        plan=run.plan,
        next_plan=next_plan(run.run_id, run.plan, seen.entry.plan_file),
        stuck=recorded.stuck,
        running_since=seen.running_since,
    )
    as_of = _as_of(seen, recorded, run)
    unfinished: tuple[str, ...] = ()
    if as_of is not None:
        parents, began = {job.name: job.depends_on for job in run.plan.jobs}, _began(seen, recorded)
        unfinished = unfinished_lines(current, parents, began, usual, as_of, only_known=run.entry is None)
    problem = seen.problem and f"AWS Batch could not be asked: {seen.problem}"
    how = SeenStatus(
        as_of=_as_of_words(as_of, seen, now),
        notes=tuple(filter(None, (problem, seen.note))),
        unfinished=unfinished,
        further=f" --plan {shlex.quote(plan_file)}" if plan_file and run.entry is None else "",
    )
    return StatusNow(
        text=outcome_text(
            current,
            journal=os.path.relpath(run.journal),
            note=expected_end_words(expected, now) if expected else None,
            links=shows_links(sys.stdout),
            seen=how,
        ),
        document={**status_document(current), **_seen_document(seen, recorded, expected)},
        states={job: one.state for job, one in records.items()},
        goes_on=any(one.state in LIVE | MAYBE_SUBMITTED for one in records.values()),
    )


def _from_earlier_runs(
    run: ShownRun, seen: RunSnapshot, records: Mapping[JobName, JobRecord], now: float
) -> tuple[ExpectedEnd | None, Mapping[JobName, float]]:
    """Return when a run is expected to end, and how long its jobs usually run."""
    if run.entry is None:
        return None, {}
    with read_journal(run.journal, print_plainly) as book:
        since, asked_at = seen.running_since, seen.asked_at
        expected = estimate_end(book, seen.entry, run.plan, records, now, running_since=since, as_of=asked_at)
        runs = any(one.state is JobState.RUNNING for one in records.values())
        times = read_usual_times(book, seen.entry, run.plan) if runs else None
    return expected, times.seconds if times else {}


def _read(book: JournalView, entry: RunEntry) -> _Recorded:
    records = book.records(entry.run)
    at_work = any(one.state in MAY_BE_WORKING for one in records.values())
    seen = book.last_seen_at_work(entry.run) if at_work else {}
    return _Recorded(
        records=records,
        stuck=book.first_sights(entry.run),
        revisions=book.revisions(entry.run),
        began={job: began for job, event in seen.items() if (began := began_by(event))},
        last_event_at=book.last_event_at(entry.run),
    )


def _as_of(seen: RunSnapshot, recorded: _Recorded, run: ShownRun) -> float | None:
    """Return when a run was so; None if nothing of it goes on, as far as the journal tells."""
    if seen.asked_at is not None:
        return seen.asked_at
    goes_on = any(one.state in LIVE for one in recorded.records.values())
    return recorded.last_event_at if goes_on and not run.is_local else None


def _as_of_words(as_of: float | None, seen: RunSnapshot, now: float) -> str:
    if as_of is None:
        return ""
    return f"as of {_moment(as_of, now)}{', from the journal' if seen.asked_at is None else ''}"


def _began(seen: RunSnapshot, recorded: _Recorded) -> dict[JobName, Began]:
    """Return when jobs that run began: as AWS Batch says it, or else as the journal has it of the same submission."""
    told = {job: Began(at=at, exact=True) for job, at in seen.running_since.items()}
    same = (job for job, one in recorded.records.items() if one.job_id == seen.records[job].job_id)
    return {**{job: recorded.began[job] for job in same if job in recorded.began}, **told}


def _moment(seconds: float, now: float) -> str:
    at, today = datetime.fromtimestamp(seconds), datetime.fromtimestamp(now)  # noqa: DTZ006  as the reader's clock
    return at.strftime("%H:%M:%S" if at.date() == today.date() else "%Y-%m-%d %H:%M:%S")


def _seen_document(seen: RunSnapshot, recorded: _Recorded, expected: ExpectedEnd | None) -> dict[str, Any]:
    as_of = recorded.last_event_at if seen.asked_at is None else seen.asked_at
    return {
        "source": "journal" if seen.asked_at is None else "aws",
        **({} if as_of is None else {"as_of": datetime.fromtimestamp(as_of, UTC).isoformat(timespec="seconds")}),
        **({"problem": seen.problem} if seen.problem else {}),
        **({"expected_end": estimate_document(expected)} if expected else {}),
    }
