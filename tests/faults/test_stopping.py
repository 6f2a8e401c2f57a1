"""Runs that are ended on purpose: by cancel, by a signal, by a failure."""

import signal

import pytest

from tests.support.command_line import kedro_batch
from tests.support.plans import write_plan
from tests.support.runs import JOURNAL, end_of, interrupted, on, read_until, started, states, wait_until
from tests.support.services import standin

JOBS = {name: ["x"] for name in ("a", "b", "c", "d", "e")}
PARENTS = {"b": "a", "c": "a", "d": "b c"}  # e stands alone


@pytest.mark.parametrize("absent", [[], ["TerminateJobs"]], ids=["in bulk", "one by one"])
def test_cancel_ends_every_job_and_leaves_a_run_that_can_be_resumed(tmp_path, absent):
    write_plan(tmp_path, JOBS, PARENTS)
    with standin(run_s=600, absent=absent) as service:
        assert on(service, "apply", "plan.yaml", "--run-id", "r", "--detach", "-q", cwd=tmp_path).code == 0
        cancelled = on(service, "cancel", "r", cwd=tmp_path)
        assert cancelled.code == 0, cancelled.err
        assert "run r cancelled after" in cancelled.text
        assert set(states(service).values()) == {"FAILED"}
        calls = service.verdict()["calls"]
        assert ("terminatejob" in calls) == bool(absent)
        service.configure(run_s=0.1)
        assert on(service, "resume", "r", "-q", cwd=tmp_path).code == 0
        assert service.verdict()["duplicates"] == {}


def test_cancel_finds_a_job_whose_reply_was_lost(tmp_path):
    write_plan(tmp_path, {"a": ["x"]})
    with standin(run_s=600, submit_fault="reply_lost", list_delay_s=1) as service:
        with started("apply", "plan.yaml", "--run-id", "r", cwd=tmp_path, service=service) as process:
            wait_until(lambda: states(service).get("a"))
            process.kill()
            process.wait()
        assert kedro_batch("cancel", "r", cwd=tmp_path, env=service.environment).code == 0
        assert states(service) == {"a": "FAILED"}


def test_cancel_works_without_a_journal_from_the_plan_alone(tmp_path):
    write_plan(tmp_path, JOBS, PARENTS)
    with standin(run_s=600) as service:
        on(service, "apply", "plan.yaml", "--run-id", "r", "--detach", "-q", cwd=tmp_path)
        (tmp_path / JOURNAL).unlink()
        assert on(service, "cancel", "r", "--plan", "plan.yaml", cwd=tmp_path).code == 0
        assert set(states(service).values()) == {"FAILED"}


def test_cancel_of_a_run_that_has_ended_changes_nothing(tmp_path):
    write_plan(tmp_path, JOBS, PARENTS)
    with standin() as service:
        on(service, "apply", "plan.yaml", "--run-id", "r", "-q", cwd=tmp_path)
        cancelled = on(service, "cancel", "r", cwd=tmp_path)
        assert cancelled.code == 0
        assert "5 jobs, 5 succeeded" in cancelled.text
        assert not {"terminatejob", "terminatejobs"} & service.verdict()["calls"].keys()


def test_ctrl_c_ends_the_jobs_where_that_is_asked_for(tmp_path):
    write_plan(tmp_path, JOBS, PARENTS)
    with standin(run_s=600) as service:
        words = ("apply", "plan.yaml", "--run-id", "r", "--on-interrupt", "terminate")
        with started(*words, cwd=tmp_path, service=service) as process:
            wait_until(lambda: len(states(service)) == 5)
            stopped = interrupted(process)
        assert stopped.code == 130
        assert "Terminating 5 jobs" in stopped.text
        assert stopped.err.endswith("Terminating 5 jobs.\n")
        wait_until(lambda: set(states(service).values()) == {"FAILED"})


