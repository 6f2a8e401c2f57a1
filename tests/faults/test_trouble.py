"""Accounts that forbid things, credentials that expire, a service that goes away, jobs that vanish or fail oddly."""

import re

import pytest

from tests.support.command_line import kedro_batch
from tests.support.plans import write_plan
from tests.support.runs import end_of, on, read_until, started, states, wait_until
from tests.support.services import standin

JOBS = {name: ["x"] for name in ("a", "b", "c", "d")}
PARENTS = {"b": "a", "c": "a", "d": "b c"}


@pytest.mark.parametrize("denied", ["DescribeJobQueues", "DescribeJobDefinitions"])
def test_targets_that_may_not_be_looked_up_are_taken_as_they_stand_with_a_warning(tmp_path, denied):
    write_plan(tmp_path, JOBS, PARENTS)
    with standin(deny=[denied]) as service:
        ended = on(service, "apply", "plan.yaml", cwd=tmp_path)
    assert ended.code == 0, ended.err
    assert f"{denied}: AccessDeniedException" in ended.err
    assert "It is used as the plan names it, unchecked" in ended.err


def test_without_leave_to_list_jobs_a_run_is_refused_unless_it_goes_without(tmp_path):
    write_plan(tmp_path, JOBS, PARENTS)
    with standin(deny=["ListJobs"]) as service:
        refused = on(service, "apply", "plan.yaml", cwd=tmp_path)
        assert refused.code == 5
        assert "allow batch:ListJobs, or do without it with --no-adopt" in refused.err
        assert service.verdict()["taken"] == 0
        assert on(service, "apply", "plan.yaml", "--no-adopt", "-q", cwd=tmp_path).code == 0


def test_without_leave_to_tag_a_run_says_what_to_set_and_then_works_fully(tmp_path):
    write_plan(tmp_path, JOBS, PARENTS)
    with standin(deny_tags=True, fail={"b": 3}) as service:
        refused = on(service, "apply", "plan.yaml", cwd=tmp_path)
        assert refused.code == 5
        assert "set `submit_tags: false` in aws_batch.yml and compile again" in refused.err
        write_plan(tmp_path, JOBS, PARENTS, submit_tags=False)
        assert on(service, "apply", "plan.yaml", "--run-id", "r", "-q", cwd=tmp_path).code == 6
        service.configure(fail={})
        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir()
        assert on(service, "resume", "r", "--plan", "../plan.yaml", "-q", cwd=elsewhere).code == 0
        assert service.verdict()["duplicates"] == {}
        write_plan(tmp_path, {"other": ["x"]}, submit_tags=False)
        of_another = on(service, "apply", "plan.yaml", "--run-id", "r", cwd=tmp_path / "elsewhere")
        assert of_another.code == 2


def test_a_log_that_may_not_be_read_is_said_so_and_harms_nothing(tmp_path):
    write_plan(tmp_path, {"a": ["x"]})
    with standin(fail={"a": 9}, deny=["GetLogEvents"]) as service:
        ended = on(service, "apply", "plan.yaml", cwd=tmp_path)
    assert ended.code == 6
    assert "a failed: exit code 9" in ended.text
    assert "CloudWatch Logs refused GetLogEvents on /aws/batch/job: AccessDeniedException" in ended.text


def test_the_last_lines_of_a_log_are_shown_without_control_characters(tmp_path):
    write_plan(tmp_path, {"a": ["x"]})
    lines = [f"line {n}" for n in range(40)] + ["\x1b[2J\x1b]0;owned\x07the end"]
    with standin(fail={"a": 1}, logs={"a": lines}) as service:
        ended = on(service, "apply", "plan.yaml", "-v", cwd=tmp_path)
    shown = [line for line in ended.text.splitlines() if line.startswith("  | ")]
    assert len(shown) == 25
    assert shown[-1] == "  | the end"
    assert b"\x1b" not in ended.out


@pytest.mark.parametrize(
    ("configuration", "part"),
    [
        (
            {"fail": {"a": 137}, "fail_reasons": {"a": {"reason": "OutOfMemoryError: Container killed due to memory"}}},
            "a failed (out of memory, had 2048 MiB): OutOfMemoryError",
        ),
        (
            {"fail_reasons": {"a": {"statusReason": "CannotPullContainerError: no such image", "reason": ""}}},
            "a failed (image pull): CannotPullContainerError: no such image",
        ),
        ({"spot": {"a": 5}}, "a failed (spot): Host EC2 (instance i-0123) terminated"),
    ],
)
def test_the_cause_of_a_failure_is_told_with_what_to_do_about_it(tmp_path, configuration, part):
    write_plan(tmp_path, {"a": ["x"], "b": ["x"]}, {"b": "a"})
    with standin(**configuration) as service:
        ended = on(service, "apply", "plan.yaml", cwd=tmp_path)
    assert ended.code == 6
    assert part in ended.text
    advice = ended.text.partition(part)[2].splitlines()[1]
    assert advice.startswith("  ")
    assert "not run because of it (1): b" in ended.text


