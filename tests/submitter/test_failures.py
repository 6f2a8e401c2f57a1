from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kedro_batch.submitter.failures import Cause, Failure, classify_failure
from kedro_batch.submitter.log_places import attempt_streams, log_streams
from kedro_batch.submitter.stuck_advice import ENDED_AS_STUCK, stuck_advice
from kedro_batch.text.escaping import one_line

EXITED = "Essential container in task exited"
TIMED_OUT = "Job attempt duration exceeded timeout"
RECLAIMED = "Host EC2 (instance i-04b17daec78ef4a0b) terminated."
NO_AUTH = "ResourceInitializationError: unable to pull secrets or registry auth"
KILLED_FOR_MEMORY = "OutOfMemoryError: Container killed due to memory usage"


def a_try(status_reason=EXITED, **container):
    return {"container": container, "statusReason": status_reason}


def a_job(status_reason=EXITED, *, attempts=None, **container):
    """Give a failed job of one try, or of several, as DescribeJobs does: the last try is repeated above."""
    last = a_try(status_reason, **container)
    return {
        "jobId": "1",
        "jobName": "train",
        "status": "FAILED",
        **last,
        "attempts": [last] if attempts is None else attempts,
    }


@pytest.mark.parametrize(
    ("status_reason", "reason", "exit_code", "cause"),
    [
        (EXITED, KILLED_FOR_MEMORY, 137, Cause.OUT_OF_MEMORY),
        (EXITED, KILLED_FOR_MEMORY, 1, Cause.OUT_OF_MEMORY),
        (EXITED, KILLED_FOR_MEMORY, 0, Cause.OUT_OF_MEMORY),
        (EXITED, "OutOfMemoryError: container killed due to memory usage", 137, Cause.OUT_OF_MEMORY),
        ("Task failed to start", "CannotPullContainerError: API error (404): not found", None, Cause.IMAGE_PULL),
        ("Task failed to start - CannotPullContainerError: no space left on device", None, None, Cause.IMAGE_PULL),
        ("CannotPullContainerError: pull image manifest has been retried 5 time(s)", None, None, Cause.IMAGE_PULL),
        (EXITED, "CannotPullECRContainerError: AccessDeniedException", None, Cause.IMAGE_PULL),
        ("CannotPullImageManifestError: i/o timeout", None, None, Cause.IMAGE_PULL),
        (f"{NO_AUTH}: unable to retrieve ecr registry auth: i/o timeout", None, None, Cause.IMAGE_PULL),
        (f"{NO_AUTH}: unable to retrieve secret from asm: AccessDenied", None, None, Cause.START_FAILURE),
        ("ResourceInitializationError: failed to validate logger args", None, None, Cause.START_FAILURE),
        ("Task failed to start", None, None, Cause.START_FAILURE),
        ("Task failed to start", "DockerTimeoutError: Could not transition to created", None, Cause.START_FAILURE),
        ("Task failed to start", "CannotStartContainerError: exec format error", 127, Cause.START_FAILURE),
        (EXITED, "CannotStartContainerError: init terminated by user namespace", 127, Cause.START_FAILURE),
        (EXITED, "CannotCreateContainerError: no space left on device", None, Cause.START_FAILURE),
        (EXITED, "CannotInspectContainerError: Could not transition to inspecting", None, Cause.START_FAILURE),
        (EXITED, "ContainerRuntimeTimeoutError: Could not transition to running", None, Cause.START_FAILURE),
        ("Timeout waiting for network interface provisioning to complete.", None, None, Cause.START_FAILURE),
        ("ECS was unable to assume the role 'arn:aws:iam::1:role/r'", None, None, Cause.START_FAILURE),
        ("Container Overrides length must be at most 8192", None, None, Cause.START_FAILURE),
        (RECLAIMED, None, None, Cause.SPOT),
        (RECLAIMED, None, 143, Cause.SPOT),
        ("Your Spot Task was interrupted.", None, 137, Cause.SPOT),
        (TIMED_OUT, None, 137, Cause.TIMEOUT),
        (TIMED_OUT, None, None, Cause.TIMEOUT),
        ("Dependent Job failed", None, None, Cause.DEPENDENCY),
        ("Dependent job failed", None, None, Cause.DEPENDENCY),
        ("Terminated by the user", None, 137, Cause.TERMINATED),
        ("Cancelled by operator", None, None, Cause.TERMINATED),
        ("Task stopped by user", None, 143, Cause.TERMINATED),
        (EXITED, None, 1, Cause.EXIT),
        (EXITED, None, 137, Cause.EXIT),
        (None, None, 2, Cause.EXIT),
        (EXITED, None, 0, Cause.UNKNOWN),
        (EXITED, None, None, Cause.UNKNOWN),
        ("something new", None, None, Cause.UNKNOWN),
        (None, None, None, Cause.UNKNOWN),
    ],
)
def test_what_the_service_says_tells_the_cause(status_reason, reason, exit_code, cause):
    failure = classify_failure(a_job(status_reason, reason=reason, exitCode=exit_code))
    assert failure.cause is cause
    assert failure.exit_code == exit_code