def test_ctrl_c_while_much_is_to_be_submitted_loses_nothing_of_what_was(tmp_path):
    names = [f"n{n:03}" for n in range(300)]
    write_plan(tmp_path, {name: ["x"] for name in names})
    # After 40 jobs the service takes one a second: however late the signal comes, most of them are not submitted.
    with standin(latency_s=0.2, throttle={"rate": 1, "burst": 40}) as service:
        with started("apply", "plan.yaml", "--run-id", "r", cwd=tmp_path, service=service) as process:
            wait_until(lambda: len(states(service)) > 40)
            stopped = interrupted(process)
        assert stopped.code == 130
        taken = service.verdict()["taken"]
        assert f"{300 - taken} not submitted" in stopped.text
        service.configure(throttle=None)
        assert on(service, "resume", "r", "-q", cwd=tmp_path).code == 0
        verdict = service.verdict()
    assert (verdict["taken"], verdict["double_taken"]) == (300, {})


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_second_signal_ends_at_once_and_leaves_a_run_that_resumes(tmp_path, number):
    write_plan(tmp_path, JOBS, PARENTS)
    with standin(hang="submitjob") as service:
        with started("apply", "plan.yaml", "--run-id", "r", cwd=tmp_path, service=service) as process:
            wait_until(lambda: service.asked("submitjob"))
            process.send_signal(number)
            read_until(process, "A second signal ends this at once")
            stopped = interrupted(process, number)
        assert stopped.code == 128 + number
        assert "): resume looks them up first" in stopped.text
        service.configure(hang=None)
        assert on(service, "resume", "r", "-q", cwd=tmp_path).code == 0
        assert service.verdict()["double_taken"] == {}


def test_on_failure_stop_starts_nothing_more_and_lets_what_runs_end(tmp_path):
    parents = {"later": "slow", "last": "later"}
    write_plan(tmp_path, {name: ["x"] for name in ("bad", "slow", "later", "last")}, parents)
    with standin(run_s=600, fail={"bad": 2}) as service:
        words = ("apply", "plan.yaml", "--on-failure", "stop", "--run-id", "r")
        with started(*words, cwd=tmp_path, service=service) as process:
            wait_until(lambda: sorted(states(service).values()) == ["PENDING"] * 2 + ["RUNNING"] * 2)
            service.finish("bad")
            wait_until(lambda: states(service)["later"] == "FAILED")
            service.finish("slow")
            stopped = end_of(process)
        assert stopped.code == 6
        assert "bad has failed. No more jobs are started; running jobs continue" in stopped.err
        assert "4 jobs, 1 succeeded, 1 failed, 2 will not run\n" in stopped.text
        assert states(service) == {"bad": "FAILED", "slow": "SUCCEEDED", "later": "FAILED", "last": "FAILED"}
        service.configure(fail={}, run_s=0.1)
        assert on(service, "resume", "r", "-q", cwd=tmp_path).code == 0
        assert service.verdict()["duplicates"] == {}


SWALLOWED = dict.fromkeys(("TerminateJob", "TerminateJobs"), (200, "application/json", "{}"))
"""What something on the way answers that lets no call to terminate jobs through, and says that all is well."""


def swallowed(service):
    return sum(service.verdict()["calls"].get(name, 0) for name in ("terminatejob", "terminatejobs"))


def test_on_failure_stop_terminates_once_more_what_has_not_ended_after_a_while(tmp_path):
    write_plan(tmp_path, {name: ["x"] for name in ("bad", "slow", "later", "waits")}, {"later": "slow"})
    with standin(run_s=600, fail={"bad": 2}, stuck={"waits": ""}, pages=SWALLOWED) as service:
        words = ("apply", "plan.yaml", "--on-failure", "stop", "--run-id", "r")
        with started(*words, cwd=tmp_path, service=service) as process:
            wait_until(lambda: sorted(states(service).values()) == ["PENDING", "RUNNABLE", "RUNNING", "RUNNING"])
            service.finish("bad")
            wait_until(lambda: swallowed(service) > 0, process)
            service.configure(pages={})
            wait_until(lambda: (states(service)["waits"], states(service)["later"]) == ("FAILED", "FAILED"), process)
            assert states(service)["slow"] == "RUNNING"
            service.finish("slow")
            stopped = end_of(process)
        assert stopped.code == 6
        assert states(service) == {"bad": "FAILED", "slow": "SUCCEEDED", "later": "FAILED", "waits": "FAILED"}


