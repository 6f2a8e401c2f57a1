"""What the reply behind a ServiceError says: the service's own name of the error, its words, what it does not know."""

from collections.abc import Mapping
from typing import Any

import botocore.exceptions

from kedro_batch.cloud.error_codes import is_from_aws
from kedro_batch.cloud.foreign_pages import PageError
from kedro_batch.errors import ServiceError

_UNKNOWN_OPERATION = frozenset({"UnknownOperationException", "MissingAuthenticationTokenException"})
_NOT_FOUND = 404


def lacks_operation(error: ServiceError) -> bool:
    """True if the service says that it does not know the operation that was called."""
    return error_code(error) in _UNKNOWN_OPERATION


def may_lack_operation(error: ServiceError) -> bool:
    """True if that is so, or if whatever answers has nothing at the operation's path: an older one may be tried."""
    cause = error.__cause__
    if isinstance(cause, PageError):
        return cause.status == _NOT_FOUND
    reply = getattr(cause, "response", None) or {}
    return lacks_operation(error) or reply.get("ResponseMetadata", {}).get("HTTPStatusCode") == _NOT_FOUND


def error_code(error: ServiceError) -> str | None:
    """Return the service's own name of an error, such as ``NoSuchEntity``; None if AWS has not replied.

    Replies to HEAD have no name: that is the number of the HTTP status, such as ``404``.
    """
    return _said(error).get("Code")


def error_words(error: ServiceError) -> str:
    """Return what the service itself says of an error, without words of ours; empty if AWS has not replied."""
    return str(_said(error).get("Message", ""))


def _said(error: ServiceError) -> Mapping[str, Any]:
    """Return what AWS says of an error in its reply; nothing if it has not replied."""
    cause = error.__cause__
    if not isinstance(cause, botocore.exceptions.ClientError) or not is_from_aws(cause.response):
        return {}
    return cause.response.get("Error", {})
