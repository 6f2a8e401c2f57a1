"""Jobs that get no machine: what is said of them, and how ``--stuck-after`` ends them."""

import json
from datetime import UTC, datetime

import pytest

from tests.support.forked import on
from tests.support.plans import write_plan
from tests.support.runs import end_of, interrupted, read_until, started, states
from tests.support.services import standin

TOO_LARGE = (
    "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT - The job resource requirement (vCPU/memory/GPU) is higher than that "
    "can be met by the CE(s) attached to the job queue."
)
MENDED = {"a": '"64"'}
_APPLY = ("apply", "plan.yaml", "--run-id", "r")


@pytest.fixture(autouse=True)
def plan(tmp_path):
    plan_with(tmp_path, vcpus=192)


def plan_with(folder, *, vcpus):
    write_plan(
        folder, {name: ["x"] for name in "abc"}, {"b": "a"}, a={"resources": {"vcpus": vcpus, "memory_mib": 4096}}
    )


def test_a_job_without_a_machine_is_told_and_ended_when_that_is_asked_for(tmp_path, transcript):
    with standin(stuck={"a": TOO_LARGE}, mended=MENDED) as service:
        on(service, *_APPLY, "--detach", cwd=tmp_path)
        while states(service)["c"] != "SUCCEEDED":
            pass
        on(service, "wait", "r", "--once", cwd=tmp_path)
        transcript.on(service, "wait", "r", "--once")  # what one has seen, the next one knows
        assert transcript.on(service, "wait", "r", "--stuck-after", "1s").code == 6
        assert states(service) == {"a": "FAILED", "b": "FAILED", "c": "SUCCEEDED"}
        plan_with(tmp_path, vcpus=64)
        assert transcript.on(service, "resume", "r", "--new-plan", "plan.yaml").code == 0
    transcript.check("a_job_without_a_machine")


def test_apply_ends_what_it_has_itself_seen_for_so_long(tmp_path, transcript):
    with standin(stuck={"a": TOO_LARGE}, mended=MENDED) as service:
        assert transcript.on(service, *_APPLY, "--stuck-after", "1s").code == 6
        plan_with(tmp_path, vcpus=64)
        assert transcript.on(service, "resume", "r", "--new-plan", "plan.yaml").code == 0
    transcript.check("a_job_ended_as_stuck")


def test_why_a_job_gets_no_machine_is_kept_for_whoever_looks_after_ctrl_c(tmp_path, transcript):
    write_plan(tmp_path, {name: ["x"] for name in "abc"}, {"b": "a", "c": "a"})
    with standin(stuck={"a": TOO_LARGE}) as service:
        with started(*_APPLY, cwd=tmp_path, service=service) as process:
            transcript.begin(*_APPLY)
            transcript.shown(read_until(process, "a waits for a machine"))
            transcript.end(interrupted(process))
        transcript.on(service, "status", "r")
        told = json.loads(on(service, "status", "r", "--json", cwd=tmp_path).text)
        (stuck,) = [one["stuck"] for one in told["jobs"] if "stuck" in one]
        assert stuck["reason"] == TOO_LARGE.rstrip(".")
        assert stuck["since"] <= datetime.now(UTC).isoformat()
        assert transcript.on(service, "cancel", "r").code == 0
    transcript.check("a_job_without_a_machine_after_ctrl_c")


def test_another_reason_is_kept_in_place_of_the_first_and_none_once_it_has_a_machine(tmp_path):
    def kept():
        told = json.loads(on(service, "status", "r", "--json", cwd=tmp_path).text)
        return [one["stuck"]["reason"] for one in told["jobs"] if "stuck" in one]

    with standin(stuck={"a": TOO_LARGE}, run_s=600) as service:
        on(service, *_APPLY, "--detach", cwd=tmp_path)
        for reason, shown in ((TOO_LARGE, [TOO_LARGE.rstrip(".")]), ("CAPACITY:NONE", ["CAPACITY:NONE"]), ("", [])):
            service.configure(stuck={"a": reason})
            on(service, "wait", "r", "--once", cwd=tmp_path)
            assert kept() == shown


def test_a_follower_without_the_journal_goes_by_its_own_first_sight(tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    with standin(stuck={"a": TOO_LARGE}) as service:
        on(service, *_APPLY, "--detach", cwd=tmp_path)
        ended = on(service, "wait", "r", "--plan", "../plan.yaml", "--stuck-after", "1s", cwd=elsewhere)
        assert ended.code == 6
        assert "a failed (stuck): RUNNABLE for more than 1.0 s: MISCONFIGURATION:" in ended.text
        # Whoever followed it meanwhile learns the same from AWS Batch.
        ended = on(service, "wait", "r", cwd=tmp_path)
        assert ended.code == 6
        assert "a failed (stuck): RUNNABLE for more than 1.0 s: MISCONFIGURATION:" in ended.text


def test_waiting_without_a_reason_is_normal_and_never_ended(tmp_path):
    with standin(slots=0) as service:
        on(service, *_APPLY, "--detach", cwd=tmp_path)
        for _ in range(3):
            ended = on(service, "wait", "r", "--once", "--stuck-after", "0.001s", cwd=tmp_path)
            assert ended.code == 7
            assert "RUNNABLE" not in ended.err
        assert service.asked("terminatejobs") == []


def test_who_may_not_terminate_is_told_so_and_the_run_is_followed_all_the_same(tmp_path):
    with (
        standin(stuck={"a": TOO_LARGE}, deny=["TerminateJob", "TerminateJobs"]) as service,
        started(*_APPLY, "--stuck-after", "1s", cwd=tmp_path, service=service) as process,
    ):
        said = read_until(process, "cannot be terminated: AWS Batch refused TerminateJob")
        service.configure(stuck={})
        ended = end_of(process)
    assert ended.code == 0, said + ended.err


@pytest.mark.parametrize("words", [("0",), ("soon",), ("1h", "--local"), ("1h", "--detach")])
def test_what_cannot_be_is_refused(tmp_path, words):
    with standin() as service:
        refused = on(service, *_APPLY, "--stuck-after", *words, cwd=tmp_path)
        assert refused.code == 2
        assert "--stuck-after" in refused.err or "--local" in refused.err
        assert service.asked("submitjob") == []
