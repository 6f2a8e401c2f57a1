"""A journal that another program holds, such as a database browser: signals and looks go on, and it is said why."""

import errno
import fcntl
import os
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from kedro_batch.errors import Interrupted, UsageError
from kedro_batch.plan.model import JobName, PlanDigest
from kedro_batch.plan.submit_job import JobId, RunId
from kedro_batch.submitter import journal_busy
from kedro_batch.submitter.events import JobSubmitted
from kedro_batch.submitter.inbox import Inbox
from kedro_batch.submitter.journal import Journal
from kedro_batch.submitter.journal_rows import RunEntry
from kedro_batch.submitter.journal_view import read_journal
from tests.support.plans import write_plan
from tests.support.runs import JOURNAL, end_of, interrupted, read_until, started, states, wait_until
from tests.support.services import standin

RUN, A = RunId("r1"), JobName("a")
HELD, FREE = "another program holds the journal", "is free again"


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with closing(Journal(tmp_path / "journal.db")) as it:
        it.begin(RunEntry(run=RUN, digest=PlanDigest("sha256:0"), engine="aws", jobs=1, began_at=1.0), b"")
        it.commit()
        yield it


def hold(file: Path) -> sqlite3.Connection:
    """Hold a journal as nobody else may even read it."""
    other = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN EXCLUSIVE")
    return other


def test_what_was_read_and_intended_of_the_own_run_is_known_while_the_journal_is_held(journal):
    journal.locate(RUN, {"region": "here"})
    journal.intend(RUN, [(A, 1)], 7.0)
    journal.record(RUN, JobSubmitted(job=A, job_id=JobId("1"), submission=1), 7.0)
    journal.commit()
    journal.patience_s = 0.0
    ids = journal.submitted_ids(RUN)
    assert [one.job_id for one in ids] == ["1"]
    written = journal.submissions(RUN)
    journal.intend(RUN, [(A, 2)], 8.0)
    with closing(hold(journal.file)):
        held = journal.submissions(RUN)
        assert journal.submitted_ids(RUN) == ids
        with pytest.raises(UsageError, match="Another program holds it"):
            journal.submissions(RunId("of somebody else"))
    assert held[: len(written)] == written
    assert dict(held) == journal.records(RUN)


def test_an_intent_waits_until_the_journal_is_let_go_and_says_so(journal):
    told: list[str] = []
    with closing(hold(journal.file)) as other:

        def tell(message: str) -> None:
            told.append(message)
            if len(told) == 1:
                journal.reopen(RUN)  # what is recorded meanwhile is not lost
                other.execute("ROLLBACK")

        journal.wait.tell = tell
        journal.intend(RUN, [(A, 1)], 1.0)
    assert [HELD in told[0], FREE in told[1], len(told)] == [True, True, 2]
    assert journal.waiting
    assert list(journal.records(RUN)) == [A]


def test_a_journal_that_can_only_be_read_is_not_said_to_be_free(journal, monkeypatch):
    monkeypatch.setattr(journal_busy, "TELL_AFTER_S", 0.0)
    told: list[str] = []
    journal.wait.tell = told.append
    journal.wait.at_most_s = 0.0
    with closing(sqlite3.connect(journal.file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")  # others may read, and not write
        for _ in range(2):
            with pytest.raises(UsageError, match="cannot write the journal"):
                journal.intend(RUN, [(A, 1)], 1.0)
            assert journal.records(RUN) == {}
        assert [HELD in one for one in told] == [True]
    journal.intend(RUN, [(A, 1)], 1.0)
    assert [FREE in one for one in told] == [False, True]


def test_a_journal_that_could_not_be_read_is_free_once_it_can_be(journal, monkeypatch):
    monkeypatch.setattr(journal_busy, "TELL_AFTER_S", 0.0)
    told: list[str] = []
    journal.wait.tell = told.append
    journal.wait.at_most_s = 0.0
    with closing(hold(journal.file)), pytest.raises(UsageError, match="cannot read the journal"):
        journal.records(RUN)
    assert journal.records(RUN) == {}
    assert [FREE in one for one in told] == [False, True]


def test_a_signal_ends_the_waiting_for_an_intent_and_nothing_is_written(journal):
    inbox = Inbox()
    journal.wait.check = inbox.check_interrupt
    with closing(hold(journal.file)):
        inbox.on_signal(signal.SIGINT)
        with pytest.raises(Interrupted):
            journal.intend(RUN, [(A, 1)], 1.0)
    assert journal.records(RUN) == {}


def test_what_can_wait_is_left_for_the_next_time_without_waiting(journal):
    journal.reopen(RUN)
    slices: list[None] = []
    journal.wait.check = lambda: slices.append(None)
    with closing(hold(journal.file)):
        journal.try_commit()
        assert (journal.waiting, journal.failure, slices) == (True, "database is locked", [])
    journal.try_commit()
    assert (journal.waiting, journal.failure) == (False, None)


def busy_error(journal: Journal) -> sqlite3.Error:
    """Give what SQLite raises while another program holds a journal."""
    with closing(hold(journal.file)), closing(sqlite3.connect(journal.file, timeout=0)) as late:
        slices: list[None] = []
        journal.wait.check = lambda: slices.append(None)
        with pytest.raises(sqlite3.OperationalError) as busy:
            journal.wait.for_lock(lambda: late.execute("BEGIN IMMEDIATE"), within_s=0.01)
        assert slices
    return busy.value


def test_who_holds_the_journal_for_too_long_is_told_of_with_what_to_do(journal):
    busy = busy_error(journal)
    for error in (journal_busy.unwritable(journal.file, busy), journal_busy.unreadable(journal.file, busy)):
        assert "database is locked. Another program holds it" in str(error)
        assert f"close that (fuser {journal.file} names it), and try again" in str(error)


def test_whatever_is_read_of_a_journal_that_is_held_ends_with_a_message(journal):
    journal.wait.at_most_s = 0.0
    with closing(hold(journal.file)):
        for read in (journal.run, journal.plan, journal.records, journal.revisions, lambda _: journal.runs()):
            with pytest.raises(UsageError, match=r"cannot read the journal .*Another program holds it"):
                read(RUN)


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.ENOSYS])
def test_a_file_system_without_locks_is_named_where_sqlite_says_only_that_it_is_busy(journal, monkeypatch, number):
    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    busy = busy_error(journal)
    monkeypatch.setattr(fcntl, "lockf", refuse)  # there is no such file system here
    assert "this file system has no locks" in str(journal_busy.unwritable(journal.file, busy))
    assert "this file system has no locks" not in str(journal_busy.unreadable(journal.file, busy))
    journal.file.with_name(".gitignore").touch()  # a reader makes no file to try
    assert "this file system has no locks" in str(journal_busy.unreadable(journal.file, busy))


