import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest

from kedro_batch.errors import RunUnknown, UsageError
from kedro_batch.plan.model import JobName, PlanDigest
from kedro_batch.plan.submit_job import JobId, RunId
from kedro_batch.submitter.events import JobChanged, JobExecuted, JobSubmitted, RunFinished
from kedro_batch.submitter.job_execution import JobAttempt, JobExecution
from kedro_batch.submitter.job_state import JobState
from kedro_batch.submitter.journal import Journal
from kedro_batch.submitter.journal_rows import RunEntry
from kedro_batch.submitter.journal_view import read_journal
from kedro_batch.submitter.run_history import SeenState, read_history
from tests.support.plans import write_plan
from tests.support.runs import as_of_version_2, as_of_version_3, as_of_version_4

RUN = RunId("r1")
A, B = JobName("a"), JobName("b")
FIRST, SECOND = PlanDigest("sha256:1"), PlanDigest("sha256:2")
S = JobState
RAN = JobExecution(
    created_at=101.0, started_at=103.0, stopped_at=109.0, attempts=(JobAttempt(started_at=103.0, stopped_at=109.0),)
)


def changed(job, before, after, submission=1):
    return JobChanged(job=job, job_id=JobId(f"{job}{submission}"), submission=submission, before=before, after=after)


@pytest.fixture
def file(tmp_path):
    """A journal with a run that went on with another plan, in which b waits for nothing any more."""
    plans = [write_plan(tmp_path, {"a": ["x"], "b": ["x"]}, parents).read_bytes() for parents in ({"b": "a"}, {})]
    file = tmp_path / "journal.db"
    with closing(Journal(file)) as journal:
        entry = RunEntry(run=RUN, digest=FIRST, engine="aws", jobs=2, began_at=100.0)
        journal.begin(entry, plans[0])
        journal.intend(RUN, [(A, 1), (B, 1)], 100.5)
        for job in (A, B):
            journal.record(RUN, JobSubmitted(job=job, job_id=JobId(f"{job}1"), submission=1), 101)
        for at, before, after in (
            (102, S.SUBMITTED, S.STARTING),
            (104, S.STARTING, S.RUNNING),
            (110, S.RUNNING, S.FAILED),
        ):
            journal.record(RUN, changed(A, before, after), at)
        journal.record(RUN, JobExecuted(job=A, job_id=JobId("a1"), submission=1, execution=RAN), 110)
        journal.add_plan(RUN, SECOND, plans[1], jobs=2, at=120.0)
        journal.intend(RUN, [(B, 2)], 121.0, plan_digest=SECOND)
        journal.record(RUN, JobSubmitted(job=B, job_id=JobId("b2"), submission=2), 122)
        journal.record(RUN, changed(B, S.SUBMITTED, S.RUNNING, 2), 123.5)
        journal.commit()
    return file


def history_of(file):
    with read_journal(file) as view:
        return read_history(view, RUN)


def test_it_has_every_submission_with_its_parents_its_execution_and_the_states_that_were_seen(file):
    history = history_of(file)
    assert [(one.key, one.record.state, one.parents) for one in history.submissions] == [
        ((A, 1), S.FAILED, ()),
        ((B, 1), S.SUBMITTED, (A,)),
        ((B, 2), S.RUNNING, ()),
    ]
    a, _, b = history.submissions
    assert a.record.execution == RAN
    assert a.seen == (
        SeenState(at=102, state=S.STARTING),
        SeenState(at=104, state=S.RUNNING),
        SeenState(at=110, state=S.FAILED),
    )
    assert b.seen == (SeenState(at=123.5, state=S.RUNNING),)
    assert (history.entry.run, history.as_of) == (RUN, 123.5)
    assert [job.depends_on for job in history.plan.jobs] == [(), ()]
    assert {job: one.submission for job, one in history.latest.items()} == {A: 1, B: 2}


def test_it_is_as_of_the_newest_time_that_is_recorded(file):
    with closing(Journal(file)) as journal:
        journal.record(RUN, RunFinished(run=RUN, outcome="unfinished", counts={}, seconds=1.0), 130)
        journal.commit()
    assert history_of(file).as_of == 130


@pytest.mark.parametrize("as_of_older", [as_of_version_2, as_of_version_3, as_of_version_4])
def test_of_an_older_journal_it_has_what_that_knows(file, as_of_older):
    as_of_older(file)
    history = history_of(file)
    assert [(one.key, one.parents, one.record.execution) for one in history.submissions] == [
        ((A, 1), (), None),
        ((B, 1), (A,), None),
        ((B, 2), (A,), None),
    ]
    assert [one.state for one in history.submissions[0].seen] == [S.STARTING, S.RUNNING, S.FAILED]


AT = '"at": "1970-01-01T00:01:40+00:00"'


@pytest.mark.parametrize(
    "event",
    [
        "{",
        "[]",
        "null",
        "{}",
        '{"event": "job_changed", "at": 5, "job": "a", "submission": 1, "after": "RUNNING"}',
        '{"event": "job_changed", "at": "yesterday", "job": "a", "submission": 1, "after": "RUNNING"}',
        f'{{"event": "job_changed", {AT}, "job": "a", "submission": "x", "after": "RUNNING"}}',
        f'{{"event": "job_changed", {AT}, "job": "a", "submission": 1, "after": "DREAMING"}}',
    ],
)
def test_an_odd_event_is_passed_over_and_counted(file, event):
    before = history_of(file)
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("INSERT INTO events (run, event) VALUES (?, ?)", (RUN, event))
        connection.commit()
    assert history_of(file) == replace(before, odd_events=1)


def test_a_run_that_is_not_there_and_an_odd_row_are_refused(file):
    with read_journal(file) as view, pytest.raises(RunUnknown, match="has no run other: see kedro-batch runs"):
        read_history(view, RunId("other"))
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("UPDATE submissions SET plan_digest = char(27)")
        connection.commit()
    with read_journal(file) as view, pytest.raises(UsageError, match="odd row for run 'r1'"):
        read_history(view, RUN)
