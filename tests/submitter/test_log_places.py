"""Where logs are, by what DescribeJobs says of a job."""

import pytest

from kedro_batch.submitter.log_places import LogStream, attempt_streams, log_streams, why_no_stream

OPTIONS = {"awslogs-group": "/team/jobs", "awslogs-region": "eu-west-1", "awslogs-stream-prefix": "x"}
PLACE = LogStream(group="/aws/batch/job", stream="train/default/1", region=None)
ELSEWHERE = LogStream(group="/team/jobs", stream="train/default/1", region="eu-west-1")


@pytest.mark.parametrize(
    ("container", "places"),
    [
        ({}, ()),
        ({"logConfiguration": {}}, (PLACE,)),
        ({"logConfiguration": {"logDriver": "awslogs"}}, (PLACE,)),
        ({"logConfiguration": {"logDriver": "awslogs", "options": OPTIONS}}, (ELSEWHERE,)),
        ({"logConfiguration": {"options": OPTIONS}}, (ELSEWHERE,)),
        ({"logConfiguration": {"options": {"awslogs-group": "", "awslogs-region": None}}}, (PLACE,)),
        ({"logConfiguration": {"logDriver": "splunk", "options": OPTIONS}}, ()),
        ({"logConfiguration": {"logDriver": "json-file"}}, ()),
    ],
)
def test_the_output_is_where_the_log_configuration_says(container, places):
    stream = {"logStreamName": "train/default/1"} if container else {}
    assert log_streams({"container": {**container, **stream}}) == places


def test_the_stream_of_the_last_attempt_stands_in_for_one_that_the_job_does_not_name():
    tries = [{"container": {"logStreamName": "train/default/0"}}, {"container": {"logStreamName": "train/default/1"}}]
    job = {"container": {"logConfiguration": {"options": OPTIONS}}, "attempts": tries}
    assert log_streams(job) == (ELSEWHERE,)
    assert log_streams(job | {"attempts": [*tries, {"container": {}}]}) == ()


def test_each_container_of_a_task_has_a_stream_of_its_own():
    containers = [
        {"name": "main", "logStreamName": "train/main/1"},
        {"name": "side", "logConfiguration": {"options": OPTIONS}},
        {"name": "router", "logConfiguration": {"logDriver": "awsfirelens"}, "logStreamName": "train/router/1"},
        {"name": "never_started"},
    ]
    tried = {"containers": [{"name": "side", "logStreamName": "train/side/1"}, {"name": "router"}]}
    job = {
        "container": {},
        "ecsProperties": {"taskProperties": [{"containers": containers}]},
        "attempts": [{"taskProperties": []}, {"taskProperties": [tried]}],
    }
    assert log_streams(job) == (
        LogStream(group="/aws/batch/job", stream="train/main/1", region=None),
        LogStream(group="/team/jobs", stream="train/side/1", region="eu-west-1"),
    )


@pytest.mark.parametrize("job", [{}, {"ecsProperties": {"taskProperties": []}}, {"eksAttempts": [{"podName": "p"}]}])
def test_where_no_stream_is_told_there_is_no_place(job):
    assert log_streams(job) == ()


def stream(name):
    return LogStream(group="/aws/batch/job", stream=name, region=None)


FIRST, SECOND = {"container": {"logStreamName": "a/1"}}, {"container": {"logStreamName": "a/2"}}


@pytest.mark.parametrize(
    ("job", "ended", "streams"),
    [
        ({"container": {}}, False, []),
        ({"container": {"logStreamName": "a/1"}}, False, ["a/1"]),
        # Between two attempts, the job may still name the stream of the one that has ended.
        ({"container": {"logStreamName": "a/1"}, "attempts": [FIRST]}, False, ["a/1"]),
        ({"container": {"logStreamName": "a/2"}, "attempts": [FIRST]}, False, ["a/1", "a/2"]),
        ({"container": {"logStreamName": "a/2"}, "attempts": [FIRST, SECOND]}, True, ["a/1", "a/2"]),
        ({"container": {"logStreamName": "a/2"}, "attempts": [FIRST, {"container": {}}]}, True, ["a/1", "a/2"]),
        ({"container": {"logStreamName": "a/1"}, "attempts": [FIRST, {"container": {}}]}, True, ["a/1", None]),
        ({"container": {"logStreamName": "a/1"}}, True, ["a/1"]),
    ],
)
def test_each_attempt_has_a_stream_of_its_own_or_none(job, ended, streams):
    expected = tuple((stream(name),) if name else () for name in streams)
    assert attempt_streams(job, ended=ended) == expected


@pytest.mark.parametrize(
    ("job", "why"),
    [
        ({"eksProperties": {"podProperties": {}}}, "kubectl logs"),
        ({"container": {"logConfiguration": {"logDriver": "splunk"}}}, "logDriver splunk"),
        ({"container": {}}, "never started"),
        ({"container": {}, "startedAt": 1}, "names no log stream"),
    ],
)
def test_it_is_said_why_there_is_no_stream(job, why):
    assert why in why_no_stream(job)
