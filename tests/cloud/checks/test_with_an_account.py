"""Checks of images, roles, log groups, data and the clock, over HTTP."""

import json

import pytest

from kedro_batch.cloud.account import Account
from kedro_batch.cloud.checks.project_facts import DataPlace, ProjectFacts
from kedro_batch.cloud.checks.subject import Subject
from kedro_batch.cloud.doctor import CHECKS, run_checks
from kedro_batch.plan.model import Job, JobName, Plan
from kedro_batch.plan.settings import JobDefinition, JobSettings, Platform
from tests.support.ecr import index, manifest, push

pytestmark = pytest.mark.xdist_group("aws")  # one moto server for all of them

IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/flights:v1"
ROLE = "arn:aws:iam::123456789012:role/team/job"
TRUST = {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}


def plan_of(definition=None, **declared):
    """Make a plan of two jobs; its definition is declared, unless it is named."""
    settings = JobSettings(job_queue="a_queue", job_definition=definition or "declared")
    return Plan(
        jobs=tuple(Job(name=JobName(name), command=("true",), settings=settings) for name in ("first", "second")),
        defaults=settings,
        job_definitions={} if definition else {"declared": JobDefinition(**{"image": "busybox", **declared})},
    )


def place(bucket, key="in.csv", *, writes=False, **more):
    jobs = frozenset({"first"})
    readers, writers = (frozenset(), jobs) if writes else (jobs, frozenset())
    facts = {"dataset": "x", "bucket": bucket, "key": key, "readers": readers, "writers": writers}
    return DataPlace(**{**facts, "own_access": False, **more})


def subject(plan, *places):
    project = ProjectFacts(places=places, package_files=("requirements.txt",), unlisted_packages=())
    return Subject(plan=plan, project=project)


def findings(check, plan, *places):
    """Give what a check finds: status and text."""
    (row,) = (one for one in CHECKS if one.name == check)
    found = row.find(subject(plan, *places), Account(region="us-east-1"))
    return [(str(one.status), str(one)) for one in found]


@pytest.fixture
def role(aws):
    """A role that containers can assume."""
    policy = json.dumps({"Version": "2012-10-17", "Statement": [TRUST]})
    iam = aws.client("iam")
    return iam.create_role(RoleName="job", Path="/team/", AssumeRolePolicyDocument=policy)["Role"]["Arn"]


@pytest.fixture
def registry(aws):
    ecr = aws.client("ecr")
    ecr.create_repository(repositoryName="flights")
    return ecr


# Images


def test_an_image_that_exists_passes_with_what_it_is_for(registry):
    push(registry, "flights", "v1", index("linux/amd64", "linux/arm64"))
    assert findings("image", plan_of(image=IMAGE)) == [("pass", f"image {IMAGE} exists, for linux/amd64, linux/arm64")]


def test_an_image_that_was_never_pushed_fails(registry):
    push(registry, "flights", "v2", index("linux/amd64"))
    ((status, text),) = findings("image", plan_of(image=IMAGE))
    assert status == "failure"
    assert text.endswith("has no image with the tag 'v1'. It has v2")


def test_images_elsewhere_are_not_checked(aws):
    ((status, text),) = findings("image", plan_of())
    assert (status, text) == (
        "skipped",
        "image busybox is not in a private registry of Amazon ECR, and no other is asked",
    )
    assert not {"BatchGetImage", "DescribeRepositories"} & set(aws.calls)


@pytest.mark.usefixtures("registry")
def test_images_of_named_definitions_are_checked_too(aws):
    aws.client("batch").register_job_definition(
        jobDefinitionName="named", type="container", containerProperties={"image": IMAGE, "vcpus": 1, "memory": 128}
    )
    ((status, _),) = findings("image", plan_of("named"))
    assert status == "failure"


