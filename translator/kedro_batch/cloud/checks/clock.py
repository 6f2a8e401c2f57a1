"""Checks the clock of this machine. AWS refuses what is signed at another time than its own.

Source: the AWS reference guide on Signature Version 4: a request has to arrive within five minutes of its time stamp.
"""

from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

from kedro_batch.cloud.checks.finding import Finding, Status
from kedro_batch.cloud.checks.subject import Subject
from kedro_batch.errors import ServiceError
from kedro_batch.text.wording import duration

if TYPE_CHECKING:
    from kedro_batch.cloud.account import Account

REFUSED_S = 300
NOTABLE_S = 60


def check_clock(subject: Subject, account: "Account") -> Iterator[Finding]:  # noqa: ARG001  as all checks are called
    """Compare the clock with the date of a reply; a refusal has one too."""
    with suppress(ServiceError):
        account.identity  # noqa: B018  asks AWS, if nothing has been asked yet
    if account.clock_ahead_s is not None:
        yield judge_clock(account.clock_ahead_s)


def judge_clock(ahead_s: float) -> Finding:
    """Judge a clock that is ahead by so many seconds, or behind by as many less than zero."""
    off = f"is {duration(abs(ahead_s))} {'ahead of' if ahead_s > 0 else 'behind'} that of AWS"
    status, message, remedy = Status.PASS, "agrees with that of AWS", ""
    if abs(ahead_s) > REFUSED_S:
        status, message = Status.FAILURE, f"{off}, which refuses requests that are {REFUSED_S // 60} minutes off"
    elif abs(ahead_s) > NOTABLE_S:
        status, message = Status.WARNING, f"{off}, which refuses requests from {REFUSED_S // 60} minutes on"
    if status is not Status.PASS:
        remedy = "Set the clock, or let it be set (NTP)"
    return Finding(check="clock", status=status, about="the clock of this machine", message=message, remedy=remedy)
