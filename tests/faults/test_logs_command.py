"""What ``kedro-batch logs`` shows: of jobs on AWS Batch and on this machine, once and as they grow."""

import re
import signal
from collections import Counter
from pathlib import Path

import pytest

from kedro_batch.errors import UsageError
from tests.support import forked
from tests.support.plans import write_plan
from tests.support.runs import end_of, interrupted, read_until, started, wait_until
from tests.support.services import standin
from tests.support.terminals import on_terminal


def numbered(job: str, lines: int) -> list[str]:
    return [f"{job} {number}" for number in range(lines)]


def run_here(folder: Path, *words: str):
    return forked.kedro_batch(*words, cwd=folder, impatient=True)


def test_ten_thousand_lines_are_followed_over_http_while_jobs_start_and_end(tmp_path):
    jobs = ["a", "a_job_with_a_name_that_is_long_and_longer", "c"]
    write_plan(tmp_path, {job: ["x"] for job in jobs}, {"c": "a"})
    logs = {job: numbered(job, lines) for job, lines in zip(jobs, (6000, 3000, 1000), strict=True)}
    with standin(slots=0, run_s=1, log_lag_s=0.5, log_page=4000, log_empty_pages=1, log_rate=6000) as service:
        service.configure(logs=logs)
        assert forked.on(service, "apply", "plan.yaml", "--run-id", "r", "--detach", cwd=tmp_path).code == 0
        with started("logs", "--follow", cwd=tmp_path, service=service) as process:
            read_until(process, "Jobs that run now (none) and those that start later")
            service.configure(slots=None, throttle_other={"rate": 25, "burst": 4})
            ended = end_of(process)
    assert ended.code == 0
    prefixes = [f"{name:<32} | " for name in ("a", "a_job_with_a_na...ong_and_longer", "c")]
    said = {job: [f"{prefix}{line}" for line in logs[job]] for job, prefix in zip(jobs, prefixes, strict=True)}
    assert Counter(ended.text.splitlines()) == Counter(line for lines in said.values() for line in lines)


def test_no_line_is_lost_while_nobody_answers(tmp_path):
    write_plan(tmp_path, {"a": ["x"]})
    lines = numbered("a", 1000)
    with standin(run_s=2, log_rate=600) as service:
        service.configure(logs={"a": lines})
        forked.on(service, "apply", "plan.yaml", "--run-id", "r", "--detach", cwd=tmp_path)
        with started("logs", "-f", "a", "--run", "r", cwd=tmp_path, service=service) as process:
            assert process.stdout
            first = process.stdout.readline()
            service.configure(expired=[[0, 1e9]])
            assert "Log in again" in read_until(process, "Trying again for up to 1 h 0 min")
            service.configure(expired=[])
            shown = first + process.stdout.read()  # not ``end_of``: it would miss what was read ahead
            assert process.wait() == 0
    assert shown.splitlines() == lines


def test_what_is_said_beside_the_lines(tmp_path, transcript):
    write_plan(
        tmp_path,
        {"load": ["x"], "train": ["x"], "evaluate": ["x"]},
        {"train": "load", "evaluate": "train"},
        train={"attempts": 3, "retry_on": ["spot"]},
    )
    logs = {"train": ["loading", "10%\r55%\r100%", "\x1b[31mValueError: no companies\x1b[0m"]}
    container = {
        "image": "x",
        "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "/team/groups"}},
    }
    details = {"a_definition": {"containerProperties": container}}
    with standin(fail={"train": 1}, spot={"train": 1}, logs=logs) as service:
        service.configure(log_group="/team/groups", definition_details=details)
        forked.on(service, "apply", "plan.yaml", "--run-id", "nightly-1", cwd=tmp_path)
        transcript.on(service, "logs")
        transcript.on(service, "logs", "--run", "nightly", "train", "--attempt", "1", "-v")
        transcript.on(service, "logs", "--run", "last", "train", "load", "--timestamps", "-q")
        transcript.on(service, "logs", "evaluate")
        transcript.on(service, "logs", "trian")
        transcript.on(service, "logs", "train", "--attempt", "7")
        transcript.on(service, "logs", "train", "--submission", "2")
        transcript.on(service, "logs", "--follow")
        transcript.on(service, "logs", "--run", "r7")
        service.forget("load")
        transcript.on(service, "logs", "load")
        service.configure(log_missing={"load": 100})
        transcript.on(service, "logs", "load")
        service.configure(log_group="/other")
        transcript.on(service, "logs", "load", "train")
        service.configure(log_driver="splunk")
        transcript.on(service, "logs", "train")
        service.configure(log_driver="awslogs", account="999999999999")
        transcript.on(service, "logs")
        service.configure(account="123456789012", deny=["GetLogEvents"])
        transcript.on(service, "logs")
        service.configure(deny=[], throttle_other={"rate": 1e-9, "burst": 1})
        transcript.on(service, "logs", "--retry-for", "0s")
    transcript.check("logs_of_jobs")


