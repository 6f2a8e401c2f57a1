"""The limits of AWS Batch in the stand-in, through boto3 and real HTTP."""

import botocore.exceptions
import pytest

from tests.standin.simulated import request
from tests.support.services import standin


@pytest.fixture(scope="module")
def service():
    with standin(
        start_s=0, run_s=0, disabled_queues=["off"], invalid_queues={"ill": "?"}, queues=["a_queue", "off", "ill"]
    ) as running:
        yield running


def container(**overrides):
    return {"containerOverrides": {"command": ["x"], **overrides}}


RULE = {"onReason": "*", "action": "EXIT"}


@pytest.mark.parametrize(
    ("fields", "part"),
    [
        ({"jobName": "x" * 129}, "Job name should match valid pattern"),
        ({"jobName": "_x"}, "Job name should match valid pattern"),
        ({"jobName": "a.b"}, "Job name should match valid pattern"),
        ({"jobQueue": "nowhere"}, "JobQueue nowhere not found"),
        ({"jobQueue": "off"}, "not in ENABLED state"),
        ({"jobQueue": "ill"}, "not in VALID state"),
        ({"jobDefinition": "nothing"}, "JobDefinition nothing not found"),
        ({"jobDefinition": "a_definition:1"}, "JobDefinition a_definition:1 not found"),
        ({"jobDefinition": "a_definition:4"}, "JobDefinition a_definition:4 not found"),
        ({"dependsOn": [{"jobId": "x"}] * 21}, "Job cannot have more than 20 dependencies"),
        ({"dependsOn": [{"jobId": "x"}]}, "Dependency x does not exist"),
        ({"timeout": {"attemptDurationSeconds": 59}}, "at least 60 seconds"),
        ({"retryStrategy": {"attempts": 0}}, "between 1 and 10"),
        ({"retryStrategy": {"attempts": 11}}, "between 1 and 10"),
        ({"retryStrategy": {"evaluateOnExit": [RULE] * 6}}, "at most 5 rules"),
        ({"retryStrategy": {"evaluateOnExit": [{"onReason": "*", "action": "STAY"}]}}, "RETRY or EXIT"),
        ({"tags": {f"t{n}": "" for n in range(51)}}, "more than 50 tags"),
        ({"tags": {"x" * 129: ""}}, "1 to 128 characters"),
        ({"tags": {"x": "x" * 257}}, "at most 256 characters"),
        ({"arrayProperties": {"size": 1}}, "between 2 and 10000"),
        (container(environment=[{"name": "AWS_BATCH_X", "value": "x"}]), "must not start with AWS_BATCH"),
        (container(command=["x", ""]), "empty string"),
        (container(resourceRequirements=[{"type": "DISK", "value": "1"}]), "VCPU, MEMORY, GPU"),
        ({"parameters": {"x": "x" * 31_000}}, "Job size must be less than 30 KiB, got 30 KiB"),
    ],
)
def test_what_is_beyond_a_limit_is_refused_at_once(service, fields, part):
    before = service.verdict()["taken"]
    with pytest.raises(botocore.exceptions.ClientError) as raised:
        service.client().submit_job(**request("a", **fields))
    assert raised.value.response["Error"]["Code"] == "ClientException"
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert part in raised.value.response["Error"]["Message"]
    assert service.verdict()["taken"] == before


def test_what_is_at_every_limit_is_taken(service):
    batch = service.client()
    ids = [batch.submit_job(**request(f"p{n}"))["jobId"] for n in range(20)]
    batch.submit_job(
        **request(
            "at_the_limits",
            *ids,
            jobName="x" * 128,
            timeout={"attemptDurationSeconds": 60},
            retryStrategy={"attempts": 10, "evaluateOnExit": [RULE] * 5},
            tags={"kedro-batch:job": "at_the_limits", **{f"t{n}": "" for n in range(49)}},
        )
    )
    assert "at_the_limits" in service.jobs()


