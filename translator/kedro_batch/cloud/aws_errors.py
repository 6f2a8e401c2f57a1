"""What an exception of boto3 means: is the call to be repeated, was it executed, what can the user do?

The only module that knows botocore's exceptions, and what a reply of AWS looks like.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import botocore.exceptions

from kedro_batch.cloud.unsent import is_surely_unsent
from kedro_batch.errors import Fault, ServiceError
from kedro_batch.text.escaping import one_line

_THROTTLED = frozenset(
    {
        "BandwidthLimitExceeded",
        "EC2ThrottledException",
        "PriorRequestNotComplete",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
"""As botocore knows them (``botocore.retries.standard``)."""
_EXPIRED = frozenset({"ExpiredTokenException", "ExpiredToken", "RequestExpired", "UnrecognizedClientException"})
_EXPIRED |= {"InvalidClientTokenId", "InvalidAccessKeyId"}
_DENIED = frozenset({"AccessDeniedException", "AccessDenied", "UnauthorizedOperation"})
_OBJECTIONS = frozenset(
    {
        "ClientException",
        "InvalidParameterValueException",
        "InvalidRequestException",
        "RequestEntityTooLargeException",
        "ValidationException",
    }
)
"""The service has read the request and rejects it. AWS Batch calls all of them ClientException."""
_UNKNOWN_OPERATION = frozenset({"UnknownOperationException", "MissingAuthenticationTokenException"})
_REQUEST_IDS = ("x-amzn-requestid", "x-amz-request-id", "x-amz-id-2")
"""Headers of the replies of AWS."""
_ERROR_TYPE = re.compile(r"[A-Z][A-Za-z0-9.]+")
"""The name of an error; where a reply has none, botocore takes the number of its status."""
_LONGEST_CODE, _LONGEST_REASON = 100, 600
"""Characters of foreign text in a message."""
_NOT_FOUND, _TOO_MANY, _SERVER_ERROR = 404, 429, 500
"""HTTP status: from the last on, the service may have executed the call before it failed."""

_ASSUMING = ("AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity", "GetFederationToken", "GetSessionToken")
_LOGGING_IN = ("CreateOAuth2Token", "CreateToken", "GetRoleCredentials")
_CREDENTIAL_ERRORS = (
    botocore.exceptions.NoCredentialsError,
    botocore.exceptions.PartialCredentialsError,
    botocore.exceptions.CredentialRetrievalError,
    botocore.exceptions.SSOError,
    botocore.exceptions.TokenRetrievalError,
    botocore.exceptions.RefreshWithMFAUnsupportedError,
    botocore.exceptions.InfiniteLoopConfigError,
    *(one for one in [getattr(botocore.exceptions, "LoginError", None)] if one),
)
"""LoginError came with botocore 1.41."""
_BEFORE_A_CONNECTION: tuple[type[Exception], ...] = tuple(
    getattr(botocore.exceptions, name)
    for name in (
        "ApiVersionNotFoundError",
        "BaseEndpointResolverError",
        "DataNotFoundError",
        "EndpointProviderError",
        "InvalidChecksumConfigError",
        "InvalidConfigError",
        "InvalidDNSNameError",
        "InvalidDefaultsMode",
        "InvalidEndpointConfigurationError",
        "InvalidEndpointDiscoveryConfigurationError",
        "InvalidExpressionError",
        "InvalidHostLabelError",
        "InvalidIMDSEndpointError",
        "InvalidIMDSEndpointModeError",
        "InvalidProxiesConfigError",
        "InvalidRetryConfigurationError",
        "InvalidS3AddressingStyleError",
        "InvalidS3UsEast1RegionalEndpointConfigError",
        "InvalidSTSRegionalEndpointsConfigError",
        "MissingDependencyException",
        "MissingParametersError",
        "NoAuthTokenError",
        "OperationNotPageableError",
        "ParamValidationError",
        "ServiceNotInRegionError",
        "UnknownClientMethodError",
        "UnknownCredentialError",
        "UnknownRegionError",
        "UnknownServiceStyle",
        "UnknownSignatureVersionError",
        "UnknownTokenProviderError",
        "UnsupportedS3AccesspointConfigurationError",
        "UnsupportedS3ArnError",
        "UnsupportedS3ConfigurationError",
        "UnsupportedServiceProtocolsError",
        "UnsupportedSignatureVersionError",
        "ValidationError",
    )
    if hasattr(botocore.exceptions, name)
)
"""Parameters, settings or an endpoint were refused by botocore itself, which sends nothing then. Not every version has
all of them."""
_REFRESHED = "Credentials were refreshed"
"""How botocore begins a RuntimeError about credentials that expired as soon as it had them."""

_TAGS_HINT = "If the account forbids tagging, set `submit_tags: false` in aws_batch.yml and compile again"
LOG_IN = "Log in (aws sso login), or set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
_LOG_IN_AGAIN = "Log in again (aws sso login), or renew the credentials that the AWS_... variables hold"
_MAY_ASSUME = (
    "Let the profile assume its role (sts:AssumeRole, and the role's trust policy), or set another AWS_PROFILE"
)
_PROFILE = "Set AWS_PROFILE to one of those that `aws configure list-profiles` prints"
_CONFIG_FILE = "Correct the file, or set AWS_CONFIG_FILE to another"
_NETWORK = "Check the network, its proxy, and AWS_ENDPOINT_URL... if it is set"
_CERTIFICATE = "Check the endpoint; if a proxy of yours opens TLS, name the file with its certificate in AWS_CA_BUNDLE"
_REGION = "Set AWS_DEFAULT_REGION"

_MEANING: tuple[tuple[tuple[type[Exception], ...], tuple[Fault, str]], ...] = (
    (_CREDENTIAL_ERRORS, (Fault.CREDENTIALS, LOG_IN)),
    ((botocore.exceptions.NoRegionError,), (Fault.REFUSED, _REGION)),
    ((botocore.exceptions.ProfileNotFound,), (Fault.REFUSED, _PROFILE)),
    ((botocore.exceptions.ConfigParseError, botocore.exceptions.ConfigNotFound), (Fault.REFUSED, _CONFIG_FILE)),
    (_BEFORE_A_CONNECTION, (Fault.REFUSED, "")),
)
"""What botocore's own exceptions mean if they come before any connection, and what to do; the first that fits counts.

