import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from kedro_batch.files.resources import schema
from kedro_batch.submitter.journal_view import read_journal
from tests.support.command_line import PROGRAM, environment, kedro_batch, run
from tests.support.plans import write_plan
from tests.support.runs import interrupted, read_until, wait_until
from tests.support.terminals import Terminal, on_terminal


def python(source: str) -> list[str]:
    return ["python", "-c", source]


def wait_for(file: str) -> str:
    """Spell the part of a command that waits until there is a file."""
    return f"import os, time\nwhile not os.path.exists({file!r}): time.sleep(0.05)\n"


@contextmanager
def started_locally(*words: str, cwd: Path) -> Iterator["subprocess.Popen[str]"]:
    """Start ``apply plan.yaml --local``; it is killed if the block leaves it running."""
    command, pipe = [*PROGRAM, "apply", "plan.yaml", "--local", *words], subprocess.PIPE
    with subprocess.Popen(command, cwd=cwd, env=environment(), stdout=pipe, stderr=pipe, text=True) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


OK = python("print('fine')")


def test_jobs_run_in_their_order_and_the_outcome_is_on_standard_output(tmp_path):
    note = "open('order', 'a').write('{}')"
    write_plan(
        tmp_path,
        {name: python(note.format(name)) for name in "dcba"},
        {"b": "a", "c": "b", "d": "c"},
    )
    ended = kedro_batch("apply", "plan.yaml", "--local", cwd=tmp_path)
    assert ended.code == 0, ended.err
    assert (tmp_path / "order").read_text() == "abcd"
    first, second = ended.text.splitlines()
    assert first == "journal: .kedro-batch/journal.db"
    assert second.endswith(": 4 jobs, 4 succeeded")
    assert re.search(r"  d SUCCEEDED after [0-9.]+ s, 4/4\n", ended.err)


def test_a_failing_job_fails_the_run_and_independent_branches_go_on(tmp_path):
    bad = python("print('so far so good'); print('then this'); raise SystemExit(7)")
    write_plan(
        tmp_path,
        {"bad": bad, "below": OK, "further": OK, "beside": OK, "after": OK},
        {"below": "bad", "further": "below", "after": "beside"},
    )
    ended = kedro_batch("apply", "plan.yaml", "--local", cwd=tmp_path)
    assert ended.code == 6
    assert "5 jobs, 2 succeeded, 1 failed, 2 will not run\n" in ended.text
    assert ended.text.startswith("bad failed: exit code 7\n")
    assert "  | then this\n" in ended.text
    assert "  not run because of it (2): below, further\n" in ended.text
    log = ended.text.partition("  log: ")[2].splitlines()[0]
    assert Path(tmp_path, log).read_text() == "so far so good\nthen this\n"
    assert "  2 jobs will not run because bad did not succeed\n" in ended.err
    assert "Traceback" not in ended.err


def test_no_shell_reads_the_command(tmp_path):
    write_plan(tmp_path, {"a": [*python("import sys; print(sys.argv[1:])"), "$HOME", "a b", "; exit 3", "*"]})
    ended = kedro_batch("apply", "plan.yaml", "--local", "-v", cwd=tmp_path)
    assert ended.code == 0
    (log,) = tmp_path.glob(".kedro-batch/runs/*/logs/a.1.1.log")
    assert log.read_text() == "['$HOME', 'a b', '; exit 3', '*']\n"


def test_a_command_that_does_not_exist_is_a_failed_job(tmp_path):
    write_plan(tmp_path, {"a": ["no-such-program"]})
    ended = kedro_batch("apply", "plan.yaml", "--local", cwd=tmp_path)
    assert ended.code == 6
    assert "a failed: cannot start 'no-such-program': No such file or directory; exit code 127" in ended.text


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (python("import os; os.kill(os.getpid(), 40)"), "exit code 168 (ended by signal 40)"),
        (["bash", "-c", "rm -rf .kedro-batch; exit 1"], "exit code 1 (an error, usually an exception in Python)"),
    ],
)
def test_whatever_happens_to_a_job_it_ends(tmp_path, command, reason):
    write_plan(tmp_path, {"a": command}, defaults={"attempts": 2})
    ended = kedro_batch("apply", "plan.yaml", "--local", "-q", cwd=tmp_path)
    assert ended.code == 6
    assert f"a failed: {reason}" in ended.text


