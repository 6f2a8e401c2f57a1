"""A run is cancelled, whatever else is denied, gone or throttled, and whoever works on it."""

import re
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.command_line import Ended
from tests.support.forked import on
from tests.support.plans import write_plan
from tests.support.runs import (
    JOURNAL,
    end_of,
    interrupted,
    make_older,
    read_until,
    recorded,
    started,
    states,
    wait_until,
)
from tests.support.services import StandIn, standin

JOBS = {name: ["x"] for name in ("a", "b", "c")}
PARENTS = {"b": "a"}
HERE = "123456789012"


def detached(folder: Path, service: StandIn, **header: object) -> None:
    """Submit a run of three jobs that go on for long."""
    write_plan(folder, JOBS, PARENTS, header=header or None)
    assert on(service, "apply", "plan.yaml", "--run-id", "r", "--detach", "-q", cwd=folder).code == 0


def ended_states(service: StandIn) -> set[str]:
    return set(states(service).values())


# What AWS refuses


def test_a_queue_that_is_gone_and_an_account_that_nobody_tells_are_warnings(tmp_path, transcript):
    with standin(submitted_s=600) as service:
        detached(tmp_path, service, account=HERE)
        service.configure(queues=[], deny=["GetCallerIdentity"])
        assert transcript.on(service, "cancel", "r").code == 0
        assert ended_states(service) == {"FAILED"}
        transcript.on(service, "status", "r")
    transcript.check("cancel_without_queue_and_account")


@pytest.mark.parametrize("words", [("-q",), ("-q", "--json")])
def test_quiet_tells_warnings_as_lines_or_as_events_and_nothing_that_goes_well(tmp_path, words):
    with standin(submitted_s=600) as service:
        detached(tmp_path, service)
        service.configure(deny=["ListJobs"])
        cancelled = on(service, "cancel", "r", *words, cwd=tmp_path)
    assert cancelled.code == 0
    told = [line[len("00:00:00  ") :] for line in cancelled.err.splitlines()]
    assert [line.partition(":")[0] for line in told] == (
        ["jobs in a_queue cannot be looked up by their names"] if words == ("-q",) else []
    )


@pytest.mark.parametrize(
    "trouble",
    [
        {"deny": ["ListJobs", "DescribeJobQueues", "GetCallerIdentity"]},
        {"absent": ["ListJobs"]},
        {"deny": ["TerminateJobs"]},
        {"refuse": {"TerminateJobs": [400, "ValidationException", "no"]}},
        {"absent": ["TerminateJobs"], "hang": ["getcalleridentity", "describejobqueues"]},
        {"throttle_other": {"rate": 2, "burst": 2}},
    ],
    ids=["denied", "absent", "one by one", "refused", "hanging", "throttled"],
)
@pytest.mark.parametrize("account", [None, HERE], ids=["any account", "an account"])
def test_ids_and_describe_jobs_are_enough(tmp_path, trouble, account):
    with standin(run_s=600) as service:
        detached(tmp_path, service, **({"account": account} if account else {}))
        service.configure(**trouble)
        cancelled = on(service, "cancel", "r", cwd=tmp_path)
        assert cancelled.code == 0, cancelled.err
        assert ended_states(service) == {"FAILED"}
    assert "3 jobs, 3 cancelled" in cancelled.text


def test_without_describe_jobs_the_ids_are_named_and_nothing_is_terminated(tmp_path, transcript):
    with standin(submitted_s=600) as service:
        detached(tmp_path, service)
        ids = {job["id"] for job in service.jobs().values()}
        service.configure(deny=["DescribeJobs"])
        refused = transcript.on(service, "cancel", "r")
        assert refused.code == 5
        assert ids <= {word.strip("().,:") for word in refused.err.split()}
        assert not service.asked("terminatejobs")
        service.configure(deny=[])
        assert transcript.on(service, "cancel", "r").code == 0
    transcript.check("cancel_without_describe_jobs")


