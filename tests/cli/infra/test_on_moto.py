"""``kedro-batch infra`` from an empty account to a queue that takes jobs, and back, against moto's server."""

import pytest
import yaml

from tests.support.infrastructure import settings_of

pytestmark = pytest.mark.xdist_group("aws")  # one moto server for all of them


@pytest.mark.usefixtures("of_the_default_network")
def test_a_stack_is_made_written_into_the_settings_and_deleted(infra, prepared, aws_account):
    aws_account.load_cloudformation()
    role = aws_account.client("iam").create_role(RoleName="batch", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    given = ("--parameter", f"ServiceRole={role}")
    new = infra(aws_account, "diff", *given)
    made = infra(aws_account, "deploy", "--yes", *given)
    same = infra(aws_account, "diff")
    again = infra(aws_account, "deploy", "--yes")
    changed = infra(aws_account, "diff", "--parameter", "MaxvCpus=32")
    assert [one.code for one in (new, made, same, again, changed)] == [3, 0, 0, 0, 3], made.err + again.err
    written = yaml.safe_load(settings_of(prepared))
    assert written["job_definition"] == {
        "name": "kedro_run",
        "job_role": "arn:aws:iam::123456789012:role/batchJobRole",
        "execution_role": "arn:aws:iam::123456789012:role/batchExecutionRole",
        "platform": "fargate",  # of the compute environment: moto drops that of the definition
        "log_group": "/aws/batch/a_project",
        "public_ip": True,
    }
    assert written["image_repository"] == "123456789012.dkr.ecr.us-east-1.amazonaws.com/a-project"
    (queue,) = aws_account.client("batch").describe_job_queues(jobQueues=[written["job_queue"]])["jobQueues"]
    assert queue["state"] == "ENABLED"
    deleted = infra(aws_account, "destroy", "--yes")
    assert deleted.code == 0, deleted.err
    assert "= Bucket" in deleted.err
    assert aws_account.client("cloudformation").describe_stacks()["Stacks"] == []
