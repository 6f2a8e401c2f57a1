"""Whose credentials are in use, asked of AWS STS."""

from typing import Any

from kedro_batch.cloud.aws_errors import calling, parsing
from kedro_batch.cloud.replies import Identity, identity


def caller_identity(client: Any) -> Identity:
    """Return whose credentials a client of STS has. No permission is needed, unless an account forbids it.

    Raises:
        ServiceError: There are no credentials, or STS refused or did not answer.
    """
    with calling("GetCallerIdentity", "AWS STS"):
        reply = client.get_caller_identity()
    with parsing("GetCallerIdentity", "AWS STS"):
        return identity(reply)