def test_where_describe_jobs_refuses_for_another_reason_the_ids_are_named_too(tmp_path):
    with standin(submitted_s=600) as service:
        detached(tmp_path, service)
        service.configure(refuse={"DescribeJobs": [400, "ClientException", "not now"]})
        refused = on(service, "cancel", "r", cwd=tmp_path)
        assert refused.code == 5
        assert {job["id"] for job in service.jobs().values()} <= {word.strip("().,:") for word in refused.err.split()}
        assert refused.err.strip().endswith("Try again: kedro-batch cancel r")


def test_without_permission_to_terminate_the_jobs_that_go_on_are_named(tmp_path, transcript):
    with standin(submitted_s=600) as service:
        detached(tmp_path, service)
        service.configure(deny=["TerminateJob", "TerminateJobs"])
        assert transcript.on(service, "cancel", "r").code == 5
        assert "FAILED" not in ended_states(service)
        service.configure(deny=[])
        assert transcript.on(service, "cancel", "r").code == 0
        assert ended_states(service) == {"FAILED"}
    transcript.check("cancel_without_terminate_job")


@pytest.mark.parametrize("body", ["", "{}", '{"jobs": ['], ids=["nothing", "an empty object", "half of one"])
def test_a_termination_that_something_else_has_answered_is_asked_for_again(tmp_path, body):
    with standin(run_s=600) as service:
        detached(tmp_path, service)
        page = [200, "application/json", body]
        service.configure(pages={"TerminateJob": page, "TerminateJobs": page})
        with started("cancel", "r", cwd=tmp_path, service=service) as process:
            wait_until(lambda: service.asked("terminatejob") or service.asked("terminatejobs"), process)
            service.configure(pages={})
            ended = end_of(process)
        assert ended.code == 0, ended.err
        assert ended_states(service) == {"FAILED"}
    again = re.search(r"terminating [23] jobs once more", ended.err)
    assert again if body == "{}" else "the reply is no reply of AWS Batch" in ended.err


@pytest.mark.parametrize("terminate", ["refused at last", "denied at last"])
def test_a_termination_that_is_refused_when_it_is_asked_for_again_is_told_once(tmp_path, terminate):
    with standin(run_s=600) as service:
        detached(tmp_path, service)
        page = [200, "application/json", "{}"]
        service.configure(pages={"TerminateJob": page, "TerminateJobs": page})
        with started("cancel", "r", cwd=tmp_path, service=service) as process:
            wait_until(lambda: service.asked("terminatejob") or service.asked("terminatejobs"), process)
            denied = {"deny": ["TerminateJob", "TerminateJobs"]}
            service.configure(pages={}, **(denied if "denied" in terminate else {"cannot_end": {"c": "not now"}}))
            ended = end_of(process)
        job_id = service.jobs()["c"]["id"]
        assert ended.code == (5 if "denied" in terminate else 7), ended.err
        last = ended.err.rpartition("Error: ")[2]
        assert last.count(job_id) == 1


def test_a_run_that_could_not_be_cancelled_is_none_that_was_whoever_tells_its_end_last(tmp_path):
    with standin(run_s=600) as service:
        write_plan(tmp_path, JOBS, PARENTS)
        with started("apply", "plan.yaml", "--run-id", "r", cwd=tmp_path, service=service) as process:
            wait_until(lambda: "RUNNING" in states(service).values() and len(states(service)) == 3, process)
            service.configure(deny=["TerminateJob", "TerminateJobs"])
            assert on(service, "cancel", "r", cwd=tmp_path).code == 5
            assert end_of(process).code == 6
        status = on(service, "status", "r", cwd=tmp_path).text
        assert "run r stopped" in status
        assert "kedro-batch wait r" in status
        assert "kedro-batch status r" not in status


