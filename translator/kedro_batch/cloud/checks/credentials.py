"""Checks the region and the credentials that the shell gives, and whether they are those that the plan is for."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from kedro_batch.cloud.aws_errors import lacks_operation
from kedro_batch.cloud.checks.finding import Finding, Status
from kedro_batch.cloud.checks.subject import Subject
from kedro_batch.errors import Fault, ServiceError

if TYPE_CHECKING:
    from kedro_batch.cloud.account import Account

_UNANSWERED = (Fault.UNREACHABLE, Fault.AMBIGUOUS, Fault.THROTTLED, Fault.DENIED)
_LOG_IN = "Log in (aws sso login), or set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"


def check_region(subject: Subject, account: "Account") -> Iterator[Finding]:
    """Check that there is a region, and that it is the plan's."""
    region, wanted = account.region, subject.plan.region
    about, message, remedy, status = f"region {region}", "is used", "", Status.PASS
    if region is None:
        about, message, status = "region", "is not set", Status.FAILURE
        remedy = "Set AWS_DEFAULT_REGION, or region in aws_batch.yml"
    elif wanted not in (None, region):
        message, status = f"is not that of the plan: {wanted}", Status.FAILURE
        remedy = f"Set AWS_DEFAULT_REGION={wanted}, or change region in aws_batch.yml"
    elif wanted:
        message = "is that of the plan"
    yield Finding(check="region", status=status, about=about, message=message, remedy=remedy)


def check_credentials(subject: Subject, account: "Account") -> Iterator[Finding]:
    """Check that AWS takes the credentials, and that their account is the plan's."""
    wanted = subject.plan.account
    try:
        identity = account.identity
    except ServiceError as error:
        unanswered = error.fault in _UNANSWERED or lacks_operation(error)
        if unanswered and wanted is None:
            raise  # a run does not need it
        remedy = "Allow this machine to call AWS STS" if unanswered else _LOG_IN
        yield Finding(
            check="credentials", status=Status.FAILURE, about="credentials", message=f"fail: {error}", remedy=remedy
        )
        return
    about, message, remedy, status = f"account {identity.account}", f"is used, as {identity.arn}", "", Status.PASS
    if wanted not in (None, identity.account):
        message, status = f"is not that of the plan: {wanted}", Status.FAILURE
        remedy = f"Set AWS_PROFILE to one of account {wanted}, or change account in aws_batch.yml"
    yield Finding(check="credentials", status=status, about=about, message=message, remedy=remedy)
