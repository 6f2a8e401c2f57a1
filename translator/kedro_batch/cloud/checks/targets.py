"""Checks the targets of a plan: its queues, their compute environments, its job definitions.

The judgements are functions of the plan and of replies. ``apply`` asks in its own way, and uses ``judge_targets``.
"""

from collections.abc import Callable, Iterator
from functools import cache
from typing import TYPE_CHECKING

from kedro_batch.cloud.checks.definitions import judge_definitions, judge_kinds
from kedro_batch.cloud.checks.finding import Finding
from kedro_batch.cloud.checks.platforms import judge_platforms
from kedro_batch.cloud.checks.queues import judge_capacity, judge_environments, judge_queues, judge_shares
from kedro_batch.cloud.checks.sizes import judge_fargate_sizes
from kedro_batch.cloud.checks.subject import Subject
from kedro_batch.cloud.checks.target_replies import TargetReplies, ask_for_targets, may_do_without
from kedro_batch.cloud.checks.unanswered import unanswered

if TYPE_CHECKING:
    from kedro_batch.cloud.account import Account

JUDGEMENTS: tuple[Callable[[Subject, TargetReplies], Iterator[Finding]], ...] = (
    judge_queues,
    judge_environments,
    judge_definitions,
    judge_kinds,
    judge_platforms,
    judge_shares,
    judge_fargate_sizes,
    judge_capacity,
)
"""What is unknown to a judgement, such as a queue that does not exist, it leaves to the one before it."""

_LOOKED_AT = {
    "job_queue": "job queues and their compute environments",
    "compute_environments": "compute environments",
    "job_definition": "job definitions that the plan only names, with their images, roles and log groups,",
}


def judge_targets(subject: Subject, replies: TargetReplies) -> Iterator[Finding]:
    """Yield what every judgement finds, good or bad."""
    for judge in JUDGEMENTS:
        yield from judge(subject, replies)


def check_targets(subject: Subject, account: "Account") -> Iterator[Finding]:
    """Check the targets, and say what is not known of them."""
    replies = target_replies(subject, account)
    told: set[str] = set()
    for check, error in replies.unknown.items():
        known, needed = str(error) in told, not may_do_without(check, error)
        yield unanswered(check, _LOOKED_AT[check], error, needed=needed and not known, told=known)
        told.add(str(error))
    yield from judge_targets(subject, replies)


@cache
def target_replies(subject: Subject, account: "Account") -> TargetReplies:
    """Ask for the targets; a second check of the same subject and account gets the same replies."""
    known = account.known_identity
    return ask_for_targets(
        subject.plan,
        account.ask_targets,
        region=account.region or "",
        account=known.account if known else None,
        whatever_fails=True,
    )
