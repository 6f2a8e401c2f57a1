import os
import resource
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from kedro_batch.errors import UsageError
from kedro_batch.plan.submit_job import JobId
from kedro_batch.submitter.job_state import JobState
from kedro_batch.submitter.service import process_table
from kedro_batch.submitter.service.local_earlier import EarlierCommands
from kedro_batch.submitter.service.local_record import Began, Ended, LocalRecord, read_record
from tests.support.runs import wait_until

ID = JobId("local-0123-1")


@pytest.fixture
def group(tmp_path) -> Iterator["subprocess.Popen[bytes]"]:
    """A process group whose first process has a child; ends it."""
    command = ["bash", "-c", "sleep 600 & echo $! > child.tmp; mv child.tmp child; wait"]
    with subprocess.Popen(
        command, cwd=tmp_path, env={**os.environ, "AWS_BATCH_JOB_ID": ID}, start_new_session=True
    ) as process:
        wait_until((tmp_path / "child").exists)
        yield process
        process.kill()
        child = process_table.find_process(int((tmp_path / "child").read_text()))
        if child and child.group == process.pid:
            os.kill(child.pid, signal.SIGKILL)


def began(process: "subprocess.Popen[bytes]") -> Began:
    found = process_table.find_process(process.pid)
    assert found
    machine = process_table.machine()
    return Began(
        job_id=ID, name="r_a-b_1", attempt=1, group=process.pid, started=found.started, machine=machine, at=1.0
    )


def ended(code: int | None = 0, reason: str = "", log: str | None = None) -> Ended:
    return Ended(job_id=ID, name="r_a-b_1", code=code, reason=reason, log=log, at=2.0)


def recorded(folder: Path, *lines: Began | Ended) -> EarlierCommands:
    (folder / "record").unlink(missing_ok=True)
    record = LocalRecord(folder / "record")
    for line in lines:
        record.append(line)
    return EarlierCommands(folder / "record")


def lives(pid: int) -> bool:
    return process_table.find_process(pid) is not None


def test_a_process_of_the_record_is_found_and_ended_with_its_children(tmp_path, group):
    child = int((tmp_path / "child").read_text())
    found = recorded(tmp_path, began(group))
    assert found.left_running() == ("a-b",)
    assert found.left_running(signal.SIGTERM) == ("a-b",)
    wait_until(lambda: not found.left_running())
    assert not lives(child)


def test_children_whose_first_process_has_ended_are_found(tmp_path, group):
    child = int((tmp_path / "child").read_text())
    line = began(group)
    group.kill()
    group.wait()
    found = recorded(tmp_path, line)
    assert found.left_running(signal.SIGKILL) == ("a-b",)
    wait_until(lambda: not lives(child))
    assert found.left_running() == ()


@pytest.mark.parametrize("other", [{"started": "1"}, {"machine": "another"}])
def test_a_number_that_another_process_has_by_now_is_not_signalled(tmp_path, group, other):
    # Its children have no such id in their environment.
    line = replace(began(group), job_id=JobId("local-0123-2"), **other)
    assert recorded(tmp_path, line).left_running(signal.SIGKILL) == ()
    assert group.poll() is None


def test_what_has_ended_is_not_looked_for_and_its_end_is_known(tmp_path, group):
    found = recorded(tmp_path, began(group), ended(3, "why", "a.log"))
    assert found.left_running(signal.SIGKILL) == ()
    detail = found.ended[ID].detail
    assert (detail.state, detail.reason, detail.name) == (JobState.FAILED, "why", "r_a-b_1")
    assert detail.reply["container"] == {"logStreamName": "a.log", "exitCode": 3}
    assert recorded(tmp_path, ended()).ended[ID].state is JobState.SUCCEEDED
    assert recorded(tmp_path, ended(None, "timeout")).ended[ID].state is JobState.FAILED


def test_a_line_that_was_torn_is_ignored_and_the_next_command_begins_a_new_one(tmp_path):
    file = tmp_path / "record"
    LocalRecord(file).append(ended())
    whole = file.read_bytes()
    for end in range(len(whole)):
        file.write_bytes(whole + whole[:end])
        LocalRecord(file).append(ended(1))
        assert list(read_record(file))[:: 2 if end == len(whole) - 1 else 1] == [ended(), ended(1)]


@pytest.mark.parametrize(
    "line",
    [
        "",
        "[]",
        "{}",
        "\x00\xff",
        '{"event": "began"}',
        '{"event": ["began"]}',
        '{"event": "ended", "job_id": 1, "name": "r_a_1", "code": 0, "reason": "", "log": null, "at": 1}',
        '{"event": "ended", "job_id": "1", "name": "r_a_1", "code": "0", "reason": "", "log": null, "at": 1}',
        '{"event": "ended", "job_id": "1", "name": "r_a_1", "code": 0, "reason": "", "log": null, "at": 1, "new": 1}',
        '{"event": "ended", "job_id": "1", "name": "r_a_1", "code": 0, "reason": "", "log": null, "at": NaN}',
        '{"event": "ended", "job_id": "1", "name": "r_a_1", "code": 0, "reason": "", "log": null, "at": -Infinity}',
        '{"event": "ended", "job_id": "1", "name": "r_a_1", "code": 0, "reason": "", "log": null, "at": 1e300}',
        pytest.param("[" * 100_000, id="too deep"),
    ],
)
def test_a_line_that_says_nothing_is_ignored(tmp_path, line):
    (tmp_path / "record").write_text(f"{line}\n", encoding="latin-1")
    assert list(read_record(tmp_path / "record")) == []


def test_a_line_that_does_not_fit_on_the_disk_is_an_error_and_spoils_no_other(tmp_path):
    record = LocalRecord(tmp_path / "record")
    record.append(ended())
    size = (tmp_path / "record").stat().st_size
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 9, before[1]))
        with pytest.raises(OSError, match="No space left"):
            record.append(ended(1))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    record.append(ended(2))
    assert list(read_record(tmp_path / "record")) == [ended(), ended(2)]


def test_no_record_says_that_nothing_was_started_and_one_that_cannot_be_read_is_a_message(tmp_path):
    assert list(read_record(tmp_path / "record")) == []
    (tmp_path / "record").symlink_to("elsewhere")
    with pytest.raises(UsageError, match="It says what earlier commands of the run may have left running"):
        list(read_record(tmp_path / "record"))


def test_without_proc_the_same_is_found_by_ps(tmp_path, group, monkeypatch):
    child = int((tmp_path / "child").read_text())
    monkeypatch.setattr(process_table, "_has_proc", lambda: False)
    line = began(group)
    assert {one.pid for one in process_table.find_members({group.pid})} == {group.pid, child}
    assert recorded(tmp_path, line).left_running(signal.SIGTERM) == ("a-b",)
    group.wait()
    wait_until(lambda: not lives(child))


def test_without_proc_a_boot_is_told_by_its_session_whatever_the_machine_is_called(tmp_path, monkeypatch):
    program = tmp_path / "sysctl"  # as macOS has it
    program.write_text('#!/bin/sh\n[ "$*" = "-n kern.bootsessionuuid" ] && echo 5B6A-01\n')
    program.chmod(0o755)
    monkeypatch.setattr(process_table, "_PROC", tmp_path / "proc")
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    assert process_table.machine.__wrapped__() == "5B6A-01"
    for said in ("exit 1", "true"):
        program.write_text(f"#!/bin/sh\n{said}\n")
        assert process_table.machine.__wrapped__() == os.uname().nodename
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    assert process_table.machine.__wrapped__() == os.uname().nodename
