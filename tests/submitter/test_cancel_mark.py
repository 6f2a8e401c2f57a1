"""The mark that stops whoever works on a run that is cancelled."""

import queue
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from kedro_batch.errors import Interrupted, RunCancelled
from kedro_batch.plan.model import JobName, PlanDigest
from kedro_batch.plan.submit_job import JobId, RunId
from kedro_batch.submitter.cancel_mark import watch_for_mark
from kedro_batch.submitter.events import JobChanged
from kedro_batch.submitter.inbox import Inbox
from kedro_batch.submitter.job_state import JobState
from kedro_batch.submitter.journal import Journal
from kedro_batch.submitter.journal_rows import RunEntry
from tests.submitter.contexts import RUN
from tests.support.command_line import GENEROUS_S

A = JobName("a")
ENTRY = RunEntry(run=RUN, digest=PlanDigest("d"), engine="aws", jobs=1, began_at=1.0)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with closing(Journal(tmp_path / "journal.db")) as journal:
        journal.begin(ENTRY, b"plan")
        journal.commit()
        yield journal


def mark_of(journal: Journal) -> float | None:
    entry = journal.run(RUN)
    assert entry
    return entry.cancel_at


def test_a_mark_is_written_at_once_and_alone(journal):
    journal.begin(RunEntry(run=RunId("other"), digest=ENTRY.digest, engine="aws", jobs=1, began_at=1.0), b"plan")
    with closing(Journal(journal.file)) as another:
        assert journal.mark_to_cancel(RUN, 5.0)
        assert (mark_of(another), another.run(RunId("other"))) == (5.0, None)
    assert not journal.mark_to_cancel(RunId("unknown"), 5.0)


def test_nothing_is_intended_of_a_run_that_was_marked_since_it_was_taken_up(journal):
    journal.reopen(RUN, None)
    journal.intend(RUN, [(A, 1)], 2.0)
    journal.mark_to_cancel(RUN, 5.0)
    with pytest.raises(RunCancelled, match=r"run r1 was cancelled at .* by another command"):
        journal.intend(RUN, [(JobName("b"), 1)], 6.0)
    assert [*journal.records(RUN)] == [A]


def test_a_run_that_is_taken_up_loses_the_mark_that_was_known_and_keeps_a_later_one(journal):
    journal.mark_to_cancel(RUN, 5.0)
    journal.reopen(RUN, 5.0)
    journal.intend(RUN, [(A, 1)], 6.0)
    assert mark_of(journal) is None
    journal.mark_to_cancel(RUN, 7.0)
    journal.reopen(RUN, None)
    journal.commit()
    assert mark_of(journal) == 7.0
    with pytest.raises(RunCancelled):
        journal.intend(RUN, [(A, 2)], 8.0)


@pytest.mark.parametrize("before", [None, 3.0])
def test_whoever_waits_is_woken_by_a_new_mark_and_told_once(journal, before):
    if before:
        journal.mark_to_cancel(RUN, before)
    inbox = Inbox()
    with watch_for_mark(journal.file, RUN, before, inbox):
        inbox.check_interrupt()
        journal.mark_to_cancel(RUN, 5.0)
        assert inbox.wait(GENEROUS_S)
        with pytest.raises(RunCancelled):
            inbox.check_interrupt()
        inbox.check_interrupt()


def test_a_signal_comes_before_a_cancel():
    inbox = Inbox()
    inbox.on_cancel(RunCancelled("cancelled"))
    inbox.on_signal(signal.SIGINT)
    with pytest.raises(Interrupted):
        inbox.check_interrupt()


@pytest.mark.parametrize("mark", [float("inf"), -1e300, 1e300])
def test_a_mark_of_a_time_that_cannot_be_is_a_mark_all_the_same(journal, mark):
    journal.mark_to_cancel(RUN, mark)
    with pytest.raises(RunCancelled, match="run r1 was cancelled by another command"):
        journal.intend(RUN, [(A, 1)], 2.0)


def test_a_journal_that_cannot_be_opened_for_a_while_is_opened_again(journal):
    away = journal.file.with_name("away")
    inbox = Inbox()
    opened: queue.SimpleQueue[str] = queue.SimpleQueue()

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if event == "sqlite3.connect" and threading.current_thread().name == "cancel mark":
            opened.put(str(arguments[0]))

    sys.addaudithook(hook)
    journal.file.rename(away)
    with watch_for_mark(journal.file, RUN, None, inbox):
        opened.get(timeout=GENEROUS_S)
        opened.get(timeout=GENEROUS_S)  # the first time has failed
        away.rename(journal.file)
        journal.mark_to_cancel(RUN, 5.0)
        assert inbox.wait(GENEROUS_S)
        with pytest.raises(RunCancelled):
            inbox.check_interrupt()


def test_what_was_seen_before_the_cancel_and_is_written_after_it_does_not_bring_a_job_back(journal):
    def change(before: JobState, after: JobState) -> JobChanged:
        return JobChanged(job=A, job_id=JobId("id"), submission=1, before=before, after=after)

    journal.intend(RUN, [(A, 1)], 2.0)
    journal.record(RUN, change(JobState.RUNNING, JobState.CANCELLED), 5.0)
    journal.record(RUN, change(JobState.SUBMITTED, JobState.RUNNABLE), 6.0)  # by a process that was stopped
    journal.commit()
    journal.record(RUN, change(JobState.SUBMITTED, JobState.NOT_RUN), 6.0)
    journal.record(RUN, change(JobState.SUBMITTED, JobState.LOST), 6.0)
    journal.commit()
    assert journal.records(RUN)[A].state is JobState.CANCELLED
    journal.record(RUN, change(JobState.CANCELLED, JobState.RUNNING), 7.0)  # by one that knows of the cancel
    journal.commit()
    assert journal.records(RUN)[A].state is JobState.RUNNING
