"""``kedro-batch infra destroy``, against a stand-in of AWS CloudFormation."""

import pytest

from tests.support.cloudformation import DELETION, cloudformation
from tests.support.infrastructure import SETTINGS, STACK, TEMPLATE, settings_of


def test_what_goes_and_what_stays_is_shown_and_followed(infra, prepared):
    with cloudformation(status="CREATE_COMPLETE") as aws:
        ended = infra(aws, "destroy", "--yes")
        assert aws.status == "DELETE_COMPLETE"
    assert ended.code == 0, ended.err
    shown = [" ".join(line.split()) for line in ended.err.splitlines()]
    assert shown[0] == f"The stack {STACK} in account 123456789012, us-east-1 is deleted, and with it:"
    assert "- JobQueue Batch JobQueue a_queue" in shown
    kept = shown[shown.index("Kept, with all that is in them:") + 1 :][:3]
    assert kept == [
        "= Bucket S3 Bucket a-bucket",
        "= LogGroup Logs LogGroup /aws/batch/a_project",
        "= Repository ECR Repository a-project",
    ]
    assert any(line.endswith("deleted JobQueue Batch JobQueue") for line in shown)
    assert any(line.endswith("kept Bucket S3 Bucket") for line in shown)
    assert "  aws s3 rb s3://a-bucket --force\n" in ended.err
    assert "  aws logs delete-log-group --log-group-name /aws/batch/a_project --region us-east-1\n" in ended.err
    assert "  aws ecr delete-repository --repository-name a-project --force --region us-east-1\n" in ended.err
    assert "Job definitions that `apply` has registered stay" in ended.err
    assert "conf/aws_batch/aws_batch.yml stays as it is" in ended.err
    assert settings_of(prepared) == SETTINGS


def test_what_the_deployed_template_does_not_keep_is_said_loudly(infra):
    deployed = TEMPLATE.replace("    DeletionPolicy: Retain\n", "")
    with cloudformation(status="CREATE_COMPLETE", template=deployed) as aws:
        ended = infra(aws, "destroy")
    assert ended.code == 2
    assert "a-bucket  WITH THE DATA IN IT\n" in ended.err
    assert "Nothing was deleted. There is no terminal to answer on: add --yes to agree" in ended.err


def test_jobs_in_the_queue_keep_it_from_being_deleted(infra):
    with cloudformation(status="CREATE_COMPLETE", jobs=2) as aws:
        ended = infra(aws, "destroy", "--yes")
        assert not aws.called("DeleteStack")
    assert ended.code == 2
    assert "2 jobs in the queue " in ended.err
    assert "Nothing was deleted. Wait for them, or cancel their runs: kedro-batch cancel RUN" in ended.err


@pytest.mark.parametrize("status", [None, "DELETE_COMPLETE"])
def test_a_stack_that_does_not_exist_is_deleted_already(infra, status):
    with cloudformation(status=status) as aws:
        ended = infra(aws, "destroy", "--yes")
    assert ended.code == 0
    assert f"There is no stack {STACK} in account 123456789012, us-east-1: nothing is to be deleted." in ended.err


def test_a_deletion_that_goes_on_is_followed_to_its_end(infra):
    with cloudformation(status="DELETE_IN_PROGRESS") as aws:
        aws.script = [DELETION[0], *DELETION]  # the first one is known before it is followed
        ended = infra(aws, "destroy", "--yes")
        assert not aws.called("DeleteStack")
    assert ended.code == 0
    assert "deleted       JobQueue" in ended.err


@pytest.mark.parametrize("status", ["ROLLBACK_COMPLETE", "REVIEW_IN_PROGRESS"])
def test_what_is_left_of_a_half_made_stack_is_deleted(infra, status):
    with cloudformation(status=status, resources=()) as aws:
        ended = infra(aws, "destroy", "--yes")
        assert aws.status == "DELETE_COMPLETE"
    assert ended.code == 0, ended.err
    assert "  nothing: it has no resources\n" in ended.err


def test_a_deletion_that_fails_says_what_stays_and_that_it_can_be_repeated(infra):
    script = [
        DELETION[0],
        ("JobRole", "DELETE_FAILED", "Cannot delete entity, must detach all policies first. (Service: Iam)"),
        ("", "DELETE_FAILED", "The following resource(s) failed to delete: [JobRole]."),
    ]
    with cloudformation(status="CREATE_COMPLETE", on_delete=script) as aws:
        ended = infra(aws, "destroy", "--yes")
        aws.on_delete = DELETION
        again = infra(aws, "destroy", "--yes")
    assert (ended.code, again.code) == (5, 0)
    assert "  JobRole (batchJobRole): Cannot delete entity, must detach all policies first" in ended.err
    assert "Take them away: aws iam list-attached-role-policies --role-name batchJobRole;" in ended.err
    assert "delete it again: kedro-batch infra destroy\n" in ended.err


@pytest.mark.parametrize("operation", ["DescribeStackResources", "DeleteStack"])
def test_what_the_account_may_not_do_is_named(infra, operation):
    denied = (403, "AccessDenied", f"User: arn:x is not authorized to perform: cloudformation:{operation}")
    with cloudformation(status="CREATE_COMPLETE", faults={operation: [denied]}) as aws:
        ended = infra(aws, "destroy", "--yes")
        assert aws.status == "CREATE_COMPLETE"
    assert ended.code == 5
    assert f"not authorized to perform: cloudformation:{operation}" in ended.err
