"""Two runs of one project at once: a warning, or a refusal, that names the other one and says what to do."""

import os
import shlex
import signal
import sqlite3
import subprocess
import time
from contextlib import ExitStack, closing, suppress
from pathlib import Path

import pytest

from kedro_batch.plan.digest import plan_digest
from kedro_batch.plan.reader import read_plan
from kedro_batch.plan.submit_job import RunId
from kedro_batch.submitter.journal import Journal
from kedro_batch.submitter.journal_place import begin_lock_file
from kedro_batch.submitter.journal_rows import RunEntry
from kedro_batch.submitter.journal_view import read_journal
from kedro_batch.submitter.run_lock import begin_lock, run_lock
from tests.support.command_line import GENEROUS_S, PROGRAM
from tests.support.forked import kedro_batch, on
from tests.support.plans import write_plan
from tests.support.runs import JOURNAL, end_of, make_older, started, states, wait_until
from tests.support.services import StandIn, standin

COMMANDS = {name: ["x"] for name in "abc"}
PARENTS = {"b": "a", "c": "b"}
WRITES = {"a": {"writes": ["raw@pandas", "own"]}, "b": {"writes": ["model"]}}
HEADER = {"project": "flights", "env": "prod"}
REFUSED = "nothing was submitted: run first of this project goes on and writes 3 datasets of the same name"


def plan(folder: Path, *, header=HEADER, **extra) -> None:
    write_plan(folder, COMMANDS, PARENTS, header=header, **{**WRITES, **extra})


def apply(service: StandIn, folder: Path, run: str, *words: str):
    return on(service, "apply", "plan.yaml", "--run-id", run, "--detach", *words, cwd=folder)


def runs(folder: Path) -> list[str]:
    with read_journal(folder / JOURNAL) as journal:
        return [one.run for one in journal.runs()]


def test_another_run_that_goes_on_is_named_with_what_both_write_and_how_to_wait_for_it(tmp_path):
    plan(tmp_path)
    with standin(durations={"b": 600}) as service:
        assert apply(service, tmp_path, "first").code == 0
        second = apply(service, tmp_path, "second")
        assert second.code == 0, second.err
        assert (
            "run first of this project goes on and writes 3 datasets of the same name (model, own, raw). Unversioned"
            in second.err
        )
        assert "To wait for it: kedro-batch wait first. To refuse such a run: --exclusive, or `excl" in second.err
        assert len(service.asked("submitjob")) == 6


def test_an_exclusive_run_is_refused_leaves_nothing_behind_and_begins_once_the_other_has_ended(tmp_path):
    plan(tmp_path)
    with standin(durations={"b": 600}) as service:
        assert apply(service, tmp_path, "first").code == 0
        for words in (("apply", "plan.yaml", "--run-id", "second"), ("apply", "plan.yaml")):
            refused = on(service, *words, "--exclusive", cwd=tmp_path)
            assert (refused.code, REFUSED in refused.err) == (2, True), refused.err
            assert "kedro-batch wait first. To run beside it: leave --exclusive out" in refused.err
        assert (len(service.asked("submitjob")), runs(tmp_path)) == (3, ["first"])
        assert [one.name for one in (tmp_path / ".kedro-batch" / "runs").iterdir()] == ["first"]
        wait_until(lambda: states(service).get("b") == "RUNNING")
        service.finish("b")
        wait = shlex.split(refused.err.partition("To wait for it: ")[2].partition(".")[0])
        assert on(service, *wait[1:], cwd=tmp_path).code == 0
        service.configure(durations={})
        began = apply(service, tmp_path, "second", "--exclusive")
        assert began.code == 0, began.err
        assert "of this project" not in began.err


def test_a_run_that_ended_since_somebody_followed_it_is_looked_up_and_does_not_count(tmp_path):
    plan(tmp_path)
    with standin(durations={"b": 600}) as service:
        assert apply(service, tmp_path, "first").code == 0
        wait_until(lambda: states(service).get("b") == "RUNNING")
        service.finish("b")
        wait_until(lambda: states(service).get("c") == "SUCCEEDED")
        asked, last = len(service.asked("describejobs")), service.jobs()["c"]["id"]
        began = apply(service, tmp_path, "second", "--exclusive")
        assert began.code == 0, began.err
        # The last job stands for all: nothing that it waits for can still go on.
        assert service.asked("describejobs")[asked]["jobs"] == [last]


