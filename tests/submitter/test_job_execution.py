import json
from typing import Any

import pytest

from kedro_batch.submitter.job_execution import (
    NOTHING_KNOWN,
    JobAttempt,
    JobExecution,
    details_text,
    execution_document,
    execution_of,
    with_details,
)

T = 1_795_000_000_000
"""Some time, in milliseconds."""


def test_all_that_aws_batch_says_of_a_job_in_one_container():
    job = {
        "createdAt": T,
        "startedAt": T + 61_500,
        "stopped": "ignored",
        "stoppedAt": T + 90_000,
        "container": {
            "containerInstanceArn": "arn:instance",
            "taskArn": "arn:task",
            "logStreamName": "train/default/2",
            "vcpus": 1,
            "memory": 1024,
            "resourceRequirements": [
                {"type": "VCPU", "value": "0.25"},
                {"type": "MEMORY", "value": "2048"},
                {"type": "GPU", "value": "1"},
            ],
        },
        "attempts": [
            {
                "startedAt": T + 10_000,
                "stoppedAt": T + 20_000,
                "statusReason": "Host EC2 (instance i-1) terminated.",
                "container": {
                    "logStreamName": "train/default/1",
                    "taskArn": "arn:first",
                    "containerInstanceArn": "arn:1",
                },
            },
            {"startedAt": T + 61_500, "stoppedAt": T + 90_000, "container": {"exitCode": 3, "reason": "why"}},
        ],
    }
    t = T / 1000
    assert execution_of(job) == JobExecution(
        created_at=t,
        started_at=t + 61.5,
        stopped_at=t + 90,
        attempts=(
            JobAttempt(
                started_at=t + 10,
                stopped_at=t + 20,
                reason="Host EC2 (instance i-1) terminated.",
                log="train/default/1",
                instance="arn:1",
                task="arn:first",
            ),
            JobAttempt(started_at=t + 61.5, stopped_at=t + 90, exit_code=3, reason="why"),
        ),
        log="train/default/2",
        instance="arn:instance",
        task="arn:task",
        vcpus=0.25,
        memory_mib=2048,
        gpus=1,
    )


def test_a_job_with_several_containers_had_what_they_had_together():
    needs = [{"type": "VCPU", "value": "1"}, {"type": "MEMORY", "value": "1000"}]
    task = {"taskArn": "arn:t", "containerInstanceArn": "arn:i", "containers": [{"resourceRequirements": needs}] * 2}
    found = execution_of({"ecsProperties": {"taskProperties": [task]}})
    assert (found.vcpus, found.memory_mib, found.task, found.instance) == (2, 2000, "arn:t", "arn:i")


def test_a_job_on_eks_had_what_its_pod_had():
    limits = {"cpu": "2", "memory": "2Gi", "nvidia.com/gpu": "1"}
    pod = {"podName": "pod-1", "nodeName": "node-1", "containers": [{"resources": {"limits": limits}}]}
    tried = {"podName": "pod-1", "nodeName": "node-1", "startedAt": T, "containers": [{"exitCode": 1}]}
    found = execution_of({"eksProperties": {"podProperties": pod}, "eksAttempts": [tried]})
    assert (found.vcpus, found.memory_mib, found.gpus) == (2, 2048, 1)
    assert (found.instance, found.task) == ("node-1", "pod-1")
    assert found.attempts == (JobAttempt(started_at=T / 1000, exit_code=1, instance="node-1", task="pod-1"),)


def test_an_older_definition_has_memory_and_vcpus_without_requirements():
    found = execution_of({"container": {"vcpus": 4, "memory": 512}})
    assert (found.vcpus, found.memory_mib, found.gpus) == (4, 512, None)


