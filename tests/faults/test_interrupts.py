"""What a command that is ended with Ctrl-C says of the jobs that it leaves."""

import json
import signal

import pytest

from tests.support.forked import on
from tests.support.plans import write_plan
from tests.support.runs import interrupted, read_until, started, wait_until
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
            said = read_until(process, "stopping")
            ended = interrupted(process)
        assert said.endswith("  stopping: terminating the jobs of the run. A second signal ends this at once\n")
        assert ended.code == 130
        assert ended.err.endswith("Not all could be terminated, since SIGINT came again: kedro-batch cancel r\n")
        service.configure(hang=None)
        assert on(service, "cancel", "r", cwd=tmp_path).code == 0


WAITS = (
    "stopping: waiting up to 5 s for AWS Batch to say what became of 1 submission. A second signal ends this at once"
)


@pytest.mark.parametrize("words", [["-q"], []])
def test_a_signal_says_at_once_what_is_waited_for_and_a_second_one_ends_that(tmp_path, words):
    write_plan(tmp_path, {"a": ["x"]})
    with (
        standin(hang="submitjob") as service,
        started("apply", "plan.yaml", "--run-id", "r", *words, cwd=tmp_path, service=service) as process,
    ):
        wait_until(lambda: service.asked("submitjob"), process)
        process.send_signal(signal.SIGTERM)
        said = read_until(process, "stopping")
        ended = interrupted(process)
    assert said.endswith(f"  {WAITS}\n")
    assert (ended.code, "stopping" in ended.err) == (143, False)
    assert "1 job may have been submitted (a): resume looks them up first" in ended.err


@pytest.mark.parametrize("kind", ["xterm", "dumb"])
def test_a_terminal_shows_it_too(tmp_path, kind):
    write_plan(tmp_path, {"a": ["x"]})
    with standin(hang="submitjob") as service:
        words = ("apply", "plan.yaml", "--run-id", "r")
        with on_terminal(*words, cwd=tmp_path, env=service.environment, kind=kind) as terminal:
            wait_until(lambda: service.asked("submitjob"))
            terminal.process.sendintr()
            terminal.wait_for(WAITS)
            terminal.process.sendintr()
            ended = terminal.end()
    assert (ended.code, ended.err.count(WAITS)) == (130, 1)


def test_events_tell_it(tmp_path):
    write_plan(tmp_path, {"a": ["x"]})
    with (
        standin(hang="submitjob") as service,
        started("apply", "plan.yaml", "--json", cwd=tmp_path, service=service) as process,
    ):
        wait_until(lambda: service.asked("submitjob"), process)
        ended = interrupted(process)
    told = [one for one in map(json.loads, ended.text.splitlines()) if one["event"] == "notice"]
    assert [(one["kind"], one["message"]) for one in told] == [("stopping", WAITS)]
    assert WAITS not in ended.err


def test_nothing_is_said_where_nothing_is_waited_for(tmp_path):
    write_plan(tmp_path, {"a": ["x"]})
    with (
        standin(hang="describejobs") as service,
        started("apply", "plan.yaml", cwd=tmp_path, service=service) as process,
    ):
        wait_until(lambda: service.asked("describejobs"), process)
        ended = interrupted(process)
    assert (ended.code, "stopping" in ended.err) == (130, False)