def test_a_command_that_the_locale_cannot_spell_is_a_failed_job(tmp_path):
    write_plan(tmp_path, {"a": ["echo", "é"]})
    env = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    ended = kedro_batch("apply", "plan.yaml", "--local", "-q", cwd=tmp_path, env=env)
    assert (ended.code, "a failed: cannot run it on this machine: " in ended.text) == (6, True)


def test_what_standard_output_cannot_spell_is_told_with_escapes(tmp_path):
    write_plan(tmp_path, {"a": ["bash", "-c", "echo 'no price \u2192 \u20ac'; exit 3"]})
    env = {"PYTHONIOENCODING": "iso-8859-1"}
    ended = kedro_batch("apply", "plan.yaml", "--local", "-q", cwd=tmp_path, env=env)
    assert (ended.code, ended.err) == (6, "")
    assert "no price \\u2192 \\u20ac" in ended.text


def test_commands_find_this_interpreter_s_programs_and_run_in_the_project(tmp_path):
    work = tmp_path / "work"
    work.mkdir()
    source = "import os, sys; print(sys.executable, os.getcwd(), os.environ['AWS_BATCH_JOB_ATTEMPT'], os.environ['X'])"
    write_plan(tmp_path, {"a": python(source)})
    ended = kedro_batch(
        "apply", "plan.yaml", "--local", "--project", "work", cwd=tmp_path, env={"X": "given", "PATH": "/usr/bin"}
    )
    assert ended.code == 0, ended.text
    (log,) = tmp_path.glob(".kedro-batch/runs/*/logs/a.1.1.log")
    executable, folder, attempt, given = log.read_text().split()
    assert Path(executable).parent == Path(sys.executable).parent
    assert (folder, attempt, given) == (str(work), "1", "given")


def test_a_job_is_tried_as_often_as_the_plan_says(tmp_path):
    flaky = python("import os; raise SystemExit(int(os.environ['AWS_BATCH_JOB_ATTEMPT']) < 3)")
    write_plan(tmp_path, {"flaky": flaky, "hopeless": python("raise SystemExit(1)")}, defaults={"attempts": 3})
    ended = kedro_batch("apply", "plan.yaml", "--local", cwd=tmp_path)
    assert ended.code == 6
    assert "1 succeeded, 1 failed" in ended.text
    assert sorted(log.name for log in tmp_path.glob(".kedro-batch/runs/*/logs/*")) == [
        f"{job}.1.{attempt}.log" for job in ("flaky", "hopeless") for attempt in (1, 2, 3)
    ]


def test_the_output_of_a_job_without_tags_is_called_after_the_job(tmp_path):
    write_plan(tmp_path, {"a_1": OK, "a-2": OK}, submit_tags=False)
    assert kedro_batch("apply", "plan.yaml", "--local", cwd=tmp_path).code == 0
    logs = {log.name for log in tmp_path.glob(".kedro-batch/runs/*/logs/*")}
    assert logs == {"a_1.1.1.log", "a-2.1.1.log"}


def test_no_more_jobs_run_at_once_than_allowed(tmp_path):
    write_plan(tmp_path, {f"j{n}": python(wait_for("go")) for n in range(6)})
    submitted, states, most = 0, dict[str, str](), 0
    with started_locally("--max-workers", "2", "--json", "-q", cwd=tmp_path) as process:
        assert process.stdout
        for line in process.stdout:
            event = json.loads(line)
            submitted += event["event"] == "job_submitted"
            if event["event"] == "job_changed":
                states[event["job"]] = event["after"]
            running = sum(state == "RUNNING" for state in states.values())
            most = max(most, running)
            if submitted == 6 and running >= 2:  # nothing has ended yet: one too many would run as well
                (tmp_path / "go").touch()
    assert process.returncode == 0
    assert (len(states), most) == (6, 2)


