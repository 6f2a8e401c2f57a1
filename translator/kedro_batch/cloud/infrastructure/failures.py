"""Why a deployment or a deletion failed: the first failures among the events, and what to do about them. Pure."""

import re
import shlex
from collections.abc import Sequence

from kedro_batch.cloud.infrastructure.events import Event
from kedro_batch.text.wording import sentences

_FAILED = "_FAILED"
_CONSEQUENCE = re.compile(
    r"^Resource (creation|update|deletion|operation) cancelled|^The following resource\(s\) failed"
)
"""What failed only since something else had failed before."""
_ACTION = re.compile(r"not authorized to perform:? ([\w-]+:\w+)")
_ADVICE = (
    (
        re.compile(r"already exists|AlreadyExists|BucketAlreadyOwnedByYou|ResourceExistenceCheck", re.IGNORECASE),
        (
            "Something outside of the stack has this name, such as the stack of another project or environment. Write "
            "another name in the template, at each place; delete what exists only if nobody needs it"
        ),
    ),
    (
        re.compile(r"limit ?exceeded|quota|maximum number of|too many", re.IGNORECASE),
        "The account has reached a quota. Delete what nobody needs, or ask for more in the console of Service Quotas",
    ),
    (
        re.compile(r"service.linked role", re.IGNORECASE),
        "It is made once for an account: aws iam create-service-linked-role --aws-service-name batch.amazonaws.com",
    ),
    (
        re.compile(r"custom-named resource requires replacing", re.IGNORECASE),
        "Give it another name in the template: then a new one is made, and the old one deleted",
    ),
    (
        re.compile(r"found existing JobQueue relationship", re.IGNORECASE),
        "AWS Batch takes a minute to forget a queue that was deleted",
    ),
    (
        re.compile(r"policy attached to entities", re.IGNORECASE),
        "Detach it from whoever has it: aws iam list-entities-for-policy --policy-arn {id}",
    ),
    (
        re.compile(r"must (detach|delete)( all)? policies first", re.IGNORECASE),
        (
            "Somebody has given it more policies. Take them away: aws iam list-attached-role-policies "
            "--role-name {id}; aws iam list-role-policies --role-name {id}"
        ),
    ),
    (
        re.compile(r"cannot be deleted|not empty|has dependencies|DependencyViolation|in use", re.IGNORECASE),
        "Remove what still uses it, or what is in it",
    ),
)


def first_failures(events: Sequence[Event]) -> tuple[str, ...]:
    """Return a sentence or two for each resource that failed, without those that failed only in consequence.

    Args:
        events: Those of one operation, the oldest first.
    """
    failed = [event for event in events if event.status.endswith(_FAILED)]
    causes = [event for event in failed if not event.of_stack and not _CONSEQUENCE.match(event.reason)]
    found = {event.logical_id: _explain(event) for event in reversed(causes or failed)}
    return tuple(reversed(found.values()))


def advice_for(reason: str, physical_id: str = "") -> str:
    """Return what to do about a reason of a failure; nothing if that is not known.

    Args:
        reason: As AWS words it.
        physical_id: The name or ARN of what could not be made, changed or deleted.
    """
    if action := _ACTION.search(reason):
        return f"Let whoever deploys do {action[1]}"
    advice = next((advice for pattern, advice in _ADVICE if pattern.search(reason)), "")
    return advice.format(id=shlex.quote(physical_id or "NAME"))


def _explain(event: Event) -> str:
    named = f" ({event.physical_id})" if event.physical_id and not event.of_stack else ""
    reason = event.reason or f"{event.status}, without a reason"
    return sentences(f"{event.logical_id}{named}: {reason}", advice_for(reason, event.physical_id))
