"""The finding about one thing that may not be looked at, so that the other things are looked at all the same."""

from kedro_batch.cloud.checks.finding import Finding, Status
from kedro_batch.errors import Fault, ServiceError

PERMISSIONS = "Allow it for whoever runs doctor: docs/doctor.md lists the permissions"


def unanswered(check: str, about: str, error: ServiceError) -> Finding:
    """Return a warning, since nothing bad is known."""
    return Finding(
        check=check,
        status=Status.WARNING,
        about=about,
        message=f"cannot be checked: {error}",
        remedy=PERMISSIONS if error.fault is Fault.DENIED else "",
    )
