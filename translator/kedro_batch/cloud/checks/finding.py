"""What a check has found: one line for people, one object of JSON."""

from dataclasses import dataclass, replace
from enum import StrEnum


class Status(StrEnum):
    """How a check ended."""

    PASS = "pass"  # noqa: S105  the result of a check, no password
    WARNING = "warning"
    """It may go wrong, or the account may not look."""
    FAILURE = "failure"
    """Jobs would be refused, or would fail."""
    SKIPPED = "skipped"
    """It could not be checked from here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a check found out about one thing.

    Attributes:
        check: The name of the check, such as ``job_queue``: it is the same in every release.
        status: How it ended.
        about: What it is about, such as ``job queue 'a_queue'``; the message goes on behind it.
        message: What is so, without a full stop.
        remedy: What to do; empty where there is nothing to do.
    """

    check: str
    status: Status
    about: str
    message: str
    remedy: str = ""

    def __str__(self) -> str:
        return f"{self.about} {self.message}"


SETTINGS = "aws_batch.yml"
COMPILE_AGAIN = ", and compile again"


def with_steps(finding: Finding, steps: str) -> Finding:
    """Return a finding whose remedy goes on, if it changes the settings, with what makes the change count.

    Args:
        finding: The finding.
        steps: The steps, from the comma on; none where the plan is not written yet.
    """
    return replace(finding, remedy=f"{finding.remedy}{steps}") if SETTINGS in finding.remedy else finding
