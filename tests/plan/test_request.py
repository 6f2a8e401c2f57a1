import pytest

from kedro_batch.errors import PlanError
from kedro_batch.plan.model import Job, JobName, Plan, PlanDigest, Resources
from kedro_batch.plan.request import JobId, RunId, batch_job_name, submit_request
from kedro_batch.plan.service_model import check_requests
from tests.support.plans import a_job

SMALL = a_job(command=("kedro", "run"))


def request(job: Job, *parents: str):
    return submit_request(
        job,
        run_id=RunId("r1"),
        attempt=2,
        digest=PlanDigest("sha256:0"),
        parent_ids=map(JobId, parents),
        job_definition="d:7",
    )


def test_a_job_that_says_little_leaves_the_rest_to_its_definition():
    assert request(SMALL) == {
        "jobName": "r1-a-2",
        "jobQueue": "q",
        "jobDefinition": "d:7",
        "containerOverrides": {"command": ["kedro", "run"]},
        "tags": {"kedro-batch:run": "r1", "kedro-batch:job": "a", "kedro-batch:plan": "sha256:0"},
    }


def test_a_job_that_says_everything():
    job = a_job(
        resources=Resources(vcpus=0.5, memory_mib=2048, gpus=1),
        timeout_s=90,
        attempts=3,
        tags={"team": "flights"},
    )
    sent = request(job, "id-1", "id-2")
    assert sent["containerOverrides"]["resourceRequirements"] == [
        {"type": "VCPU", "value": "0.5"},
        {"type": "MEMORY", "value": "2048"},
        {"type": "GPU", "value": "1"},
    ]
    assert sent["timeout"] == {"attemptDurationSeconds": 90}
    assert sent["retryStrategy"] == {"attempts": 3}
    assert sent["dependsOn"] == [{"jobId": "id-1"}, {"jobId": "id-2"}]
    assert sent["tags"]["team"] == "flights"


def test_the_longest_names_fill_what_batch_allows():
    assert len(batch_job_name(RunId("r" * 24), JobName("j" * 99), 999)) == 128


def test_botocore_knows_every_field_that_is_sent():
    full = a_job(
        depends_on=(JobName("b"),),
        resources=Resources(vcpus=1, memory_mib=4, gpus=3),
        timeout_s=90,
        attempts=3,
        tags={"a": "b"},
    )
    plan = Plan(jobs=(full, SMALL))
    check_requests(plan, "plan.yaml")


def test_botocore_s_objections_name_the_job():
    plan = Plan(jobs=(a_job(submit={"parameters": 5}),))
    with pytest.raises(PlanError, match=r"plan.yaml: jobs\[0\]: a: .*Invalid type"):
        check_requests(plan, "plan.yaml")