def test_the_events_follow_their_schema_and_the_journal_holds_the_same(tmp_path):
    write_plan(tmp_path, {"bad": python("print('x' * 10); raise SystemExit(1)"), "below": OK}, {"below": "bad"})
    digest = kedro_batch("validate", "plan.yaml", cwd=tmp_path).text.split()[1]
    ended = kedro_batch("apply", "plan.yaml", "--local", "--json", "-q", cwd=tmp_path)
    assert (ended.code, ended.err) == (6, "")
    validator = Draft202012Validator(schema("events"))
    for event in ended.events:
        validator.validate(event)
    first, *_, last = ended.events
    assert (first["schema"], first["event"], first["plan_digest"]) == (
        "kedro-batch/events/v1",
        "run_started",
        digest,
    )
    assert (last["event"], last["outcome"], last["counts"]) == (
        "run_finished",
        "failed",
        {"FAILED": 1, "NOT_RUN": 1},
    )
    failed = next(event for event in ended.events if event.get("after") == "FAILED")
    assert (failed["job"], failed["exit_code"], failed["cause"]) == ("bad", 1, "exit")
    assert next(event for event in ended.events if event["event"] == "job_log")["lines"] == ["x" * 10]
    assert next(event for event in ended.events if event.get("after") == "NOT_RUN")["blocked_by"] == "bad"
    with read_journal(tmp_path / first["journal"]) as journal:
        recorded = list(journal.events(first["run"]))
        assert journal.plan(first["run"]) == (tmp_path / "plan.yaml").read_bytes()
    assert [event["event"] for event in recorded] == [event["event"] for event in ended.events]
    for event in recorded:
        validator.validate(event)
    assert recorded[0]["plan_digest"] == digest
    assert (tmp_path / ".kedro-batch" / ".gitignore").read_text() == "*\n"


def test_quiet_says_only_how_it_ended(tmp_path):
    write_plan(tmp_path, {"a": OK})
    ended = kedro_batch("apply", "-", "--local", "-q", cwd=tmp_path, stdin=(tmp_path / "plan.yaml").read_bytes())
    assert ended.code == 0
    assert ended.err == ""
    assert ": 1 job, 1 succeeded\n" in ended.text


def test_a_reader_that_goes_away_does_not_end_the_run(tmp_path):
    write_plan(tmp_path, {"a": OK, "b": python("open('done', 'w')")}, {"b": "a"})
    for words in ("--json", ""):
        (tmp_path / "done").unlink(missing_ok=True)
        command = (
            f"'{sys.executable}' -m kedro_batch apply plan.yaml --local -q {words} | true; exit ${{PIPESTATUS[0]}}"
        )
        ended = run(["bash", "-c", command], cwd=tmp_path)
        assert (ended.code, ended.err) == (0, "")
        assert (tmp_path / "done").exists()


@pytest.mark.parametrize(
    "redirection", ["2>&1 | { head -1; >closed; }", ">/dev/full", "2>/dev/full", ">&-", "2>&-", "<&-"]
)
@pytest.mark.parametrize("words", ["", "--json"])
def test_the_run_goes_on_whatever_becomes_of_the_standard_streams(tmp_path, redirection, words):
    write_plan(tmp_path, {"a": python(wait_for("closed")), "b": python("open('done', 'w')")}, {"b": "a"})
    if "closed" not in redirection:
        (tmp_path / "closed").touch()
    command = (
        f"'{sys.executable}' -m kedro_batch apply plan.yaml --local {words} {redirection}; exit ${{PIPESTATUS[0]}}"
    )
    ended = run(["bash", "-c", command], cwd=tmp_path)
    assert ended.code == 0, ended.err
    assert "Traceback" not in ended.err + ended.text
    assert (tmp_path / "done").exists()
    with read_journal(tmp_path / ".kedro-batch" / "journal.db") as journal:
        assert [entry.outcome for entry in journal.runs()] == ["succeeded"]


