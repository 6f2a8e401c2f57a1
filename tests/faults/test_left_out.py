"""Jobs that a new plan leaves out: how they ended is seen, told and kept, since nobody asks about them again."""

import signal
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.faults.kill_points import first_point_in
from tests.faults.test_new_plan import new_plan
from tests.faults.trials import run_and_kill
from tests.support.command_line import environment
from tests.support.forked import on
from tests.support.plans import write_plan
from tests.support.runs import JOURNAL, make_older, states, wait_until
from tests.support.services import StandIn, standin

BOTH = {"a": ["x"], "old": ["x"]}
APPLY = ("apply", "plan.yaml", "--run-id", "r")
RESUME = ("resume", "r", "--new-plan", "new.yaml")
BEFORE_THE_CALL = first_point_in("sender.py", "Sender.send")
"""The intent of the job is in the journal, and its call is not made."""


def row(folder: Path) -> tuple[object, ...] | None:
    """Give what the journal has of the job ``old``, if it has it."""
    columns = "state, exit_code, cause, stopped_at IS NOT NULL"
    with closing(sqlite3.connect(folder / JOURNAL)) as journal:
        found: tuple[object, ...] | None = journal.execute(
            f"SELECT {columns} FROM submissions WHERE job = 'old'"  # noqa: S608  names of this code, no input
        ).fetchone()
        return found


def failed_unseen(folder: Path, service: StandIn, **extra: Any) -> None:
    """Let the job ``old`` fail while nobody looks."""
    write_plan(folder, BOTH, **extra)
    assert on(service, *APPLY, "--detach", cwd=folder).code == 0
    wait_until(lambda: states(service) == {"a": "SUCCEEDED", "old": "RUNNING"})
    service.finish("old")
    wait_until(lambda: states(service)["old"] == "FAILED")


def killed_before_the_call(folder: Path, service: StandIn) -> None:
    """Let ``apply`` be killed once it has written the intent of the job ``old``, and before it sends it."""
    write_plan(folder, BOTH)
    code, said = run_and_kill(APPLY, (BEFORE_THE_CALL, 2), cwd=folder, env=environment(service.environment))
    assert code == -signal.SIGKILL, said
    wait_until(lambda: states(service) == {"a": "SUCCEEDED"})
    state, *_ = row(folder) or ()
    assert state == "SUBMITTING"


def test_one_that_failed_while_nobody_looked_is_told_and_kept_in_the_journal(tmp_path, transcript):
    with standin(fail={"old": 3}, durations={"old": 600}) as service:
        failed_unseen(tmp_path, service)
        new_plan(tmp_path, {"a": ["x"]}, {})
        assert transcript.on(service, *RESUME).code == 0
        assert transcript.on(service, "logs", "old").code == 0
    assert row(tmp_path) == ("FAILED", 3, "exit", True)
    transcript.check("new_plan_leaves_out_what_failed")


def test_an_earlier_submission_that_failed_while_nobody_looked_keeps_its_reason(tmp_path):
    with standin(fail={"old": 3}, durations={"old": 600}) as service:
        failed_unseen(tmp_path, service)
        service.configure(fail={}, durations={})
        assert on(service, "resume", "r", cwd=tmp_path).code == 0
        assert row(tmp_path) == ("FAILED", 3, "exit", True)


def test_nobody_asks_about_one_that_was_left_out_whether_its_run_goes_on(tmp_path):
    writes = {name: {"writes": [name]} for name in ("a", "old", "long")}
    with standin(fail={"old": 3}, durations={"old": 600, "long": 600}) as service:
        failed_unseen(tmp_path, service, a=writes["a"], old=writes["old"])
        left_out = service.jobs()["old"]["id"]
        jobs = {"a": ["x"], "long": ["x"]}
        new_plan(tmp_path, jobs, {}, a=writes["a"], long=writes["long"])
        assert on(service, *RESUME, "--detach", cwd=tmp_path).code == 0
        asked = len(service.asked("describejobs"))
        other = on(service, "apply", "new.yaml", "--run-id", "s", "--detach", cwd=tmp_path)
        assert "run r of this project goes on and writes" in other.err
        assert left_out not in str(service.asked("describejobs")[asked:])


@pytest.mark.parametrize("word", ["wait", "cancel"])
def test_one_that_was_never_sent_does_not_go_on_once_it_was_looked_for_as_is_advised(tmp_path, word, transcript):
    with standin(run_s=0.1) as service:
        killed_before_the_call(tmp_path, service)
        new_plan(tmp_path, {"a": ["x"]}, {})
        refused = transcript.on(service, *RESUME)
        assert refused.code == 2
        assert f"kedro-batch {word} r\n" in refused.err
        looked = transcript.on(service, word, "r")
        assert "2 jobs, 1 succeeded, 1 not submitted" in looked.text
        assert transcript.on(service, *RESUME).code == 0
        assert row(tmp_path) is None
        assert service.verdict()["taken"] == 1
    if word == "cancel":
        transcript.check("new_plan_leaves_out_what_was_never_sent")


@pytest.mark.parametrize("word", ["wait", "cancel"])
def test_one_that_was_never_sent_is_sent_by_a_later_resume_of_the_same_plan(tmp_path, word):
    with standin(run_s=0.1) as service:
        killed_before_the_call(tmp_path, service)
        on(service, word, "r", cwd=tmp_path)
        assert on(service, "resume", "r", cwd=tmp_path).code == 0
        assert states(service) == {"a": "SUCCEEDED", "old": "SUCCEEDED"}
        assert (service.verdict()["taken"], service.verdict()["duplicates"]) == (2, {})


def test_for_one_that_was_never_sent_and_is_left_out_days_later_no_cancel_waits(tmp_path):
    with standin(run_s=0.1) as service:
        killed_before_the_call(tmp_path, service)
        make_older(tmp_path, 25 * 3600)
        (tmp_path / "done").write_text("a\n")
        new_plan(tmp_path, {"a": ["x"], "long": ["x"]}, {})
        service.configure(run_s=600)
        assert on(service, *RESUME, "--assume-done", "done", "--detach", cwd=tmp_path).code == 0
        cancelled = on(service, "cancel", "r", cwd=tmp_path)
        assert (cancelled.code, states(service)["long"]) == (0, "FAILED")
        assert "others may submit" not in cancelled.err
        assert row(tmp_path) is None
