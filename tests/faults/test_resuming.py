"""Runs that are taken up again: what is submitted anew, what is not, and what is refused."""

import json
import re
import signal
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from kedro_batch.plan.data_version import make_data_version
from tests.support.command_line import kedro_batch
from tests.support.plans import write_plan
from tests.support.runs import JOURNAL, end_of, interrupted, make_older, on, read_until, started, states, wait_until
from tests.support.services import standin

SCHEMAS = Path(__file__).parents[2] / "schemas"
SCHEMA_OF_RUNS = Draft202012Validator(json.loads((SCHEMAS / "runs.schema.json").read_text()))
JOBS = {name: ["x"] for name in ("a", "b", "c", "d", "e")}
PARENTS = {"b": "a", "c": "a", "d": "b c"}  # e stands alone


def submissions(service, label):
    return [body["jobName"] for body in service.asked("submitjob") if body["tags"]["kedro-batch:job"] == label]


def test_resume_submits_what_failed_and_what_was_not_run_and_nothing_else(tmp_path):
    write_plan(tmp_path, JOBS, PARENTS)
    with standin(fail={"b": 3}) as service:
        assert on(service, "apply", "plan.yaml", "--run-id", "r", cwd=tmp_path).code == 6
        service.configure(fail={})
        before = len(service.asked("submitjob"))
        ended = on(service, "resume", "r", cwd=tmp_path)
        assert ended.code == 0, ended.err
        assert len(service.asked("submitjob")) == before + 2
        assert submissions(service, "b") == ["r_b_1", "r_b_2"]
        assert submissions(service, "d")[-1] == "r_d_2"
        # The new d waits for the new b alone: c has succeeded.
        new_d = next(body for body in service.asked("submitjob") if body["jobName"] == "r_d_2")
        assert len(new_d["dependsOn"]) == 1
        assert service.verdict()["duplicates"] == {}
        assert on(service, "resume", "r", "-q", cwd=tmp_path).code == 0
        assert len(service.asked("submitjob")) == before + 2


def test_a_repeated_apply_does_not_repeat_what_failed(tmp_path):
    write_plan(tmp_path, JOBS, PARENTS)
    with standin(fail={"b": 3}) as service:
        assert on(service, "apply", "plan.yaml", "--run-id", "r", cwd=tmp_path).code == 6
        sent = len(service.asked("submitjob"))
        again = on(service, "apply", "plan.yaml", "--run-id", "r", cwd=tmp_path)
        assert again.code == 6
        assert "b failed: exit code 3" in again.text
        assert len(service.asked("submitjob")) == sent


def test_from_runs_a_job_and_all_below_it_again(tmp_path):
    write_plan(tmp_path, JOBS, PARENTS)
    with standin() as service:
        assert on(service, "apply", "plan.yaml", "--run-id", "r", "-q", cwd=tmp_path).code == 0
        assert on(service, "resume", "r", "--from", "b", "-q", cwd=tmp_path).code == 0
        counts = {label: len(submissions(service, label)) for label in JOBS}
    assert counts == {"a": 1, "b": 2, "c": 1, "d": 2, "e": 1}


def test_only_runs_a_job_again_and_nothing_else(tmp_path):
    write_plan(tmp_path, JOBS, PARENTS)
    with standin(fail={"e": 1}) as service:
        assert on(service, "apply", "plan.yaml", "--run-id", "r", "-q", cwd=tmp_path).code == 6
        ended = on(service, "resume", "r", "--only", "b", cwd=tmp_path)
        assert ended.code == 6  # e has still failed
        counts = {label: len(submissions(service, label)) for label in JOBS}
    assert counts == {"a": 1, "b": 2, "c": 1, "d": 1, "e": 1}


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["--only", "d"], "d cannot be run alone: it needs b, which has not succeeded"),
        (["--from", "bb"], "has no job 'bb'. Did you mean 'b'?"),
        (["--only", "a", "--from", "b"], "--from and --only exclude each other"),
    ],
)
def test_what_cannot_be_run_again_is_refused_and_nothing_is_sent(tmp_path, words, part):
    write_plan(tmp_path, JOBS, PARENTS)
    with standin(fail={"b": 3}) as service:
        on(service, "apply", "plan.yaml", "--run-id", "r", "-q", cwd=tmp_path)
        sent = len(service.asked("submitjob"))
        ended = on(service, "resume", "r", *words, cwd=tmp_path)
        assert (ended.code, part in ended.err) == (2, True), ended.err
        assert len(service.asked("submitjob")) == sent


