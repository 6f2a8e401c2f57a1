"""How often the log of a failed job is looked at, and for how long a run that has ended waits for it."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kedro_batch.plan.model import JobName
from kedro_batch.plan.submit_job import JobId
from kedro_batch.submitter.events import Event, JobLog
from kedro_batch.submitter.failed_logs import FailedLogs
from kedro_batch.submitter.failures import Cause, Failure
from kedro_batch.submitter.job_state import JobRecord, JobState
from kedro_batch.submitter.run_state import RunState
from kedro_batch.submitter.service.api import JobDetail, LogTail
from kedro_batch.submitter.service.limits import LOG_AGAIN_S, LOG_END_S
from tests.submitter.contexts import context_on, next_reply

A = JobName("a")
ENDED = ("Traceback (most recent call last):", '  File "a.py", line 1, in f', "ValueError: no")
EXCEPTION = LogTail(lines=ENDED)
LINES = LogTail(lines=("one", "two"))
NOTHING = LogTail(problem="its log is still empty")


class Followed:
    """One failed job whose log is read; each look finds the next of some tails."""

    def __init__(self, context: Any, tails: Sequence[LogTail]) -> None:
        failed = JobRecord(state=JobState.FAILED, job_id=JobId("1"), failure=Failure(cause=Cause.EXIT))
        self.context = context
        self.run_state = RunState(context.parents, {A: failed})
        self.logs = FailedLogs(context, self.run_state)
        self.looks = 0
        self._tails = tails
        context.engine.log_tail = self._tail
        self.began = context.calls.now()
        self.logs.read(A, JobDetail(job_id=JobId("1"), name="a", state=JobState.FAILED))

    def _tail(self, _detail: JobDetail, _lines: int) -> LogTail:
        self.looks += 1
        return self._tails[min(self.looks, len(self._tails)) - 1]

    def answer(self) -> None:
        self.logs.on_reply(next_reply(self.context))

    def look_at(self, seconds: float) -> None:
        """Let it be so many seconds later than the first look."""
        self.logs.act(self.began + seconds + 1)
        while self.logs.under_way:
            self.answer()

    def finish(self) -> bool:
        return self.logs.finish(self.began + 100)

    def failure(self) -> Failure:
        found = self.run_state.record(A).failure
        assert found
        return found


@pytest.fixture
def followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    shown: list[Event] = []
    with context_on(tmp_path, monkeypatch, {"a": ""}, show=shown.append) as (context, _):
        context.emit_started(continued=False)

        def follow(*tails: LogTail) -> tuple[Followed, list[Event]]:
            one = Followed(context, tails)
            one.answer()
            return one, shown

        yield follow


def told(shown: list[Event]) -> list[JobLog]:
    return [one for one in shown if isinstance(one, JobLog)]


def test_a_log_with_an_exception_at_its_end_is_read_once(followed):
    one, shown = followed(EXCEPTION)
    for again_s in LOG_AGAIN_S:
        one.look_at(again_s)
    assert one.finish()
    assert one.looks == 1
    assert [log.exception for log in told(shown)] == ["ValueError: no"]
    assert one.failure().exception == "ValueError: no"


def test_a_log_that_may_go_on_is_looked_at_again_and_told_again_if_it_has(followed):
    one, shown = followed(LINES, LINES, EXCEPTION)
    for again_s in LOG_AGAIN_S:
        one.look_at(again_s)
    assert one.looks == 3
    assert [log.lines for log in told(shown)] == [LINES.lines, ENDED]


def test_what_is_not_there_is_told_once_no_more_looks_come_with_what_to_do(followed):
    one, shown = followed(NOTHING)
    for again_s in LOG_AGAIN_S[:-1]:
        one.look_at(again_s)
    assert told(shown) == []
    one.look_at(LOG_AGAIN_S[-1])
    journal = one.context.journal.file
    again = f"To look again: kedro-batch wait r1 --journal {journal}"
    assert [log.problem for log in told(shown)] == [f"its log is still empty. {again}"]
    assert one.failure().log_problem == told(shown)[0].problem


def test_for_a_run_on_this_machine_nobody_is_sent_to_a_command_that_follows_none_of_those(followed):
    one, shown = followed(LogTail(problem="its log is empty"))
    one.context.engine.capabilities = replace(one.context.engine.capabilities, keeps_jobs=False)
    for again_s in LOG_AGAIN_S:
        one.look_at(again_s)
    assert [log.problem for log in told(shown)] == ["its log is empty"]


def test_the_end_of_a_run_waits_for_a_second_look_at_most_where_there_are_lines(followed):
    one, _ = followed(LINES)
    assert not one.finish()
    one.look_at(LOG_AGAIN_S[0])
    assert one.finish()


def test_the_end_of_a_run_is_one_more_look_at_what_was_missing_long_before(followed):
    one, shown = followed(*[NOTHING] * (1 + len(LOG_AGAIN_S)), EXCEPTION)
    for again_s in LOG_AGAIN_S:
        one.look_at(again_s)
    assert not one.finish()
    one.answer()
    assert one.finish()
    assert [log.exception for log in told(shown)] == [None, "ValueError: no"]
    assert one.failure().log_problem is None


def test_the_end_of_a_run_does_not_wait_for_ever(followed):
    one, shown = followed(NOTHING)
    end = one.began + 100
    assert not one.logs.finish(end)
    assert one.logs.next_at(end) <= end + LOG_END_S
    assert one.logs.finish(end + LOG_END_S)
    assert [str(log.problem).partition(".")[0] for log in told(shown)] == ["its log is still empty"]


def test_what_can_never_come_is_told_at_once_and_not_looked_for_again(followed):
    one, shown = followed(LogTail(problem="it has no log stream: its container never started", complete=True))
    one.look_at(LOG_AGAIN_S[-1])
    assert one.finish()
    assert one.looks == 1
    assert [log.problem for log in told(shown)] == ["it has no log stream: its container never started"]


@pytest.mark.parametrize("complete", [True, False])
def test_a_log_of_empty_lines_has_been_read(followed, complete):
    one, shown = followed(LogTail(lines=("", " \t", ""), complete=complete))
    for again_s in LOG_AGAIN_S:
        one.look_at(again_s)
    assert [str(log.problem).partition(".")[0] for log in told(shown)] == ["its log has only empty lines"]
    assert one.looks == (1 if complete else 1 + len(LOG_AGAIN_S))
