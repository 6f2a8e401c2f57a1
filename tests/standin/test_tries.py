"""How often the stand-in for AWS Batch tries a job, and what it says of each try."""

import pytest

from tests.standin.simulated import Simulated

SPOT = {"onStatusReason": "Host EC2*", "action": "RETRY"}
ON_SPOT = {"attempts": 3, "evaluateOnExit": [SPOT]}
ONLY_SPOT = {"attempts": 3, "evaluateOnExit": [SPOT, {"onReason": "*", "action": "EXIT"}]}


def test_every_try_is_described_when_the_host_goes_away():
    world = Simulated(spot={"a": 2})
    world.submit("a", retryStrategy=ONLY_SPOT)
    assert world.to_the_end() == {"a": "SUCCEEDED"}
    job = world.described("a")
    gone = "Host EC2 (instance i-0123) terminated."
    assert [one["statusReason"] for one in job["attempts"]] == [gone, gone, "Essential container in task exited"]
    assert ["exitCode" in one["container"] for one in job["attempts"]] == [False, False, True]
    streams = [one["container"]["logStreamName"] for one in job["attempts"]]
    assert streams == [f"a/default/{job['jobId']}{end}" for end in ("", "-2", "-3")]
    assert job["container"]["logStreamName"] == streams[-1]
    tasks = [one["container"]["taskArn"] for one in job["attempts"]]
    assert len(set(tasks)) == 3
    assert job["container"]["taskArn"] == tasks[-1]
    assert job["container"]["containerInstanceArn"].startswith("arn:aws:ecs:us-east-1:123456789012:container-instance/")


@pytest.mark.parametrize(
    ("strategy", "attempts"),
    [
        ({}, 1),
        ({"attempts": 3}, 3),
        (ON_SPOT, 3),  # no rule is about it, which means another try
        (ONLY_SPOT, 1),
        ({"attempts": 5, "evaluateOnExit": [{"onExitCode": "3", "action": "exit"}]}, 1),
        ({"attempts": 5, "evaluateOnExit": [{"onExitCode": "4", "action": "EXIT"}]}, 5),
        ({"attempts": 5, "evaluateOnExit": [{"onExitCode": "3", "onReason": "Out*", "action": "EXIT"}]}, 1),
        ({"attempts": 5, "evaluateOnExit": [{"onExitCode": "3", "onReason": "In*", "action": "EXIT"}]}, 5),
    ],
)
def test_the_retry_strategy_decides_how_often_a_job_is_tried(strategy, attempts):
    reasons = {"statusReason": "Essential container in task exited", "reason": "OutOfMemoryError: Container killed"}
    world = Simulated(fail={"a": 3}, fail_reasons={"a": reasons})
    world.submit("a", retryStrategy=strategy)
    assert world.to_the_end() == {"a": "FAILED"}
    job = world.described("a")
    assert len(job["attempts"]) == attempts
    assert job["container"]["reason"] == reasons["reason"]


def test_a_job_that_never_gets_to_run_has_no_start_and_no_logs():
    said = {"statusReason": "Task failed to start", "reason": "CannotPullContainerError: pull image"}
    world = Simulated(fail_reasons={"a": said})
    world.submit("a")
    assert world.to_the_end() == {"a": "FAILED"}
    job = world.described("a")
    assert job["statusReason"] == said["statusReason"]
    assert job["container"]["reason"] == said["reason"]
    assert "startedAt" not in job
    assert job["container"].keys().isdisjoint({"exitCode", "logStreamName"})
    assert job["attempts"][0].keys() == {"container", "stoppedAt", "statusReason"}


def test_a_job_that_takes_too_long_is_ended_and_not_tried_again():
    world = Simulated(run_s=100)
    world.submit("a", timeout={"attemptDurationSeconds": 60}, retryStrategy={"attempts": 3})
    assert world.states(at=60) == {"a": "FAILED"}
    assert world.described("a")["statusReason"] == "Job attempt duration exceeded timeout"
    assert len(world.described("a")["attempts"]) == 1


def test_a_job_can_fail_in_its_first_submissions_only():
    world = Simulated(fail_attempts={"a": 2})
    ended = []
    for _ in range(3):
        world.submit("a")
        ended.append(world.to_the_end()["a"])
    assert ended == ["FAILED", "FAILED", "SUCCEEDED"]