def test_a_run_that_nobody_knows_is_not_said_to_be_cancelled(tmp_path):
    with standin(run_s=600) as service:
        detached(tmp_path, service)
        before = recorded(tmp_path)
        for further in ((), ("--json",)):
            mistyped = on(service, "cancel", "rr", "--plan", "plan.yaml", *further, cwd=tmp_path)
            assert mistyped.code == 8, mistyped.err
            assert "no job of run rr is in a_queue, so that nothing was terminated" in mistyped.err
            assert "kedro-batch runs" in mistyped.err
            assert "cancelled" not in mistyped.text
        assert recorded(tmp_path) == before
        assert not ended_states(service) & {"FAILED"}


def test_a_job_that_cannot_be_terminated_is_named_and_the_others_end(tmp_path, transcript):
    with standin(submitted_s=600) as service:
        detached(tmp_path, service)
        service.configure(cannot_end={"c": "Job cannot be terminated now"})
        left = transcript.on(service, "cancel", "r")
        assert left.code == 7
        assert service.jobs()["c"]["id"] in left.err
        wait_until(lambda: states(service)["a"] == states(service)["b"] == "FAILED")
        service.configure(cannot_end={})
        assert transcript.on(service, "cancel", "r").code == 0
    transcript.check("cancel_of_a_job_that_refuses")


def test_a_job_that_may_have_been_submitted_and_cannot_be_looked_up_is_named(tmp_path, transcript):
    write_plan(tmp_path, {"a": ["x"]})
    with standin(run_s=600, submit_fault="reply_lost", list_delay_s=600) as service:
        with started("apply", "plan.yaml", "--run-id", "r", cwd=tmp_path, service=service) as process:
            wait_until(lambda: states(service).get("a"))
            process.kill()
            process.wait()
        service.configure(deny=["ListJobs"], list_delay_s=0)
        assert transcript.on(service, "cancel", "r").code == 7
        service.configure(deny=[])
        assert transcript.on(service, "cancel", "r").code == 0
        assert states(service) == {"a": "FAILED"}
    transcript.check("cancel_of_a_job_that_cannot_be_looked_up")


@pytest.mark.parametrize("words", [["cancel", "r"], ["cancel", "r", "--plan", "plan.yaml"]], ids=["ids", "names"])
def test_a_full_outage_is_waited_for_and_then_every_job_is_ended(tmp_path, words):
    with standin(run_s=600) as service:
        detached(tmp_path, service, account=HERE)
        if "--plan" in words:
            (tmp_path / JOURNAL).unlink()
        service.configure(down=[[0, 1e9]])
        with started(*words, cwd=tmp_path, service=service) as process:
            read_until(process, "Trying again for up to 1 h")
            service.configure(down=[])
            cancelled = end_of(process)
        assert cancelled.code == 0, cancelled.err
        assert "3 jobs, 3 cancelled" in cancelled.text
        assert ended_states(service) == {"FAILED"}


def test_a_state_that_this_version_does_not_know_is_terminated_like_any_that_is_alive(tmp_path):
    with standin(run_s=600, odd_states={"a": "SCHEDULED", "c": "HIBERNATING"}) as service:
        detached(tmp_path, service)
        assert on(service, "cancel", "r", cwd=tmp_path).code == 0
        assert ended_states(service) == {"FAILED"}


def test_what_the_journal_lost_is_not_looked_for_where_jobs_cannot_be_listed(tmp_path):
    with standin(run_s=600) as service:
        detached(tmp_path, service)
        (tmp_path / JOURNAL).unlink()
        service.configure(deny=["ListJobs"])
        refused = on(service, "cancel", "r", "--plan", "plan.yaml", cwd=tmp_path)
        assert refused.code == 5
        assert "batch:ListJobs" in refused.err
        assert "FAILED" not in ended_states(service)