def test_a_run_goes_on_with_one_branch_while_the_last_job_has_failed_with_another(tmp_path):
    write_plan(
        tmp_path, {name: ["x"] for name in "abcd"}, {"c": "b", "d": "a c"}, header=HEADER, a={"writes": ["model"]}
    )
    with standin(durations={"a": 600, "b": 600}, fail={"b": 3}) as service:
        assert apply(service, tmp_path, "first").code == 0
        wait_until(lambda: [states(service).get(job) for job in "ab"] == ["RUNNING"] * 2)
        service.finish("b")
        wait_until(lambda: states(service).get("d") == "FAILED")
        refused = apply(service, tmp_path, "second", "--exclusive")
        assert refused.code == 2
        assert "run first of this project goes on and writes 1 dataset" in refused.err
        service.finish("a")
        wait_until(lambda: states(service).get("a") == "SUCCEEDED")
        service.configure(durations={}, fail={})
        assert apply(service, tmp_path, "second", "--exclusive").code == 0


def test_a_run_that_was_to_be_cancelled_goes_on_as_long_as_its_jobs_do(tmp_path):
    plan(tmp_path)
    with standin(durations={"b": 600}) as service:
        assert apply(service, tmp_path, "first").code == 0
        # Who followed it was told of the cancel, and ended; then the command that cancelled it was killed.
        with closing(sqlite3.connect(tmp_path / JOURNAL)) as connection, connection:
            connection.execute("UPDATE runs SET outcome = 'cancelled'")
        refused = apply(service, tmp_path, "second", "--exclusive")
        assert refused.code == 2, refused.out
        assert "run first of this project goes on and writes" in refused.err
        status = on(service, "status", "first", cwd=tmp_path)
        assert "kedro-batch cancel first  end what goes on, if the command that cancels it does not" in status.text
        assert on(service, "cancel", "first", cwd=tmp_path).code == 0
        assert apply(service, tmp_path, "second", "--exclusive").code == 0


def test_a_run_that_batch_has_forgotten_does_not_count(tmp_path):
    plan(tmp_path)
    with standin(durations={"b": 600}) as service:
        assert apply(service, tmp_path, "first").code == 0
        service.forget(*"abc")
        young = apply(service, tmp_path, "second", "--exclusive")
        assert young.code == 2
        assert "goes on, as far as the journal knows, and writes" in young.err
        make_older(tmp_path, 25 * 3600)
        assert apply(service, tmp_path, "second", "--exclusive").code == 0


@pytest.mark.parametrize(
    ("header", "extra"),
    [
        ({**HEADER, "env": "test"}, {}),
        ({"project": "other", "env": "prod"}, {}),
        (HEADER, {"a": {"writes": ["x"]}, "b": {"reads": ["model"], "writes": []}}),
    ],
    ids=["another env", "another project", "other datasets"],
)
def test_a_run_that_writes_nothing_of_the_same_does_not_count(tmp_path, header, extra):
    plan(tmp_path)
    with standin(durations={"b": 600}) as service:
        assert apply(service, tmp_path, "first").code == 0
        plan(tmp_path, header=header, **extra)
        began = apply(service, tmp_path, "second", "--exclusive")
        assert began.code == 0, began.err
        assert "of this project" not in began.err


def test_a_plan_can_be_exclusive(tmp_path):
    plan(tmp_path)
    with standin(durations={"b": 600}) as service:
        assert apply(service, tmp_path, "first").code == 0
        plan(tmp_path, header={**HEADER, "exclusive": True})
        refused = apply(service, tmp_path, "second")
        assert refused.code == 2
        assert REFUSED in refused.err
        assert "compile without `exclusive: true` in aws_batch.yml" in refused.err
        both = apply(service, tmp_path, "second", "--exclusive")
        assert "leave --exclusive out, and compile without `exclusive: true` in aws_batch.yml" in both.err


