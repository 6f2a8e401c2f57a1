"""A process that was stopped with a job in its hand goes on once the run is cancelled: it sends nothing more."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.faults.kill_points import KillPoint, first_point_in
from tests.support.command_line import environment, unmeasured
from tests.support.forked import on
from tests.support.plans import write_plan
from tests.support.runs import end_of, states, wait_until
from tests.support.services import StandIn, standin

_KILLED = Path(__file__).with_name("killed.py")
BEFORE_THE_CALL = first_point_in("sender.py", "Sender.send")
"""The intent of the job is in the journal; one thread decides and writes, so that the journal is not held then."""


@contextmanager
def stopped_at(
    point: KillPoint, times: int, *words: str, cwd: Path, service: StandIn
) -> Iterator["subprocess.Popen[str]"]:
    """Start ``kedro-batch WORDS``, which is stopped at a line; wait until it is."""
    command = [sys.executable, str(_KILLED), f"{point}:{times}:SIGSTOP", "--", *words]
    env = unmeasured(environment(service.environment))
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=cwd, env=env, stdout=pipe, stderr=pipe, text=True) as process:
        try:
            wait_until(lambda: _is_stopped(process.pid), process)
            yield process
        finally:
            process.kill()


def _is_stopped(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"


@pytest.mark.long  # cancel waits half a minute for such a process
@pytest.mark.parametrize("more", [(), ("--no-adopt",)], ids=["looks up", "looks nothing up"])
@pytest.mark.parametrize("resumed", [False, True], ids=["apply", "resume"])
def test_nothing_of_what_it_was_about_to_send_is_sent_after_the_cancel(tmp_path, more, resumed):
    write_plan(tmp_path, {name: ["x"] for name in "abc"})
    words: tuple[str, ...] = ("apply", "plan.yaml", "--run-id", "r", "--rate", "1", *more)
    with standin(run_s=600) as service:
        if resumed:
            assert on(service, *words, "--detach", cwd=tmp_path).code == 0
            assert on(service, "cancel", "r", cwd=tmp_path).code == 0
            words = ("resume", "r", "--rate", "1", *more)
        # One call at a time: a request that has been checked may leave after the stop, and nobody can take it back.
        with stopped_at(BEFORE_THE_CALL, 2, *words, cwd=tmp_path, service=service) as process:
            cancelled = on(service, "cancel", "r", cwd=tmp_path)
            assert cancelled.code == 0, cancelled.err
            taken = service.verdict()["taken"]
            process.send_signal(signal.SIGCONT)
            ended = end_of(process)
        assert (ended.code, service.verdict()["taken"]) == (6, taken), ended.err
        assert set(states(service).values()) == {"FAILED"}
        # Told by the mark in the journal, or by a job that was ended: whichever it comes upon first.
        assert "run r was cancelled at" in ended.err or "cancelled, and with it the run, by another" in ended.err
        service.configure(run_s=0.1)
        assert on(service, "resume", "r", cwd=tmp_path).code == 0
        assert set(states(service).values()) == {"SUCCEEDED"}
