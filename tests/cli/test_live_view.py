"""What a command shows of a run while it works on it, seen on a terminal and where standard error is none."""

import fcntl
import signal
from pathlib import Path

from kedro_batch.plan.model import JobName
from kedro_batch.plan.submit_job import RunId
from kedro_batch.submitter.journal_view import read_journal
from tests.support import forked
from tests.support.command_line import GENEROUS_S
from tests.support.plans import write_plan
from tests.support.runs import JOURNAL, end_of, interrupted, started, states, wait_until
from tests.support.services import standin
from tests.support.terminals import on_terminal

STOP, GO_ON = "\x13", "\x11"
F_SETPIPE_SZ = 1031


def has_ended(folder: Path) -> bool:
    """True if the journal has how the run ended."""
    with read_journal(folder / JOURNAL) as journal:
        return all(one.outcome for one in journal.runs())


def began(folder: Path, job: str) -> bool:
    """True if the journal has when a job that runs began."""
    with read_journal(folder / JOURNAL) as journal:
        found = journal.began(RunId("r")).get(JobName(job))
    return found is not None and found.exact


def test_wait_shows_at_once_what_is_known_and_says_when_it_knows_no_more(tmp_path):
    write_plan(tmp_path, {name: ["x"] for name in ("a", "b", "c")}, {"b": "a", "c": "b"})
    with standin(durations={"b": 600}) as service:
        with started("apply", "plan.yaml", "--run-id", "r", cwd=tmp_path, service=service) as process:
            wait_until(lambda: states(service).get("b") == "RUNNING" and began(tmp_path, "b"), process)
            interrupted(process)
        with on_terminal("wait", "r", cwd=tmp_path, env=service.environment, kind="xterm") as terminal:
            terminal.wait_for("1 of 3 jobs done")
            terminal.wait_for("1 succeeded")
            terminal.wait_for("1 waiting for other jobs")
            terminal.wait_for("1 running")
            service.configure(refuse={"DescribeJobs": [503, "ServiceUnavailable", "later"]})
            terminal.wait_for("nothing newer is known")
            service.configure(refuse={})
            service.finish("b")
            ended = terminal.end()
    assert ended.code == 0
    assert ended.err.endswith(": 3 jobs, 3 succeeded\n")


def test_events_as_json_leave_standard_error_to_errors(tmp_path):
    write_plan(tmp_path, {"a": ["x"], "b": ["x"]}, {"b": "a"})
    with standin(fail={"a": 1}) as service:
        ended = forked.on(service, "apply", "plan.yaml", "--json", cwd=tmp_path)
    assert (ended.code, ended.err) == (6, "")


def test_a_pipe_is_no_terminal_whatever_a_ci_service_says_of_colours(tmp_path):
    write_plan(tmp_path, {"a": ["x"]})
    colours = {"FORCE_COLOR": "1", "TTY_COMPATIBLE": "1"}
    with standin() as service:
        env = {**service.environment, **colours}
        applied = forked.kedro_batch("apply", "plan.yaml", "--run-id", "r", cwd=tmp_path, env=env)
        watched = forked.kedro_batch("status", "r", "--watch", cwd=tmp_path, env=env)
    assert (applied.code, watched.code) == (0, 0)
    assert "a SUCCEEDED" in applied.err
    assert "\x1b" not in applied.err + applied.text + watched.err + watched.text


def test_a_stopped_terminal_stops_no_submission_and_shows_the_end_once_it_goes_on(tmp_path):
    write_plan(tmp_path, {name: ["x"] for name in ("a", "b", "c")}, {"b": "a", "c": "b"})
    with (
        standin(durations={"a": 600}) as service,
        on_terminal("apply", "plan.yaml", cwd=tmp_path, env=service.environment, kind="xterm") as terminal,
    ):
        terminal.wait_for("1 running")
        terminal.process.send(STOP)
        service.finish("a")
        wait_until(lambda: has_ended(tmp_path))
        terminal.process.send(GO_ON)
        ended = terminal.end()
    assert ended.code == 0
    assert ended.err.endswith(": 3 jobs, 3 succeeded\n")


def test_a_pipe_that_nobody_reads_stops_no_submission_and_a_signal_ends_the_command(tmp_path):
    write_plan(tmp_path, {f"job-{number}": ["x"] for number in range(40)})
    with standin() as service, started("apply", "plan.yaml", "-v", cwd=tmp_path, service=service) as process:
        assert process.stderr
        fcntl.fcntl(process.stderr, F_SETPIPE_SZ, 4096)
        wait_until(lambda: [*states(service).values()] == ["SUCCEEDED"] * 40 and has_ended(tmp_path), process)
        process.send_signal(signal.SIGTERM)
        assert process.wait(GENEROUS_S) == 128 + signal.SIGTERM
        assert "40 succeeded" in end_of(process).text


def test_a_signal_ends_a_command_that_nobody_reads_on_either_stream(tmp_path):
    write_plan(tmp_path, {f"job-{number}": ["x"] for number in range(40)})
    with standin() as service, started("apply", "plan.yaml", "-v", cwd=tmp_path, service=service) as process:
        for stream in (process.stdout, process.stderr):
            assert stream
            fcntl.fcntl(stream, F_SETPIPE_SZ, 4096)
        assert process.stdout
        Path(f"/proc/self/fd/{process.stdout.fileno()}").write_bytes(b"x" * 4096)
        wait_until(lambda: [*states(service).values()] == ["SUCCEEDED"] * 40 and has_ended(tmp_path), process)
        process.send_signal(signal.SIGTERM)
        assert process.wait(GENEROUS_S) == 128 + signal.SIGTERM
