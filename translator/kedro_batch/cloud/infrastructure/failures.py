"""Why a deployment or a deletion failed: the first failures among the events, and what to do about them. Pure."""

import re
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
        re.compile(r"already exists|AlreadyExists|BucketAlreadyOwnedByYou", re.IGNORECASE),
        "Something outside of the stack has this name. Choose another one in the template, or delete what exists",
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


def advice_for(reason: str) -> str:
    """Return what to do about a reason of a failure; nothing if that is not known."""
    if action := _ACTION.search(reason):
        return f"Let whoever deploys do {action[1]}"
    return next((advice for pattern, advice in _ADVICE if pattern.search(reason)), "")


def _explain(event: Event) -> str:
    named = f" ({event.physical_id})" if event.physical_id and not event.of_stack else ""
    reason = event.reason or f"{event.status}, without a reason"
    return sentences(f"{event.logical_id}{named}: {reason}", advice_for(reason))