def test_a_job_of_others_that_the_journal_names_is_left_alone_whatever_else_is_denied(tmp_path):
    with standin(run_s=600) as service:
        detached(tmp_path, service)
        queue = {"jobQueue": "a_queue", "jobDefinition": "a_definition"}
        payroll = service.client().submit_job(jobName="payroll", **queue)["jobId"]
        with closing(sqlite3.connect(tmp_path / JOURNAL)) as journal, journal:
            journal.execute("UPDATE submissions SET job_id = ? WHERE job = 'a'", (payroll,))
        service.configure(deny=["ListJobs", "DescribeJobQueues"])
        cancelled = on(service, "cancel", "r", cwd=tmp_path)
        assert cancelled.code == 2
        assert f"payroll ({payroll})" in cancelled.err
        (theirs,) = service.client().describe_jobs(jobs=[payroll])["jobs"]
        assert theirs["status"] not in ("FAILED", "SUCCEEDED")
        assert set(states(service).values()) >= {"FAILED"}


# What AWS Batch does not know


def test_jobs_that_aws_batch_does_not_know_are_lost_and_not_cancelled(tmp_path, transcript):
    with standin(submitted_s=600) as service:
        detached(tmp_path, service)
        service.forget("a", "b", "c")
        assert transcript.on(service, "cancel", "r").code == 6
        transcript.on(service, "status", "r")
        assert transcript.on(service, "cancel", "r").code == 0  # the run has ended, and that was told
        service.configure(submitted_s=0)
        assert transcript.on(service, "resume", "r").code == 0
        assert states(service) == dict.fromkeys("abc", "SUCCEEDED")
    transcript.check("cancel_of_jobs_that_are_lost")


def test_of_jobs_of_which_some_are_lost_the_others_are_cancelled(tmp_path):
    with standin(submitted_s=600) as service:
        detached(tmp_path, service)
        service.forget("c")
        cancelled = on(service, "cancel", "r", cwd=tmp_path)
        assert cancelled.code == 6
        assert re.search(r"does not know 1 job of run r: c \([0-9a-f-]+\)\. There was nothing to end", cancelled.err)
        assert "3 jobs, 1 lost, 2 cancelled" in cancelled.text
        assert [states(service)[job] for job in "ab"] == ["FAILED"] * 2


def test_a_forgotten_job_has_succeeded_if_one_below_it_was_started(tmp_path):
    with standin(durations=dict.fromkeys("abc", 600)) as service:
        detached(tmp_path, service)
        wait_until(lambda: states(service)["a"] == "RUNNING")
        service.finish("a")
        wait_until(lambda: states(service)["b"] == "RUNNING")
        service.forget("a")
        cancelled = on(service, "cancel", "r", cwd=tmp_path)
        assert cancelled.code == 0, cancelled.err
        assert "3 jobs, 1 succeeded, 2 cancelled" in cancelled.text


def test_how_jobs_ended_that_are_older_than_a_day_is_left_open(tmp_path):
    with standin(submitted_s=600) as service:
        detached(tmp_path, service)
        make_older(tmp_path, 2 * 86400)
        service.forget("a", "b")
        cancelled = on(service, "cancel", "r", cwd=tmp_path)
        assert cancelled.code == 8
        assert "no longer knows what became of a, b" in cancelled.err
        assert "kedro-batch resume r --assume-done FILE" in cancelled.err
        assert states(service)["c"] == "FAILED"
        assert on(service, "resume", "r", cwd=tmp_path).code == 8  # it asks: nobody has decided meanwhile
        (tmp_path / "FILE").write_text("a\n")
        service.configure(submitted_s=0)
        assert on(service, "resume", "r", "--assume-done", "FILE", cwd=tmp_path).code == 0
        assert {body["jobName"] for body in service.asked("submitjob")[3:]} == {"r_b_2", "r_c_2"}


# Who works on the run


@pytest.mark.parametrize("words", [["apply", "plan.yaml", "--run-id", "r"], ["wait", "r"], ["resume", "r"]])
def test_whoever_follows_the_run_on_this_machine_is_told_to_stop(tmp_path, words):
    with standin(run_s=600, hold_terminations=True) as service:
        detached(tmp_path, service)
        before = len(service.asked("describejobs"))
        with started(*words, cwd=tmp_path, service=service) as follower:
            wait_until(lambda: len(service.asked("describejobs")) > before, follower)
            with started("cancel", "r", cwd=tmp_path, service=service) as process:
                followed = end_of(follower)
                service.configure(hold_terminations=False)
                cancelled = end_of(process)
        assert (followed.code, cancelled.code) == (6, 0), cancelled.err
        assert "run r was cancelled at" in followed.err
        assert "works on run r: it is told to stop" in cancelled.err
        assert ended_states(service) == {"FAILED"}
        seen = on(service, "status", "r", cwd=tmp_path).text
        assert re.match(r"run r cancelled after [^,]*, as last seen: 3 jobs, 3 cancelled\n", seen)


