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


ELSEWHERE = "arn:aws:batch:eu-west-1:123456789012:"
POD = {"a_definition": {"eksProperties": {"podProperties": {"containers": [{"name": "kedro"}]}}}}
UNNAMED = {"a_definition": {"eksProperties": {"podProperties": {"containers": [{"image": "busybox"}]}}}}
SIDECAR = {"name": "log_router", "essential": False}
TASK = {"a_definition": {"ecsProperties": {"taskProperties": [{"containers": [SIDECAR, {"name": "kedro"}]}]}}}


def for_pods(name):
    return {"submit": {"eksPropertiesOverride": {"podProperties": {"containers": [{"name": name}]}}}}


@pytest.mark.parametrize(
    ("settings", "account", "said", "remedy"),
    [
        ({}, {"queue_details": {"a_queue": {"status": "CREATING"}}}, "is CREATING", "Wait until the queue is VALID"),
        ({}, {"environments": {"e": {"status": "CREATING"}}}, "e is CREATING", "Wait until the compute environment e"),
        ({}, {"environments": {"e": {"status": "INVALID"}}}, "e is INVALID", "Put the compute environment e right"),
        ({}, {"environments": {"e": {"state": "DISABLED"}}}, "e is DISABLED", "Enable e, or"),
        (
            size(vcpus=1),
            {"environments": {"e": {"computeResources": {"type": "EC2", "maxvCpus": 0}}}},
            "at most 0 vCPUs",
            "Raise maxvCpus, or set another job_queue",
        ),
        (
            size(vcpus=2),
            {"environments": {"e": {"computeResources": {"type": "EC2", "maxvCpus": 1}}}},
            "at most 1 vCPU (",
            "aws_batch.yml to 1 or less",
        ),
        ({"job_queue": f"{ELSEWHERE}job-queue/a_queue"}, {}, "is in eu-west-1", "Set AWS_DEFAULT_REGION=eu-west-1"),
        ({"job_definition": f"{ELSEWHERE}job-definition/d"}, {}, "is in eu-west-1", "Set AWS_DEFAULT_REGION=eu-west-1"),
        (for_pods("kerdo"), {"definition_details": POD}, "no container 'kerdo'", "{name: kedro}"),
        (for_pods("kedro"), {"definition_details": UNNAMED}, "It has 'Default'", "{name: Default}"),
        ({}, {"definition_details": UNNAMED}, "is for EKS", "{name: Default}"),
        ({}, {"definition_details": TASK}, "as for several containers", "{name: kedro}"),
        ({}, {"definition_details": {"a_definition": {"eksProperties": {"x": 1}}}}, "is for EKS", "with the name of"),
        (
            size(32, 4096),
            {"environments": {"f": FARGATE}, "definition_details": FOR_FARGATE},
            "32 vCPUs",
            "at most {vcpus: 16",
        ),
        (size(vcpus=3), {"environments": {"f": FARGATE}, "definition_details": FOR_FARGATE}, "3 vCPUs", "{vcpus: 4, "),
    ],
)
def test_each_remedy_fits_what_is_wrong(settings, account, said, remedy):
    failures = [one for one in findings(a_plan(settings), **account) if one.status == "failure"]
    assert any(said in str(one) and remedy in one.remedy for one in failures), [
        (str(one), one.remedy) for one in failures
    ]
    assert not any("NAME" in one.remedy for one in failures)


def test_sizes_with_the_same_remedy_are_one_finding():
    plan = a_plan(*(size(1, 3073 + number) for number in range(60)))
    account = {"environments": {"f": FARGATE}, "definition_details": FOR_FARGATE}
    (one,) = (one for one in findings(plan, **account) if one.status == "failure")
    assert str(one).startswith("60 jobs on Fargate (")
    assert "1 vCPU and 3073 MiB of memory; " in one.message
    assert "and 57 more: Fargate has none of these 60 sizes" in one.message
    assert one.remedy == "Set resources: {vcpus: 1, memory_mib: 4096} in aws_batch.yml"


def test_a_declared_platform_that_does_not_fit_is_one_finding():
    declared = {"a_definition": JobDefinition(image="busybox", platform=Platform.FARGATE)}
    plan = a_plan({"platform": Platform.FARGATE}, job_definitions=declared)
    (one,) = (one for one in findings(plan) if one.check == "platform")
    assert one.remedy.startswith("Set job_definition.platform in aws_batch.yml to ec2, or job_queue")
