"""The status of a run, for people and as JSON, made of a snapshot of the run."""

import os
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kedro_batch.cli.next_plan import next_plan
from kedro_batch.cli.run_estimate import estimate_document, estimate_end
from kedro_batch.cli.run_snapshot import RunSnapshot
from kedro_batch.cli.standard_input import file_word
from kedro_batch.cli.streams import shows_links
from kedro_batch.review.run.expected_end import expected_end_words
from kedro_batch.review.run.outcome import SeenStatus, outcome_text
from kedro_batch.review.run.status import run_status
from kedro_batch.review.run.status_documents import status_document
from kedro_batch.review.run.unfinished_jobs import unfinished_lines
from kedro_batch.submitter.definitions.in_use import revisions_in_use
from kedro_batch.submitter.job_state import LIVE, records_of
from kedro_batch.text.times import iso_time, near_time


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusReport:
    """How a run stands at a moment.

    Attributes:
        text: For people.
        document: The same as JSON.
    """

    text: str
    document: Mapping[str, Any]


def status_report(snapshot: RunSnapshot, *, plan_file: str | None) -> StatusReport:
    """Return how a run stands.

    Args:
        snapshot: The run.
        plan_file: The plan that the user has named.
    """
    run, entry, now = snapshot.run, snapshot.entry, time.time()
    records = records_of(run.names, snapshot.records)
    expected = estimate_end(snapshot, records, now)
    status = run_status(
        entry,
        run.names,
        records,
        revisions_in_use(run.plan, snapshot.revisions),
        plan=run.plan,
        next_plan=next_plan(run.run_id, run.plan, entry.plan_file),
        stuck=snapshot.stuck,
        running_since=snapshot.running_since,
    )
    as_of = _as_of(snapshot, now)
    unfinished: tuple[str, ...] = ()
    if as_of is not None:
        parents = run.plan.parents
        usual = snapshot.usual.seconds if snapshot.usual else {}
        only_known = run.entry is None
        unfinished = unfinished_lines(status, parents, snapshot.began, usual, as_of, only_known=only_known)
    problem = f"AWS Batch could not be asked: {snapshot.problem}" if snapshot.problem else None
    seen = SeenStatus(
        as_of=_as_of_words(as_of, snapshot, now),
        notes=tuple(filter(None, (problem, snapshot.note))),
        unfinished=unfinished,
        worked_on=run.is_worked_on,
        recorded=run.entry is not None,
        further=f" --plan {file_word('--plan', plan_file)}" if plan_file and run.entry is None else "",
    )
    return StatusReport(
        text=outcome_text(
            status,
            journal=os.path.relpath(run.journal),
            note=expected_end_words(expected, now) if expected else None,
            links=shows_links(sys.stdout),
            seen=seen,
        ),
        document={
            **status_document(status),
            **_looked(snapshot),
            **({"expected_end": estimate_document(expected)} if expected else {}),
        },
    )


def _as_of(snapshot: RunSnapshot, now: float) -> float | None:
    """Return when a run was so; None if nothing of it goes on, as far as the journal tells."""
    if snapshot.asked_at is not None:
        return snapshot.asked_at
    if all(one.state not in LIVE for one in snapshot.recorded.values()):
        return None
    if not snapshot.run.is_local:
        return snapshot.last_event_at
    if snapshot.run.is_worked_on:  # which writes each change at once
        return now
    return None if snapshot.entry.outcome else snapshot.last_event_at


def _as_of_words(as_of: float | None, snapshot: RunSnapshot, now: float) -> str:
    if as_of is None:
        return ""
    source = ", from the journal" if as_of == snapshot.last_event_at else ""
    return f"as of {near_time(as_of, now, to_the_second=True)}{source}"


def _looked(snapshot: RunSnapshot) -> dict[str, Any]:
    """Return when and how a run was looked at, for programs."""
    as_of = snapshot.seen_at
    return {
        "source": "journal" if snapshot.asked_at is None else "aws",
        **({} if as_of is None else {"as_of": iso_time(as_of, "seconds")}),
        **({"problem": str(snapshot.problem)} if snapshot.problem else {}),
    }