@pytest.mark.parametrize(
    ("job", "advice"),
    [
        (a_job(reason=KILLED_FOR_MEMORY, exitCode=137), "`memory_mib` in aws_batch.yml or a rule"),
        (a_job("CannotPullContainerError: x"), "execution role"),
        (a_job(RECLAIMED), "`attempts` with `retry_on: [spot]`"),
        (a_job(TIMED_OUT), "raise `timeout_s`"),
        (a_job("Task failed to start"), "`start_failure` in `retry_on`"),
        ({"isTerminated": True}, "CloudTrail"),
        (a_job("Dependent Job failed"), "the job that it waits for"),
        (a_job(exitCode=1), "read its log"),
        (a_job(exitCode=137), "give it more memory: `memory_mib`"),
        (a_job(exitCode=127), "folder of PATH"),
        ({"attempts": [a_try(RECLAIMED), a_try(RECLAIMED)]}, "raise `attempts`"),
        ({}, "the service does not say why"),
    ],
)
def test_advice_speaks_of_the_settings_in_one_line(job, advice):
    given_advice = classify_failure(job).advice
    assert advice in given_advice
    assert "\n" not in given_advice


def test_causes_are_written_in_lower_case():
    assert all(str(cause) == cause.name.lower() for cause in Cause)


def test_a_failure_holds_all_that_was_said():
    assert classify_failure(a_job(reason=KILLED_FOR_MEMORY, exitCode=137)) == Failure(
        cause=Cause.OUT_OF_MEMORY,
        reason=f"{EXITED}; {KILLED_FOR_MEMORY}",
        exit_code=137,
        attempts=1,
        advice="give it more memory: `memory_mib` in aws_batch.yml or a rule",
    )


@pytest.mark.parametrize(
    ("job", "reason"),
    [
        (a_job(), EXITED),
        (a_job(reason=EXITED), EXITED),
        (a_job("Task failed to start - CannotPull: x", reason="CannotPull: x"), "Task failed to start - CannotPull: x"),
        ({"attempts": [a_try("at the first"), a_try("at last", reason="because")]}, "at last; because"),
        ({"statusReason": "\x1b[31mred\x1b[0m\nand more", "container": {"reason": " \t"}}, "red and more"),
        ({}, ""),
    ],
)
def test_a_reason_is_joined_without_repeats_and_harmless(job, reason):
    assert classify_failure(job).reason == reason


def test_the_last_attempt_decides():
    tries = [a_try(RECLAIMED), a_try(reason=KILLED_FOR_MEMORY, exitCode=137), a_try(exitCode=3)]
    failure = classify_failure(a_job(attempts=tries, exitCode=3))
    assert (failure.cause, failure.exit_code, failure.attempts) == (Cause.EXIT, 3, 3)
    assert failure.reason == EXITED


def test_the_last_attempt_may_be_the_only_place_that_tells():
    failure = classify_failure({"status": "FAILED", "attempts": [a_try(exitCode=1), a_try(RECLAIMED)]})
    assert (failure.cause, failure.exit_code, failure.attempts) == (Cause.SPOT, None, 2)


def test_a_job_without_attempts_counts_one():
    assert classify_failure({"status": "FAILED", "attempts": []}).attempts == 1


@pytest.mark.parametrize("flag", ["isTerminated", "isCancelled"])
@pytest.mark.parametrize("words", ["enough", "it is out of memory: OutOfMemoryError", EXITED])
def test_who_ends_a_job_may_give_any_reason(flag, words):
    failure = classify_failure(a_job(words, exitCode=137) | {flag: True})
    assert (failure.cause, failure.reason) == (Cause.TERMINATED, words)


@pytest.mark.parametrize(("words", "cause"), [(TIMED_OUT, Cause.TIMEOUT), ("Dependent Job failed", Cause.DEPENDENCY)])
def test_what_the_service_ends_by_itself_is_not_blamed_on_anybody(words, cause):
    assert classify_failure(a_job(words) | {"isTerminated": True}).cause is cause


def test_a_job_that_was_cancelled_after_a_lost_attempt_was_cancelled():
    job = a_job("not needed any more", attempts=[a_try(RECLAIMED)]) | {"isCancelled": True}
    assert classify_failure(job).cause is Cause.TERMINATED


def test_a_job_that_its_queue_has_given_up_gets_the_advice_for_waiting():
    code = "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT"
    failure = classify_failure({"statusReason": f"Canceled by JobStateTimeLimit action due to reason: {code}"})
    assert failure.cause is Cause.TERMINATED
    assert failure.advice.endswith(stuck_advice(code))


def test_a_job_that_a_follower_has_ended_as_stuck_says_what_aws_batch_said_of_it():
    because = "RUNNABLE for more than 2 h 0 min: CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY"
    failure = classify_failure({"statusReason": f"{ENDED_AS_STUCK}{because}", "isTerminated": True})
    assert (failure.cause, failure.reason) == (Cause.STUCK, because)
    assert failure.advice == stuck_advice("CAPACITY:")