def test_what_still_runs_is_left_to_run_and_cannot_be_asked_for_again(tmp_path):
    write_plan(tmp_path, JOBS, PARENTS)
    with standin(durations={"e": 600}, fail={"b": 3}) as service:
        with started("apply", "plan.yaml", "--run-id", "r", cwd=tmp_path, service=service) as process:
            wait_until(lambda: states(service).get("d") == "FAILED" and states(service).get("e") == "RUNNING")
            assert interrupted(process).code == 130
        refused = on(service, "resume", "r", "--from", "e", cwd=tmp_path)
        assert refused.code == 2
        assert "cannot run again what still goes on: e" in refused.err
        service.configure(fail={})
        service.finish("e")
        assert on(service, "resume", "r", "-q", cwd=tmp_path).code == 0
        assert len(submissions(service, "e")) == 1
        assert service.verdict()["duplicates"] == {}


def test_an_interrupted_run_names_the_commands_that_lead_on_and_can_be_followed_to_its_end(tmp_path):
    write_plan(tmp_path, JOBS, PARENTS)
    with standin(durations={"a": 600}) as service:
        with started("apply", "plan.yaml", "--run-id", "r", cwd=tmp_path, service=service) as process:
            wait_until(lambda: states(service).get("a") == "RUNNING" and len(states(service)) == len(JOBS))
            stopped = interrupted(process, signal.SIGTERM)
        assert stopped.code == 143
        for command in ("kedro-batch wait r", "kedro-batch cancel r"):
            assert command in stopped.text
        once = on(service, "wait", "r", "--once", cwd=tmp_path)
        assert once.code == 7
        assert "Error: run r has not ended" in once.err
        service.finish("a")
        assert on(service, "wait", "r", "-q", cwd=tmp_path).code == 0
        assert len(service.asked("submitjob")) == 5


def test_waiting_for_a_run_that_was_cut_off_says_what_was_never_submitted(tmp_path):
    write_plan(tmp_path, JOBS, PARENTS)
    with standin(refuse_after=2) as service:
        assert on(service, "apply", "plan.yaml", "--run-id", "r", "--rate", "1", cwd=tmp_path).code == 5
        waited = on(service, "wait", "r", cwd=tmp_path)
        assert waited.code == 7
        assert "3 not submitted" in waited.text
        assert "kedro-batch resume r" in waited.text
        service.configure(refuse_after=None)
        assert on(service, "resume", "r", "-q", cwd=tmp_path).code == 0
        assert service.verdict()["taken"] == 5


def test_a_run_that_batch_has_forgotten_is_not_guessed_at(tmp_path):
    write_plan(tmp_path, JOBS, PARENTS)
    with standin(durations={"b": 600}) as service:
        with started("apply", "plan.yaml", "--run-id", "r", cwd=tmp_path, service=service) as process:
            wait_until(lambda: states(service).get("b") == "RUNNING" and states(service).get("e") == "SUCCEEDED")
            wait_until(lambda: len(states(service)) == len(JOBS))
            interrupted(process)
        service.forget(*JOBS)
        make_older(tmp_path, 25 * 3600)
        refused = on(service, "resume", "r", cwd=tmp_path)
        assert refused.code == 8
        assert "run r is more than a day old, and AWS Batch no longer knows what became" in refused.err
        assert "--assume-done FILE" in refused.err
        (tmp_path / "done").write_text("a  # I looked\nb\n\nc\ne\n")
        wrong = on(service, "resume", "r", "--assume-done", "missing", cwd=tmp_path)
        assert (wrong.code, "cannot read missing" in wrong.err) == (2, True)
        service.configure(durations={})
        assert on(service, "resume", "r", "--assume-done", "done", "-q", cwd=tmp_path).code == 0
        assert submissions(service, "d") == ["r_d_1", "r_d_2"]
        assert len(service.asked("submitjob")) == 6


