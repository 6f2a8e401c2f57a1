from fractions import Fraction

import pytest

from kedro_batch.plan.checks.batch_limits import (
    FARGATE_MEMORY_MIB,
    check_limits,
)
from kedro_batch.plan.model import JobName, Plan
from kedro_batch.plan.settings import Platform, Resources, RetryReason
from tests.support.plans import a_job

TOO_MANY = tuple(map(JobName, "abcdefghijklmnopqrstu"))


def problems(**given):
    return [(one.path[2:], one.message) for one in check_limits(Plan(jobs=(a_job(**given),)))]


@pytest.mark.parametrize(
    ("path", "part", "given"),
    [
        (("name",), "is not 1 to 99 letters", {"name": "a.b"}),
        (("name",), "is not 1 to 99 letters", {"name": "-a"}),
        (("name",), "is not 1 to 99 letters", {"name": "a" * 100}),
        (
            ("depends_on",),
            "has 21 items; AWS Batch takes 20",
            {"depends_on": TOO_MANY},
        ),
        (("command",), "is empty", {"command": ()}),
        (("command", 1), "is empty or holds a NUL", {"command": ("x", "")}),
        (("job_queue",), "is not the name or ARN of a queue", {"job_queue": "my queue"}),
        (("job_queue",), "is not the name or ARN of a queue", {"job_queue": "q" * 129}),
        (("job_definition",), "is not the name or ARN of a job definition", {"job_definition": "d:x"}),
        (("timeout_s",), "must be at least 60", {"timeout_s": 59}),
        (("attempts",), "must be from 1 to 10", {"attempts": 11}),
        (("retry_on",), "needs attempts of 2 or more", {"retry_on": (RetryReason.SPOT,)}),
        (("retry_on",), "needs attempts of 2 or more", {"retry_on": (RetryReason.SPOT,), "attempts": 1}),
        (("tags",), "has 48 tags; 47 are allowed", {"tags": {f"t{n}": "" for n in range(48)}}),
        (("tags", "a"), "its value at most 256", {"tags": {"a": "b" * 257}}),
        (("tags", "a"), "letters, digits, spaces", {"tags": {"a": "b;c"}}),
        (("tags", "Aws:a"), "begins with aws: or kedro-batch:, which only", {"tags": {"Aws:a": "b"}}),
        (("environment", "aws_batch_x"), "AWS Batch keeps it", {"environment": {"aws_batch_x": "1"}}),
        (("environment", "A=B"), "cannot be the name of a variable", {"environment": {"A=B": "1"}}),
        (("share_identifier",), "letters and digits", {"share_identifier": "a-b"}),
        (("scheduling_priority",), "from 0 to 9999", {"scheduling_priority": 10_000, "share_identifier": "a"}),
        (("scheduling_priority",), "works only within a share", {"scheduling_priority": 1}),
        (("resources", "memory_mib"), "must be at least 4", {"resources": Resources(memory_mib=3)}),
        (("resources", "vcpus"), "whole vCPUs", {"resources": Resources(vcpus=0.5), "platform": Platform.EC2}),
        (("resources", "gpus"), "no GPUs", {"resources": Resources(gpus=1), "platform": Platform.FARGATE}),
        (("resources", "vcpus"), "no 3 vCPUs", {"resources": Resources(vcpus=3), "platform": Platform.FARGATE}),
        (
            ("resources", "memory_mib"),
            "does not give 4096 MiB to 0.25 vCPUs: it takes 512 to 2048 in steps; more needs more vCPUs",
            {"resources": Resources(vcpus=0.25, memory_mib=4096), "platform": Platform.FARGATE},
        ),
        (
            ("resources", "memory_mib"),
            "does not give 1000 MiB to any number of vCPUs: it takes 512 to 122880 in steps; the next is 1024",
            {"resources": Resources(memory_mib=1000), "platform": Platform.FARGATE},
        ),
    ],
)
def test_what_aws_batch_would_not_take_is_found(path, part, given):
    (found,) = problems(**given)
    assert found[0] == path
    assert part in found[1]


@pytest.mark.parametrize(
    "given",
    [
        {"name": "a" * 99},
        {"job_queue": "arn:aws:batch:eu-west-1:123456789012:job-queue/my-queue"},
        {"job_definition": "arn:aws:batch:eu-west-1:123456789012:job-definition/my-definition:7"},
        {"job_definition": "my-definition:12"},
        {"share_identifier": "abc*", "scheduling_priority": 9999},
        {"resources": Resources(vcpus=0.5)},  # nothing says that it is EC2
        {"resources": Resources(gpus=0), "platform": Platform.FARGATE},
        {"tags": {"größe": "a b+c=d._:/@-"}},
        {"retry_on": tuple(RetryReason), "attempts": 10},
    ],
)
def test_what_aws_batch_takes_is_left_alone(given):
    assert not problems(**given)


def test_every_size_of_fargate_is_taken():
    sizes = [(float(vcpus), memory) for vcpus, memories in FARGATE_MEMORY_MIB.items() for memory in memories]
    assert len(sizes) == 3 + 4 + 7 + 13 + 23 + 12 + 12
    for vcpus, memory_mib in sizes:
        assert not problems(resources=Resources(vcpus=vcpus, memory_mib=memory_mib), platform=Platform.FARGATE)
    assert Fraction(0.25) in FARGATE_MEMORY_MIB