@pytest.mark.parametrize(
    ("declared", "pushed", "status"),
    [
        ({}, index("linux/arm64"), "failure"),
        ({}, index("linux/amd64"), "pass"),
        ({"cpuArchitecture": "ARM64"}, index("linux/amd64"), "failure"),
        ({"cpuArchitecture": "ARM64"}, index("linux/arm64"), "pass"),
        ({"operatingSystemFamily": "WINDOWS_SERVER_2022_CORE"}, index("linux/amd64"), "failure"),
        ({}, manifest("sha256:arm"), "failure"),
        ({}, manifest("sha256:lost"), "warning"),
    ],
)
def test_an_image_has_to_be_for_the_machines_of_fargate(aws, registry, declared, pushed, status):
    aws.blobs = {"sha256:arm": {"os": "linux", "architecture": "arm64"}}
    push(registry, "flights", "v1", pushed)
    register = {"containerProperties": {"runtimePlatform": declared}} if declared else {}
    plan = plan_of(image=IMAGE, platform=Platform.FARGATE, execution_role=ROLE, register=register)
    assert [found for found, _ in findings("image", plan)] == [status]


def test_an_image_that_may_not_be_looked_at_is_a_warning(aws):
    aws.forbidden = {"BatchGetImage"}
    ((status, text),) = findings("image", plan_of(image=IMAGE))
    assert status == "warning"
    assert "cannot be checked: Amazon ECR refused BatchGetImage" in text


@pytest.mark.parametrize("code", ["KmsError", "UpstreamUnavailable", "UpstreamAccessDenied", "InaccessibleImage"])
def test_an_image_that_ecr_fails_to_give_is_a_warning(aws, registry, code):
    push(registry, "flights", "v1", index("linux/amd64"))
    aws.answers["BatchGetImage"] = {"images": [], "failures": [{"failureCode": code, "failureReason": "the reason"}]}
    assert findings("image", plan_of(image=IMAGE)) == [
        ("warning", f"image {IMAGE} cannot be checked: {code}: the reason")
    ]


@pytest.mark.parametrize(
    ("repository", "rules", "status", "said"),
    [
        ("docker-hub/library/python", ["docker-hub"], "warning", "pull-through cache 'docker-hub' may fetch"),
        ("docker-hub/library/python", ["ROOT"], "warning", "the pull-through cache 'ROOT' may fetch"),
        ("docker-hubs/python", ["docker-hub"], "failure", "there is no repository"),
        ("team/python", None, "warning", "is for it is not known"),
        ("python", None, "failure", "there is no repository 'python'"),
    ],
)
def test_a_pull_through_cache_fetches_an_image_when_it_is_pulled(aws, repository, rules, status, said):
    listed = [{"ecrRepositoryPrefix": one} for one in rules or ()]
    aws.answers["DescribePullThroughCacheRules"] = {"pullThroughCacheRules": listed}
    aws.forbidden = {"DescribePullThroughCacheRules"} if rules is None else set()
    ((found, text),) = findings("image", plan_of(image=IMAGE.replace("flights", repository)))
    assert (found, said in text) == (status, True)


def test_the_same_tag_is_never_suggested(aws, registry):
    push(registry, "flights", "v1", index("linux/amd64"))
    aws.answers["BatchGetImage"] = {"images": [], "failures": [{"failureCode": "ImageNotFound"}]}
    ((status, text),) = findings("image", plan_of(image=IMAGE))
    assert status == "failure"
    assert text.endswith("has no image with the tag 'v1'")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            {"manifests": [{"platform": None}, {"platform": {"os": "linux", "architecture": "amd64"}}]},
            "for linux/amd64",
        ),
        ({"manifests": [None, {"platform": ["linux"]}, {"platform": {"os": 1, "architecture": None}}]}, "does not say"),
        ({"manifests": None, "config": None}, "does not say"),
        ({"config": {"digest": 7}}, "does not say"),
        ([], "does not say"),
    ],
)
@pytest.mark.usefixtures("registry")
def test_a_manifest_may_be_odd(aws, content, said):
    image = {"imageId": {"imageDigest": "sha256:1"}, "imageManifest": json.dumps(content)}
    aws.answers["BatchGetImage"] = {"images": [image], "failures": []}
    ((status, text),) = findings("image", plan_of(image=IMAGE))
    assert (status, said in text) == ("pass", True)


# Roles


def test_a_role_that_containers_can_assume_passes(role):
    assert findings("role", plan_of(job_role=role, execution_role=role)) == [
        (
            "pass",
            "role 'job' (job role of 'declared', execution role of 'declared') exists, and containers can assume it",
        )
    ]


