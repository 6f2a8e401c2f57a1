"""What the roles and the policy of ``infrastructure.yml`` allow: no less than is needed, no more than is documented."""

import json
import re
from collections import defaultdict
from fnmatch import fnmatchcase
from itertools import takewhile

import pytest

from kedro_batch.plan.settings import Platform
from kedro_batch.scaffold.choices import Forge
from tests.e2e.documents import DOCS, blocks, codes, table
from tests.scaffold.infrastructure import (
    COVERING,
    EC2,
    EC2_WITH_ALL,
    FARGATE,
    FARGATE_WITH_ALL,
    choices,
    name,
    resource,
    role_statements,
    statements,
    text_of,
)


def actions(statement):
    given = statement["Action"]
    return [given] if isinstance(given, str) else given


@pytest.mark.parametrize("row", COVERING, ids=name)
def test_the_text_says_above_every_statement_what_breaks_without_it(row):
    some = choices(row)
    lines = text_of(some).splitlines()
    begins = [number for number, line in enumerate(lines) if re.match(r" +- Sid: ", line)]
    assert len(begins) == len(list(statements(some)))
    for begin in begins:
        above = list(takewhile(lambda line: line.lstrip().startswith("#"), reversed(lines[:begin])))
        assert above, lines[begin]
        assert above[-1].lstrip(" #").startswith("Without it: "), lines[begin]


def test_every_permission_of_a_role_is_documented_with_what_breaks_without_it():
    documented = {
        (codes(role)[0], codes(sid)[0]): codes(allowed)
        for role, sid, allowed, _ in table(DOCS["infrastructure"], "role", "statement", "actions", "without it")
    }
    for some in (FARGATE, EC2_WITH_ALL, FARGATE_WITH_ALL):
        made = {
            (role, statement["Sid"]): actions(statement)
            for role, kind, statement in statements(some)
            if kind not in ("trust", "managed")
        }
        assert made == documented


def test_the_policy_of_a_submitter_is_the_documented_one():
    (policy,) = blocks(DOCS["permissions"], "json")
    assert role_statements(FARGATE, "SubmitterPolicy") == json.loads(policy)["Statement"]


def test_nothing_is_allowed_on_everything_but_what_aws_allows_only_so():
    wide: defaultdict[str, set[str]] = defaultdict(set)
    for some in (FARGATE, EC2_WITH_ALL):
        for logical_id, kind, statement in statements(some):
            assert statement["Effect"] == "Allow"
            assert not [action for action in actions(statement) if "*" in action]
            if kind != "trust" and statement["Resource"] == "*":
                wide[logical_id] |= set(actions(statement))
    assert wide == {
        "ExecutionRole": {"ecr:GetAuthorizationToken"},
        "SubmitterPolicy": {
            "batch:DescribeJobs",
            "batch:ListJobs",
            "batch:DescribeJobQueues",
            "batch:DescribeComputeEnvironments",
            "batch:DescribeJobDefinitions",
            "sts:GetCallerIdentity",
        },
    }


@pytest.mark.parametrize("role", ["JobRole", "ExecutionRole"])
def test_only_containers_of_the_account_get_the_roles_of_jobs(role):
    (trust,) = resource(FARGATE, role)["AssumeRolePolicyDocument"]["Statement"]
    assert (trust["Principal"], trust["Action"]) == ({"Service": "ecs-tasks.amazonaws.com"}, "sts:AssumeRole")
    assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}


def test_machines_have_nothing_but_the_policy_of_aws():
    role = resource(EC2, "InstanceRole")
    arn = "arn:${AWS::Partition}:iam::aws:policy/service-role/AmazonEC2ContainerServiceforEC2Role"
    assert role["ManagedPolicyArns"] == [{"Fn::Sub": arn}]
    assert "Policies" not in role


GITHUB_HOST = "token.actions.githubusercontent.com"
GITHUB_SUBJECTS = ["repo:space/flights:ref:refs/heads/release", "repo:space@*/flights@*:ref:refs/heads/release"]
GITLAB_SUBJECT = "project_path:space/flights:ref_type:branch:ref:release"


@pytest.mark.parametrize(
    ("forge", "host", "audience", "condition"),
    [
        (
            Forge.GITHUB,
            GITHUB_HOST,
            "sts.amazonaws.com",
            {
                "StringEquals": {f"{GITHUB_HOST}:aud": "sts.amazonaws.com"},
                "StringLike": {f"{GITHUB_HOST}:sub": GITHUB_SUBJECTS},
            },
        ),
        (
            Forge.GITLAB,
            "gitlab.com",
            "https://gitlab.com",
            {"StringEquals": {"gitlab.com:aud": "https://gitlab.com", "gitlab.com:sub": GITLAB_SUBJECT}},
        ),
    ],
)
def test_only_jobs_on_the_branch_of_approved_plans_get_the_role_of_ci(forge, host, audience, condition):
    some = choices((Platform.FARGATE, False, False, False, forge), branch="release")
    role = resource(some, "SubmitterRole")
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Action"] == "sts:AssumeRoleWithWebIdentity"
    assert trust["Condition"] == condition
    assert trust["Principal"] == {
        "Federated": {"Fn::If": ["MakesOidcProvider", {"Ref": "OidcProvider"}, {"Ref": "OidcProviderArn"}]}
    }
    assert (role["MaxSessionDuration"], role["ManagedPolicyArns"]) == (3600, [{"Ref": "SubmitterPolicy"}])
    assert "Policies" not in role
    assert resource(some, "OidcProvider") == {"Url": f"https://{host}", "ClientIdList": [audience]}