def test_a_job_that_batch_has_lost_is_submitted_again(tmp_path):
    write_plan(tmp_path, JOBS, PARENTS)
    with standin(durations={"b": 600}) as service:
        with started("apply", "plan.yaml", "--run-id", "r", cwd=tmp_path, service=service) as process:
            wait_until(lambda: states(service).get("b") == "RUNNING" and len(states(service)) == len(JOBS))
            interrupted(process)
        service.forget("b", "d")
        service.configure(durations={})
        assert on(service, "resume", "r", "-q", cwd=tmp_path).code == 0
        assert submissions(service, "b") == ["r_b_1", "r_b_2"]


def test_a_lost_journal_is_rebuilt_from_batch_alone(tmp_path):
    write_plan(tmp_path, JOBS, PARENTS)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    with standin(fail={"b": 3}) as service:
        assert on(service, "apply", "plan.yaml", "--run-id", "r", "-q", cwd=tmp_path).code == 6
        service.configure(fail={})
        unknown = on(service, "resume", "r", cwd=elsewhere)
        assert (unknown.code, "name the plan of the run with --plan PLAN" in unknown.err) == (2, True)
        assert list(elsewhere.iterdir()) == []
        assert on(service, "resume", "r", "--plan", "../plan.yaml", "-q", cwd=elsewhere).code == 0
        assert submissions(service, "b") == ["r_b_1", "r_b_2"]
        assert service.verdict()["duplicates"] == {}
        nothing = on(service, "resume", "other", "--plan", "../plan.yaml", cwd=elsewhere)
        assert nothing.code == 8
        assert "no job of run other is in a_queue" in nothing.err
    assert kedro_batch("status", "other", cwd=elsewhere).code == 8


def test_a_run_in_another_region_or_account_is_refused(tmp_path):
    write_plan(tmp_path, {"a": ["x"]})
    with standin() as service:
        assert on(service, "apply", "plan.yaml", "--run-id", "r", "-q", cwd=tmp_path).code == 0
        env = {**service.environment, "AWS_DEFAULT_REGION": "eu-west-1"}
        for words in (["resume", "r", "--from", "a"], ["wait", "r"], ["cancel", "r"]):
            ended = kedro_batch(*words, cwd=tmp_path, env=env)
            assert ended.code == 2
            assert "run r was applied in region us-east-1, and this is eu-west-1" in ended.err
        assert service.verdict()["taken"] == 1


def test_status_and_runs_ask_nothing_and_write_nothing(tmp_path):
    write_plan(tmp_path, JOBS, PARENTS)
    with standin(fail={"b": 3}) as service:
        on(service, "apply", "plan.yaml", "--run-id", "r", "-q", cwd=tmp_path)
    before = sorted((path, path.stat().st_mtime_ns) for path in (tmp_path / ".kedro-batch").rglob("*"))
    content = (tmp_path / JOURNAL).read_bytes()
    status = kedro_batch("status", "r", cwd=tmp_path)
    assert status.code == 0
    assert re.search(
        r"run r failed after \S+ s, as last seen: 5 jobs, 3 succeeded, 1 failed, 1 will not run\n", status.text
    )
    assert "  | line 3 of b\n" in status.text
    assert json.loads(kedro_batch("status", "r", "--json", cwd=tmp_path).text)["counts"]["SUCCEEDED"] == 3
    assert kedro_batch("runs", cwd=tmp_path).text.splitlines()[1].split()[0] == "r"
    listed = json.loads(kedro_batch("runs", "--json", cwd=tmp_path).text)
    assert listed["outcome"] == "failed"
    SCHEMA_OF_RUNS.validate(listed)
    assert sorted((path, path.stat().st_mtime_ns) for path in (tmp_path / ".kedro-batch").rglob("*")) == before
    assert (tmp_path / JOURNAL).read_bytes() == content