def test_of_several_containers_the_one_that_failed_tells():
    containers = [{"name": "log", "exitCode": 0}, {"name": "main", "exitCode": 137, "reason": KILLED_FOR_MEMORY}]
    in_tasks = {"taskProperties": [{"containers": containers}]}
    for job in (
        {"statusReason": EXITED, "ecsProperties": in_tasks, "container": {}},
        {"statusReason": EXITED, "attempts": [in_tasks]},
    ):
        failure = classify_failure(job)
        assert (failure.cause, failure.exit_code) == (Cause.OUT_OF_MEMORY, 137)


@pytest.mark.parametrize(
    ("container", "cause"),
    [
        ({"exitCode": 137, "reason": "OOMKilled"}, Cause.OUT_OF_MEMORY),
        ({"reason": "ImagePullBackOff"}, Cause.IMAGE_PULL),
        ({"reason": "CreateContainerConfigError"}, Cause.START_FAILURE),
        ({"exitCode": 1, "reason": "Error"}, Cause.EXIT),
    ],
)
def test_pods_tell_it_in_the_words_of_kubernetes(container, cause):
    tried = {"containers": [container], "podName": "aws-batch.1", "statusReason": "failed"}
    for job in (
        {"eksAttempts": [{"containers": [{"exitCode": 2}]}, tried]},
        {"eksProperties": {"podProperties": {"containers": [container]}}},
        {"eksAttempts": [{"initContainers": [container]}]},
    ):
        assert classify_failure(job).cause is cause
    assert classify_failure({"eksAttempts": [{}, tried]}).attempts == 2


@pytest.mark.parametrize(
    ("status_reason", "advice"),
    [
        ("CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY - Service cannot fulfill the capacity", "allow more instance types"),
        ("MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE - CE(s) cannot meet", "raise the maximum vCPUs"),
        ("MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT - The job resource requirement", "`memory_mib`"),
        ("MISCONFIGURATION:SERVICE_ROLE_PERMISSIONS \u2013 Batch service role has", "the service role"),
        ("MISCONFIGURATION:EC2_INSTANCE_CONFIGURATION_UNSUPPORTED - Your", "launch template"),
        ("MISCONFIGURATION:SOMETHING_NEW", "check the queue's compute environments"),
        ("ACTION_REQUIRED - CE(s) associated with the job queue are invalid.", "DescribeComputeEnvironments"),
        ("UNDETERMINED - Batch job is blocked, root cause is undetermined.", "NAT gateway"),
        ("", "NAT gateway"),
        (None, "NAT gateway"),
    ],
)
def test_a_job_that_waits_for_long_gets_advice_in_one_line(status_reason, advice):
    assert advice in stuck_advice(status_reason)
    assert "\n" not in stuck_advice(status_reason)


WORDS = st.one_of(
    st.text("aé \x1b[m\n\t\ud800", max_size=6),
    st.sampled_from([EXITED, TIMED_OUT, RECLAIMED, "awslogs", "terminated by JobStateTimeLimit: CAPACITY:"]),
)
SCALAR = st.one_of(WORDS, st.none(), st.booleans(), st.integers(), st.floats(), st.just(b"bytes"))
ODD = st.one_of(
    SCALAR,
    st.lists(SCALAR, max_size=2),
    st.tuples(SCALAR),
    st.dictionaries(st.one_of(st.integers(), WORDS), SCALAR, max_size=2),
)


def shaped(**fields):
    """Give what DescribeJobs tells in these fields, each there or not; or else anything."""
    return st.one_of(st.fixed_dictionaries({}, optional=fields), ODD)


def several(one):
    return st.one_of(st.lists(one, max_size=3), ODD)


LOGGING = shaped(logDriver=ODD, options=st.dictionaries(st.sampled_from(["awslogs-group", "awslogs-region"]), ODD))
CONTAINER = shaped(name=ODD, exitCode=ODD, reason=ODD, logStreamName=ODD, logConfiguration=LOGGING)
TASKS = several(shaped(containers=several(CONTAINER), initContainers=several(CONTAINER)))
TRIES = several(
    shaped(statusReason=ODD, container=CONTAINER, taskProperties=TASKS, containers=several(CONTAINER), startedAt=ODD)
)
JOB = st.fixed_dictionaries(
    {},
    optional={
        "status": ODD,
        "statusReason": ODD,
        "isTerminated": ODD,
        "container": CONTAINER,
        "attempts": TRIES,
        "eksAttempts": TRIES,
        "ecsProperties": shaped(taskProperties=TASKS),
        "eksProperties": shaped(podProperties=shaped(containers=several(CONTAINER))),
    },
)


@given(JOB)
def test_whatever_the_service_answers_there_is_a_failure_and_a_place_or_none(job):
    failure = classify_failure(job)
    assert failure.cause in Cause
    assert failure.advice
    assert failure.attempts >= 1
    assert failure.reason == one_line(failure.reason)
    assert failure.exit_code is None or type(failure.exit_code) is int
    for location in (*log_streams(job), *chain(*attempt_streams(job, ended=False))):
        assert location.stream
        assert location.group
        assert location.region != ""
