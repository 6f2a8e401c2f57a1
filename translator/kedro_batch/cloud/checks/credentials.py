"""Checks the region and the credentials that the shell gives, and whether they are those that the plan is for."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from kedro_batch.cloud.checks.finding import Finding, Status
from kedro_batch.cloud.checks.subject import Subject
from kedro_batch.cloud.error_replies import lacks_operation
from kedro_batch.cloud.failure_table import LOG_IN
from kedro_batch.errors import Fault, ServiceError
from kedro_batch.text.wording import did_you_mean

if TYPE_CHECKING:
    from kedro_batch.cloud.account import Account

_UNANSWERED = (Fault.UNREACHABLE, Fault.AMBIGUOUS, Fault.THROTTLED, Fault.DENIED)


def check_region(subject: Subject, account: "Account") -> Iterator[Finding]:
    """Check that there is a region, that AWS has it, and that it is the plan's."""
    region, wanted = account.region, subject.plan.region
    about, message, remedy, status = f"region {region}", "is used", "", Status.PASS
    if region is None:
        about, message, status = "region", "is not set", Status.FAILURE
        remedy = "Set AWS_DEFAULT_REGION, or region in aws_batch.yml"
    elif wanted not in (None, region):
        message, status = f"is not that of the plan: {wanted}", Status.FAILURE
        remedy = f"Set AWS_DEFAULT_REGION={wanted}, or change region in aws_batch.yml"
    elif region not in (known := account.regions("batch")):
        about, message, status = f"region {region!r}", *_judge_unknown(region, known)
        remedy = "Correct AWS_DEFAULT_REGION, or region in the profile or in aws_batch.yml"
    elif wanted:
        message = "is that of the plan"
    yield Finding(check="region", status=status, about=about, message=message, remedy=remedy)


def _judge_unknown(region: str, known: Sequence[str]) -> tuple[str, Status]:
    """Judge a region that boto3 does not know: it is a mistake, or newer than this boto3."""
    words = {word for one in known for word in one.split("-")}
    if {word for word in region.split("-") if not word.isdecimal()} <= words:
        return "is not known to this boto3: it is wrong, or new", Status.WARNING
    hint = did_you_mean(region, known)
    return f"is none{f'.{hint}' if hint else ''}", Status.FAILURE


def check_credentials(subject: Subject, account: "Account") -> Iterator[Finding]:
    """Check that AWS takes the credentials, and that their account is the plan's."""
    wanted = subject.plan.account
    try:
        identity = account.identity
    except ServiceError as error:
        unanswered = error.fault in _UNANSWERED or lacks_operation(error)
        if unanswered and wanted is None:
            raise  # a run does not need it
        remedy = error.remedy or ("Allow this machine to call AWS STS" if unanswered else LOG_IN)
        message = f"fail: {error.problem}"
        yield Finding(check="credentials", status=Status.FAILURE, about="credentials", message=message, remedy=remedy)
        return
    about, message, remedy, status = f"account {identity.account}", f"is used, as {identity.arn}", "", Status.PASS
    if wanted not in (None, identity.account):
        message, status = f"is not that of the plan: {wanted}", Status.FAILURE
        remedy = f"Set AWS_PROFILE to one of account {wanted}, or change account in aws_batch.yml"
    yield Finding(check="credentials", status=status, about=about, message=message, remedy=remedy)