def test_the_logs_of_a_run_of_another_machine_are_found_by_its_plan(tmp_path, transcript):
    write_plan(tmp_path, {"a": ["x"], "b": ["x"]}, {"b": "a"})
    elsewhere = ("--plan", "plan.yaml", "--journal", "elsewhere/journal.db")
    with standin(fail={"b": 1}) as service:
        forked.on(service, "apply", "plan.yaml", "--run-id", "r", cwd=tmp_path)
        transcript.on(service, "logs", "--run", "r", *elsewhere)
        service.configure(fail={}, logs={"b": ["this time it went well"]})
        forked.on(service, "resume", "r", cwd=tmp_path)
        transcript.on(service, "logs", "b", "--run", "r", "-v", *elsewhere)
        transcript.on(service, "logs", "b", "--submission", "1", "--run", "r", "-v", *elsewhere)
        transcript.on(service, "logs", *elsewhere)
        service.forget("a")
        transcript.on(service, "logs", "a", "--run", "r", *elsewhere)
        transcript.on(service, "logs", "--follow", "--run", "r", *elsewhere)
        transcript.on(service, "logs", "b", "--submission", "3", "--run", "r", *elsewhere)
        service.forget("b")
        transcript.on(service, "logs", "--run", "r", *elsewhere)
    assert not (tmp_path / "elsewhere").exists()
    transcript.check("logs_by_a_plan")


@pytest.mark.parametrize("jobs", ["ab", "cd"], ids=["the same jobs", "other jobs"])
@pytest.mark.parametrize("words", [(), ("--follow",)], ids=["once", "follow"])
def test_logs_of_a_run_of_another_machine_are_not_looked_for_by_a_plan_that_is_none_of_its(tmp_path, jobs, words):
    elsewhere = ("--plan", "plan.yaml", "--journal", "elsewhere/journal.db")
    with standin() as service:
        write_plan(tmp_path, {"a": ["x"], "b": ["x"]})
        forked.on(service, "apply", "plan.yaml", "--run-id", "r", cwd=tmp_path)
        write_plan(tmp_path, {job: ["y"] for job in jobs})
        refused = forked.on(service, "logs", "--run", "r", *words, *elsewhere, cwd=tmp_path)
        assert not service.asked("getlogevents")
    assert (refused.code, refused.text) == (UsageError.exit_code, "")
    assert re.match(r"Error: run r is of another plan: r_a_1 was submitted from sha256:\w{64}, and this ", refused.err)
    assert "Name a plan of the run" in refused.err


def test_a_run_that_has_only_waiting_jobs_has_no_logs_yet(tmp_path):
    write_plan(tmp_path, {"a": ["x"]})
    with standin(slots=0) as service:
        forked.on(service, "apply", "plan.yaml", "--run-id", "r", "--detach", cwd=tmp_path)
        ended = forked.on(service, "logs", cwd=tmp_path)
        named = forked.on(service, "logs", "a", cwd=tmp_path)
    assert (ended.code, "add --follow" in ended.err) == (2, True)
    assert (named.code, "a: it is RUNNABLE, and has no log yet" in named.err) == (8, True)


def test_a_shell_completes_runs_and_jobs(tmp_path):
    write_plan(tmp_path, {"load": ["x"], "train": ["x"]})
    with standin() as service:
        for run in ("monday", "tuesday"):
            forked.on(service, "apply", "plan.yaml", "--run-id", run, cwd=tmp_path)
    for words, offered in (
        ("logs --run t", ["tuesday"]),
        ("logs --run la", ["last"]),
        ("logs --run monday t", ["train"]),
        ("logs --journal absent.db --run m", []),
    ):
        asked = f"kedro-batch {words}"
        count = str(len(asked.split()) - 1)
        env = {"_KEDRO_BATCH_COMPLETE": "bash_complete", "COMP_WORDS": asked, "COMP_CWORD": count}
        ended = forked.kedro_batch(cwd=tmp_path, env=env, impatient=True)
        assert ended.text.split() == [f"plain,{one}" for one in offered], words


