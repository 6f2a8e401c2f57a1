"""``infrastructure.yml`` deployed to moto, which makes the queue and the definition, and ignores much else."""

import pytest

from tests.scaffold.infrastructure import EC2_WITH_ALL, FARGATE, text_of
from tests.support.account import Account

pytestmark = pytest.mark.xdist_group("aws")


@pytest.mark.parametrize("some", [FARGATE, EC2_WITH_ALL], ids=["fargate", "ec2-with-all"])
def test_a_deployed_queue_and_definition_take_jobs(some, aws_account: Account):
    iam, ec2, batch = (aws_account.client(one) for one in ("iam", "ec2", "batch"))
    # AWS needs no role here; moto does.
    role = iam.create_role(RoleName="service", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    parameters = {"ServiceRole": role}
    if not some.create_network:
        parameters["Subnets"] = ",".join(one["SubnetId"] for one in ec2.describe_subnets()["Subnets"])
        parameters["SecurityGroups"] = ec2.describe_security_groups()["SecurityGroups"][0]["GroupId"]
    cloudformation = aws_account.client("cloudformation")
    cloudformation.create_stack(
        StackName="spaceflights",
        TemplateBody=text_of(some),
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        Capabilities=["CAPABILITY_NAMED_IAM"],
    )
    (stack,) = cloudformation.describe_stacks(StackName="spaceflights")["Stacks"]
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    outputs = {one["OutputKey"]: one["OutputValue"] for one in stack["Outputs"]}
    (environment,) = batch.describe_compute_environments()["computeEnvironments"]
    assert (environment["computeEnvironmentName"], environment["status"]) == ("spaceflights_env", "VALID")
    assert environment["computeResources"]["type"] == some.compute_type
    (definition,) = batch.describe_job_definitions(jobDefinitionName="kedro_run")["jobDefinitions"]
    container = definition["containerProperties"]
    assert container["image"] == f"{outputs['RepositoryUri']}:latest"
    assert container["jobRoleArn"] == outputs["JobRole"]
    assert iam.get_role(RoleName="batchJobRole")["Role"]["Arn"] == outputs["JobRole"]
    job = batch.submit_job(jobName="first", jobQueue="spaceflights_queue", jobDefinition="kedro_run")
    (made,) = batch.describe_jobs(jobs=[job["jobId"]])["jobs"]
    assert made["jobQueue"] == outputs["JobQueue"]
