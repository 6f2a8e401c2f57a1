"""Which account and region these tests may use, the clients for it, and how to wait for what happens there."""

import os
import re
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import boto3
from botocore.exceptions import BotoCoreError, ClientError

VARIABLE = "KEDRO_BATCH_TEST_AWS"
"""Its value, such as ``123456789012/us-east-1``, is the consent to use this account."""
_PLACE = re.compile(r"(\d{12})/([a-z]+(?:-[a-z]+)+-\d+)")
SERVICES = ("batch", "cloudformation", "ecr", "iam", "logs", "s3", "sts")
"""The clients that ``AwsAccount`` has."""

_T = TypeVar("_T")


class AwsAccount:
    """A real account, with the credentials that boto3 finds in its usual places."""

    batch: Any
    cloudformation: Any
    ecr: Any
    iam: Any
    logs: Any
    s3: Any
    sts: Any

    def __init__(self, number: str, region: str) -> None:
        """Make the clients; nothing is sent yet."""
        self.number, self.region = number, region
        boto: Any = boto3
        self._session = boto.Session(region_name=region)
        for service in SERVICES:
            setattr(self, service, self._session.client(service))

    @property
    def environment(self) -> dict[str, str]:
        """The variables with which a process of its own reaches the same account, even without a profile."""
        found = self._session.get_credentials().get_frozen_credentials()
        variables = {
            "AWS_ACCESS_KEY_ID": found.access_key,
            "AWS_SECRET_ACCESS_KEY": found.secret_key,
            "AWS_SESSION_TOKEN": found.token,
            "AWS_DEFAULT_REGION": self.region,
        }
        endpoints = {name: value for name, value in os.environ.items() if name.startswith("AWS_ENDPOINT_URL")}
        return {**endpoints, **{name: value for name, value in variables.items() if value}}

    def described(self, *ids: str) -> list[dict[str, Any]]:
        """Describe jobs; unknown ones are left out."""
        jobs: list[dict[str, Any]] = self.batch.describe_jobs(jobs=list(ids))["jobs"]
        return jobs


def why_skipped(variables: Mapping[str, str]) -> str | None:
    """Return why no test may ask AWS in a process with these environment variables; None if they may."""
    if not variables.get(VARIABLE):
        return f"no account: set {VARIABLE}=ACCOUNT/REGION (docs/development.md)"
    if variables.get("PYTEST_XDIST_WORKER"):
        return "one process only, else each one makes its own stack: add -n 0"
    return None


def open_account() -> AwsAccount:
    """Return the account, once AWS STS has said that it is the one that the variable names.

    Raises:
        ValueError: The variable is missing or wrong, there are no credentials, or they are of another account.
    """
    given = os.environ.get(VARIABLE, "")
    allowed = _PLACE.fullmatch(given)
    if allowed is None:
        raise ValueError(f"{VARIABLE} is {given!r}: set it to ACCOUNT/REGION, such as 123456789012/us-east-1")
    account = AwsAccount(*allowed.groups())
    try:
        found = account.sts.get_caller_identity()["Account"]
    except (BotoCoreError, ClientError) as error:
        raise ValueError(f"cannot ask AWS STS whose credentials these are: {error}") from error
    if found != account.number:
        raise ValueError(f"{VARIABLE} allows account {account.number}, and the credentials are of {found}")
    return account


def until(ask: Callable[[], _T], enough: Callable[[_T], Any], *, within_s: float, every_s: float) -> tuple[float, _T]:
    """Ask until it is enough; return after how many seconds it was, and the last answer.

    Raises:
        TimeoutError: It was not enough in time. AWS tells nobody by itself, so there is nothing else to wait for.
    """
    began = time.monotonic()
    while True:
        answer = ask()
        seconds = time.monotonic() - began
        if enough(answer):
            return seconds, answer
        if seconds > within_s:
            raise TimeoutError(f"not within {within_s:g} s; the last answer was {answer!r}")
        time.sleep(every_s)