ODD: tuple[Any, ...] = (
    None,
    True,
    "",
    "x",
    -1,
    0,
    float("nan"),
    float("inf"),
    1e300,
    10**400,
    [],
    {},
    [[]],
    [None],
    "\x1b]0;x\x07",
)


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: repr(odd)[:20])
def test_odd_values_are_left_out_and_the_rest_is_kept(odd):
    fields = ("createdAt", "startedAt", "stoppedAt", "container", "attempts", "ecsProperties", "eksProperties")
    found = execution_of(dict.fromkeys(fields, odd))
    assert [found.created_at, found.started_at, found.stopped_at] == [None] * 3
    inner = {
        "container": dict.fromkeys(("logStreamName", "taskArn", "memory", "vcpus", "resourceRequirements"), odd),
        "attempts": [{"startedAt": odd, "stoppedAt": odd, "statusReason": odd, "container": odd}, {"startedAt": T}],
        "createdAt": T,
    }
    found = execution_of(inner)
    assert (found.created_at, len(found.attempts), found.started_at) == (T / 1000, 2, T / 1000)
    assert found.memory_mib is None
    assert all(name is None or name.isprintable() for name in (found.log, found.task, found.attempts[0].reason))
    json.dumps(execution_document(found), allow_nan=False)


def test_nothing_is_known_of_an_empty_reply():
    assert execution_of({}) == NOTHING_KNOWN
    assert execution_document(NOTHING_KNOWN) == {}


def test_what_comes_from_the_service_has_a_bound():
    found = execution_of({"container": {"taskArn": "x" * 10_000}, "attempts": [{"statusReason": "y" * 10_000}] * 1000})
    assert len(details_text(found)) < 20_000


FULL = JobExecution(
    created_at=1.0,
    started_at=2.5,
    stopped_at=3.0,
    attempts=(JobAttempt(started_at=2.5, stopped_at=3.0, exit_code=-1, reason="r", log="l", instance="i", task="t"),),
    log="l",
    instance="i",
    task="t",
    vcpus=0.5,
    memory_mib=1,
    gpus=2,
)


@pytest.mark.parametrize("execution", [FULL, NOTHING_KNOWN, JobExecution(created_at=4.0)])
def test_what_the_journal_keeps_is_read_back(execution):
    times = {name: getattr(execution, name) for name in ("created_at", "started_at", "stopped_at")}
    assert with_details(details_text(execution), times) == execution


def test_the_document_has_times_for_people_and_no_empty_field():
    assert execution_document(JobExecution(created_at=1.5, attempts=(JobAttempt(exit_code=0),))) == {
        "created_at": "1970-01-01T00:00:01.500+00:00",
        "attempts": [{"exit_code": 0}],
    }


NEVER_STARTED = JobAttempt(stopped_at=95.0, reason="CannotPullContainerError")


@pytest.mark.parametrize(
    ("execution", "seconds"),
    [
        (JobExecution(started_at=10.0, stopped_at=40.0), 30.0),
        (JobExecution(started_at=10.0, stopped_at=10.0), 0.0),
        (JobExecution(started_at=10.0, stopped_at=9.5), 0.0),
        (JobExecution(created_at=1.0, stopped_at=40.0), None),
        (JobExecution(created_at=1.0, started_at=10.0), None),
        (NOTHING_KNOWN, None),
    ],
)
def test_a_job_runs_from_the_start_of_its_container_until_its_end(execution, seconds):
    assert execution.run_seconds == seconds


@pytest.mark.parametrize(
    ("attempts", "ran"),
    [
        ((JobAttempt(started_at=10.0, stopped_at=20.0), JobAttempt(started_at=60.0, stopped_at=90.0)), (60.0, 90.0)),
        ((JobAttempt(started_at=10.0, stopped_at=20.0), NEVER_STARTED), (10.0, 20.0)),
        ((JobAttempt(started_at=10.0, stopped_at=20.0), JobAttempt(started_at=60.0)), (60.0, 95.0)),
        ((NEVER_STARTED, NEVER_STARTED), (5.0, 95.0)),
        ((), (5.0, 95.0)),
    ],
)
def test_of_a_job_that_was_retried_the_last_attempt_that_started_counts(attempts, ran):
    execution = JobExecution(started_at=5.0, stopped_at=95.0, attempts=attempts)
    assert execution.ran == ran
