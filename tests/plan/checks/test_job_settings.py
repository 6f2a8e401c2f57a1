"""What is wrong with a default is said once, where it stands, and not for each job that takes it over."""

import json

import pytest

from kedro_batch.errors import PlanError
from kedro_batch.plan.reader import read_plan
from tests.support.plans import write_plan

QUEUE = "arn:aws:batch:eu-west-1:123456789012:job-queue/q"


def errors(folder, header=None, *, own=None, **defaults):
    file = write_plan(folder, {"a": ["x"], "b": ["x"], "c": ["x"]}, header=header or {}, defaults=defaults)
    plan = json.loads(file.read_text())
    plan["jobs"][1] |= own or {}
    with pytest.raises(PlanError) as refused:
        read_plan(json.dumps(plan, indent=1).encode(), "plan.yaml")
    return [line.split(": ")[1] for line in str(refused.value).splitlines()[1:]]


@pytest.mark.parametrize(
    ("field", "header", "defaults"),
    [
        ("retry_on", {}, {"attempts": 1, "retry_on": ["spot"]}),
        ("job_queue", {}, {"job_queue": "a b"}),
        ("scheduling_priority", {}, {"scheduling_priority": 3}),
        ("resources.vcpus", {}, {"platform": "fargate", "resources": {"vcpus": 3, "memory_mib": 100}}),
        ("environment.KEDRO_ENV", {"env": "prod"}, {"environment": {"KEDRO_ENV": "other"}}),
        ("job_queue", {"account": "210987654321"}, {"job_queue": QUEUE}),
    ],
)
def test_a_wrong_default_is_one_error_at_the_defaults(tmp_path, field, header, defaults):
    assert errors(tmp_path, header, **defaults) == [f"defaults.{field}"]


def test_what_a_job_makes_wrong_is_an_error_of_the_job(tmp_path):
    assert errors(tmp_path, attempts=3, retry_on=["spot"], own={"attempts": 1}) == ["jobs[1].retry_on"]


def test_another_mistake_of_a_job_stands_beside_that_of_the_defaults(tmp_path):
    assert errors(tmp_path, job_queue="a b", own={"job_queue": "c d"}) == ["defaults.job_queue", "jobs[1].job_queue"]
