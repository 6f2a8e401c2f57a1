"""Odd values in the rows of a journal: each is a message about its row, and the rows of other runs stay usable."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from kedro_batch.errors import UsageError
from kedro_batch.plan.model import JobName, PlanDigest
from kedro_batch.plan.submit_job import RunId
from kedro_batch.submitter.journal import Journal
from kedro_batch.submitter.journal_rows import RunEntry
from kedro_batch.submitter.journal_view import JournalView, read_journal

R, OTHER = RunId("r"), RunId("other")
ESCAPE = "\x1b]0;x\x07\n"


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[JournalView]:
    """Give a journal with two runs, which have a job each."""
    with closing(Journal(tmp_path / "journal.db")) as it:
        for run in (R, OTHER):
            it.begin(RunEntry(run=run, digest=PlanDigest("sha256:0"), engine="aws", jobs=1, began_at=1.0), b"")
            it.intend(run, [(JobName("a"), 1)], 1.0)
        with read_journal(it.file) as view:
            yield view


def change(journal: JournalView, table: str, column: str, value: object) -> None:
    with closing(sqlite3.connect(journal.file)) as connection, connection:
        statement = f"UPDATE {table} SET {column} = ? WHERE run = 'r'"  # noqa: S608  names of this code, no input
        assert connection.execute(statement, (value,)).rowcount == 1


@pytest.mark.parametrize(
    ("column", "value"),
    [
        *(("job", one) for one in (ESCAPE, "", "a b", 7.5)),
        *(("job_id", one) for one in (ESCAPE, "", "a b", "x" * 1000)),
        *(("state", one) for one in (ESCAPE, "", "HIBERNATING", 7)),
        *(("cause", one) for one in (ESCAPE, "cosmic ray", 7)),
        *(("blocked_by", one) for one in (ESCAPE, "")),
        *(("submission", one) for one in (-1, 0, "first", 1.5, 2**40)),
        *(("exit_code", one) for one in ("three", 2.5)),
        *(("attempts", one) for one in (-1, 2.5)),
        *(("intended_at", one) for one in ("yesterday", 1e300, -1.0, float("inf"))),
        *(("log_tail", one) for one in ("[", "[1]", '{"a": 1}', "[" * 100_000, 7)),
        *(("reason", one) for one in (b"\xff\xfe", b"")),
        *(
            ("details", one)
            for one in ("[", "[]", "{}", '{"attempts": 1}', '{"attempts": [[]]}', '{"attempts": [{"x": 1}]}', 7)
        ),
        ("details", '{"attempts": [], "memory_mib": "much"}'),
        ("details", '{"attempts": [], "gpus": true}'),
        ("details", '{"attempts": [{"stopped_at": 1e300}]}'),
    ],
)
def test_an_odd_value_of_a_submission_is_a_message_with_file_run_and_row(journal, column, value):
    change(journal, "submissions", column, value)
    with pytest.raises(UsageError) as caught:
        journal.records(R)
    message = str(caught.value)
    assert f"the journal {journal.file} has an odd row for run 'r', submission " in message
    assert f": {column} is " in message
    assert message.isprintable()
    assert len(message) < 600
    assert list(journal.records(OTHER)) == ["a"]
    assert [one.run for one in journal.runs()] == [OTHER, R]
    for read in (journal.submitted_ids, journal.revisions, journal.earlier_failures):
        try:
            read(R)
        except UsageError as error:
            assert "odd row for run 'r'" in str(error)  # noqa: PT017  most columns do not matter to it
        read(OTHER)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        *(("run", one) for one in (ESCAPE, "../../x", "", "R", "x" * 30)),
        *(("digest", one) for one in (ESCAPE, 7.5, b"x")),
        *(("engine", one) for one in (ESCAPE, "slurm", "")),
        *(("location", one) for one in (ESCAPE, "{", "[]", '{"region": 1}', "[" * 100_000)),
        *(("jobs", one) for one in ("many", -1, 1.5)),
        *(("began_at", one) for one in (ESCAPE, 1e300, -1.0)),
        *(("outcome", one) for one in (ESCAPE, "evaporated", 7)),
        *(("ended_at", one) for one in ("x", 1e300)),
        *(("version", one) for one in (ESCAPE, "run-x", 7)),
    ],
)
def test_an_odd_value_of_a_run_is_a_message_and_the_others_are_there(journal, column, value):
    change(journal, "runs", column, value)
    (problem,) = journal.odd_runs()
    assert f"the journal {journal.file} has an odd row for run " in str(problem)
    assert f": {column} is " in str(problem)
    assert str(problem).isprintable()
    assert [one.run for one in journal.runs()] == [OTHER]
    assert journal.run(OTHER) is not None
    if column != "run":
        with pytest.raises(UsageError, match=f": {column} is "):
            journal.run(R)


@pytest.mark.parametrize("event", ["{", "[]", "null", "7", ESCAPE, "[" * 100_000])
def test_an_event_that_is_none_is_a_message_with_its_number(journal, event):
    with closing(sqlite3.connect(journal.file)) as connection, connection:
        connection.execute("INSERT INTO events (run, event) VALUES ('r', ?)", (event,))
    for read in (lambda: list(journal.events(R)), lambda: journal.submitted_ids(R)):
        with pytest.raises(UsageError, match="odd row for run 'r', event 1: event is "):
            read()
    assert list(journal.events(OTHER)) == []


def test_text_that_is_no_utf_8_spoils_no_other_row(journal):
    change(journal, "submissions", "reason", None)
    with closing(sqlite3.connect(journal.file)) as connection, connection:
        connection.execute("UPDATE submissions SET reason = CAST(x'ff41' AS TEXT), cause = 'exit' WHERE run = 'r'")
    failure = journal.records(R)[JobName("a")].failure
    assert failure is not None
    assert failure.reason == "\\xffA"
