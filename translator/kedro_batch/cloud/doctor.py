"""All checks of an account, and their order. To add one, write it in a module of ``checks``, and put it into a row.

Findings come one by one, since services may take their time.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from kedro_batch.cloud.account import Account
from kedro_batch.cloud.checks.clock import check_clock
from kedro_batch.cloud.checks.credentials import check_credentials, check_region
from kedro_batch.cloud.checks.data_access import check_buckets, check_data_access
from kedro_batch.cloud.checks.finding import Finding, Status, with_steps
from kedro_batch.cloud.checks.images import check_images
from kedro_batch.cloud.checks.instance_types import check_instance_types
from kedro_batch.cloud.checks.log_groups import check_log_groups
from kedro_batch.cloud.checks.project import check_project
from kedro_batch.cloud.checks.roles import check_roles
from kedro_batch.cloud.checks.subject import Subject
from kedro_batch.cloud.checks.targets import check_targets
from kedro_batch.cloud.checks.unanswered import unanswered
from kedro_batch.errors import ServiceError


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One row.

    Attributes:
        name: The name of the findings where the check cannot run.
        about: What it looks at, for people.
        find: The check.
        needed: A run needs what it asks: no answer is a failure, else a warning.
        first: If it fails, nothing after it can be checked that asks AWS.
        offline: It asks nothing of AWS.
    """

    name: str
    about: str
    find: Callable[[Subject, Account], Iterator[Finding]]
    needed: bool = False
    first: bool = False
    offline: bool = False


CHECKS: tuple[Check, ...] = (
    Check(name="region", about="region", find=check_region, needed=True, first=True),
    Check(name="clock", about="clock of this machine", find=check_clock, first=True),
    Check(name="credentials", about="credentials", find=check_credentials, first=True),
    Check(name="targets", about="queues and job definitions", find=check_targets),
    Check(name="instance_types", about="instance types", find=check_instance_types),
    Check(name="image", about="images", find=check_images),
    Check(name="role", about="roles", find=check_roles),
    Check(name="log_group", about="log groups", find=check_log_groups),
    Check(name="bucket", about="buckets", find=check_buckets),
    Check(name="data_access", about="access to data on S3", find=check_data_access),
    Check(name="project", about="the project's data and packages", find=check_project, offline=True),
)


def run_checks(subject: Subject, account: Account) -> Iterator[Finding]:
    """Yield what every check finds; no error of a service is raised."""
    blocked = ""
    known: set[str] = set()
    for check in CHECKS:
        if blocked and not check.offline:
            message = f"cannot be checked before the {blocked}"
            yield Finding(check=check.name, status=Status.SKIPPED, about=check.about, message=message)
            continue
        failed = False
        for finding in _findings(check, subject, account, known):
            failed |= finding.status is Status.FAILURE
            yield with_steps(finding, subject.steps)
        if failed and check.first:
            blocked = check.about


def _findings(check: Check, subject: Subject, account: Account, known: set[str]) -> Iterator[Finding]:
    """Yield what a check finds; why a service does not answer is told once."""
    try:
        yield from check.find(subject, account)
    except ServiceError as error:
        yield unanswered(check.name, check.about, error, needed=check.needed, told=str(error) in known)
        known.add(str(error))
