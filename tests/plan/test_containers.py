"""What stands in the containers of job definitions of every kind."""

from typing import Any

from kedro_batch.plan.containers import LogGroup, Task, find_images, find_log_groups, find_tasks, with_images
from kedro_batch.plan.register_definition import register_request
from kedro_batch.plan.settings import JobDefinition, Platform

EKS: dict[str, Any] = {
    "eksProperties": {"podProperties": {"containers": [{"image": "main"}], "initContainers": [{"image": "first"}]}}
}
ECS: dict[str, Any] = {
    "ecsProperties": {
        "taskProperties": [
            {
                "taskRoleArn": "job",
                "executionRoleArn": "execution",
                "runtimePlatform": {"cpuArchitecture": "ARM64", "operatingSystemFamily": "LINUX"},
                "containers": [
                    {"image": "a", "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "own"}}},
                    {"image": "b", "logConfiguration": {"logDriver": "splunk"}},
                ],
            }
        ]
    }
}
NODES: dict[str, Any] = {
    "nodeProperties": {"nodeRangeProperties": [{"container": {"image": "x", "jobRoleArn": "r"}}, ECS]}
}


def test_images_are_found_in_every_kind_of_definition():
    assert find_images({"containerProperties": {"image": "one"}}) == ("one",)
    assert find_images(EKS) == ("main", "first")
    assert find_images(ECS) == ("a", "b")
    assert find_images(NODES) == ("x", "a", "b")
    assert (
        find_images({"containerProperties": None, "eksProperties": {"podProperties": {"containers": "no list"}}}) == ()
    )


def test_roles_and_machines_are_those_of_tasks():
    task = Task(job_role="job", execution_role="execution", processor="ARM64", operating_system="LINUX")
    assert find_tasks(ECS) == (task,)
    assert find_tasks(EKS) == ()
    assert find_tasks(NODES) == (
        Task(job_role="r", execution_role=None, processor=None, operating_system=None),
        task,
    )


def test_log_groups_are_those_of_the_driver_awslogs():
    default = LogGroup(name="/aws/batch/job")
    assert find_log_groups({"containerProperties": {"image": "one"}}) == (default,)
    assert find_log_groups({"containerProperties": {"logConfiguration": {"logDriver": "awslogs"}}}) == (default,)
    assert find_log_groups(ECS) == (LogGroup(name="own"),)
    assert find_log_groups(EKS) == ()
    options = {"awslogs-group": "own", "awslogs-region": "eu-west-1", "awslogs-create-group": "true"}
    logs = {"logDriver": "awslogs", "options": options}
    assert find_log_groups({"containerProperties": {"logConfiguration": logs}}) == (
        LogGroup(name="own", region="eu-west-1", created=True),
    )


def test_what_a_declared_definition_registers_is_read_alike():
    declared = JobDefinition(image="i", job_role="j", execution_role="e", platform=Platform.FARGATE, log_group="g")
    request = register_request("d", declared, tags=True)
    assert find_images(request) == ("i",)
    assert find_log_groups(request) == (LogGroup(name="g"),)
    assert find_tasks(request) == (Task(job_role="j", execution_role="e", processor=None, operating_system=None),)


def test_images_are_changed_wherever_they_stand_and_nothing_else():
    declared = JobDefinition(image="i", job_role="j", register={"timeout": {"attemptDurationSeconds": 60}})
    assert with_images(declared, str.upper) == JobDefinition(image="I", job_role="j", register=declared.register)
    for own in (EKS, ECS, NODES):
        changed = with_images(JobDefinition(register=own), str.upper)
        assert changed.image == ""
        assert find_images(changed.register) == tuple(image.upper() for image in find_images(own))
        assert find_tasks(changed.register) == find_tasks(own)
