"""The session of boto3, and with it the region: those of the usual places, or of the plan where the shell has none.

Here it is also known who can renew the credentials of a session.
"""

import logging
from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

import boto3
import botocore.session

from kedro_batch.cloud.aws_errors import SET_UP, calling, unusable_endpoint
from kedro_batch.cloud.foreign_pages import watch_for_pages
from kedro_batch.cloud.mfa import AskCode, find_mfa_role, open_role_session
from kedro_batch.cloud.regions import watch_for_regions
from kedro_batch.errors import ServiceError

_CREDENTIALS_LOG = logging.getLogger("botocore.credentials")
"""It writes a traceback whenever credentials cannot be renewed, which is raised as well: inside Kedro, whose log shows
everything, one with each call until somebody has logged in."""

SERVICE_NAMES = {
    "batch": "AWS Batch",
    "cloudformation": "AWS CloudFormation",
    "ec2": "Amazon EC2",
    "ecr": "Amazon ECR",
    "iam": "AWS IAM",
    "logs": "CloudWatch Logs",
    "s3": "Amazon S3",
    "sts": "AWS STS",
}
"""The services that are called, as boto3 names them, and as messages do."""


class Renewal(StrEnum):
    """How the credentials of a session are renewed once they have expired."""

    ELSEWHERE = "elsewhere"
    """By a login, a program or AWS, in a place where this process finds the new ones."""
    BY_CODE = "by_code"
    """By this process, with an MFA code; or by whoever puts a session where the AWS CLI keeps its own."""
    NEVER = "never"
    """They are in variables of this process, which nobody else can change."""


def open_session(pinned: str | None, ask: AskCode | None = None, *, refused: Collection[str] = ()) -> Any:
    """Return a session; its ``region_name`` is None, or empty, if there is no region.

    A variable that is set to nothing, as scripts leave it, is as if it was not set: boto3 takes it for a region.

    Args:
        pinned: The region of the plan, for where the shell names none.
        ask: Asks for the MFA code of a role that wants one; None if nobody can be asked.
        refused: Access keys of sessions that AWS does not take any more.

    Raises:
        ServiceError: The profile is unknown, the configuration cannot be read, or a role wants an MFA code that nobody
            types.
    """
    with calling(SET_UP):
        core: Any = botocore.session.get_session()
        watch_for_pages(core)
        watch_for_regions(core)
        _CREDENTIALS_LOG.setLevel(logging.CRITICAL)
        region = core.get_config_variable("region") or core.get_scoped_config().get("region") or pinned
        if role := find_mfa_role(core):
            keys = open_role_session(role, region, ask, refused)
            core.set_credentials(keys.access_key, keys.secret_key, keys.token)
        return boto3.Session(botocore_session=core, region_name=region or None)


def make_client(session: Any, service: str, **given: Any) -> Any:
    """Return a client.

    Args:
        session: Of boto3.
        service: As boto3 names it, such as ``iam``.
        given: Further arguments, as for boto3's ``Session.client``.

    Raises:
        ServiceError: A setting is wrong, or what the credentials come from does not give any.
    """
    with calling(SET_UP, SERVICE_NAMES.get(service, service)):
        client = session.client(service, **given)
    _check_endpoint(client.meta.endpoint_url)
    return client


def _check_endpoint(url: str) -> None:
    """Refuse an endpoint that botocore would take until the first call: then it is not told from one that is down."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise unusable_endpoint(url)


def renewal_of(session: Any) -> Renewal:
    """Return how the credentials of a session that was opened here are renewed."""
    try:
        with calling(SET_UP):
            credentials = session.get_credentials()
    except ServiceError:  # a program, a service or a file gives none now: variables give theirs at once, or end it
        return Renewal.ELSEWHERE
    match credentials and credentials.method:
        case "env":
            return Renewal.NEVER
        case "explicit":  # what ``set_credentials`` sets
            return Renewal.BY_CODE
        case _:
            return Renewal.ELSEWHERE


def refuse_lasting(session: Any, error: ServiceError, then: str = "") -> None:
    """Refuse to wait for new credentials, where no other process can put any. A clock that is wrong needs none.

    Args:
        session: The session.
        error: What has failed for its credentials.
        then: What to do once there are new ones, to go on with the sentence.

    Raises:
        ServiceError: They are in variables of this process.
    """
    if not error.of_clock and renewal_of(session) is Renewal.NEVER:
        raise ServiceError(
            f"{error.problem}. These credentials are in variables of this process (AWS_ACCESS_KEY_ID), where nobody "
            "else can renew them",
            remedy=f"Set new ones{then}",
        ) from error


def access_key_of(session: Any) -> str:
    """Return the access key of a session that does not renew itself."""
    return str(session.get_credentials().access_key)


def call_once(client: Any, service: str, method: str, arguments: Mapping[str, Any]) -> Any:
    """Make one call with a client, and return the reply as it is.

    Args:
        client: Of boto3.
        service: As boto3 names it, such as ``iam``.
        method: The operation as boto3 names it, such as ``get_role``.
        arguments: Those of the operation.

    Raises:
        ServiceError: It was refused, or was not answered.
    """
    with calling(method.title().replace("_", ""), service=SERVICE_NAMES.get(service, service)):
        return getattr(client, method)(**arguments)