def test_a_second_signal_ends_at_once_what_does_not_want_to_end(tmp_path):
    stubborn = "trap '> asked' TERM; trap '' INT; echo $$ > pid.tmp; mv pid.tmp pid; while true; do sleep 0.1; done"
    write_plan(tmp_path, {"a": ["bash", "-c", stubborn]})
    with started_locally(cwd=tmp_path) as process:
        wait_until((tmp_path / "pid").exists)
        process.send_signal(signal.SIGINT)
        said = read_until(process, "stopping")
        wait_until((tmp_path / "asked").exists)
        ended = interrupted(process)
    assert said.endswith("  stopping: 1 job has up to 5 s to end. A second signal ends this at once\n")
    assert ended.code == 130
    assert "  Stopped while running: a. No job goes on\n" in ended.text
    assert "Traceback" not in ended.err
    wait_until(lambda: not alive(int((tmp_path / "pid").read_text())))


def test_a_signal_that_the_caller_ignores_stays_ignored(tmp_path):
    write_plan(tmp_path, {"a": python("open('up', 'w')\n" + wait_for("signalled"))})
    command = f"trap '' HUP INT; '{sys.executable}' -m kedro_batch apply plan.yaml --local & "
    command += "while [ ! -e up ]; do sleep 0.05; done; kill -HUP $!; kill -INT $!; touch signalled; wait $!"
    assert run(["bash", "-c", command], cwd=tmp_path).code == 0


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_ends_what_runs_and_says_what_was_done(tmp_path, number, code):
    source = """
import subprocess, sys, time, os
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
open("pids.tmp", "w").write(f"{os.getpid()} {child.pid}")
os.rename("pids.tmp", "pids")
time.sleep(600)
"""
    write_plan(tmp_path, {"first": OK, "long": python(source), "never": OK}, {"long": "first", "never": "long"})
    with started_locally("-v", cwd=tmp_path) as process:
        wait_until((tmp_path / "pids").exists)
        read_until(process, "long RUNNING")
        ended = interrupted(process, number)
    assert ended.code == code
    assert "interrupted after" in ended.text
    assert "3 jobs, 1 succeeded, 2 not finished\n  Stopped while running: long. No job goes on\n" in ended.text
    assert ended.err.endswith("Stopped while running: long. No job goes on.\n")
    assert "Traceback" not in ended.err
    pids = [int(pid) for pid in (tmp_path / "pids").read_text().split()]
    wait_until(lambda: not any(alive(pid) for pid in pids))


def test_what_a_job_leaves_behind_is_ended_with_it(tmp_path):
    source = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(child.pid)
"""
    write_plan(tmp_path, {"a": python(source)})
    assert kedro_batch("apply", "plan.yaml", "--local", cwd=tmp_path).code == 0
    (log,) = tmp_path.glob(".kedro-batch/runs/*/logs/a.1.1.log")
    wait_until(lambda: not alive(int(log.read_text())))


@pytest.mark.long  # no plan may have a shorter time than a minute; the engine's own test takes a short one
def test_an_attempt_that_takes_too_long_is_ended_with_all_it_started_and_not_retried(tmp_path):
    source = """