@pytest.mark.parametrize("service", ["batch.amazonaws.com", "ec2.amazonaws.com"])
def test_a_role_that_no_container_can_assume_fails(aws, service):
    statement = {**TRUST, "Principal": {"Service": service}}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    aws.client("iam").create_role(RoleName="job", AssumeRolePolicyDocument=policy)
    ((status, text),) = findings("role", plan_of(job_role="arn:aws:iam::123456789012:role/job"))
    assert status == "failure"
    assert f"its trust policy trusts {service}, and not ecs-tasks.amazonaws.com" in text


@pytest.mark.usefixtures("role")
def test_a_role_that_does_not_exist_fails_with_a_near_name():
    ((status, text),) = findings("role", plan_of(job_role="arn:aws:iam::123456789012:role/jbo"))
    assert status == "failure"
    assert text == "role 'jbo' (job role of 'declared') does not exist in account 123456789012. Did you mean 'job'?"


@pytest.mark.usefixtures("role")
def test_a_role_is_named_with_its_path():
    ((status, text),) = findings("role", plan_of(job_role="arn:aws:iam::123456789012:role/job"))
    assert status == "failure"
    assert "is named as arn:aws:iam::123456789012:role/job, and the role of this name is" in text
    assert text.endswith(ROLE)


def test_a_role_is_looked_at_where_nobody_says_whose_the_account_is(aws, role):
    aws.forbidden = {"GetCallerIdentity"}
    assert [status for status, _ in findings("role", plan_of(job_role=role))] == ["pass"]


def test_a_role_of_another_account_fails_unasked(aws):
    ((status, text),) = findings("role", plan_of(job_role="arn:aws:iam::999999999999:role/job"))
    assert status == "failure"
    assert "is in account 999999999999, and the jobs run in account 123456789012" in text
    assert "GetRole" not in aws.calls


def test_a_role_that_may_not_be_looked_at_is_a_warning(aws, role):
    aws.forbidden = {"GetRole"}
    assert [status for status, _ in findings("role", plan_of(job_role=role))] == ["warning"]


def test_fargate_needs_an_execution_role(role):
    plan = plan_of(job_role=role, platform=Platform.FARGATE)
    assert (
        "failure",
        "job definition 'declared' has no execution role, and Fargate starts no container without one",
    ) in (findings("role", plan))


# Log groups


def test_the_default_log_group_need_not_exist(aws):
    assert findings("log_group", plan_of()) == [("pass", "log group '/aws/batch/job' is created by AWS Batch")]
    assert "DescribeLogGroups" not in aws.calls


def test_a_log_group_has_to_exist(aws):
    aws.client("logs").create_log_group(logGroupName="/team/flights")
    assert findings("log_group", plan_of(log_group="/team/flights")) == [("pass", "log group '/team/flights' exists")]
    ((status, text),) = findings("log_group", plan_of(log_group="/team/flight"))
    assert status == "failure"
    where = "account 123456789012, us-east-1"
    why = f"does not exist in {where}, and no container starts without it"
    assert text == f"log group '/team/flight' {why}. Did you mean '/team/flights'?"
    aws.client("logs").delete_log_group(logGroupName="/team/flights")


def test_a_log_group_that_may_not_be_looked_at_is_a_warning(aws):
    aws.forbidden = {"DescribeLogGroups"}
    assert [status for status, _ in findings("log_group", plan_of(log_group="/team/x"))] == ["warning"]


# Data on S3


def test_buckets_exist_or_not(aws):
    aws.client("s3").create_bucket(Bucket="here")
    found = findings("bucket", plan_of(), place("here"), place("here", writes=True), place("heer"))
    assert found == [
        ("failure", "bucket 'heer' (x) does not exist. Did you mean 'here'?"),
        ("pass", "bucket 'here' (x, x) exists"),
    ]


def test_a_bucket_that_may_not_be_looked_at_is_a_warning(aws):
    aws.forbidden = {"HeadBucket"}
    ((status, text),) = findings("bucket", plan_of(), place("other"))
    assert status == "warning"
    assert "the role of the jobs may be allowed" in text


def test_a_bucket_of_another_region_is_a_warning(aws):
    where = {"LocationConstraint": "eu-west-1"}
    aws.client("s3").create_bucket(Bucket="far", CreateBucketConfiguration=where)
    ((status, text),) = findings("bucket", plan_of(), place("far"))
    assert (status, text) == (
        "warning",
        "bucket 'far' (x) is in eu-west-1, and the jobs run in us-east-1: traffic between regions costs",
    )


