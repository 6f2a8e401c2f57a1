"""What an exception of boto3 means: is the call to be repeated, was it executed, what can the user do?

Only ``aws`` uses it; beside ``aws``, it is the only module that knows botocore's exceptions.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import botocore.exceptions

from kedro_batch.errors import Fault, ServiceError

_THROTTLED = frozenset(
    {
        "TooManyRequestsException",
        "ThrottlingException",
        "Throttling",
        "RequestLimitExceeded",
        "ThrottledException",
    }
)
_EXPIRED = frozenset({"ExpiredTokenException", "ExpiredToken", "RequestExpired", "UnrecognizedClientException"})
_DENIED = frozenset({"AccessDeniedException", "AccessDenied", "UnauthorizedOperation"})
_UNKNOWN_OPERATION = frozenset(
    {"UnknownOperationException", "404", "NotFoundException", "MissingAuthenticationTokenException"}
)
_TAGS_HINT = ". If the account forbids tagging, set `submit_tags: false` in aws_batch.yml and compile again"
_SERVER_ERROR = 500
"""From this HTTP status on, the service may have executed the call before it failed."""


def lacks_operation(error: ServiceError) -> bool:
    """True if the service does not know the operation that was called."""
    return error_code(error) in _UNKNOWN_OPERATION


def error_code(error: ServiceError) -> str | None:
    """Return the service's own name of an error, such as ``NoSuchEntity``; None if no service has replied."""
    cause = error.__cause__
    return cause.response.get("Error", {}).get("Code") if isinstance(cause, botocore.exceptions.ClientError) else None


@contextmanager
def parsing(what: str, service: str = "AWS Batch") -> Iterator[None]:
    """Raise a ServiceError if a reply lacks what every reply of the service has."""
    try:
        yield
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise _not_a_reply(what, service, error) from error


@contextmanager
def calling(what: str, service: str = "AWS Batch") -> Iterator[None]:
    """Turn what boto3 raises into a ServiceError that says what was tried, why it failed, and what to do.

    Only calls of boto3 belong inside: any other exception comes from a reply that boto3 could not read.
    """
    try:
        yield
    except botocore.exceptions.ClientError as error:
        reason = error.response.get("Error", {})
        code, message = reason.get("Code", "unknown"), reason.get("Message", "no message")
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", _SERVER_ERROR)
        hint = _TAGS_HINT if code in _DENIED and "TagResource" in message else ""
        fault = _fault(code, status)
        failed = "failed in" if fault is Fault.AMBIGUOUS else "refused"
        raise ServiceError(f"{service} {failed} {what}: {code}: {_open(message)}{hint}", fault=fault) from error
    except (
        botocore.exceptions.NoCredentialsError,
        botocore.exceptions.PartialCredentialsError,
        botocore.exceptions.CredentialRetrievalError,
        botocore.exceptions.SSOError,
        botocore.exceptions.TokenRetrievalError,
    ) as error:
        raise ServiceError(
            f"cannot {_verb(what)}: {_open(error)}. Log in (aws sso login), or set AWS_PROFILE, "
            "or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
            fault=Fault.CREDENTIALS,
        ) from error
    except botocore.exceptions.NoRegionError as error:
        raise ServiceError(f"cannot {_verb(what)}: there is no region. Set AWS_DEFAULT_REGION") from error
    except (
        botocore.exceptions.EndpointConnectionError,
        botocore.exceptions.ConnectTimeoutError,
        botocore.exceptions.ProxyConnectionError,
    ) as error:
        raise ServiceError(f"cannot {_verb(what)}: {_open(error)}", fault=Fault.UNREACHABLE) from error
    except botocore.exceptions.HTTPClientError as error:  # a lost connection, a missing or a broken reply
        raise ServiceError(f"cannot {_verb(what)}: {_open(error)}", fault=Fault.AMBIGUOUS) from error
    except botocore.exceptions.BotoCoreError as error:
        raise ServiceError(f"cannot {_verb(what)}: {_open(error)}") from error
    except Exception as error:
        raise _not_a_reply(what, service, error) from error


def _fault(code: str, status: int) -> Fault:
    if code in _THROTTLED:
        return Fault.THROTTLED
    if code in _EXPIRED:
        return Fault.CREDENTIALS
    if code in _DENIED:
        return Fault.DENIED
    return Fault.AMBIGUOUS if status >= _SERVER_ERROR else Fault.REFUSED


def _not_a_reply(what: str, service: str, error: Exception) -> ServiceError:
    return ServiceError(
        f"cannot {_verb(what)}: {type(error).__name__}: {_open(error)}. Is the endpoint really that of {service}, "
        "and are the AWS_... settings right?",
        fault=Fault.AMBIGUOUS,
    )


def _open(reason: Exception | str) -> str:
    """Return a reason without a full stop at its end: sentences of ours follow."""
    return str(reason).rstrip().removesuffix(".")


def _verb(what: str) -> str:
    return what if what.startswith("set up") else f"call {what}"
