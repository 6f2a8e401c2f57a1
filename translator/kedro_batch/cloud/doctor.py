"""Run all checks of an account, in their order. Findings come one by one, since services may take their time."""

from collections.abc import Iterator

from kedro_batch.cloud.account import Account
from kedro_batch.cloud.aws_errors import lacks_operation
from kedro_batch.cloud.checks import CHECKS, Check
from kedro_batch.cloud.checks.finding import Finding, Status
from kedro_batch.cloud.checks.subject import Subject
from kedro_batch.errors import Fault, ServiceError


def run_checks(subject: Subject, account: Account) -> Iterator[Finding]:
    """Yield what every check finds; no error of a service is raised."""
    blocked = ""
    known: set[int] = set()
    for check in CHECKS:
        if blocked:
            message = f"cannot be checked before the {blocked}"
            yield Finding(check=check.name, status=Status.SKIPPED, about=check.about, message=message)
            continue
        failed = False
        for finding in _findings(check, subject, account, known):
            failed |= finding.status is Status.FAILURE
            yield finding
        if failed and check.first:
            blocked = check.about


def _findings(check: Check, subject: Subject, account: Account, known: set[int]) -> Iterator[Finding]:
    """Yield what a check finds; that a service does not answer is one more finding, and is told once."""
    try:
        yield from check.find(subject, account)
    except ServiceError as error:
        yield _unanswered(check, error, told=id(error) in known)
        known.add(id(error))


def _unanswered(check: Check, error: ServiceError, *, told: bool) -> Finding:
    status, message, remedy = Status.FAILURE if check.needed else Status.WARNING, f"cannot be checked: {error}", ""
    if told:
        status, message = Status.SKIPPED, "cannot be checked: the service does not answer"
    elif error.fault is Fault.DENIED or lacks_operation(error):
        status = Status.WARNING
        remedy = "Allow it for whoever runs doctor: docs/doctor.md lists the permissions"
    return Finding(check=check.name, status=status, about=check.about, message=message, remedy=remedy)
