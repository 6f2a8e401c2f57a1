"""``kedro-batch doctor`` in a project, through the command line and HTTP: its data, its packages, its roles."""

import json

import pytest

from tests.support.account import Account
from tests.support.ecr import index, push
from tests.support.forked import kedro_batch
from tests.support.projects import json_catalog, write_project

pytestmark = pytest.mark.xdist_group("aws")  # one moto server for all of them

IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/flights"
SETTINGS = f"""
job_queue: a_queue
job_definition:
  name: flights
  image: {IMAGE}:v1
  platform: fargate
  job_role: arn:aws:iam::123456789012:role/job
  execution_role: arn:aws:iam::123456789012:role/execution
  log_group: /team/flights
"""
CATALOG = json_catalog().replace("data/", "s3://flights/").replace("s3://flights/raw", "s3://fligths/raw")


@pytest.fixture
def project_on_s3(tmp_path):
    root = write_project(tmp_path / "project", conf={"base/aws_batch.yml": SETTINGS, "base/catalog.yml": CATALOG})
    (root / "requirements.txt").write_text("kedro\nkedro-datasets\n")
    return root


def fill(account: Account, *, image, service, buckets):
    ecr, iam = account.client("ecr"), account.client("iam")
    ecr.create_repository(repositoryName="flights")
    push(ecr, "flights", "v1", image)
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    for role in ("job", "execution"):
        iam.create_role(RoleName=role, AssumeRolePolicyDocument=policy)
    for bucket in buckets:
        account.client("s3").create_bucket(Bucket=bucket)
    account.client("logs").create_log_group(logGroupName="/team/flights")


def findings(ended, *checks):
    """Give what these checks found, by what it is about."""
    document = json.loads(ended.out)
    return {one["about"]: one for one in document["findings"] if one["check"] in checks}


CHECKS = ("image", "role", "log_group", "bucket", "data_access", "packages", "clock")


def test_a_project_that_has_all_it_needs_passes(project_on_s3, aws_account):
    fill(aws_account, image=index("linux/amd64"), service="ecs-tasks.amazonaws.com", buckets=["flights", "fligths"])
    (project_on_s3 / "requirements.txt").write_text("kedro\nkedro-datasets\ns3fs\n")
    ended = kedro_batch("doctor", "--json", cwd=project_on_s3, env=aws_account.environment)
    found = findings(ended, *CHECKS)
    assert {name: one["status"] for name, one in found.items() if one["status"] != "pass"} == {}
    assert {one["check"] for one in found.values()} == set(CHECKS)


def test_a_project_where_much_is_wrong_gets_it_all_named_with_what_to_do(project_on_s3, aws_account):
    fill(aws_account, image=index("linux/arm64"), service="batch.amazonaws.com", buckets=["flights"])
    aws_account.decisions = {"s3:PutObject": "implicitDeny"}
    ended = kedro_batch("doctor", cwd=project_on_s3, env=aws_account.environment)
    assert ended.code == 5
    for said in (
        f"image {IMAGE}:v1 is for linux/arm64, and its jobs run on linux/amd64",
        "docker buildx build --platform linux/amd64",
        "role 'execution' (execution role of 'flights') cannot be assumed by containers",
        "role 'job' (job role of 'flights') cannot be assumed by containers",
        '"Principal": {"Service": "ecs-tasks.amazonaws.com"}',
        "bucket 'fligths' (raw) does not exist. Did you mean 'flights'?",
        "role 'job' is not allowed by its own policies s3:PutObject on arn:aws:s3:::flights/left.json",
        "s3fs is not listed",
        "log group '/team/flights' exists",
    ):
        assert said in ended.text
    assert "Traceback" not in ended.err


def test_nothing_is_a_failure_where_nothing_may_be_looked_at(project_on_s3, aws_account):
    fill(aws_account, image=index("linux/amd64"), service="ecs-tasks.amazonaws.com", buckets=[])
    aws_account.forbidden = {"BatchGetImage", "GetRole", "DescribeLogGroups", "HeadBucket", "SimulatePrincipalPolicy"}
    ended = kedro_batch("doctor", "--json", cwd=project_on_s3, env=aws_account.environment)
    found = findings(ended, "image", "role", "log_group", "bucket", "data_access")
    assert {one["status"] for one in found.values()} == {"warning"}


def test_outside_a_project_it_is_said_that_data_and_packages_were_not_checked(project_on_s3, tmp_path, aws_account):
    (tmp_path / "plan.yaml").write_bytes(kedro_batch("compile", cwd=project_on_s3).out)
    ended = kedro_batch("doctor", "plan.yaml", cwd=tmp_path, env=aws_account.environment)
    assert "buckets and packages are not in a plan" in ended.text
    assert "HeadBucket" not in aws_account.calls
    assert "GetRole" in aws_account.calls