@pytest.mark.parametrize(
    ("subject", "gets_it"),
    [
        ("repo:space/flights:ref:refs/heads/release", True),
        ("repo:space@12/flights@345:ref:refs/heads/release", True),
        ("repo:space@12/flights@345:ref:refs/heads/release2", False),
        ("repo:space@12/flights@345:ref:refs/tags/release", False),
        ("repo:space@12/flights@345:pull_request", False),
        ("repo:space@12/flights@345:environment:release", False),
        ("repo:space@12/flights-2@345:ref:refs/heads/release", False),
        ("repo:spaceship@12/flights@345:ref:refs/heads/release", False),
        ("repo:space@12/other@6:ref:refs/heads/x/flights@7", False),
        ("repo:space@12/other@6:ref:refs/heads/release", False),
    ],
)
def test_github_s_subjects_with_and_without_ids_are_those_of_one_branch_of_one_repository(subject, gets_it):
    some = choices((Platform.FARGATE, False, False, False, Forge.GITHUB), branch="release")
    assert any(fnmatchcase(subject, one) for one in some.oidc_subjects) == gets_it


# What jobs do on S3. These requests were recorded from s3fs 2026.9 below datasets of kedro-datasets 9.6: CSV, Parquet
# and pickle, versioned and not, partitions that are overwritten, a file of 60 MB. S3 answers a request for an object
# that does not exist with 404 only to those who may list its key, and otherwise with 403, which is an error to s3fs.
# The key counts as s3:prefix then: so does ceph/ceph#68577, to match AWS.

OBJECT = "arn:aws:s3:::flights-data/{}"
BUCKET = "arn:aws:s3:::flights-data"
DATASETS = [
    ("s3:GetObject", OBJECT.format("kedro/01_raw/a.csv"), None),
    ("s3:GetObject", OBJECT.format("kedro/03/v.csv/2026-11-29T15.12.41.657Z/v.csv"), None),
    ("s3:PutObject", OBJECT.format("kedro/02/k.pkl"), None),
    ("s3:DeleteObject", OBJECT.format("kedro/04/parts/x.csv"), None),
    ("s3:AbortMultipartUpload", OBJECT.format("kedro/big.bin"), None),
    ("s3:ListBucket", BUCKET, "kedro/"),
    ("s3:ListBucket", BUCKET, "kedro/03/v.csv/"),
    ("s3:ListBucket", BUCKET, "kedro/01_raw/does-not-exist.csv"),
    ("s3:GetBucketLocation", BUCKET, None),
]
OTHERS = [
    ("s3:GetObject", OBJECT.format("other/a.csv"), None),
    ("s3:GetObject", OBJECT.format("kedro-other/a.csv"), None),
    ("s3:PutObject", OBJECT.format("a.csv"), None),
    ("s3:ListBucket", BUCKET, None),
    ("s3:ListBucket", BUCKET, ""),
    ("s3:ListBucket", BUCKET, "kedro-other/"),
]
NEVER = [
    ("s3:GetObject", "arn:aws:s3:::flights-data-of-others/kedro/a.csv", None),
    ("s3:ListBucket", "arn:aws:s3:::flights-data-of-others", "kedro/"),
    ("s3:PutObjectAcl", OBJECT.format("kedro/a.csv"), None),
    ("s3:DeleteBucket", BUCKET, None),
]


def allows(some, action, arn, prefix):
    for statement in role_statements(some, "JobRole"):
        wanted = statement.get("Condition", {}).get("StringLike", {}).get("s3:prefix")
        fits = wanted is None or (prefix is not None and fnmatchcase(prefix, wanted))
        if action in actions(statement) and fnmatchcase(arn, statement["Resource"]) and fits:
            return True
    return False


@pytest.mark.parametrize(("action", "arn", "prefix"), DATASETS)
def test_jobs_may_do_what_datasets_do_below_the_prefix(action, arn, prefix):
    assert allows(FARGATE, action, arn, prefix)


@pytest.mark.parametrize(("action", "arn", "prefix"), OTHERS)
def test_jobs_may_do_nothing_beside_the_prefix_unless_the_whole_bucket_is_theirs(action, arn, prefix):
    assert not allows(FARGATE, action, arn, prefix)
    assert allows(choices((Platform.FARGATE, False, True, False, None), prefix=""), action, arn, prefix)


@pytest.mark.parametrize(("action", "arn", "prefix"), NEVER)
def test_jobs_may_do_nothing_else(action, arn, prefix):
    assert not allows(FARGATE, action, arn, prefix)
    assert not allows(choices((Platform.FARGATE, False, True, False, None), prefix=""), action, arn, prefix)