@pytest.mark.usefixtures("aws")
def test_places_with_access_of_their_own_and_of_other_jobs_are_left_out():
    other = place("other", readers=frozenset({"elsewhere"}))
    assert findings("bucket", plan_of(), place("minio", own_access=True), other) == []


def test_a_role_that_may_use_the_data_passes(role):
    found = findings(
        "data_access", plan_of(job_role=role), place("b", "in/a.csv"), place("b", "in/b.csv"), place("c", writes=True)
    )
    needs = "s3:GetObject in 1 folder, s3:ListBucket in 2 buckets, s3:PutObject in 1 folder"
    assert found == [("pass", f"role 'job' may use the data on S3: {needs}")]


@pytest.mark.parametrize(
    ("decision", "status", "said"),
    [
        ("implicitDeny", "warning", "is not allowed by its own policies s3:PutObject on arn:aws:s3:::b/out/a.csv"),
        ("explicitDeny", "failure", "is denied s3:PutObject on arn:aws:s3:::b/out/a.csv"),
    ],
)
def test_a_role_that_may_not_write_the_data(aws, role, decision, status, said):
    aws.decisions = {"s3:PutObject": decision}
    found = findings("data_access", plan_of(job_role=role), place("b", "out/a.csv", writes=True))
    assert found == [(status, f"role 'job' {said}")]


@pytest.mark.parametrize("decision", ["implicitDeny", "explicitDeny"])
def test_what_depends_on_each_request_is_not_known(aws, role, decision):
    aws.decisions, aws.missing_context = {"s3:PutObject": decision}, ("aws:SourceVpce",)
    found = findings("data_access", plan_of(job_role=role), place("b", "out/a.csv", writes=True))
    what = "s3:PutObject on arn:aws:s3:::b/out/a.csv"
    assert found == [
        ("skipped", f"role 'job' may use the data or not, as aws:SourceVpce of each request decides: {what}")
    ]


@pytest.mark.usefixtures("aws")
def test_what_is_no_name_of_a_bucket_fails():
    ((status, text),) = findings("bucket", plan_of(), place("Bad Bucket!"))
    assert (status, "has no name of a bucket" in text) == ("failure", True)


def test_permissions_that_may_not_be_simulated_are_a_warning(aws, role):
    aws.forbidden = {"SimulatePrincipalPolicy"}
    ((status, text),) = findings("data_access", plan_of(job_role=role), place("b"))
    assert status == "warning"
    assert "AWS IAM refused SimulatePrincipalPolicy" in text


def test_fargate_gives_no_credentials_without_a_job_role(role):
    plan = plan_of(platform=Platform.FARGATE, execution_role=role)
    ((status, text),) = findings("data_access", plan, place("b"))
    assert status == "failure"
    assert text.startswith("job definition 'declared' has no job role, and its jobs use data on S3")


# Clock and silence


def test_a_clock_that_is_far_off_stops_all_that_is_signed(aws):
    aws.clock_s = 3600
    found = {one.check: one for one in run_checks(subject(plan_of()), Account())}
    assert found["clock"].status == "failure"
    assert "behind that of AWS" in found["clock"].message
    assert {one.status for name, one in found.items() if name not in ("region", "clock", "packages")} == {"skipped"}


def test_the_clock_is_read_from_a_refusal_too(aws):
    aws.forbidden = {"GetCallerIdentity"}
    assert findings("clock", plan_of()) == [("pass", "the clock of this machine agrees with that of AWS")]


def test_a_service_that_does_not_answer_is_one_warning(aws):
    aws.unanswered = {"GetRole", "HeadBucket", "DescribeLogGroups", "BatchGetImage", "SimulatePrincipalPolicy"}
    plan = plan_of(image=IMAGE, job_role=ROLE, execution_role=f"{ROLE}2", log_group="/team/x")
    found = list(run_checks(subject(plan, place("a"), place("b")), Account()))
    for check in ("image", "role", "log_group", "bucket"):
        assert [one.status for one in found if one.check == check] == ["warning"]
    assert [one.status for one in found if one.check == "data_access"] == ["skipped"]  # IAM again
