"""What a plan names by ARN is in its account and its region."""

import json

import pytest

from kedro_batch.errors import PlanError
from kedro_batch.plan.reader import read_plan
from tests.support.plans import write_plan

ROLE = "arn:aws:iam::123456789012:role/x"
QUEUE = "arn:aws:batch:eu-west-1:123456789012:job-queue/q"
DEFINITION = "arn:aws:batch:eu-west-1:123456789012:job-definition/d:1"
RESOURCES = {"vcpus": 1, "memory_mib": 2048}


def read(folder, header, **target):
    file = write_plan(folder, {"a": ["x"], "b": ["x"]}, header=header, defaults=target)
    return read_plan(json.dumps(json.loads(file.read_text())).encode(), "plan.yaml")


@pytest.mark.parametrize(
    ("header", "target", "said"),
    [
        (
            {"account": "210987654321"},
            {"job_queue": QUEUE},
            "job_queue: is of account 123456789012, and the plan is for",
        ),
        (
            {"region": "us-east-1"},
            {"job_queue": QUEUE},
            "job_queue: is of region eu-west-1, and the plan is for region",
        ),
        ({"region": "us-east-1"}, {"job_definition": DEFINITION}, "job_definition: is of region eu-west-1"),
        (
            {
                "account": "210987654321",
                "job_definitions": {"d": {"image": "x", "resources": RESOURCES, "execution_role": ROLE}},
            },
            {"job_definition": "d"},
            "job_definitions.d.execution_role: is of account 123456789012",
        ),
    ],
)
def test_a_plan_with_what_is_elsewhere_is_refused(tmp_path, header, target, said):
    with pytest.raises(PlanError) as refused:
        read(tmp_path, header, **target)
    assert said in str(refused.value)


@pytest.mark.parametrize("header", [{}, {"account": "123456789012", "region": "eu-west-1"}])
def test_a_plan_with_what_is_there_is_read(tmp_path, header):
    declared = {"d": {"image": "x", "resources": RESOURCES, "job_role": ROLE}}
    assert read(tmp_path, {**header, "job_definitions": declared}, job_queue=QUEUE, job_definition="d").jobs
    assert read(tmp_path, header, job_queue=QUEUE, job_definition=DEFINITION).jobs
