"""The logs of a run on this machine, read from a real folder."""

import os
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from kedro_batch.plan.model import JobName
from kedro_batch.plan.submit_job import JobId
from kedro_batch.submitter.job_state import JobState
from kedro_batch.submitter.local_logs import LocalLogs
from kedro_batch.submitter.service.local_record import RECORD, Began, Ended, LocalRecord

_READING = ("open", "os.scandir", "os.listdir")


def run_of(folder: Path, jobs: int, attempts: int = 2) -> LocalLogs:
    """Make the folder of a run in which every job but the first has ended."""
    record = LocalRecord(folder / RECORD)
    logs = folder / "logs"
    logs.mkdir()
    for number in range(jobs):
        about: Any = {"job_id": JobId(f"id{number}"), "name": f"r_job{number}_1", "at": 1.0}
        for attempt in range(1, attempts + 1):
            record.append(Began(**about, attempt=attempt, group=1, started="1", machine="here"))
            (logs / f"job{number}.1.{attempt}.log").write_text(f"attempt {attempt} of job{number}\n")
        if number:
            record.append(Ended(**about, code=0, reason="", log=None))
    found = LocalLogs(logs, folder / RECORD, lambda: True)
    found.wanted = [JobName(f"job{number}") for number in range(jobs)]
    return found


class Opened:
    """What this process has opened below a folder; a hook stays until the process ends, so it is told when to count."""

    def __init__(self) -> None:
        self.calls = Counter[str]()
        self._below: str | None = None
        sys.addaudithook(self._hook)

    def _hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self._below and event in _READING and str(arguments[0]).startswith(self._below):
            self.calls[event] += 1

    @contextmanager
    def below(self, folder: Path) -> Iterator[Counter[str]]:
        self.calls, self._below = Counter(), os.fspath(folder)
        try:
            yield self.calls
        finally:
            self._below = None


@pytest.fixture(scope="module")
def opened() -> Opened:
    return Opened()


@pytest.mark.parametrize("jobs", [1, 50])
def test_folder_and_record_are_read_once_for_all_jobs(tmp_path, opened, jobs):
    logs = run_of(tmp_path, jobs)
    with opened.below(tmp_path) as first:
        states = logs.states()
        assert len(logs.look()) == jobs
        for job in logs.wanted:
            assert logs.attempts_begun(job) == 2
            assert len(list(logs.logs_of(job))) == 1
    assert states == {job: JobState.SUCCEEDED if job != "job0" else JobState.RUNNING for job in logs.wanted}
    assert first == {"open": 2, "os.scandir": 2}  # once for the states, and once for the look


def test_a_log_that_was_left_is_not_returned_again_but_those_of_later_attempts_are(tmp_path):
    logs = run_of(tmp_path, 2)
    found = logs.look()
    assert [(one.place.job, one.place.attempt, one.ended) for one in found] == [("job0", 2, False), ("job1", 2, True)]
    for one in found:
        logs.leave(one.place)
    assert logs.look() == []
    (tmp_path / "logs" / "job0.1.3.log").write_text("attempt 3\n")
    (tmp_path / "logs" / "job1.2.1.log").write_text("resumed\n")
    assert [(one.place.job, one.place.submission, one.place.attempt) for one in logs.look()] == [
        ("job0", 1, 3),
        ("job1", 2, 1),
    ]


def test_a_folder_that_is_not_there_yet_has_no_logs(tmp_path):
    logs = LocalLogs(tmp_path / "logs", tmp_path / RECORD, lambda: False)
    logs.wanted = [JobName("a")]
    assert logs.look() == []
    assert logs.why_none(JobName("a")) == f"it was not started: {tmp_path}/logs has no file of it"
