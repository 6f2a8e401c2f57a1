"""The job definitions that are registered to see what AWS Batch fills in: a table of what a plan may declare."""

from collections.abc import Mapping
from typing import Any

from kedro_batch.plan.register_definition import register_request
from kedro_batch.plan.settings import JobDefinition, Platform, Resources
from tests.aws.jobs import BUSYBOX, SMALL

_IMAGE = f"{BUSYBOX}:stable"
_FULL = Resources(vcpus=1, memory_mib=2048)
ROWS = ("fargate_least", "fargate_most", "ec2_least", "ec2_most", "ecs_least", "eks_least")
"""The names of the rows."""


def table(declared: Mapping[str, Any]) -> dict[str, JobDefinition]:
    """Return what is registered, by name.

    Args:
        declared: The definition as ``infra deploy`` declares it: its roles and its log group.
    """
    roles = {"job_role": declared["job_role"], "execution_role": declared["execution_role"]}
    fargate = {"image": _IMAGE, "platform": Platform.FARGATE, "execution_role": roles["execution_role"]}
    return {
        "fargate_least": JobDefinition(**fargate, resources=SMALL),
        "fargate_most": JobDefinition(
            **fargate,
            job_role=roles["job_role"],
            log_group=declared["log_group"],
            public_ip=True,
            resources=_FULL,
            register={
                "propagateTags": True,
                "retryStrategy": {"attempts": 3},
                "timeout": {"attemptDurationSeconds": 600},
                "containerProperties": {
                    "runtimePlatform": {"cpuArchitecture": "ARM64"},
                    "ephemeralStorage": {"sizeInGiB": 30},
                    # A variable without a value is dropped.
                    "environment": [{"name": "ONE", "value": "1"}, {"name": "NONE", "value": ""}],
                },
            },
        ),
        "ec2_least": JobDefinition(image=_IMAGE, resources=_FULL),
        "ec2_most": JobDefinition(
            image=_IMAGE,
            platform=Platform.EC2,
            **roles,
            log_group=declared["log_group"],
            resources=_FULL,
            # A folder of the machine of a job: nothing is written here.
            volumes=({"path": "/data", "host": "/mnt/data"}, {"path": "/scratch", "host": "/tmp", "read_only": True}),  # noqa: S108
            ulimits={"nofile": 65536, "nproc": {"soft": 1024, "hard": 2048}},
            shared_memory_mib=256,
            register={"parameters": {"one": "1"}, "schedulingPriority": 5},
        ),
        "ecs_least": JobDefinition(
            platform=Platform.FARGATE,
            register={
                "ecsProperties": {
                    "taskProperties": [
                        {
                            "executionRoleArn": roles["execution_role"],
                            "containers": [
                                {
                                    "name": "main",
                                    "image": _IMAGE,
                                    "resourceRequirements": [
                                        {"type": "VCPU", "value": "1"},
                                        {"type": "MEMORY", "value": "2048"},
                                    ],
                                }
                            ],
                        }
                    ]
                }
            },
        ),
        "eks_least": JobDefinition(
            register={
                "eksProperties": {
                    "podProperties": {
                        "containers": [
                            {"image": _IMAGE, "resources": {"limits": {"cpu": "1", "memory": "2048Mi"}}},
                        ]
                    }
                }
            },
        ),
    }


def requests(name: str, declared: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Build the arguments of RegisterJobDefinition for each row, as ``apply`` does; all names begin with a name."""
    return {
        row: register_request(f"{name}_{row}", definition, tags=True) for row, definition in table(declared).items()
    }