def test_ctrl_c_ends_following_with_one_line(tmp_path):
    write_plan(tmp_path, {"a": ["x"]})
    with standin(run_s=600) as service:
        forked.on(service, "apply", "plan.yaml", "--run-id", "r", "--detach", cwd=tmp_path)
        with started("logs", "a", "-f", "--run", "r", cwd=tmp_path, service=service) as process:
            assert process.stdout
            assert process.stdout.readline() == "line 1 of a\n"
            ended = interrupted(process, signal.SIGINT)
    assert (ended.code, ended.err) == (130, "Stopped by SIGINT.\n")


def test_a_closed_pipe_ends_following_quietly(tmp_path):
    write_plan(tmp_path, {"a": ["x"]})
    with standin(run_s=600, log_rate=50, logs={"a": numbered("a", 10_000)}) as service:
        forked.on(service, "apply", "plan.yaml", "--run-id", "r", "--detach", cwd=tmp_path)
        with started("logs", "a", "-f", "--run", "r", cwd=tmp_path, service=service) as process:
            assert process.stdout
            process.stdout.readline()
            process.stdout.close()
            assert process.wait() == 141
            assert process.stderr
            assert process.stderr.read() == ""


def test_on_a_terminal_jobs_have_colours_and_lines_are_harmless(tmp_path):
    write_plan(tmp_path, {"a": ["x"], "long_name": ["x"]})
    with standin(fail={"a": 1, "long_name": 1}) as service:
        service.configure(logs={"a": ["x" * 5000, "\x1b]0;title\x07evil"], "long_name": ["fine"]})
        forked.on(service, "apply", "plan.yaml", "--run-id", "r", cwd=tmp_path)
        with on_terminal("logs", cwd=tmp_path, env=service.environment, kind="xterm") as terminal:
            ended = terminal.end()
        with on_terminal("logs", cwd=tmp_path, env={**service.environment, "NO_COLOR": "1"}, kind="xterm") as plain:
            plain.end()
    coloured = [line for line in terminal.shown.splitlines() if " |" in line]
    assert coloured
    assert all(line.startswith("\x1b[") for line in coloured)
    assert "\x1b" not in plain.shown
    assert "a         | " + "x" * 3997 + "...\n" in ended.err
    assert "a         | evil\n" in ended.err
    assert "long_name | fine\n" in ended.err


GATED = (
    "import pathlib, sys, time\nprint('begun', flush=True)\nwhile not pathlib.Path('go').exists(): time.sleep(0.02)\n"
)


def test_a_run_on_this_machine_is_followed_until_it_ends(tmp_path):
    write_plan(
        tmp_path,
        {"a": ["python", "-c", f"{GATED}print('done')"], "b": ["python", "-c", "print('b'); sys.exit(3)"]},
        {"b": "a"},
        b={"attempts": 2},
    )
    with (
        standin() as service,
        started("apply", "plan.yaml", "--local", "--run-id", "r", cwd=tmp_path, service=service) as applying,
    ):
        log = tmp_path / ".kedro-batch" / "runs" / "r" / "logs" / "a.1.1.log"
        wait_until(lambda: log.exists() and log.read_text(), applying)
        with started("logs", "-f", cwd=tmp_path, service=service) as following:
            assert following.stdout
            assert following.stdout.readline() == "a | begun\n"
            (tmp_path / "go").touch()
            ended = end_of(following)
        assert end_of(applying).code == 6
    assert ended.code == 0
    lines = ended.text.splitlines()
    assert lines[0] == "a | done"
    assert sum("NameError" in line for line in lines) == 2
    assert "b was started again: attempt 2\n" in ended.err
    once = run_here(tmp_path, "logs")
    assert once.err == "Run r, the last one.\n1 job failed: b\nb: attempt 2 of 2. Another one: --attempt N\n"
    assert run_here(tmp_path, "logs", "a", "--run", "r").text == "begun\ndone\n"
    refused = run_here(tmp_path, "logs", "a", "--since", "10m")
    assert (refused.code, "have no times" in refused.err) == (2, True)
