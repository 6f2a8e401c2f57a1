"""A process that stands still for a while, as on a closed laptop, while another one works on the run."""

import os
import re
import signal
from pathlib import Path

import pytest

from tests.support.plans import write_plan
from tests.support.runs import end_of, on, started, wait_until
from tests.support.services import standin

_JOBS = {f"job{number:02}": ["x"] for number in range(20)}


def _folder(folder: Path) -> Path:
    folder.mkdir()
    write_plan(folder, _JOBS, {})
    return folder


@pytest.mark.parametrize("chosen", [(), ("--run-id", "shared")], ids=["made id", "chosen id"])
def test_a_process_that_stood_still_looks_at_the_run_before_it_submits_on(tmp_path, chosen):
    here, there = (_folder(tmp_path / name) for name in ("here", "there"))
    with standin(run_s=0.5) as service:
        with started("apply", "plan.yaml", "--rate", "2", *chosen, cwd=here, service=service) as first:
            wait_until(lambda: len(service.asked("submitjob")) >= 4, first)
            os.kill(first.pid, signal.SIGSTOP)
            run = service.asked("submitjob")[0]["jobName"].split("_")[0]
            second = on(service, "resume", run, "--plan", "plan.yaml", cwd=there)
            os.kill(first.pid, signal.SIGCONT)
            ended = end_of(first)
        verdict = service.verdict()
    assert (second.code, ended.code) == (0, 0), second.err + ended.err
    assert (verdict["labels"], verdict["duplicates"]) == (len(_JOBS), {})
    assert "another process" in ended.err


def test_a_detached_command_says_at_once_that_it_looks_at_the_run_before_it_ends(tmp_path):
    words = ("apply", "plan.yaml", "--run-id", "r", "--detach")
    folder = _folder(tmp_path / "here")
    with standin(run_s=3600) as service:
        ended = on(service, *words, cwd=folder)
        looks = len(service.asked("listjobs"))
        again = on(service, *words, "--no-reconcile", cwd=folder)
        assert service.verdict()["taken"] == len(_JOBS)
    assert (ended.code, again.code) == (0, 0), ended.err + again.err
    assert re.search(r"looking at the run once more in [12] s, .*--no-reconcile", ended.err)
    assert looks >= 2  # before it submits, and before it ends
    assert "once more" not in again.err
