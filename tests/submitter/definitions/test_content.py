"""Whether a job definition that exists is the one that a plan declares."""

from copy import deepcopy
from typing import Any

import pytest

from kedro_batch.plan.register_definition import register_request
from kedro_batch.plan.settings import JobDefinition
from kedro_batch.submitter.definitions.content import same_content

DECLARED: dict[str, Any] = {
    "image": "repo:1",
    "job_role": "arn:aws:iam::123456789012:role/job",
    "resources": {"vcpus": 1, "memory_mib": 2048},
    "log_group": "/a/group",
    "secrets": {"A": "arn:a", "B": "arn:b"},
    "volumes": [{"path": "/data", "efs": "fs-1"}, {"path": "/scratch", "host": "/mnt"}],
    "ulimits": {"nofile": 4096},
    "register": {
        "containerProperties": {"environment": [{"name": "X", "value": "1"}, {"name": "Y", "value": ""}]},
        "retryStrategy": {"attempts": 2, "evaluateOnExit": [{"onReason": "a", "action": "RETRY"}]},
    },
}


def request_of(*, tags: bool = True, **changed: Any) -> dict[str, Any]:
    return register_request("kedro_run", JobDefinition.from_dict(deepcopy({**DECLARED, **changed})), tags=tags)


def as_described(request: dict[str, Any]) -> dict[str, Any]:
    """Describe what was registered as AWS Batch does: with what it fills in, and lists in another order."""
    container = request.get("containerProperties", {})
    lists = {field: list(reversed(value)) for field, value in container.items() if isinstance(value, list)}
    variables = [one for one in lists.get("environment", []) if one["value"]]
    filled = {
        "command": [],
        "environment": variables,
        "volumes": [],
        "mountPoints": [],
        "ulimits": [],
        "secrets": [],
        "fargatePlatformConfiguration": {"platformVersion": "LATEST"},
        "networkConfiguration": {"assignPublicIp": "DISABLED"},
        "runtimePlatform": {"operatingSystemFamily": "LINUX", "cpuArchitecture": "X86_64"},
        "privileged": False,
    }
    for volume in container.get("volumes", ()):
        if "efsVolumeConfiguration" in volume:
            volume["efsVolumeConfiguration"] |= {"rootDirectory": "/", "transitEncryption": "DISABLED"}
    log = {"logConfiguration": {**container.get("logConfiguration", {"logDriver": "awslogs"}), "secretOptions": []}}
    return {
        "jobDefinitionArn": "arn:aws:batch:us-east-1:123456789012:job-definition/kedro_run:7",
        "revision": 7,
        "status": "ACTIVE",
        "parameters": {},
        "propagateTags": False,
        "containerOrchestrationType": "ECS",
        "platformCapabilities": ["EC2"],
        **request,
        "tags": {"team": "flights", **request.get("tags", {})},
        "containerProperties": {**container, **lists, **filled, **log, "environment": variables}
        | {field: lists[field] for field in ("volumes", "mountPoints", "ulimits", "secrets") if field in lists},
    }


@pytest.mark.parametrize("tags", [True, False])
@pytest.mark.parametrize("changed", [{}, {"log_group": None, "volumes": [], "secrets": {}, "register": {}}])
def test_what_was_registered_is_known_again_whatever_aws_batch_fills_in(tags, changed):
    described = as_described(deepcopy(request_of(tags=tags, **changed)))
    assert same_content(request_of(tags=tags, **changed), described)


@pytest.mark.parametrize("tags", [True, False])
@pytest.mark.parametrize(
    "changed", [{"image": "repo:2"}, {"job_role": None}, {"ulimits": {}}, {"shared_memory_mib": 64}]
)
def test_another_declaration_is_another_content(tags, changed):
    described = as_described(deepcopy(request_of(tags=tags)))
    assert not same_content(request_of(tags=tags, **changed), described)


@pytest.mark.parametrize(
    "change",
    [
        {"image": "repo:latest"},
        {"command": ["sh"]},
        {"environment": [{"name": "X", "value": "1"}, {"name": "Z", "value": "2"}]},
        {"environment": [{"name": "X", "value": "2"}]},
        {"environment": []},
        {"secrets": [{"name": "A", "valueFrom": "arn:a"}, {"name": "B", "valueFrom": "arn:c"}]},
        {"volumes": []},
        {"mountPoints": []},
        {"user": "root"},
        {"privileged": True},
        {"readonlyRootFilesystem": True},
        {"jobRoleArn": "arn:aws:iam::123456789012:role/other"},
        {"executionRoleArn": "arn:aws:iam::123456789012:role/other"},
        {"resourceRequirements": [{"type": "VCPU", "value": "1"}]},
        {"ulimits": []},
        {"linuxParameters": {"initProcessEnabled": True}},
        {"networkConfiguration": {"assignPublicIp": "ENABLED"}},
        {"runtimePlatform": {"cpuArchitecture": "ARM64"}},
        {"logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "/another"}}},
    ],
)
def test_a_revision_that_was_made_by_hand_and_has_the_tags_is_another_content(change):
    described = as_described(deepcopy(request_of()))
    described["containerProperties"] |= change
    assert not same_content(request_of(), described)


@pytest.mark.parametrize(
    "change",
    [
        {"parameters": {"x": "1"}},
        {"timeout": {"attemptDurationSeconds": 60}},
        {"retryStrategy": {"attempts": 3}},
        {"retryStrategy": {"attempts": 2, "evaluateOnExit": [{"onReason": "a", "action": "EXIT"}]}},
        {"platformCapabilities": ["FARGATE"]},
        {"type": "multinode"},
        {"propagateTags": True},
        {"tags": {}},
        {"eksProperties": {"podProperties": {"serviceAccountName": "x"}}},
    ],
)
def test_what_stands_around_the_container_counts_too(change):
    assert not same_content(request_of(), as_described(deepcopy(request_of())) | change)


def test_a_value_that_is_stated_is_not_taken_for_one_that_is_filled_in():
    pod = {"podProperties": {"hostNetwork": False, "containers": [{"image": "i"}]}}
    request = request_of(image="", register={"eksProperties": pod})
    described = {**request, "eksProperties": {"podProperties": {**pod["podProperties"], "hostNetwork": True}}}
    assert same_content(request, request)
    assert not same_content(request, described)
    del request["eksProperties"]["podProperties"]["hostNetwork"]
    assert same_content(request, described)