Of every other one it is not known whether the request was sent, but for ``is_surely_unsent``: a call that is never
repeated (SubmitJob) has to be looked for before it is sent again. A kind that a later botocore adds is among those.
"""


def lacks_operation(error: ServiceError) -> bool:
    """True if the service says that it does not know the operation that was called."""
    return error_code(error) in _UNKNOWN_OPERATION


def may_lack_operation(error: ServiceError) -> bool:
    """True if that is so, or if whatever answers has nothing at the operation's path: an older one may be tried."""
    reply = getattr(error.__cause__, "response", None) or {}
    return lacks_operation(error) or reply.get("ResponseMetadata", {}).get("HTTPStatusCode") == _NOT_FOUND


def error_code(error: ServiceError) -> str | None:
    """Return the service's own name of an error, such as ``NoSuchEntity``; None if AWS has not replied.

    Replies to HEAD have no name: that is the number of the HTTP status, such as ``404``.
    """
    cause = error.__cause__
    if not isinstance(cause, botocore.exceptions.ClientError) or not is_from_aws(cause.response):
        return None
    return cause.response.get("Error", {}).get("Code")


def is_from_aws(reply: Mapping[str, Any]) -> bool:
    """True if a reply that botocore has parsed comes from AWS; anything on the way there may answer with HTTP, too."""
    metadata = reply.get("ResponseMetadata", {})
    headers = metadata.get("HTTPHeaders", {})
    named = _ERROR_TYPE.fullmatch(str(reply.get("Error", {}).get("Code", "")))
    return bool(named or metadata.get("RequestId") or any(name in headers for name in _REQUEST_IDS))


@contextmanager
def parsing(what: str, service: str = "AWS Batch") -> Iterator[None]:
    """Raise a ServiceError if a reply lacks what every reply of the service has."""
    try:
        yield
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise _not_a_reply(what, service, f"{type(error).__name__}: {error}") from error


