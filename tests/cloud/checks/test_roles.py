"""Which trust policies let a container assume a role."""

import pytest

from kedro_batch.cloud.checks.roles import judge_trust

ACCOUNT = "123456789012"
SERVICE = "ecs-tasks.amazonaws.com"


def statement(service=SERVICE, action="sts:AssumeRole", **more):
    return {"Effect": "Allow", "Principal": {"Service": service}, "Action": action, **more}


def condition(operator, account):
    return {"Condition": {operator: {"aws:SourceAccount": account}}}


@pytest.mark.parametrize(
    "statements",
    [
        [statement()],
        statement(),
        [statement(["ec2.amazonaws.com", SERVICE])],
        [statement("ec2.amazonaws.com"), statement()],
        [statement(action=["sts:TagSession", "sts:AssumeRole"])],
        [statement(action="sts:*")],
        [statement(action="STS:assumerole")],
        [{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}],
        [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}],
        [statement(**condition("StringEquals", ACCOUNT))],
        [statement(**condition("StringLike", ["1234*"]))],
        [statement(Condition={"ArnLike": {"aws:SourceArn": "arn:aws:ecs:us-east-1:123456789012:*"}})],
        [statement(), statement(Effect="Deny", Condition={"StringEquals": {"aws:SourceAccount": "999999999999"}})],
    ],
)
def test_containers_can_assume_a_role(statements):
    assert judge_trust({"Version": "2012-10-17", "Statement": statements}, ACCOUNT) is None


@pytest.mark.parametrize(
    ("statements", "said"),
    [
        ([], f"does not trust {SERVICE}"),
        ([statement("batch.amazonaws.com")], f"trusts batch.amazonaws.com, and not {SERVICE}"),
        ([statement("ec2.amazonaws.com"), statement("lambda.amazonaws.com")], "trusts ec2.amazonaws.com, lambda"),
        ([statement(action="sts:AssumeRoleWithWebIdentity")], f"does not trust {SERVICE}"),
        ([statement(), statement(Effect="Deny")], f"denies {SERVICE}"),
        ([statement(**condition("StringEquals", "999999999999"))], f"another account than {ACCOUNT}"),
    ],
)
def test_containers_cannot_assume_a_role(statements, said):
    assert said in str(judge_trust({"Statement": statements}, ACCOUNT))


def test_a_role_without_a_policy_is_trusted_by_nobody():
    assert judge_trust({}, ACCOUNT)
