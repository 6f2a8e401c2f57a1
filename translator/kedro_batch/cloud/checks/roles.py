"""Checks the roles of a plan's job definitions: they exist, and a container can assume them.

Source: the AWS Batch user guide, "AWS Batch execution IAM role", and the IAM user guide on trust policies.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from kedro_batch.cloud.aws_errors import parsing
from kedro_batch.cloud.checks.finding import Finding, Status
from kedro_batch.cloud.checks.machines import uses_fargate
from kedro_batch.cloud.checks.subject import Subject
from kedro_batch.cloud.checks.target_replies import TargetReplies
from kedro_batch.cloud.checks.targets import target_replies
from kedro_batch.cloud.checks.unanswered import unanswered
from kedro_batch.cloud.error_replies import error_code
from kedro_batch.errors import ServiceError
from kedro_batch.plan.containers import find_tasks
from kedro_batch.text.wording import did_you_mean, listed

if TYPE_CHECKING:
    from kedro_batch.cloud.account import Account

TASKS_SERVICE = "ecs-tasks.amazonaws.com"
_CHECK = "role"
_ACTION = "sts:assumerole"
_SOURCE_ACCOUNT = "aws:sourceaccount"
_SPELLED_BY_AWS = {"job_role": "jobRoleArn", "execution_role": "executionRoleArn", "log_group": "logConfiguration"}
_TRUST = f'{{"Effect": "Allow", "Principal": {{"Service": "{TASKS_SERVICE}"}}, "Action": "sts:AssumeRole"}}'
_MOST_NAMES = 1000
"""So many names of roles are compared at most, to find one like a missing one."""


def check_roles(subject: Subject, account: "Account") -> Iterator[Finding]:
    """Check each role once, however many definitions have it; and that Fargate gets the role that it needs."""
    replies = target_replies(subject, account)
    users: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for name, definition in sorted(replies.definitions.items()):
        for task in find_tasks(definition.reply) if definition else ():
            for kind, role in (("job role", task.job_role), ("execution role", task.execution_role)):
                if role:
                    users[role][f"{kind} of {name!r}"] = None
    yield from _find_missing_execution_roles(subject, replies)
    own = own_account(account, replies)
    for role, uses in sorted(users.items()):
        yield _judge(role, listed(uses, most=2), account, own)


def own_account(account: "Account", replies: TargetReplies) -> str | None:
    """Return the account of the jobs, by the credentials or by the targets; None if neither says it."""
    try:
        return account.identity.account
    except ServiceError:
        return replies.account


def role_account(role: str) -> str | None:
    """Return the account in the ARN of a role; None for a name alone."""
    parts = role.split(":")
    # The account is the fifth part of arn:aws:iam::ACCOUNT:role/NAME.
    return parts[4] if role.startswith("arn:") and len(parts) > 4 else None  # noqa: PLR2004


def role_name(role: str) -> str:
    """Return the name of a role, without the path in its ARN."""
    return role.rpartition("/")[2]


def _find_missing_execution_roles(subject: Subject, replies: TargetReplies) -> Iterator[Finding]:
    on_fargate = {use.job_definition for use in subject.uses if uses_fargate(use, replies)}
    for name in sorted(on_fargate):
        definition = replies.definitions.get(name)
        if definition and not all(task.execution_role for task in find_tasks(definition.reply)):
            yield Finding(
                check=_CHECK,
                status=Status.FAILURE,
                about=f"job definition {name!r}",
                message="has no execution role, and Fargate starts no container without one",
                remedy=f"{setting(subject, name, 'execution_role')} to the ARN of a role that may pull the image and "
                "write logs",
            )


def setting(subject: Subject, definition: str, name: str) -> str:
    """Return how to begin a remedy that changes a definition: in the settings, or in AWS where it is only named."""
    if definition in subject.plan.job_definitions:
        return f"Set job_definition.{name} in aws_batch.yml"
    return f"Set {_SPELLED_BY_AWS[name]} in a new revision of the job definition"


def _judge(role: str, uses: str, account: "Account", own: str | None) -> Finding:
    about = f"role {role_name(role)!r} ({uses})"
    if own and (other := role_account(role)) not in (None, own):
        return Finding(
            check=_CHECK,
            status=Status.FAILURE,
            about=about,
            message=f"is in account {other}, and the jobs run in account {own}, which cannot hand it on",
            remedy=f"Name a role of account {own}",
        )
    try:
        reply = account.call("iam", "get_role", RoleName=role_name(role))
        with parsing("GetRole", "AWS IAM"):
            there = str(reply["Role"]["Arn"])
            wrong = judge_trust(reply["Role"].get("AssumeRolePolicyDocument") or {}, own)
    except ServiceError as error:
        if error.passing:
            raise
        if error_code(error) != "NoSuchEntity":
            return unanswered(_CHECK, about, error)
        hint = did_you_mean(role_name(role), _role_names(account))
        return Finding(
            check=_CHECK,
            status=Status.FAILURE,
            about=about,
            message=f"does not exist in {f'account {own}' if own else 'this account'}{f'.{hint}' if hint else ''}",
            remedy="Create the role, or correct its name in the job definition",
        )
    if role.startswith("arn:") and there != role:
        return Finding(
            check=_CHECK,
            status=Status.FAILURE,
            about=about,
            message=f"is named as {role}, and the role of this name is {there}",
            remedy="Name the role by its whole ARN in the job definition, its path included",
        )
    if wrong is None:
        return Finding(check=_CHECK, status=Status.PASS, about=about, message="exists, and containers can assume it")
    return Finding(
        check=_CHECK,
        status=Status.FAILURE,
        about=about,
        message=f"cannot be assumed by containers: {wrong}",
        remedy=f"Put this statement into its trust policy: {_TRUST}",
    )


def _role_names(account: "Account") -> Sequence[str]:
    """Return the names of the roles that there are; none if they cannot be had: they are only for a hint."""
    try:
        reply = account.call("iam", "list_roles", MaxItems=_MOST_NAMES)
        with parsing("ListRoles", "AWS IAM"):
            return [one["RoleName"] for one in reply["Roles"]]
    except ServiceError:
        return ()


def judge_trust(policy: Mapping[str, Any], account: str | None) -> str | None:
    """Return why containers cannot assume a role with this trust policy in an account; None if they can.

    Where the account is not known, conditions about it are not judged.

    Raises:
        AttributeError, TypeError: It is no policy.
    """
    statements = [one for one in _as_list(policy.get("Statement")) if _is_about_assuming(one)]
    trusted = sorted({name for one in statements if _allows(one) for name in _services(one)})
    ours = [one for one in statements if {TASKS_SERVICE, "*"} & set(_services(one))]
    if any(not _allows(one) and not one.get("Condition") for one in ours):
        return f"its trust policy denies {TASKS_SERVICE}"
    allowing = [one for one in ours if _allows(one)]
    if not allowing:
        whom = f"trusts {listed(trusted)}, and not {TASKS_SERVICE}" if trusted else f"does not trust {TASKS_SERVICE}"
        return f"its trust policy {whom}"
    if account and not any(_fits(one.get("Condition") or {}, account) for one in allowing):
        return f"its trust policy is for jobs of another account than {account} (aws:SourceAccount)"
    return None


def _is_about_assuming(statement: Mapping[str, Any]) -> bool:
    actions = (str(action).lower() for action in _as_list(statement.get("Action")))
    return any(fnmatchcase(_ACTION, action) for action in actions)


def _allows(statement: Mapping[str, Any]) -> bool:
    return statement.get("Effect") == "Allow"


def _services(statement: Mapping[str, Any]) -> list[str]:
    principal = statement.get("Principal")
    if not isinstance(principal, Mapping):
        return [str(one) for one in _as_list(principal)]
    everybody = ["*"] if "*" in _as_list(principal.get("AWS")) else []  # IAM takes it for the same as "*" alone
    return [*everybody, *(str(one) for one in _as_list(principal.get("Service")))]


def _fits(conditions: Mapping[str, Any], account: str) -> bool:
    """True unless a condition names accounts, and not this one. Other conditions are not judged."""
    for operator, keys in conditions.items():
        for key, values in keys.items():
            if key.lower() == _SOURCE_ACCOUNT and operator.lower().startswith(("stringequals", "stringlike")):
                return any(fnmatchcase(account, str(value)) for value in _as_list(values))
    return True


def _as_list(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]