def test_an_exclusive_run_may_go_on_beside_others_with_a_plan_that_is_not(tmp_path):
    plan(tmp_path, header={**HEADER, "exclusive": True})
    with standin(fail={"b": 3}) as service:
        assert on(service, "apply", "plan.yaml", "--run-id", "second", "-q", cwd=tmp_path).code == 6
        service.configure(fail={}, durations={"b": 600})
        assert apply(service, tmp_path, "first").code == 0
        refused = on(service, "resume", "second", cwd=tmp_path)
        assert refused.code == 2
        assert "compile without `exclusive: true` in aws_batch.yml, then kedro-batch resume second" in refused.err
        plan(tmp_path)
        beside = on(service, "resume", "second", "--new-plan", "plan.yaml", "--detach", cwd=tmp_path)
        assert beside.code == 0, beside.err


def test_an_exclusive_run_with_nothing_left_to_submit_is_followed_beside_others(tmp_path):
    plan(tmp_path, header={**HEADER, "exclusive": True})
    with standin() as service:
        assert on(service, "apply", "plan.yaml", "--run-id", "second", "-q", cwd=tmp_path).code == 0
        service.configure(durations={"b": 600})
        assert apply(service, tmp_path, "first").code == 0
        for words in (("apply", "plan.yaml", "--run-id", "second"), ("resume", "second")):
            again = on(service, *words, cwd=tmp_path)
            assert (again.code, "of this project" in again.err) == (0, False), again.err
        assert len(service.asked("submitjob")) == 6


@pytest.mark.parametrize(
    ("confirmed", "taken"),
    [("", "abc"), ("a", "abc"), ("", "")],
    ids=["all replies lost", "some replies lost", "nothing sent"],
)
def test_a_run_that_was_killed_before_it_knew_its_jobs_may_go_on(tmp_path, confirmed, taken):
    plan(tmp_path)
    with standin() as service:
        assert apply(service, tmp_path, "first").code == 0
        wait_until(lambda: states(service).get("c") == "SUCCEEDED")
        with sqlite3.connect(tmp_path / JOURNAL) as connection:
            connection.execute("UPDATE runs SET outcome = NULL, ended_at = NULL")
            lost = "UPDATE submissions SET state = 'SUBMITTING', job_id = NULL WHERE job != ?"
            connection.execute(lost, (confirmed,))
        service.forget(*(set("abc") - set(taken)))
        refused = apply(service, tmp_path, "second", "--exclusive")
        assert refused.code == 2
        assert "run first of this project goes on, as far as the journal knows, and writes" in refused.err
        wait = shlex.split(refused.err.partition("To wait for it: ")[2].partition(".")[0])
        assert on(service, *wait[1:], cwd=tmp_path).code == (0 if taken else 7)
        assert apply(service, tmp_path, "second", "--exclusive").code == 0


def test_intents_of_yesterday_do_not_count(tmp_path):
    plan(tmp_path)
    with standin() as service:
        assert apply(service, tmp_path, "first").code == 0
        with sqlite3.connect(tmp_path / JOURNAL) as connection:
            connection.execute("UPDATE runs SET outcome = NULL, ended_at = NULL")
            connection.execute("UPDATE submissions SET state = 'SUBMITTING', job_id = NULL")
        make_older(tmp_path, 25 * 3600)
        assert apply(service, tmp_path, "second", "--exclusive").code == 0


def test_a_run_that_is_resumed_looks_for_others_too(tmp_path):
    plan(tmp_path)
    with standin(fail={"b": 3}) as service:
        assert on(service, "apply", "plan.yaml", "--run-id", "second", "-q", cwd=tmp_path).code == 6
        service.configure(fail={}, durations={"b": 600})
        assert apply(service, tmp_path, "first").code == 0
        refused = on(service, "resume", "second", "--exclusive", cwd=tmp_path)
        assert (refused.code, REFUSED in refused.err) == (2, True), refused.err
        warned = on(service, "resume", "second", "--detach", cwd=tmp_path)
        assert (warned.code, "run first of this project goes on" in warned.err) == (0, True)
        with read_journal(tmp_path / JOURNAL) as journal:
            assert {one.run: one.outcome for one in journal.runs()} == {"first": "detached", "second": "detached"}