def test_a_ci_job_that_follows_the_run_ends_and_says_why(tmp_path, transcript):
    words = ("apply", "plan.yaml", "--run-id", "r")
    write_plan(tmp_path, JOBS, PARENTS)
    with standin(submitted_s=600, hold_terminations=True) as service:
        with started(*words, cwd=tmp_path, service=service) as follower:
            wait_until(lambda: len(states(service)) == 3, follower)
            read_until(follower, "submitted 3 jobs")
            with started("cancel", "r", cwd=tmp_path, service=service) as process:
                followed = end_of(follower)
                service.configure(hold_terminations=False)
                cancelled = end_of(process)
        assert (followed.code, cancelled.code) == (6, 0)
        transcript.record(words, followed)
        transcript.on(service, "status", "r")
    transcript.check("cancel_beside_a_follower")


def test_a_process_that_submits_sends_nothing_more_once_the_run_is_cancelled(tmp_path):
    write_plan(tmp_path, {f"n{number:02}": ["x"] for number in range(60)})
    with standin(run_s=600) as service:
        words = ("apply", "plan.yaml", "--run-id", "r", "--rate", "5")
        with started(*words, cwd=tmp_path, service=service) as submitter:
            wait_until(lambda: len(states(service)) >= 5, submitter)
            cancelled = on(service, "cancel", "r", cwd=tmp_path)
            taken = service.verdict()["taken"]
            assert end_of(submitter).code == 6
        assert cancelled.code == 0, cancelled.err
        assert 5 <= taken == service.verdict()["taken"] < 60
        assert ended_states(service) == {"FAILED"}
        assert f": 60 jobs, {taken} cancelled, {60 - taken} not submitted\n" in cancelled.text
        service.configure(run_s=0.1)
        assert on(service, "resume", "r", "-q", cwd=tmp_path).code == 0
        assert service.verdict()["duplicates"] == {}


@pytest.mark.long
def test_a_process_that_was_stopped_is_left_behind_and_named(tmp_path, transcript):
    with standin(submitted_s=600) as service:
        detached(tmp_path, service)
        before = len(service.asked("describejobs"))
        with started("wait", "r", cwd=tmp_path, service=service) as follower:
            wait_until(lambda: len(service.asked("describejobs")) > before, follower)
            follower.send_signal(signal.SIGSTOP)
            assert transcript.on(service, "cancel", "r").code == 0
            assert ended_states(service) == {"FAILED"}
            transcript.on(service, "status", "r")
            follower.send_signal(signal.SIGCONT)
            assert end_of(follower).code == 6
        assert "3 jobs, 3 cancelled" in on(service, "status", "r", cwd=tmp_path).text
    transcript.check("cancel_beside_a_stopped_process")


@pytest.mark.long
def test_a_process_that_cannot_be_told_to_stop_and_whose_jobs_cannot_be_looked_up_is_named(tmp_path, transcript):
    with standin(submitted_s=600) as service:
        detached(tmp_path, service)
        before = len(service.asked("describejobs"))
        with started("wait", "r", cwd=tmp_path, service=service) as follower:
            wait_until(lambda: len(service.asked("describejobs")) > before, follower)
            service.configure(deny=["ListJobs"])
            follower.send_signal(signal.SIGSTOP)
            with closing(sqlite3.connect(tmp_path / JOURNAL, isolation_level=None)) as browser:
                browser.execute("BEGIN IMMEDIATE")
                assert transcript.on(service, "cancel", "r").code == 7
            assert ended_states(service) == {"FAILED"}
            follower.kill()
        assert transcript.on(service, "cancel", "r").code == 0
    transcript.check("cancel_beside_a_process_that_is_not_told")


