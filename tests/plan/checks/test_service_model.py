import pytest

from kedro_batch.plan.checks.service_model import check_requests, wrong_submit_fields
from kedro_batch.plan.model import JobName, Plan
from kedro_batch.plan.settings import Resources
from tests.support.plans import a_job

SMALL = a_job(command=("kedro", "run"))


def test_botocore_knows_every_field_that_is_sent():
    full = a_job(
        depends_on=(JobName("b"),),
        resources=Resources(vcpus=1, memory_mib=4, gpus=3),
        timeout_s=90,
        attempts=3,
        tags={"a": "b"},
        submit={"propagateTags": True},  # only requests with something passed on are looked at
    )
    assert not list(check_requests(Plan(jobs=(full, SMALL))))


def test_botocore_s_objections_name_the_job():
    plan = Plan(jobs=(a_job(submit={"parameters": 5}),))
    (found,) = check_requests(plan)
    assert (found.path, found.message) == (("jobs", 0), "a: parameters must be a mapping, found a whole number")


@pytest.mark.parametrize(
    "submit",
    [
        {"eksPropertiesOverride": {"podProperties": {"containers": [{"name": "main"}]}}},
        {"ecsPropertiesOverride": {"taskProperties": [{"containers": [{"name": "main"}]}]}},
        {"consumableResourcePropertiesOverride": {"consumableResourceList": [{"consumableResource": "licence"}]}},
        {"parameters": {"a": "b"}, "propagateTags": True},
    ],
)
def test_botocore_knows_what_is_passed_on(submit):
    assert not list(wrong_submit_fields(submit))
    assert not list(check_requests(Plan(jobs=(a_job(submit=submit),))))


@pytest.mark.parametrize(
    ("submit", "message"),
    [
        ({"jobName": "x"}, "kedro-batch names the jobs: leave it out"),
        ({"retryStrategy": {}}, "write it as attempts and retry_on"),
        ({"arrayProperties": {"size": 2}}, "it would make many jobs of one, and each would run the same nodes"),
        ({"containerOverrides": {"command": ["rm"]}}, "it would replace the command of the job: leave it out"),
        ({"nodeOverrides": {"numNodes": 2}}, "each would run the same nodes: leave it out"),
        ({"eksPropertiesOverride": {}}, "names no container for the command of the job"),
        (
            {"eksPropertiesOverride": {"podProperties": {"containers": [{"name": "m", "command": ["x"]}]}}},
            "names no container for the command of the job",
        ),
        (
            {"eksPropertiesOverride": {"podProperties": {"containers": [{"name": "m", "args": ["x"]}]}}},
            "has args for the container that gets the command of the job: leave it out",
        ),
        ({"ecsPropertiesOverride": {"taskProperties": [{}]}}, "names no container for the command of the job"),
        ({"parameters": {"k" * 1001: "x"}}, "has a key of 1001 characters; YAML takes 1000"),
        ({"parameters": {"a": 5}}, "parameters.a must be text, found a whole number"),
        ({"parameter": {}}, "is no field of SubmitJob. Did you mean 'parameters'?"),
        ({"propagateTags": "yes"}, "propagateTags must be true or false, found text"),
    ],
)
def test_what_submit_job_would_not_take_is_told(submit, message):
    ((path, told),) = wrong_submit_fields(submit)
    assert path[0] in submit
    assert message in told


def test_a_job_has_one_kind_of_containers():
    submit = {"containerOverrides": {"instanceType": "x"}, "ecsPropertiesOverride": {"taskProperties": []}}
    ((path, told),) = wrong_submit_fields(submit)
    assert (path, told) == (
        ("ecsPropertiesOverride",),
        "cannot stand beside containerOverrides: a job has one kind of containers",
    )