def test_so_it_is_once_nothing_else_is_followed(tmp_path):
    write_plan(tmp_path, {name: ["x"] for name in ("bad", "waits")})
    with standin(run_s=600, fail={"bad": 2}, stuck={"waits": ""}, pages=SWALLOWED) as service:
        words = ("apply", "plan.yaml", "--on-failure", "stop", "--run-id", "r")
        with started(*words, cwd=tmp_path, service=service) as process:
            wait_until(lambda: sorted(states(service).values()) == ["RUNNABLE", "RUNNING"])
            service.finish("bad")
            wait_until(lambda: swallowed(service) > 1, process)
            service.configure(pages={})
            stopped = end_of(process)
        assert stopped.code == 6
        assert states(service) == {"bad": "FAILED", "waits": "FAILED"}
        assert "kedro-batch: not started, because bad failed" in stopped.err


def test_jobs_that_would_wait_for_ever_below_a_failed_one_are_ended(tmp_path):
    # The child is submitted when its parent has failed already, and the service lets it wait.
    write_plan(tmp_path, {"a": ["x"], "b": ["x"]}, {"b": "a"})
    faults = {"on_failed_parent": "pend", "dependents_fail_after_s": 600}
    with standin(run_s=0.1, fail={"a": 1}, latency_s=0.3, **faults) as service:
        assert on(service, "apply", "plan.yaml", cwd=tmp_path).code == 6
        wait_until(lambda: states(service) == {"a": "FAILED", "b": "FAILED"})


def test_a_second_process_on_a_run_is_refused_with_the_name_of_the_first(tmp_path):
    write_plan(tmp_path, JOBS, PARENTS)
    with (
        standin(run_s=600) as service,
        started("apply", "plan.yaml", "--run-id", "r", cwd=tmp_path, service=service) as process,
    ):
        wait_until(lambda: len(states(service)) == 5)
        for words in (["resume", "r"], ["wait", "r"], ["apply", "plan.yaml", "--run-id", "r"]):
            refused = on(service, *words, cwd=tmp_path)
            assert refused.code == 2
            assert f"run r is being worked on by process {process.pid} of " in refused.err
        assert interrupted(process).code == 130


def test_cancel_leaves_jobs_alone_that_others_have_named_alike(tmp_path):
    write_plan(tmp_path, {"a": ["x"]})
    with standin(run_s=600) as service:
        client = service.client()
        others = {"NIGHTLY_backup", "nightly_etl", "Nightly_a_1"}
        for name in others:
            overrides = {"command": ["x"]}
            client.submit_job(
                jobName=name, jobQueue="a_queue", jobDefinition="a_definition", containerOverrides=overrides
            )
        on(service, "apply", "plan.yaml", "--run-id", "nightly", "--detach", "-q", cwd=tmp_path)
        assert on(service, "cancel", "nightly", cwd=tmp_path).code == 0
        listed = client.list_jobs(jobQueue="a_queue", filters=[{"name": "JOB_NAME", "values": ["nightly_*"]}])
        live = {job["jobName"] for job in listed["jobSummaryList"] if job["status"] != "FAILED"}
    assert live == others


def test_ctrl_c_while_a_run_is_taken_up_ends_its_jobs_where_that_is_asked_for(tmp_path):
    write_plan(tmp_path, {"a": ["x"], "b": ["x"]})
    with standin(run_s=600) as service:
        on(service, "apply", "plan.yaml", "--run-id", "r", "--detach", "-q", cwd=tmp_path)
        service.configure(latency_s=1.5)
        before = service.verdict()["calls"]["listjobs"]
        with started("resume", "r", "--on-interrupt", "terminate", cwd=tmp_path, service=service) as process:
            wait_until(lambda: service.verdict()["calls"]["listjobs"] > before + 1)
            stopped = interrupted(process)
        assert stopped.code == 130
        assert "Terminating 2 jobs" in stopped.text
        wait_until(lambda: set(states(service).values()) == {"FAILED"})
