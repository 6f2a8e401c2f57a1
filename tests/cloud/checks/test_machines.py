"""What the jobs of a plan run on, from what AWS replies of queues and definitions."""

import pytest

from kedro_batch.cloud.checks.machines import find_machines
from kedro_batch.cloud.checks.subject import Use
from kedro_batch.cloud.checks.target_replies import TargetReplies
from kedro_batch.cloud.replies import DefinitionDetail, EnvironmentDetail, QueueDetail
from kedro_batch.plan.settings import Resources

USE = Use(job_queue="q", job_definition="d", platform=None, resources=Resources(), shares=False, containers="")


def machines(definition, *environments):
    """Return the machines of jobs with a definition on a queue with these compute environments."""
    details = {
        f"arn:{number}": EnvironmentDetail(
            name=str(number), arn=f"arn:{number}", state="ENABLED", status="VALID", reason="", reply=reply
        )
        for number, reply in enumerate(environments)
    }
    order = {"computeEnvironmentOrder": [{"order": 1, "computeEnvironment": arn} for arn in details]}
    queue = QueueDetail(name="q", arn="arn:q", state="ENABLED", status="VALID", reason="", reply=order)
    found = DefinitionDetail(arn="arn:d", revision=1, status="ACTIVE", reply=definition)
    return find_machines(USE, TargetReplies(queues={"q": queue}, environments=details, definitions={"d": found}))


def managed(kind, *types):
    return {"type": "MANAGED", "computeResources": {"type": kind, "instanceTypes": list(types)}}


@pytest.mark.parametrize(
    ("types", "found"),
    [
        (["optimal"], {"linux/amd64"}),
        (["m6i.large", "c5", "g4dn.xlarge", "p4d.24xlarge", "inf2"], {"linux/amd64"}),
        (["m7g.large", "c6gn", "t4g", "r6gd", "x2gd", "im4gn", "is4gen", "g5g", "hpc7g", "a1.medium"], {"linux/arm64"}),
        (["default_arm64"], {"linux/arm64"}),
        (["default_x86_64"], {"linux/amd64"}),
        (["m6i", "m6g"], {"linux/amd64", "linux/arm64"}),
    ],
)
def test_instance_types_tell_the_processor(types, found):
    assert machines({"containerProperties": {"image": "i"}}, managed("SPOT", *types)) == found


def test_what_is_not_all_known_is_not_known():
    definition = {"containerProperties": {"image": "i"}}
    assert machines(definition, managed("EC2", "optimal"), {"type": "UNMANAGED"}) == set()
    assert machines(definition) == set()
    assert machines({"eksProperties": {"podProperties": {}}}, managed("EC2", "m6g")) == set()


def test_fargate_takes_what_the_definition_says_and_else_x86():
    container = {"image": "i"}
    definition = {"platformCapabilities": ["FARGATE"], "containerProperties": container}
    assert machines(definition, managed("FARGATE")) == {"linux/amd64"}
    machine = {"cpuArchitecture": "ARM64", "operatingSystemFamily": "LINUX"}
    definition = {**definition, "containerProperties": {**container, "runtimePlatform": machine}}
    assert machines(definition, managed("FARGATE")) == {"linux/arm64"}
    both = {**definition, "platformCapabilities": ["EC2", "FARGATE"]}
    assert machines(both, managed("FARGATE_SPOT")) == {"linux/arm64"}
    assert machines(both, managed("EC2", "m6i")) == {"linux/amd64"}
