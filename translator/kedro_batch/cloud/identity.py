"""Whose credentials are in use, asked of AWS STS."""

from dataclasses import dataclass
from typing import Any

from kedro_batch.cloud.aws_errors import calling, parsing


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """A GetCallerIdentity reply: the account, 12 digits, and the ARN of the user or role."""

    account: str
    arn: str


def caller_identity(client: Any) -> Identity:
    """Return whose credentials a client of STS has. No permission is needed, unless an account forbids it.

    Raises:
        ServiceError: There are no credentials, or STS refused or did not answer.
    """
    with calling("GetCallerIdentity", "AWS STS"):
        reply = client.get_caller_identity()
    with parsing("GetCallerIdentity", "AWS STS"):
        return Identity(account=str(reply["Account"]), arn=str(reply["Arn"]))