def test_too_many_overrides_are_accepted_and_the_job_fails_later(service):
    batch = service.client()
    fields = container(environment=[{"name": "X", "value": "x" * 8192}])
    job_id = batch.submit_job(**request("large", **fields))["jobId"]
    below = batch.submit_job(**request("below_large", job_id))["jobId"]
    while (job := batch.describe_jobs(jobs=[job_id])["jobs"][0])["status"] != "FAILED":
        assert job["status"] in ("SUBMITTED", "RUNNABLE")
    assert job["statusReason"] == "Container Overrides length must be at most 8192"
    assert job["attempts"] == []
    assert batch.describe_jobs(jobs=[below])["jobs"][0]["status"] == "FAILED"


@pytest.mark.parametrize(
    ("operation", "most", "arguments"),
    [("describe_jobs", 100, {}), ("terminate_jobs", 50, {"reason": "enough"})],
)
def test_so_many_ids_at_once(service, operation, most, arguments):
    call = getattr(service.client(), operation)
    call(jobs=["x"] * most, **arguments)
    with pytest.raises(botocore.exceptions.ClientError, match=f"at most {most} jobs"):
        call(jobs=["x"] * (most + 1), **arguments)


def test_what_boto3_reads_of_a_job_a_list_and_a_log(service):
    batch = service.client()
    job_id = batch.submit_job(**request("read"))["jobId"]
    while (job := batch.describe_jobs(jobs=[job_id])["jobs"][0])["status"] != "SUCCEEDED":
        pass
    assert job["container"]["logStreamName"] == f"read/default/{job_id}"
    filters = [{"name": "JOB_NAME", "values": ["run_read_*"]}]
    (found,) = batch.list_jobs(jobQueue="a_queue", filters=filters)["jobSummaryList"]
    assert (found["jobId"], found["status"], found["container"]["exitCode"]) == (job_id, "SUCCEEDED", 0)
    logs = service.client("logs")
    said = logs.get_log_events(logGroupName="/aws/batch/job", logStreamName=job["container"]["logStreamName"], limit=2)[
        "events"
    ]
    assert [one["message"] for one in said] == ["line 2 of read", "line 3 of read"]
    assert 0 <= said[0]["timestamp"] - job["startedAt"] < 10
    assert batch.terminate_job(jobId=job_id, reason="enough")["ResponseMetadata"]["HTTPStatusCode"] == 200


FAIR = {"schedulingPolicyArn": "arn:aws:batch:us-east-1:123456789012:scheduling-policy/fair"}


@pytest.mark.parametrize(
    ("fields", "details", "part"),
    [
        ({}, {"definition_details": {"a_definition": {"eksProperties": {}}}}, "Batch on EKS jobs"),
        ({}, {"definition_details": {"a_definition": {"ecsProperties": {}}}}, "several containers"),
        ({}, {"definition_details": {"a_definition": {"type": "multinode"}}}, "multi-node"),
        ({}, {"queue_details": {"a_queue": FAIR}}, "shareIdentifier must be specified"),
        ({"shareIdentifier": "x"}, {"queue_details": {"a_queue": FAIR}}, "Either schedulingPriority in job definition"),
        ({"shareIdentifier": "x"}, {}, "can only be submitted to job queue with fair share"),
        ({}, {"refuse_jobs": {"a": "No.", "b": "Neither."}}, "No."),
    ],
)
def test_what_does_not_fit_definition_or_queue_is_refused(fields, details, part):
    with standin(**details) as running:
        with pytest.raises(botocore.exceptions.ClientError) as raised:
            running.client().submit_job(**request("a", **container(), **fields))
        assert raised.value.response["Error"]["Code"] == "ClientException"
        assert part in raised.value.response["Error"]["Message"]
        assert running.verdict()["taken"] == 0


def test_a_share_and_a_priority_fit_a_queue_with_a_scheduling_policy():
    share = {"shareIdentifier": "x", "schedulingPriorityOverride": 1}
    with standin(queue_details={"a_queue": FAIR}) as running:
        running.client().submit_job(**request("a", **share))
        assert running.verdict()["taken"] == 1