@contextmanager
def calling(what: str, service: str = "AWS Batch") -> Iterator[None]:
    """Turn what boto3 raises into a ServiceError that says what was tried, why it failed, and what to do.

    Only calls of boto3 belong inside: any other exception comes from a reply that boto3 could not read.
    """
    try:
        yield
    except ServiceError:  # of a check of ours, which boto3 called
        raise
    except botocore.exceptions.ClientError as error:
        raise _refusal(what, service, error) from error
    except botocore.exceptions.BotoCoreError as error:
        fault, remedy = _meaning(error)
        raise ServiceError(_tried(what, error), fault=fault, remedy=remedy) from error
    except Exception as error:
        if isinstance(error, RuntimeError) and str(error).startswith(_REFRESHED):
            raise ServiceError(_tried(what, error), fault=Fault.CREDENTIALS, remedy=_LOG_IN_AGAIN) from error
        raise _not_a_reply(what, service, f"{type(error).__name__}: {error}") from error


def _meaning(error: botocore.exceptions.BotoCoreError) -> tuple[Fault, str]:
    if is_surely_unsent(error):
        return Fault.UNREACHABLE, _CERTIFICATE if isinstance(error, botocore.exceptions.SSLError) else _NETWORK
    return next((meant for kinds, meant in _MEANING if isinstance(error, kinds)), (Fault.AMBIGUOUS, ""))


def no_region(what: str) -> ServiceError:
    """Return the error of a call that needs a region."""
    return ServiceError(f"cannot {_verb(what)}: there is no region", remedy=_REGION)


def _refusal(what: str, service: str, error: botocore.exceptions.ClientError) -> ServiceError:
    """Say what a refusal means: of the call, of the credentials for it, or of something on the way to the service."""
    reason = error.response.get("Error", {})
    code, message = (
        one_line(str(reason.get("Code", "unknown")), _LONGEST_CODE),
        str(reason.get("Message", "no message")),
    )
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", _SERVER_ERROR)
    if error.operation_name in (*_ASSUMING, *_LOGGING_IN):  # boto3 calls these itself, before the call that was made
        remedy = _MAY_ASSUME if error.operation_name in _ASSUMING else _LOG_IN_AGAIN
        said = f"{code}: {_open(message)}" if is_from_aws(error.response) else f"HTTP {status}"
        problem = f"cannot {_verb(what)}: there are no credentials, since {error.operation_name} was refused: {said}"
        return ServiceError(problem, fault=Fault.CREDENTIALS, remedy=remedy)
    if not is_from_aws(error.response):
        fault = Fault.THROTTLED if status == _TOO_MANY else Fault.AMBIGUOUS
        return _not_a_reply(what, service, f"the reply is HTTP {status}, without an error of AWS", fault=fault)
    fault = _fault(code, status)
    tagging = code in _DENIED and "TagResource" in message
    remedy = _LOG_IN_AGAIN if fault is Fault.CREDENTIALS else _TAGS_HINT if tagging else ""
    failed = "failed in" if fault is Fault.AMBIGUOUS else "refused"
    objection = message if code in _OBJECTIONS and fault is Fault.REFUSED else ""
    problem = f"{service} {failed} {what}: {code}: {_open(message)}"
    return ServiceError(problem, fault=fault, remedy=remedy, objection=objection)


def _fault(code: str, status: int) -> Fault:
    if code in _THROTTLED or status == _TOO_MANY:
        return Fault.THROTTLED
    if code in _EXPIRED:
        return Fault.CREDENTIALS
    if code in _DENIED:
        return Fault.DENIED
    return Fault.AMBIGUOUS if status >= _SERVER_ERROR else Fault.REFUSED


def _not_a_reply(what: str, service: str, why: str, fault: Fault = Fault.AMBIGUOUS) -> ServiceError:
    remedy = f"Check that the endpoint is really that of {service}, and the AWS_... settings"
    return ServiceError(f"cannot {_verb(what)}: {_open(why)}", fault=fault, remedy=remedy)


def _tried(what: str, error: Exception) -> str:
    return f"cannot {_verb(what)}: {_open(error)}"


def _open(reason: Exception | str) -> str:
    """Return a reason in one line that is not too long, without a full stop at its end: sentences of ours follow."""
    return one_line(str(reason).strip(), _LONGEST_REASON).rstrip().removesuffix(".")


def _verb(what: str) -> str:
    return what if what.startswith("set up") else f"call {what}"
