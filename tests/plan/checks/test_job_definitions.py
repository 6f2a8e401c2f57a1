"""Job definitions in plans that were read from a file: what is wrong is named with its path and its line."""

import json

import pytest

from kedro_batch.errors import PlanError
from kedro_batch.plan.reader import plan_warnings, read_plan

IMAGE = "repo@sha256:" + "0f" * 32
GOOD = {"image": IMAGE, "resources": {"vcpus": 1, "memory_mib": 2048}}
ROLE = "arn:aws:iam::123456789012:role/x"
FARGATE = {**GOOD, "platform": "fargate", "execution_role": ROLE}
PODS = {"register": {"eksProperties": {"podProperties": {"containers": [{"name": "main", "image": IMAGE}]}}}}
TASKS = {"register": {"ecsProperties": {"taskProperties": [{"containers": [{"name": "main", "image": IMAGE}]}]}}}


def content(definition, **job):
    definitions = {"d": definition} if definition is not None else {}
    jobs = [{"name": "a", "command": ["x"], "job_queue": "q", "job_definition": "d", **job}]
    return json.dumps({"schema": "kedro-batch/plan/v1", "job_definitions": definitions, "jobs": jobs}).encode()


def refusals(definition, **job):
    with pytest.raises(PlanError) as refused:
        read_plan(content(definition, **job), "plan.yaml")
    return [str(one).removeprefix("plan.yaml:1: ") for one in refused.value.diagnostics]


@pytest.mark.parametrize(
    ("definition", "job"),
    [
        (GOOD, {}),
        (FARGATE, {"resources": {"memory_mib": 4096}}),
        (PODS, {"submit": {"eksPropertiesOverride": {"podProperties": {"containers": [{"name": "main"}]}}}}),
        (TASKS, {"submit": {"ecsPropertiesOverride": {"taskProperties": [{"containers": [{"name": "main"}]}]}}}),
        ({**GOOD, "register": {"containerProperties": {"privileged": True}, "tags": {"team": "x"}}}, {}),
        ({**GOOD, "execution_role": ROLE, "secrets": {"DB_PASSWORD": "arn:aws:ssm:eu-west-1:1:parameter/x"}}, {}),
    ],
)
def test_a_plan_may_declare_what_aws_batch_takes(definition, job):
    assert read_plan(content(definition, **job), "plan.yaml").job_definitions["d"].to_dict() == definition


@pytest.mark.parametrize(
    ("definition", "job", "message"),
    [
        ({"resources": GOOD["resources"]}, {}, "job_definitions.d.image: is missing"),
        (
            {"image": IMAGE},
            {},
            "job_definitions.d.resources: AWS Batch takes no job definition without vcpus and memory_mib",
        ),
        ({**GOOD, "image": "X"}, {}, "job_definitions.d.image: 'X' is not the name of an image"),
        ({**GOOD, "platform": "fargate"}, {}, "job_definitions.d.execution_role: is missing"),
        (FARGATE, {"resources": {"memory_mib": 4000}}, "jobs[0].resources.memory_mib: Fargate does not give 4000 MiB"),
        (
            FARGATE,
            {"resources": {"vcpus": 2}},
            "jobs[0].resources.memory_mib: Fargate does not give 2048 MiB to 2 vCPUs",
        ),
        (FARGATE, {"platform": "ec2"}, "jobs[0].platform: is ec2, but the job definition 'd' is for fargate"),
        (PODS, {}, "jobs[0].submit: the job definition 'd' has eksProperties"),
        (
            GOOD,
            {"submit": {"ecsPropertiesOverride": {"taskProperties": [{"containers": [{"name": "main"}]}]}}},
            "jobs[0].submit.ecsPropertiesOverride: does not fit the job definition 'd'",
        ),
        ({**PODS, "platform": "ec2"}, {}, "job_definitions.d.platform: AWS Batch takes none for EKS"),
        ({**PODS, "log_group": "/x"}, {}, "job_definitions.d.log_group: cannot stand beside eksProperties"),
        (
            {**TASKS, "platform": "fargate"},
            {},
            "job_definitions.d.register.ecsProperties.taskProperties[0]: has no executionRoleArn",
        ),
        ({**GOOD, "register": {"timeout": 5}}, {}, "job_definitions.d.register.timeout: write it as timeout_s"),
        ({**GOOD, "register": {"tags": 5}}, {}, "job_definitions.d.register.tags: tags must be a mapping"),
        (
            {**GOOD, "register": {"tags": {"kedro-batch:x": "y"}}},
            {},
            "job_definitions.d.register.tags.kedro-batch:x: begi",
        ),
        (
            {**GOOD, "register": {"parameters": {"api_key": "c2VjcmV0c2VjcmV0"}}},
            {},
            "job_definitions.d.register.parameters.api_key: looks like a credential",
        ),
        (
            {**GOOD, "register": {"containerProperties": {"environment": [{"name": "KEDRO_BATCH_X", "value": "y"}]}}},
            {},
            "job_definitions.d.register.containerProperties.environment[0]: KEDRO_BATCH_X: kedro-batch sets",
        ),
        ({**GOOD, "register": {"parameters": {"a": "x" * 25_000}}}, {}, "job_definitions.d: has 25,"),
        ({**GOOD, "ulimits": {"nofile": {"soft": 1}}}, {}, "job_definitions.d.ulimits.nofile: 'hard' is missing"),
    ],
)
def test_what_aws_batch_would_refuse_is_refused_with_its_path(definition, job, message):
    assert any(one.startswith(message) for one in refusals(definition, **job))


def test_a_definition_is_declared_under_a_plain_name():
    text = content(GOOD).replace(b'"d": {', b'"d:1": {')
    with pytest.raises(PlanError, match="d:1: 'd:1' is not allowed"):
        read_plan(text, "plan.yaml")


def test_a_definition_that_no_job_names_is_a_warning():
    text = content(GOOD, job_definition="e")
    (one,) = plan_warnings(read_plan(text, "plan.yaml"), text, "plan.yaml")
    assert (one.severity, one.code, one.path) == ("warning", "unmatched", ("job_definitions", "d"))