def test_a_job_tried_again_after_spot_kills_succeeds(tmp_path):
    write_plan(tmp_path, {"a": ["x"]}, defaults={"attempts": 3, "retry_on": ["spot"]})
    with standin(spot={"a": 2}) as service:
        assert on(service, "apply", "plan.yaml", "-q", cwd=tmp_path).code == 0


def test_expired_credentials_are_waited_for_and_the_run_goes_on(tmp_path):
    write_plan(tmp_path, JOBS, PARENTS)
    with standin(durations={"a": 600}) as service:
        with started("apply", "plan.yaml", cwd=tmp_path, service=service) as process:
            wait_until(lambda: states(service).get("a") == "RUNNING")
            service.configure(expired=[[0, 100_000]])
            said = read_until(process, "Trying again for up to 1 h 0 min; jobs on AWS Batch go on meanwhile")
            service.configure(expired=[])
            said += read_until(process, "credentials work again")
            service.finish("a")
            applied = end_of(process)
        assert service.verdict()["taken"] == 4
    assert applied.code == 0, said + applied.err
    assert "ExpiredTokenException" in said


def test_a_service_that_goes_away_is_waited_for_as_long_as_retry_for_says(tmp_path):
    write_plan(tmp_path, {"a": ["x"]})
    with standin(run_s=600) as service:
        env = {**service.environment, "AWS_MAX_ATTEMPTS": "1"}
        with started(
            "apply", "plan.yaml", "--run-id", "r", "--retry-for", "4s", cwd=tmp_path, service=service
        ) as process:
            wait_until(lambda: states(service) == {"a": "RUNNING"})
            service.configure(down=[[0, 100_000]])
            stopped = end_of(process)
        assert stopped.code == 5
        assert "this has lasted for" in stopped.err
        assert "kedro-batch wait r" in stopped.text
        service.configure(down=[], run_s=0.1)
        assert kedro_batch("status", "r", cwd=tmp_path, env=env).code == 0


def test_jobs_that_wait_for_capacity_are_told_with_the_reason(tmp_path):
    # Only that nothing is terminated; how long is long is tested with a clock of its own.
    write_plan(tmp_path, {"a": ["x"]})
    with standin(stuck={"a": "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY"}) as service:
        with started("apply", "plan.yaml", cwd=tmp_path, service=service) as process:
            wait_until(lambda: states(service) == {"a": "RUNNABLE"})
            asked = len(service.asked("describejobs"))
            wait_until(lambda: len(service.asked("describejobs")) > asked + 2)
            assert process.poll() is None
            process.kill()
        assert not {"terminatejob", "terminatejobs"} & service.verdict()["calls"].keys()


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["--rate", "0"], "'0' is not a rate"),
        (["--rate", "fast"], "'fast' is not a rate"),
        (["--retry-for", "soon"], "'soon' is not a duration: write 90s, 15m, 1h or 1d"),
        (["--run-id", "Nightly_1"], "'Nightly_1' cannot be the id of a run"),
        (["--run-id", "x" * 25], "cannot be the id of a run"),
        (["--local", "--detach"], "--detach cannot be combined with --local"),
        (["--journal", "plan.yaml"], "plan.yaml is not a journal of kedro-batch, which is a database of SQLite"),
        (["--journal", "/dev/null/x"], "cannot write the journal /dev/null/x: /dev/null is no folder"),
    ],
)
def test_mistakes_on_the_command_line_are_refused_before_anything_is_sent(tmp_path, words, part):
    write_plan(tmp_path, JOBS, PARENTS)
    with standin() as service:
        ended = on(service, "apply", "plan.yaml", *words, cwd=tmp_path)
        assert service.verdict()["taken"] == 0
    assert ended.code == 2, ended.err
    assert part in ended.err
    assert "Traceback" not in ended.err


def test_a_run_id_belongs_to_one_plan_and_one_engine(tmp_path):
    write_plan(tmp_path, {"a": ["true"]})
    with standin() as service:
        assert on(service, "apply", "plan.yaml", "--run-id", "r", "-q", cwd=tmp_path).code == 0
        local = on(service, "apply", "plan.yaml", "--local", "--run-id", "r", cwd=tmp_path)
        assert (local.code, "run r runs on aws: choose another --run-id" in local.err) == (2, True)
        write_plan(tmp_path, {"b": ["true"]})
        other = on(service, "apply", "plan.yaml", "--run-id", "r", cwd=tmp_path)
        assert (other.code, "run r is of another plan" in other.err) == (2, True)
        assert len(re.findall(r"sha256:[0-9a-f]{64}\b", other.err)) == 2  # they can be compared and copied
        assert service.verdict()["taken"] == 1
