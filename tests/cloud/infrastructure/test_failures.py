"""Why a stack failed, and what to do: a table of reasons."""

from datetime import UTC, datetime

import pytest

from kedro_batch.cloud.infrastructure.events import Event
from kedro_batch.cloud.infrastructure.failures import first_failures


def event(logical_id, status, reason="", physical_id=""):
    return Event(
        id=f"{logical_id}-{status}",
        at=datetime(2026, 1, 1, tzinfo=UTC),
        logical_id=logical_id,
        physical_id=physical_id,
        kind="AWS::X::Y",
        status=status,
        reason=reason,
        of_stack=logical_id == "stack",
    )


TAKEN = (
    "Something outside of the stack has this name, such as the stack of another project or environment. Write another "
    "name in the template, at each place; delete what exists only if nobody needs it"
)
QUOTA = "The account has reached a quota. Delete what nobody needs, or ask for more in the console of Service Quotas"
LINKED_ROLE = "aws iam create-service-linked-role --aws-service-name batch.amazonaws.com"


@pytest.mark.parametrize(
    ("reason", "advice"),
    [
        ("Service role is wrong.", ""),
        (
            "spaceflights already exists in stack arn:aws:x",
            TAKEN,
        ),
        ("The maximum number of VPCs has been reached. (Service: Ec2)", QUOTA),
        (
            "User: arn:x is not authorized to perform: batch:CreateJobQueue on resource: y",
            "Let whoever deploys do batch:CreateJobQueue",
        ),
        ("Unable to assume the service linked role", f"It is made once for an account: {LINKED_ROLE}"),
        (
            "CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename x and update",
            "Give it another name in the template: then a new one is made, and the old one deleted",
        ),
        (
            "Cannot delete, found existing JobQueue relationship",
            "AWS Batch takes a minute to forget a queue that was deleted",
        ),
        # As IAM words it: aws/aws-cdk#15024, gchq/sleeper#3956.
        (
            "Cannot delete entity, must detach all policies first. (Service: Iam, Status Code: 409)",
            (
                "Somebody has given it more policies. Take them away: aws iam list-attached-role-policies --role-name "
                "a_queue; aws iam list-role-policies --role-name a_queue"
            ),
        ),
        (
            "Cannot delete a policy attached to entities. (Service: Iam, Status Code: 409)",
            "Detach it from whoever has it: aws iam list-entities-for-policy --policy-arn a_queue",
        ),
        ("The bucket you tried to delete is not empty", "Remove what still uses it, or what is in it"),
    ],
)
def test_a_reason_comes_with_what_to_do_about_it(reason, advice):
    (said,) = first_failures([event("Queue", "CREATE_FAILED", reason, "a_queue")])
    assert said == (
        f"Queue (a_queue): {reason.removesuffix('.')}. {advice}" if advice else f"Queue (a_queue): {reason}"
    )


def test_each_resource_is_named_once_and_not_what_failed_in_consequence():
    events = [
        event("stack", "CREATE_IN_PROGRESS"),
        event("Role", "CREATE_FAILED", "first"),
        event("Queue", "CREATE_FAILED", "Resource creation cancelled"),
        event("Role", "DELETE_FAILED", "second"),
        event("stack", "ROLLBACK_FAILED", "The following resource(s) failed to delete: [Role]."),
    ]
    assert first_failures(events) == ("Role: first",)
    assert first_failures(events[2:3]) == ("Queue: Resource creation cancelled",)
    assert first_failures([event("stack", "CREATE_FAILED")]) == ("stack: CREATE_FAILED, without a reason",)
    assert first_failures([event("stack", "CREATE_COMPLETE")]) == ()