def test_of_two_exclusive_runs_that_begin_at_once_one_is_refused(tmp_path):
    plan(tmp_path)
    words = ("apply", "plan.yaml", "--exclusive", "--on-interrupt", "terminate")
    with standin(durations={"a": 600}) as service:
        with (
            started(*words, "--run-id", "first", cwd=tmp_path, service=service) as first,
            started(*words, "--run-id", "second", cwd=tmp_path, service=service) as second,
        ):
            wait_until(lambda: first.poll() is not None or second.poll() is not None)
            lost, won, name = (first, second, "second") if first.poll() is not None else (second, first, "first")
            refused = end_of(lost)
            assert refused.code == 2
            assert f"run {name} of this project goes on and writes" in refused.err
            wait_until(lambda: len(states(service)) == 3, won)  # the first one is submitted alone
            won.send_signal(signal.SIGINT)
            assert end_of(won).code == 130
        assert service.verdict()["taken"] == 3
    assert runs(tmp_path) == [name]


def has_open(pid: int, file: Path) -> bool:
    """Tell whether a process has opened a file: a lock, which it then waits for."""
    found = []
    for one in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # it has closed this one meanwhile
            found.append(one.readlink())
    return file in found


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="nothing tells who waits for a lock")
def test_a_run_that_begins_meanwhile_is_seen_since_one_process_begins_at_a_time(tmp_path):
    plan(tmp_path)
    file, first = tmp_path / JOURNAL, RunId("first")
    content = (tmp_path / "plan.yaml").read_bytes()
    entry = RunEntry(run=first, digest=plan_digest(read_plan(content, "")), engine="aws", jobs=3, began_at=1.0)
    words = ("apply", "plan.yaml", "--exclusive", "--run-id", "second")
    with standin() as service, closing(Journal(file)) as journal, ExitStack() as lock:
        lock.enter_context(begin_lock(begin_lock_file(file), time.sleep))
        with (
            run_lock(file.parent / "runs" / first, first),
            started(*words, cwd=tmp_path, service=service) as second,
        ):
            wait_until(lambda: has_open(second.pid, begin_lock_file(file)), second)
            journal.begin(entry, content)
            journal.commit()
            lock.close()
            refused = end_of(second)
        assert service.asked("submitjob") == []
    assert (refused.code, REFUSED in refused.err) == (2, True), refused.err


def test_runs_on_this_machine_count_while_their_command_works(tmp_path):
    # A FIFO opens when both of its ends are there: the job runs until the test lets it go.
    os.mkfifo(tmp_path / "gate")
    write_plan(tmp_path, {"a": ["bash", "-c", "echo x > here; cat gate"]}, a={"writes": ["raw"]})
    local = ("apply", "plan.yaml", "--local")
    with subprocess.Popen([*PROGRAM, *local, "-q", "--run-id", "first"], cwd=tmp_path) as first:
        try:
            wait_until((tmp_path / "here").exists, first)
            refused = kedro_batch(*local, "--exclusive", cwd=tmp_path)
            assert refused.code == 2
            assert "run first of this project goes on and writes 1 dataset of the same name (raw)" in refused.err
            assert "Wait for its command to end; to see how it stands: kedro-batch status first" in refused.err
            (tmp_path / "other").mkdir()
            (tmp_path / "other" / "a name").symlink_to(tmp_path / ".kedro-batch" / "journal.db")
            renamed = ("--journal", "other/a name")
            refused = kedro_batch(*local, "--exclusive", *renamed, cwd=tmp_path)
            assert "kedro-batch status first --journal 'other/a name'" in refused.err
            refused = kedro_batch("resume", "first", *renamed, cwd=tmp_path)
            assert "To see the status: kedro-batch status first --journal 'other/a name'" in refused.err
            (tmp_path / "gate").write_text("go")
            assert first.wait(GENEROUS_S) == 0
        finally:
            first.kill()
    write_plan(tmp_path, {"a": ["true"]}, a={"writes": ["raw"]})
    assert kedro_batch(*local, "--exclusive", "-q", cwd=tmp_path).code == 0
