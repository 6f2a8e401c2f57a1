"""Checks that the log groups of a plan's job definitions exist: without its group, no container starts.

Source: the Amazon ECS developer guide, "Send Amazon ECS logs to CloudWatch".
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from kedro_batch.cloud.aws_errors import parsing
from kedro_batch.cloud.checks.finding import Finding, Status
from kedro_batch.cloud.checks.roles import own_account, setting
from kedro_batch.cloud.checks.subject import Subject
from kedro_batch.cloud.checks.targets import target_replies
from kedro_batch.cloud.checks.unanswered import unanswered
from kedro_batch.errors import ServiceError
from kedro_batch.plan.containers import DEFAULT_LOG_GROUP, LogGroup, find_log_groups
from kedro_batch.text.wording import did_you_mean

if TYPE_CHECKING:
    from kedro_batch.cloud.account import Account

_CHECK = "log_group"


def check_log_groups(subject: Subject, account: "Account") -> Iterator[Finding]:
    """Check each group once, however many definitions name it."""
    replies = target_replies(subject, account)
    own = own_account(account, replies)
    names: dict[LogGroup, str] = {}
    for name, definition in sorted(replies.definitions.items()):
        for group in find_log_groups(definition.reply) if definition else ():
            names.setdefault(group, name)
    for group in sorted(names, key=lambda one: (one.name, one.region or "", one.created)):
        try:
            yield _judge(group, account, own, setting(subject, names[group], "log_group"))
        except ServiceError as error:
            if error.passing:
                raise
            yield unanswered(_CHECK, f"log group {group.name!r}", error)


def _judge(group: LogGroup, account: "Account", own: str | None, correction: str) -> Finding:
    region = group.region or account.region
    about = f"log group {group.name!r}"
    if group.name == DEFAULT_LOG_GROUP and region == account.region:
        return Finding(check=_CHECK, status=Status.PASS, about=about, message="is created by AWS Batch")
    if group.name in _names(account, region, group.name):
        return Finding(check=_CHECK, status=Status.PASS, about=about, message="exists")
    if group.created:
        message = "does not exist yet; the first container creates it (awslogs-create-group)"
        return Finding(check=_CHECK, status=Status.PASS, about=about, message=message)
    hint = did_you_mean(group.name, _names(account, region, ""))
    where = f"account {own}, {region}" if own else region
    message = f"does not exist in {where}, and no container starts without it{f'.{hint}' if hint else ''}"
    return Finding(
        check=_CHECK,
        status=Status.FAILURE,
        about=about,
        message=message,
        remedy=f"{correction}, or create it: aws logs create-log-group --log-group-name {group.name} --region {region}",
    )


def _names(account: "Account", region: str | None, prefix: str) -> Sequence[str]:
    """Return the names of the groups that begin so, as many as fit on a page."""
    beginning = {"logGroupNamePrefix": prefix} if prefix else {}
    reply = account.call("logs", "describe_log_groups", region=region, **beginning)
    with parsing("DescribeLogGroups", "CloudWatch Logs"):
        return [one["logGroupName"] for one in reply["logGroups"]]