@pytest.mark.parametrize(
    "words", [["runs"], ["status", "r"], ["logs"], ["report"], ["wait"], ["cancel", "r"], ["resume", "last"]]
)
def test_where_there_is_no_journal_a_run_that_is_named_alone_makes_none(tmp_path, words):
    ended = kedro_batch(*words, cwd=tmp_path)
    assert (ended.code, "there is no journal .kedro-batch/journal.db" in ended.err) == (2, True)
    by_its_plan = words[0] != "runs"  # which takes no plan
    assert ("name the plan of the run with --plan PLAN" in ended.err) == by_its_plan
    assert list(tmp_path.iterdir()) == []


def test_a_plan_that_is_none_of_the_run_is_refused_by_what_shows_the_run_and_makes_no_journal(tmp_path):
    write_plan(tmp_path, {"a": ["echo", "hello"]})
    assert kedro_batch("apply", "plan.yaml", "--local", "--run-id", "r", cwd=tmp_path).code == 0
    (tmp_path / "other").mkdir()
    write_plan(tmp_path / "other", {"b": ["true"]})
    for words in (["status", "r"], ["logs", "a", "--run", "r"]):
        assert kedro_batch(*words, "--plan", "plan.yaml", cwd=tmp_path).code == 0
        refused = kedro_batch(*words, "--plan", "other/plan.yaml", cwd=tmp_path)
        assert (refused.code, refused.text) == (2, "")
        assert re.search("other/plan.yaml is not the plan of run r: its digest is sha256:.{64}, and the", refused.err)
    (tmp_path / "other" / "plan.yaml").write_text("jobs: ]")
    for command in ("wait", "cancel", "resume"):
        assert kedro_batch(command, "r", "--plan", "plan.yaml", cwd=tmp_path / "other").code == 4
    assert [one.name for one in (tmp_path / "other").iterdir()] == ["plan.yaml"]


def test_a_local_run_is_resumed_where_it_ran(tmp_path):
    flag = ["bash", "-c", "test -e flag"]
    write_plan(tmp_path, {"a": ["true"], "b": flag, "c": ["true"]}, {"b": "a", "c": "b"})
    assert kedro_batch("apply", "plan.yaml", "--local", "--run-id", "r", cwd=tmp_path).code == 6
    (tmp_path / "flag").touch()
    ended = kedro_batch("resume", "r", cwd=tmp_path)
    assert ended.code == 0, ended.err
    assert "submitted 2 jobs\n" in ended.err
    logs = sorted(log.name for log in (tmp_path / ".kedro-batch/runs/r/logs").iterdir())
    assert logs == ["a.1.1.log", "b.1.1.log", "b.2.1.log", "c.2.1.log"]


def test_only_submits_nothing_else_even_after_stock_was_taken_again(tmp_path):
    write_plan(tmp_path, {name: ["x"] for name in ("a", "b", "c")}, {"b": "a", "c": "b"})
    with standin(refuse_after=1) as service:
        assert on(service, "apply", "plan.yaml", "--run-id", "r", "-q", cwd=tmp_path).code == 5
        wait_until(lambda: states(service) == {"a": "SUCCEEDED"})
        service.configure(refuse_after=None)
        ended = on(service, "resume", "r", "--only", "a", cwd=tmp_path)
        assert ended.code == 7
        assert "2 not submitted" in ended.text
        assert [body["jobName"] for body in service.asked("submitjob")].count("r_a_2") == 1
        assert set(states(service)) == {"a"}


