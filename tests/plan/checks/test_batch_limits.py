import json
from fractions import Fraction

import pytest

from kedro_batch.plan.checks.batch_limits import (
    AT_RUN_TIME,
    FARGATE_MEMORY_MIB,
    OVERRIDES_CHARACTERS,
    REQUEST_BYTES,
    check_limits,
    check_request_sizes,
    worst_request,
)
from kedro_batch.plan.model import JobName, Plan, Platform, Resources, RetryReason
from tests.support.plans import a_job

TOO_MANY = tuple(map(JobName, "abcdefghijklmnopqrstu"))


def problems(**given):
    plan = Plan(jobs=(a_job(**given),))
    return [(one.path[2:], one.message) for one in (*check_limits(plan), *check_request_sizes(plan))]


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


def test_overrides_leave_room_for_what_a_run_adds():
    def taken(words):
        found = problems(command=("x" * words,))
        return found[0] if found else None

    fits = next(words for words in range(OVERRIDES_CHARACTERS, 0, -1) if taken(words) is None)
    assert OVERRIDES_CHARACTERS - 1200 < fits < OVERRIDES_CHARACTERS - 700
    path, message = taken(fits + 1)
    assert path == ("command",)
    assert message.startswith(
        f"is too long with {fits + 1} characters, 8193 in all: a container is given 8192 characters"
    )
    assert message.endswith("give these a namespace or a tag of their own, which the command then names")


def test_the_environment_counts_and_so_do_escapes():
    assert not problems(environment={"A": "x" * 7000})
    assert problems(environment={"A": '"' * 7000})[0][0] == ("environment",)


def test_a_request_has_30_kib_at_most():
    parents = tuple(JobName(f"p{number}") for number in range(20))
    tags = {f"{number:03}" + "k" * 120: "é" * 256 for number in range(47)}
    found = problems(depends_on=parents, tags=tags)
    assert found[-1][0] == ("tags",)
    assert "a request may have 30720 bytes" in found[-1][1]
    assert problems(submit={"parameters": {"a": "x" * 31_000}})[0][0] == ("submit", "parameters")


def test_tags_that_are_not_sent_take_no_room():
    def is_taken(letters, **given):
        plan = Plan(jobs=(a_job(submit={"parameters": {"a": "x" * letters}}),), **given)
        return not list(check_request_sizes(plan))

    least = next(letters for letters in range(REQUEST_BYTES, 0, -1) if is_taken(letters))
    most = next(letters for letters in range(REQUEST_BYTES, 0, -1) if is_taken(letters, submit_tags=False))
    tags = worst_request(a_job(), submit_tags=True)["tags"] | {"kedro-batch:job": "a"}
    assert most - least == len(json.dumps({"tags": tags}, separators=(",", ":"))) - len("{}") + len(",")
    assert "tags" not in worst_request(a_job(), submit_tags=False)


def test_the_worst_request_has_every_run_time_part_at_its_longest():
    request = worst_request(a_job("j" * 99, depends_on=(JobName("p"),)), submit_tags=True)
    assert len(request["jobName"]) == 128
    assert request["tags"]["kedro-batch:run"] == "9" * 24
    assert len(request["dependsOn"][0]["jobId"]) == 36
    assert len(AT_RUN_TIME["AWS_BATCH_JOB_ID"]) == 36