def test_locks_are_tried_on_the_file_system_of_the_journal_and_not_on_that_of_a_link_to_it(
    tmp_path, journal, monkeypatch
):
    link = tmp_path / "on a local disk" / "journal.db"
    link.parent.mkdir()
    link.symlink_to(journal.file)

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    busy = busy_error(journal)
    monkeypatch.setattr(fcntl, "lockf", refuse)  # there is no such file system here
    journal.file.with_name(".gitignore").touch()
    for error in (journal_busy.unwritable(link, busy), journal_busy.unreadable(link, busy)):
        assert f"cannot lock what is in {journal.file.parent}: this file system has no locks" in str(error)


def test_a_run_is_followed_while_the_journal_is_held_and_is_complete_when_it_is_let_go(tmp_path):
    write_plan(tmp_path, {"a": ["x"], "b": ["x"]}, {"b": "a"})
    with standin(durations={"a": 600, "b": 0.05}) as service:
        with started("apply", "plan.yaml", "--run-id", "r", cwd=tmp_path, service=service) as process:
            wait_until(lambda: states(service).get("b") == "PENDING", process)
            with closing(hold(tmp_path / JOURNAL)) as other:
                service.finish("a")
                said = read_until(process, HELD)
                wait_until(lambda: states(service)["b"] == "SUCCEEDED", process)
                other.execute("ROLLBACK")
            ended = end_of(process)
        assert service.verdict()["taken"] == 2
    assert ended.code == 0, said + ended.err
    assert FREE in ended.err
    with read_journal(tmp_path / JOURNAL) as view:
        assert {job: one.state for job, one in view.records(RunId("r")).items()} == {"a": "SUCCEEDED", "b": "SUCCEEDED"}


def test_a_signal_does_not_wait_for_a_journal_that_is_held_all_the_time(tmp_path):
    write_plan(tmp_path, {"a": ["x"]})
    with standin(durations={"a": 600}) as service:
        with started("apply", "plan.yaml", "--run-id", "r", cwd=tmp_path, service=service) as process:
            wait_until(lambda: states(service).get("a") == "RUNNING", process)
            with closing(hold(tmp_path / JOURNAL)):
                ended = interrupted(process)
        assert ended.code == 130, ended.err
        assert "is not complete: database is locked" in ended.err
        assert "run r interrupted: Stopped following. 1 job goes on running on AWS Batch" in ended.err


def test_commands_that_find_the_journal_held_say_so_and_can_be_interrupted(tmp_path):
    write_plan(tmp_path, {"a": ["x"]})
    with standin() as service, closing(Journal(tmp_path / JOURNAL)), closing(hold(tmp_path / JOURNAL)):
        for words in (["apply", "plan.yaml"], ["runs"]):
            with started(*words, cwd=tmp_path, service=service) as process:
                read_until(process, HELD)
                assert interrupted(process).code == 130
        assert service.verdict()["taken"] == 0