def test_a_failure_of_the_job_that_was_kept_of_two_ends_the_run(tmp_path):
    write_plan(tmp_path, {"a": ["x"], "b": ["x"]}, {"b": "a"})
    with standin(durations={"a": 600}, fail={"a": 3}) as service:
        request = {
            "jobName": "r_a_1",
            "jobQueue": "a_queue",
            "jobDefinition": "a_definition",
            "containerOverrides": {
                "command": ["x"],
                "environment": [{"name": "KEDRO_BATCH_VERSION", "value": make_data_version(datetime.now(UTC))}],
            },
        }
        for _ in range(2):  # as two machines may do
            service.client().submit_job(**request)
        with started("apply", "plan.yaml", "--run-id", "r", cwd=tmp_path, service=service) as process:
            said = read_until(process, "a was submitted twice")
            wait_until(lambda: "b" in states(service))
            service.finish("a")
            applied = end_of(process)
        assert applied.code == 6, said + applied.err
        again = on(service, "wait", "r", "--plan", "plan.yaml", cwd=tmp_path)
        assert again.code == 6
        assert "a failed: exit code 3" in again.text


@pytest.mark.parametrize("submitted", [0, 1, 2])
@pytest.mark.parametrize(
    "words", [("--from", "a"), ("--only", "a", "--only", "b", "--only", "c")], ids=["from", "only"]
)
def test_what_was_to_run_again_runs_again_though_the_command_was_refused_in_between(tmp_path, submitted, words):
    write_plan(tmp_path, {name: ["x"] for name in "abc"}, {"b": "a", "c": "b"})
    with standin() as service:
        assert on(service, "apply", "plan.yaml", "--run-id", "r", cwd=tmp_path).code == 0
        service.configure(refuse_after=3 + submitted)
        refused = on(service, "resume", "r", *words, cwd=tmp_path)
        assert refused.code == 5, refused.err
        assert "  kedro-batch resume r  submit what has not succeeded\n" in re.sub(" +  ", "  ", refused.text)
        service.configure(refuse_after=None)
        assert on(service, "resume", "r", cwd=tmp_path).code == 0
        assert service.verdict()["taken"] == 6


def test_what_was_to_run_again_runs_again_after_ctrl_c(tmp_path):
    write_plan(tmp_path, {name: ["x"] for name in "abc"}, {"b": "a", "c": "b"})
    with standin() as service:
        assert on(service, "apply", "plan.yaml", "--run-id", "r", cwd=tmp_path).code == 0
        words = ("resume", "r", "--from", "a", "--rate", "0.2")
        with started(*words, cwd=tmp_path, service=service) as process:
            wait_until(lambda: len(service.asked("submitjob")) > 3, process)
            assert interrupted(process).code == 130
        assert on(service, "resume", "r", cwd=tmp_path).code == 0
        assert [body["jobName"] for body in service.asked("submitjob")[3:]] == ["r_a_2", "r_b_2", "r_c_2"]


def headline(ended):
    return ended.text.splitlines()[0]


def how_long(service, folder):
    """Give how long a run took and when it began, by its status."""
    told = json.loads(on(service, "status", "r", "--json", cwd=folder).text)
    return told["run_seconds"], told["began_at"]


def test_apply_and_wait_say_the_same_of_how_long_a_run_took(tmp_path):
    write_plan(tmp_path, {"a": ["x"]})
    with standin() as service:
        applied = on(service, "apply", "plan.yaml", "--run-id", "r", cwd=tmp_path)
        took = how_long(service, tmp_path)
        waited = on(service, "wait", "r", cwd=tmp_path)
        assert how_long(service, tmp_path) == took
    assert headline(applied) == re.sub(r" \(this command: [^)]*\)", "", headline(waited))


def test_a_run_does_not_grow_older_where_nobody_knows_when_its_jobs_ended(tmp_path):
    write_plan(tmp_path, {"a": ["x"]})
    with standin() as service:
        on(service, "apply", "plan.yaml", "--run-id", "r", cwd=tmp_path)
        service.forget("a")
        make_older(tmp_path, 2 * 24 * 3600)
        with closing(sqlite3.connect(tmp_path / JOURNAL)) as journal, journal:
            journal.execute("UPDATE submissions SET stopped_at = NULL, details = NULL")
            journal.execute("UPDATE runs SET ended_at = began_at + 600")
        took = how_long(service, tmp_path)
        assert on(service, "wait", "r", cwd=tmp_path).code == 0
        assert how_long(service, tmp_path) == took
