import errno
import fcntl
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kedro_batch.errors import UsageError
from kedro_batch.plan.submit_job import RunId
from kedro_batch.submitter.run_lock import is_locked, remove_run_folder, run_lock
from tests.support.command_line import GENEROUS_S

RUN = RunId("r1")
HOLDER = """
import sys
from pathlib import Path
from kedro_batch.submitter.run_lock import run_lock
with run_lock(Path(sys.argv[1]), "r1"):
    print("ready", flush=True)
    sys.stdin.read()
"""
LOOKER = """
import sys
from pathlib import Path
from kedro_batch.submitter.run_lock import is_locked
print("ready", flush=True)
while True:
    is_locked(Path(sys.argv[1]))
"""


@contextmanager
def another_process(program: str, folder: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", program, str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            assert process.stdout.readline() == "ready\n"
            yield process
        finally:
            process.kill()


def test_a_second_process_is_refused_with_the_name_of_the_first(tmp_path):
    with another_process(HOLDER, tmp_path / "r1") as first:
        refusal = (
            rf"run r1 is being worked on by process {first.pid} of .+ on .+, since \d{{4}}-.*kedro-batch status r1"
        )
        for _ in range(2):  # the refused one does not take the name away
            with pytest.raises(UsageError, match=refusal), run_lock(tmp_path / "r1", RUN):
                pass


def test_the_lock_ends_with_its_holder_however_that_ends(tmp_path):
    with another_process(HOLDER, tmp_path / "r1") as first:
        first.send_signal(signal.SIGKILL)
        first.wait(GENEROUS_S)
        with run_lock(tmp_path / "r1", RUN):
            assert f"process {os.getpid()} of" in (tmp_path / "r1" / "lock").read_text()
            assert f"process {first.pid} of" not in (tmp_path / "r1" / "lock").read_text()


def test_the_lock_is_let_go_after_the_block_and_after_an_error_in_it(tmp_path):
    with pytest.raises(ZeroDivisionError), run_lock(tmp_path / "r1", RUN):
        _ = 1 / 0
    with run_lock(tmp_path / "r1", RUN), another_process(HOLDER, tmp_path / "r2"):
        pass  # another run is nobody's business
    with another_process(HOLDER, tmp_path / "r1"):
        pass


def test_a_folder_that_cannot_be_written_is_an_error_of_the_user_s(tmp_path):
    (tmp_path / "taken").write_text("")
    with pytest.raises(UsageError, match="cannot write the lock of the run"), run_lock(tmp_path / "taken" / "r1", RUN):
        pass


def test_a_file_system_without_room_for_a_lock_is_said_with_what_to_do(tmp_path, monkeypatch):
    def read_only(path, *_, **__):
        raise OSError(errno.EROFS, "Read-only file system", str(path))

    monkeypatch.setattr(Path, "mkdir", read_only)
    refused = pytest.raises(
        UsageError, match=r"Read-only file system\. Name a journal in another folder with --journal$"
    )
    with refused, run_lock(tmp_path / "runs" / "r1", RUN):
        pass


def test_the_folder_of_a_run_that_leaves_nothing_is_removed_and_can_be_made_again(tmp_path):
    with run_lock(tmp_path / "r1", RUN):
        remove_run_folder(tmp_path / "r1")
        assert not (tmp_path / "r1").exists()
    with run_lock(tmp_path / "r1", RUN):
        (tmp_path / "r1" / "logs").mkdir()
        remove_run_folder(tmp_path / "r1")
        assert (tmp_path / "r1" / "logs").exists()


def test_a_lock_that_was_removed_before_it_was_held_is_taken_again(tmp_path, monkeypatch):
    flock = fcntl.flock
    removed: list[bool] = []

    def late(file, operation):
        if not removed:
            (tmp_path / "r1" / "lock").unlink()
            removed.append(True)
        flock(file, operation)

    monkeypatch.setattr(fcntl, "flock", late)
    with run_lock(tmp_path / "r1", RUN):
        assert (tmp_path / "r1" / "lock").read_text().startswith(f"process {os.getpid()} of ")


def test_who_only_looks_whether_a_run_is_locked_keeps_nobody_from_working_on_it(tmp_path):
    with run_lock(tmp_path / "r1", RUN):
        assert is_locked(tmp_path / "r1")
    with another_process(LOOKER, tmp_path / "r1") as looking:
        for _ in range(300):
            with run_lock(tmp_path / "r1", RUN):
                pass
        assert looking.poll() is None
    assert not is_locked(tmp_path / "r1")
