"""What a command that is ended with Ctrl-C says of the jobs that it leaves."""

import signal

import pytest

from tests.support.forked import on
from tests.support.plans import write_plan
from tests.support.runs import interrupted, started, wait_until
from tests.support.services import standin
from tests.support.terminals import on_terminal

GOES_ON = "Stopped following. 1 job goes on running on AWS Batch (us-east-1)"


def test_ctrl_c_says_what_goes_on_and_wait_follows_it(tmp_path, transcript):
    write_plan(tmp_path, {"a": ["x"]})
    with standin(durations={"a": 600}) as service:
        env = service.environment
        with on_terminal("apply", "plan.yaml", "--run-id", "r", "-v", cwd=tmp_path, env=env) as terminal:
            terminal.wait_for("a RUNNING")
            terminal.process.sendintr()
            ended = terminal.end()
        assert ended.code == 130
        transcript.record(("apply", "plan.yaml", "--run-id", "r"), ended)
        service.finish("a")
        assert transcript.on(service, "wait", "r").code == 0
    transcript.check("stopped_following")
    assert ended.err.count("Stopped following.") == 1


@pytest.mark.parametrize("words", [["--json"], ["-q"], []])
def test_standard_error_says_it_where_standard_output_is_elsewhere(tmp_path, words):
    write_plan(tmp_path, {"a": ["x"]})
    with (
        standin(durations={"a": 600}) as service,
        started("apply", "plan.yaml", "--run-id", "r", *words, cwd=tmp_path, service=service) as process,
    ):
        wait_until(lambda: len(service.asked("describejobs")) > 1, process)  # it follows
        ended = interrupted(process)
    assert ended.code == 130
    assert ended.err.endswith(f"{GOES_ON}.\n")
    assert ("Error" in ended.err, "SIGINT" in ended.err) == (False, False)


def test_jobs_that_ctrl_c_has_ended_are_cancelled_and_did_not_fail(tmp_path):
    write_plan(tmp_path, {"a": ["x"], "b": ["x"]}, {"b": "a"})
    words = ("apply", "plan.yaml", "--run-id", "r", "--on-interrupt", "terminate")
    with standin(durations={"a": 600}) as service:
        with started(*words, cwd=tmp_path, service=service) as process:
            wait_until(lambda: len(service.asked("describejobs")) > 1, process)
            assert interrupted(process).code == 130
        ended = on(service, "cancel", "r", cwd=tmp_path)
        assert ended.code == 0, ended.err
        assert "2 jobs, 2 cancelled" in ended.text


def test_a_second_ctrl_c_while_jobs_are_ended_says_how_to_end_them(tmp_path):
    write_plan(tmp_path, {"a": ["x"]})
    words = ("apply", "plan.yaml", "--run-id", "r", "--on-interrupt", "terminate")
    with standin(durations={"a": 600}, hang=["terminatejob", "terminatejobs"]) as service:
        with started(*words, cwd=tmp_path, service=service) as process:
            wait_until(lambda: len(service.asked("describejobs")) > 1, process)
            process.send_signal(signal.SIGINT)
            wait_until(lambda: service.asked("terminatejobs"), process)
            ended = interrupted(process)
        assert ended.code == 130
        assert ended.err.endswith("Not all could be terminated, since SIGINT came again: kedro-batch cancel r\n")
        service.configure(hang=None)
        assert on(service, "cancel", "r", cwd=tmp_path).code == 0