def test_a_run_on_this_machine_is_ended_by_the_process_that_runs_it(tmp_path, transcript):
    write_plan(tmp_path, {"slow": ["bash", "-c", "touch began; exec sleep 600"], "after": ["true"]}, {"after": "slow"})
    with standin() as service:
        words = ("apply", "plan.yaml", "--local", "--run-id", "r")
        with started(*words, cwd=tmp_path, service=service) as follower:
            wait_until((tmp_path / "began").exists, follower)
            assert transcript.on(service, "cancel", "r").code == 0
            assert end_of(follower).code == 6
        assert "2 jobs, 2 cancelled" in transcript.on(service, "status", "r").text
        assert transcript.on(service, "cancel", "r").code == 0
    transcript.check("cancel_of_a_local_run")


# What stays as it is


@pytest.mark.parametrize(("fail", "outcome"), [({}, "succeeded"), ({"a": 3}, "failed")])
def test_a_run_that_has_ended_stays_as_it_ended(tmp_path, fail, outcome):
    write_plan(tmp_path, JOBS, PARENTS)
    with standin(fail=fail) as service:
        on(service, "apply", "plan.yaml", "--run-id", "r", "-q", cwd=tmp_path)
        ended = sum(len(service.asked(one)) for one in ("terminatejob", "terminatejobs"))  # by apply itself, perhaps
        before, content = recorded(tmp_path), (tmp_path / JOURNAL).read_bytes()
        took = on(service, "status", "r", cwd=tmp_path).text.partition(",")[0]  # run r succeeded after 0.3 s
        for words in (["cancel", "r"], ["cancel", "r", "--json"]):
            cancelled = on(service, *words, cwd=tmp_path)
            assert cancelled.code == 0
            assert "--json" in words or took in cancelled.text
            assert "it had ended before: nothing of it goes on, and nothing was changed" in cancelled.text
            assert outcome in cancelled.text
        service.configure(queues=[], deny=["DescribeJobQueues", "ListJobs"])
        assert on(service, "cancel", "r", cwd=tmp_path).code == 0
        service.configure(deny=["DescribeJobs"])
        assert on(service, "cancel", "r", cwd=tmp_path).code == 5
        assert sum(len(service.asked(one)) for one in ("terminatejob", "terminatejobs")) == ended
    assert (recorded(tmp_path), (tmp_path / JOURNAL).read_bytes()) == (before, content)


def test_a_job_that_had_failed_before_keeps_its_reason_and_the_run_stays_cancelled(tmp_path):
    write_plan(tmp_path, {**JOBS, "d": ["x"]}, PARENTS)
    killed = {"a": {"reason": "OutOfMemoryError: Container killed due to memory usage"}}
    with standin(fail={"a": 137}, fail_reasons=killed, durations={"c": 600, "d": 600}) as service:
        on(service, "apply", "plan.yaml", "--run-id", "r", "--detach", "-q", cwd=tmp_path)
        wait_until(lambda: (states(service)["a"], states(service)["c"]) == ("FAILED", "RUNNING"))
        assert on(service, "cancel", "r", cwd=tmp_path).code == 0
        for words in (["status", "r"], ["wait", "r"], ["status", "r"]):
            told = on(service, *words, cwd=tmp_path).text
            assert "run r cancelled after " in told
            assert "4 jobs, 1 failed, 2 cancelled, 1 will not run" in told
            assert "a failed (out of memory, had 2048 MiB): OutOfMemoryError" in told


