"""Checks what only the project knows: where its data are, and the packages that it lists."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from kedro_batch.cloud.checks.finding import Finding, Status
from kedro_batch.cloud.checks.subject import Subject

if TYPE_CHECKING:
    from kedro_batch.cloud.account import Account


def check_project(subject: Subject, account: "Account") -> Iterator[Finding]:  # noqa: ARG001  the signature of checks
    """Say what is not checked, because a plan does not have it."""
    if not subject.in_project:
        yield Finding(
            check="project",
            status=Status.SKIPPED,
            about="buckets and packages",
            message="are not in a plan",
            remedy="Run kedro-batch doctor without a plan, in the project's folder",
        )
