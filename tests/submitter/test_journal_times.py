"""When jobs of a run began, as the journal has it: by their events, however those are written."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from kedro_batch.plan.model import JobName, PlanDigest
from kedro_batch.plan.submit_job import RunId
from kedro_batch.submitter.began import Began
from kedro_batch.submitter.journal import Journal
from kedro_batch.submitter.journal_rows import RunEntry
from kedro_batch.submitter.journal_view import read_journal

R = RunId("r")
AT, EARLIER, LATER = 1_795_352_525.0, "2026-11-22T13:01:05.000+00:00", "2026-11-22T13:03:05.000+00:00"
SEEN = {"event": "job_changed", "at": "2026-11-22T13:02:05.000+00:00", "job": "a", "after": "RUNNING"}


def began(folder: Path, *lines: str) -> dict[JobName, Began]:
    with closing(Journal(folder / "journal.db")) as journal:
        journal.begin(RunEntry(run=R, digest=PlanDigest("sha256:0"), engine="aws", jobs=1, began_at=1.0), b"")
        journal.write_waiting()
    with closing(sqlite3.connect(folder / "journal.db")) as connection, connection:
        connection.executemany("INSERT INTO events (run, event) VALUES ('r', ?)", [(line,) for line in lines])
    with read_journal(folder / "journal.db") as view:
        return view.began(R)


@pytest.mark.parametrize(
    ("known", "at", "exact"),
    [
        ({"before": "SUBMITTED"}, AT, False),
        ({"before": "STARTING"}, AT, True),
        ({"before": "SUBMITTED", "started_at": EARLIER}, AT - 60, True),
        ({"before": "SUBMITTED", "started_at": LATER}, AT, True),  # the clock of the service is ahead
    ],
)
def test_it_is_exact_if_the_service_tells_it_or_if_the_job_was_seen_to_begin(tmp_path, known, at, exact):
    assert began(tmp_path, json.dumps(SEEN | known)) == {"a": Began(at=at, exact=exact)}


@pytest.mark.parametrize(
    "line",
    [json.dumps(SEEN, separators=(",", ":")), json.dumps(SEEN, indent=1), json.dumps(dict(reversed(SEEN.items())))],
)
def test_the_order_of_fields_and_the_blanks_between_them_do_not_matter(tmp_path, line):
    assert began(tmp_path, line) == {"a": Began(at=AT, exact=False)}


def test_the_last_event_that_can_be_read_counts(tmp_path):
    odd: list[dict[str, Any]] = [{"at": None}, {"at": 3}, {"at": "yesterday"}, {"started_at": 1}, {"job": 7}]
    lines = [json.dumps(SEEN | one) for one in odd]
    again = json.dumps(SEEN | {"at": LATER, "before": "RUNNABLE"})
    waits = json.dumps(SEEN | {"job": "b", "after": "RUNNABLE"})
    assert began(tmp_path, json.dumps(SEEN), again, *lines, waits, "{torn") == {"a": Began(at=AT + 60, exact=True)}