def test_a_run_that_has_succeeded_while_nobody_looked_has_not_been_cancelled(tmp_path):
    write_plan(tmp_path, JOBS, PARENTS)
    with standin() as service:
        on(service, "apply", "plan.yaml", "--run-id", "r", "--detach", "-q", cwd=tmp_path)
        wait_until(lambda: ended_states(service) == {"SUCCEEDED"})
        cancelled = on(service, "cancel", "r", cwd=tmp_path)
        assert cancelled.code == 0
        assert "run r succeeded after" in cancelled.text
        seen = on(service, "status", "r", cwd=tmp_path).text
        assert re.match(r"run r succeeded after [^,]*, as last seen: ", seen)


@pytest.mark.parametrize(
    "words",
    [["--from", "clean_dat"], ["--only", "clean_dat"], ["--only", "clean_data", "--only", "clean_dat"]],
    ids=["from", "only", "the second"],
)
@pytest.mark.parametrize("local", [False, True], ids=["on AWS Batch", "on this machine"])
def test_a_job_that_is_misspelt_changes_nothing_and_says_one_line(tmp_path, words, local):
    write_plan(tmp_path, {"clean_data": ["false"], "train": ["true"]})
    with standin(fail={"clean_data": 1}) as service:
        on(service, "apply", "plan.yaml", "--run-id", "r", "-q", *(["--local"] if local else []), cwd=tmp_path)
        before, calls = (tmp_path / JOURNAL).read_bytes(), service.verdict()["calls"]
        refused = on(service, "resume", "r", *words, cwd=tmp_path)
        assert service.verdict()["calls"] == calls
    assert (refused.code, refused.text) == (2, "")
    assert refused.err == "Error: the plan of the run has no job 'clean_dat'. Did you mean 'clean_data'?\n"
    assert (tmp_path / JOURNAL).read_bytes() == before


@pytest.mark.parametrize("followed", [False, True])
def test_a_job_that_is_misspelt_among_those_that_are_done_changes_nothing_either(tmp_path, followed):
    write_plan(tmp_path, {"clean_data": ["x"], "train": ["x"]})
    (tmp_path / "done").write_text("train\nclean_dat\n")
    with standin(run_s=600) as service:
        on(service, "apply", "plan.yaml", "--run-id", "r", "--detach", "-q", cwd=tmp_path)
        asked = len(service.asked("describejobs"))
        with started("wait", "r", cwd=tmp_path, service=service) as follower:
            wait_until(lambda: len(service.asked("describejobs")) > asked, follower)
            if not followed:
                interrupted(follower)
            calls = service.verdict()["calls"]["listjobs"]
            refused = on(service, "resume", "r", "--assume-done", "done", cwd=tmp_path)
            assert service.verdict()["calls"]["listjobs"] == calls
    assert (refused.code, refused.text) == (2, "")
    assert refused.err == (
        "Error: --assume-done names a job that the plan of the run does not have: 'clean_dat'. "
        "Did you mean 'clean_data'?\n"
    )


def test_what_a_person_cancelled_is_no_failure_and_what_failed_before_stays_one(tmp_path):
    write_plan(tmp_path, JOBS, PARENTS)
    with standin(run_s=600, fail={"c": 3}) as service:
        on(service, "apply", "plan.yaml", "--run-id", "r", "--detach", "-q", cwd=tmp_path)
        wait_until(lambda: states(service)["c"] == "RUNNING")
        service.finish("c")
        wait_until(lambda: states(service)["c"] == "FAILED")
        cancelled = on(service, "cancel", "r", cwd=tmp_path)
        assert cancelled.code == 0
        assert "run r cancelled after" in cancelled.text
        assert "3 jobs, 1 failed, 2 cancelled" in cancelled.text
        assert "c failed: exit code 3" in cancelled.text
        followed = on(service, "wait", "r", cwd=tmp_path)
        assert followed.code == 6
        assert "a failed" not in followed.text
        service.configure(fail={}, run_s=0.1)
        assert on(service, "resume", "r", "-q", cwd=tmp_path).code == 0