import signal, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(child.pid, flush=True)
time.sleep(600)
"""
    write_plan(tmp_path, {"slow": python(source)}, defaults={"timeout_s": 60, "attempts": 3})
    ended = kedro_batch("apply", "plan.yaml", "--local", cwd=tmp_path)
    assert ended.code == 6
    words = "slow failed (timeout, had 1 min 0 s): Job attempt duration exceeded timeout"
    assert f"{words}\n  raise `timeout_s`" in ended.text
    (log,) = tmp_path.glob(".kedro-batch/runs/*/logs/*.log")
    wait_until(lambda: not alive(int(log.read_text())))


def test_a_journal_that_cannot_be_written_is_a_message(tmp_path):
    write_plan(tmp_path, {"a": OK})
    (tmp_path / ".kedro-batch").write_text("a file, not a folder")
    ended = kedro_batch("apply", "plan.yaml", "--local", cwd=tmp_path)
    assert ended.code == 2
    assert "cannot write the journal .kedro-batch/journal.db: .kedro-batch is no folder. " in ended.err
    assert "Traceback" not in ended.err
    above = kedro_batch("apply", "plan.yaml", "--local", "--journal", "plan.yaml/a/journal.db", cwd=tmp_path)
    assert above.code == 2
    assert "cannot write the journal plan.yaml/a/journal.db: plan.yaml is no folder. " in above.err


def test_what_a_job_prints_cannot_drive_the_terminal(tmp_path):
    write_plan(tmp_path, {"a": python(r"print('\x1b]0;owned\x07\x1b[31mred\x1b[0m'); raise SystemExit(1)")})
    ended = kedro_batch("apply", "plan.yaml", "--local", cwd=tmp_path)
    assert "  | red\n" in ended.text
    assert b"\x1b" not in ended.out


def test_a_hundred_jobs_in_a_chain_and_a_fan_are_followed_to_the_end(tmp_path):
    names = [f"n{n:03}" for n in range(100)]
    parents = {name: names[n - 1] for n, name in enumerate(names[:8]) if n} | dict.fromkeys(names[8:], "n000")
    write_plan(tmp_path, {name: ["true"] for name in names}, parents)
    ended = kedro_batch("apply", "plan.yaml", "--local", "--json", "-q", cwd=tmp_path)
    assert ended.code == 0
    assert ended.events[-1]["counts"] == {"SUCCEEDED": 100}


def in_colour(folder: Path, command: list[str], unless: list[str]) -> AbstractContextManager[Terminal]:
    """Run a command on a terminal that has colours, unless a flag or a variable switches them off."""
    flags = [word for word in unless if word.startswith("-")]
    env = {name: "1" for name in unless if name not in flags}
    return on_terminal(*command, *flags, cwd=folder, env=env, kind="xterm-256color", program=PROGRAM)


@pytest.mark.parametrize(("words", "coloured"), [([], True), (["--no-color"], False), (["NO_COLOR"], False)])
def test_on_a_terminal_there_is_a_live_view(tmp_path, words, coloured):
    write_plan(
        tmp_path,
        {"a": OK, "slow": python(wait_for("seen")), "bad": python("raise SystemExit(1)")},
    )
    with in_colour(tmp_path, ["apply", "plan.yaml", "--local"], words) as terminal:
        terminal.wait_for("1 running")
        (tmp_path / "seen").touch()
        ended = terminal.end()
    assert ended.code == 6
    assert "bad failed: exit code 1 (an error, usually an exception in Python)" in ended.err
    assert bool(re.search(r"\x1b\[(?:\d+;)*[349]\dm", terminal.shown)) == coloured


@pytest.mark.parametrize(("words", "coloured"), [([], True), (["--no-color"], False), (["NO_COLOR"], False)])
def test_an_error_on_a_terminal_is_coloured_unless_told_otherwise(tmp_path, words, coloured):
    with in_colour(tmp_path, ["validate", "nothing.yaml"], words) as terminal:
        ended = terminal.end()
    assert ended.code == 2
    assert "cannot read nothing.yaml" in ended.err
    assert ("\x1b[" in terminal.shown) == coloured


def test_as_many_jobs_run_at_once_as_there_are_processors(tmp_path):
    if len(os.sched_getaffinity(0)) < 2:
        pytest.skip("this machine has one processor")
    # Each waits for the other to be there.
    wait = "import os, time; open('{}', 'w').close()\nwhile not os.path.exists('{}'): time.sleep(0.05)"
    write_plan(tmp_path, {"a": python(wait.format("a", "b")), "b": python(wait.format("b", "a"))})
    assert kedro_batch("apply", "plan.yaml", "--local", "-q", cwd=tmp_path).code == 0


def test_a_bug_of_ours_keeps_its_traceback_and_leaves_nothing_running(tmp_path):
    # The library that waits breaks while a job runs.
    (tmp_path / "sitecustomize.py").write_text(
        "import os, queue, sys\n"
        "class Broken(queue.SimpleQueue):\n"
        "    def get(self, *args, timeout=None, **more):\n"
        "        if timeout is not None and os.path.exists('up') and 'kedro_batch' in sys.modules:\n"
        "            raise RuntimeError('something nobody thought of')\n"
        "        return super().get(*args, timeout=timeout, **more)\n"
        "queue.SimpleQueue = Broken\n"
    )
    source = "import os, time; open('pid', 'w').write(str(os.getpid())); open('up', 'w').close(); time.sleep(600)"
    write_plan(tmp_path, {"a": python(source)})
    ended = kedro_batch("apply", "plan.yaml", "--local", cwd=tmp_path, env={"PYTHONPATH": str(tmp_path)})
    assert ended.code == 1
    assert "Traceback (most recent call last):" in ended.err
    assert "RuntimeError: something nobody thought of" in ended.err
    wait_until(lambda: not alive(int((tmp_path / "pid").read_text())))


@pytest.mark.parametrize(
    ("gap", "second"),
    [
        (0, signal.SIGTERM),
        *(
            pytest.param(gap, second, marks=pytest.mark.long)
            for gap in (0, 0.001, 0.002, 0.05)
            for second in (signal.SIGINT, signal.SIGTERM)
        ),
    ],
)
def test_signals_close_together_end_the_run_as_one_does(tmp_path, gap, second):
    source = (
        "import os, time; open('pid.tmp', 'w').write(str(os.getpid())); os.rename('pid.tmp', 'pid'); time.sleep(600)"
    )
    write_plan(tmp_path, {"a": python(source)})
    with started_locally(cwd=tmp_path) as process:
        wait_until((tmp_path / "pid").exists)
        process.send_signal(signal.SIGINT)
        time.sleep(gap)
        ended = interrupted(process, second)
    # Which of two signals at one moment is heard first is the system's choice.
    assert ended.code in {130, 128 + second}, ended.err
    assert "1 job, 1 not finished\n  Stopped while running: a. No job goes on\n" in ended.text
    assert "Traceback" not in ended.err
    wait_until(lambda: not alive(int((tmp_path / "pid").read_text())))


@pytest.mark.parametrize("field", ["ecsPropertiesOverride", "eksPropertiesOverride"])
def test_a_plan_for_several_containers_or_eks_runs_on_this_machine_too(tmp_path, field):
    containers = {"containers": [{"name": "main"}]}
    submit = {field: {"podProperties": containers} if field.startswith("eks") else {"taskProperties": [containers]}}
    write_plan(tmp_path, {"a": python("open('ran', 'w')")}, a={"submit": submit})
    ended = kedro_batch("apply", "plan.yaml", "--local", cwd=tmp_path)
    assert ended.code == 0, ended.err
    assert (tmp_path / "ran").exists()


def test_a_job_finds_its_program_on_the_path_that_the_plan_gives_it_as_a_container_does(tmp_path):
    # A container runtime looks the program up on the PATH that the container gets.
    program = tmp_path / "own" / "greet"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\necho "$PATH" > found\n')
    program.chmod(0o755)
    path = f"{program.parent}{os.pathsep}/usr/bin"
    write_plan(tmp_path, {"a": ["greet"]}, a={"environment": {"PATH": path}})
    assert kedro_batch("apply", "plan.yaml", "--local", "-q", cwd=tmp_path).code == 0
    assert (tmp_path / "found").read_text() == f"{path}\n"


def test_a_path_without_the_program_is_not_mended_with_that_of_this_process(tmp_path):
    write_plan(tmp_path, {"a": ["python", "-c", "pass"]}, a={"environment": {"PATH": str(tmp_path)}})
    ended = kedro_batch("apply", "plan.yaml", "--local", cwd=tmp_path)
    assert ended.code == 6
    assert "cannot start 'python': No such file or directory" in ended.text
