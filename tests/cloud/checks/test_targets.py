"""What is judged of the targets of a plan, by the replies of the stand-in in this process."""

import pytest

from kedro_batch.cloud.checks.subject import Subject
from kedro_batch.cloud.checks.target_replies import ask_for_targets
from kedro_batch.cloud.checks.targets import judge_targets
from kedro_batch.plan.model import Plan
from kedro_batch.plan.settings import JobDefinition, Platform, Resources
from tests.support.plans import a_job
from tests.support.simulation import InProcess
from tests.support.standin.config import Config
from tests.support.standin.service import Service

FARGATE = {"computeResources": {"type": "FARGATE", "maxvCpus": 16}}
UNMANAGED = {"type": "UNMANAGED", "computeResources": {}}
FOR_FARGATE = {"a_definition": {"platformCapabilities": ["FARGATE"]}}


def a_plan(*settings, **fields):
    """Make a plan with one job for each of these settings."""
    target = {"job_queue": "a_queue", "job_definition": "a_definition"}
    jobs = tuple(a_job(f"job_{number}", **{**target, **one}) for number, one in enumerate(settings or ({},)))
    return Plan(jobs=jobs, **fields)


def findings(plan, **account):
    engine = InProcess(Service(Config(**account), clock=lambda: 0.0))
    replies = ask_for_targets(plan, lambda call: call(engine), region="us-east-1")
    return [*judge_targets(Subject(plan=plan), replies)]


def found(plan, status="failure", **account):
    return [one.check for one in findings(plan, **account) if one.status == status]


def size(vcpus=None, memory_mib=None):
    return {"resources": Resources(vcpus=vcpus, memory_mib=memory_mib)}


@pytest.mark.parametrize(
    ("settings", "account"),
    [
        ({}, {}),
        ({"job_queue": "arn:aws:batch:us-east-1:123456789012:job-queue/a_queue"}, {}),
        ({"job_definition": "a_definition:2"}, {}),
        (size(vcpus=256), {}),
        (size(vcpus=999), {"environments": {"own": UNMANAGED}}),
        (size(vcpus=999), {"environments": {"small": {}, "own": UNMANAGED}}),
        (size(vcpus=300), {"environments": {"small": {}, "large": {"computeResources": {"maxvCpus": 300}}}}),
        (size(1, 4096), {"environments": {"fargate": FARGATE}, "definition_details": FOR_FARGATE}),
        (size(1, 4000), {"environments": {"own": UNMANAGED}}),
        ({}, {"environments": {"new": {"computeResources": {"type": "ECS_MANAGED_INSTANCES", "maxvCpus": 9}}}}),
        ({}, {"environments": {"changing": {"status": "UPDATING"}}}),
        ({}, {"queue_details": {"a_queue": {"computeEnvironmentOrder": []}}}),
        ({"share_identifier": "x"}, {"queue_details": {"a_queue": {"schedulingPolicyArn": "arn:x"}}}),
        ({}, {"definition_details": {"a_definition": {"platformCapabilities": ["EC2", "FARGATE"]}}}),
    ],
)
def test_what_fits_is_not_refused(settings, account):
    assert found(a_plan(settings), **account) == []


@pytest.mark.parametrize(
    ("settings", "account", "checks"),
    [
        (size(vcpus=257), {}, ["max_vcpus"]),
        (
            size(vcpus=64),
            {"environments": {"off": {"state": "DISABLED"}, "small": {"computeResources": {"maxvCpus": 8}}}},
            ["max_vcpus"],
        ),
        ({}, {"environments": {"fargate": FARGATE}}, ["platform"]),
        (size(1, 4000), {"environments": {"fargate": FARGATE}, "definition_details": FOR_FARGATE}, ["fargate_size"]),
        (size(0.25, 4096), {"environments": {"f": FARGATE}, "definition_details": FOR_FARGATE}, ["fargate_size"]),
        ({}, {"environments": {"new": {"status": "CREATING"}}}, ["compute_environments"]),
        ({"scheduling_priority": 1, "share_identifier": "x"}, {}, ["share_identifier"]),
        ({}, {"queue_details": {"a_queue": {"jobQueueType": "EKS"}}}, ["platform"]),
    ],
)
def test_what_does_not_fit_is_refused(settings, account, checks):
    assert found(a_plan(settings), **account) == checks


def test_some_disabled_environments_and_another_platform_than_the_plan_says_are_warnings():
    environments = {"one": {}, "two": {"state": "DISABLED"}}
    plan = a_plan({"platform": Platform.FARGATE, **size(1, 2048)})
    assert found(plan, environments=environments) == []
    assert found(plan, "warning", environments=environments) == ["compute_environments", "platform"]


def test_a_declared_definition_is_not_looked_for_and_judged_by_what_would_be_registered():
    declared = JobDefinition(image="x", platform=Platform.FARGATE, resources=Resources(vcpus=1, memory_mib=4000))
    plan = a_plan({"job_definition": "ours"}, job_definitions={"ours": declared})
    assert found(plan) == ["platform", "fargate_size"]
    assert found(plan, environments={"fargate": FARGATE}) == ["fargate_size"]


def test_the_findings_of_ten_thousand_jobs_are_few():
    plan = a_plan(*(size(vcpus=number % 900 + 1) for number in range(10_000)))
    every = findings(plan, environments={"fargate": FARGATE}, definition_details=FOR_FARGATE)
    assert len(every) < 20
    assert max(len(str(one)) for one in every) < 300