def test_a_job_that_a_person_ended_in_the_console_has_failed(tmp_path):
    write_plan(tmp_path, {"a": ["x"]})
    with standin(run_s=600) as service:
        on(service, "apply", "plan.yaml", "--run-id", "r", "--detach", "-q", cwd=tmp_path)
        wait_until(lambda: states(service)["a"] == "RUNNING")
        service.client().terminate_job(jobId=service.jobs()["a"]["id"], reason="by hand")
        followed = on(service, "wait", "r", cwd=tmp_path)
    assert followed.code == 6
    assert "1 job, 1 failed" in followed.text


# --on-failure stop


def test_what_cannot_be_called_off_after_a_failure_is_followed_and_not_said_to_be_not_run(tmp_path, transcript):
    write_plan(tmp_path, {name: ["x"] for name in ("bad", "slow", "later", "waits")}, {"later": "slow"})
    words = ("apply", "plan.yaml", "--on-failure", "stop", "--run-id", "r")
    with standin(run_s=600, fail={"bad": 2}, stuck={"waits": "CAPACITY"}) as service:
        with started(*words, "-v", cwd=tmp_path, service=service) as process:
            told = read_until(process, "slow RUNNING")
            service.configure(deny=["TerminateJob", "TerminateJobs"])
            wait_until(lambda: states(service)["bad"] == "RUNNING", process)
            service.finish("bad")
            told += read_until(process, "may start all the same, and are followed")
            assert states(service)["later"] == "PENDING"
            wait_until(lambda: "'job_log'" in str(recorded(tmp_path)), process)
            service.configure(deny=[])
            interrupted(process)
        assert "later, waits may start all the same" in told or "waits, later may start all the same" in told
        seen = on(service, "status", "r", cwd=tmp_path).text
        assert "not run" not in seen
        assert "4 jobs, 1 failed, 3 not finished" in seen
        transcript.record(words, Ended(130, b"", told))
        assert transcript.on(service, "cancel", "r").code == 0
        assert ended_states(service) == {"FAILED"}
    transcript.check("stop_without_terminate_job")


def test_what_goes_on_after_a_failure_is_followed_to_its_end_and_the_failure_decides(tmp_path):
    write_plan(tmp_path, {name: ["x"] for name in ("bad", "slow", "later")}, {"later": "slow"})
    with standin(run_s=600, durations={"later": 0.1}, fail={"bad": 2}) as service:
        words = ("apply", "plan.yaml", "--on-failure", "stop", "--run-id", "r")
        with started(*words, cwd=tmp_path, service=service) as process:
            wait_until(lambda: [*states(service).values()].count("RUNNING") == 2, process)
            service.configure(deny=["TerminateJob", "TerminateJobs"])
            service.finish("bad")
            read_until(process, "may start all the same, and are followed")
            service.finish("slow")
            stopped = end_of(process)
        assert stopped.code == 6
        assert "3 jobs, 2 succeeded, 1 failed\n" in stopped.text


@pytest.mark.parametrize("why", [{"deny": ["TerminateJob", "TerminateJobs"]}, {"cannot_end": {"b": "not now"}}])
def test_what_waits_for_ever_below_a_failure_and_cannot_be_ended_is_named_and_not_said_to_be_not_run(
    tmp_path, transcript, why
):
    write_plan(tmp_path, {"a": ["x"], "b": ["x"]}, {"b": "a"})
    words = ("apply", "plan.yaml", "--run-id", "r")
    with standin(run_s=600, fail={"a": 1}, dependents_fail_after_s=600, **why) as service:
        with started(*words, cwd=tmp_path, service=service) as process:
            wait_until(lambda: states(service) == {"a": "RUNNING", "b": "PENDING"}, process)
            service.finish("a")
            failed = end_of(process)
        assert failed.code == 6
        assert "2 jobs, 1 failed, 1 not finished" in failed.text
        assert "not ended, though a job above failed: b (" in failed.text
        transcript.record(words, failed)
        service.configure(deny=[], cannot_end={})
        assert transcript.on(service, "cancel", "r").code == 0
        assert ended_states(service) == {"FAILED"}
    if "deny" in why:
        transcript.check("waiting_below_a_failure")
