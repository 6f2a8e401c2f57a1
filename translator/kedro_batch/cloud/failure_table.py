"""What failed calls mean: one row for each kind of botocore's exceptions, and for the names of AWS's errors. Only data.

``docs/failures.md`` says the same for people, with sources, and a test compares. What stands in no row was perhaps
executed, and passes (``aws_errors``).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from kedro_batch.errors import Fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What a failure means.

    Attributes:
        fault: What is known about the call.
        remedy: What to do; empty if nobody can say.
        set_up_wrong: Waiting helps only in a process whose credentials have worked before.
        of_clock: AWS has another time than this machine.
        of_token: A web identity token does not work, which nobody renews by a login.
    """

    fault: Fault
    remedy: str = ""
    set_up_wrong: bool = False
    of_clock: bool = False
    of_token: bool = False


LOG_IN = "Log in (aws sso login, aws login), or set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
LOG_IN_AGAIN = "Log in again (aws sso login, aws login), or renew what else AWS_PROFILE gets its credentials from"
MAY_ASSUME = "Let the profile assume its role (sts:AssumeRole, and the role's trust policy), or set another AWS_PROFILE"
CLOCK = "Is this machine's clock right? Let it be set (NTP); if it is right, log in again (aws sso login, aws login)"
NETWORK = "Check the network, its proxy, and AWS_ENDPOINT_URL... if it is set"
CHANGED = (
    "Something on the way may have changed the request (HTTPS_PROXY, AWS_ENDPOINT_URL...); if there is nothing, log in "
    "again (aws sso login, aws login)"
)
CERTIFICATE = "Check the endpoint; if a proxy of yours opens TLS, name the file with its certificate in AWS_CA_BUNDLE"
PAGE = (
    "Something between this machine and AWS has answered, such as a proxy or the login page of a network: log in "
    "there, or check that the endpoint is really that of {} (AWS_ENDPOINT_URL..., HTTPS_PROXY, NO_PROXY)"
)
LINE_BREAK = (
    "Take it out of AWS_ACCESS_KEY_ID, AWS_SESSION_TOKEN or the file that they come from: lines that end as on Windows "
    "leave one"
)
REGION = "Set AWS_DEFAULT_REGION"
ENDPOINT = "Correct AWS_ENDPOINT_URL...: http://HOST or http://HOST:PORT, perhaps with https; or unset it"
ADDRESS = "Correct HTTPS_PROXY, HTTP_PROXY or AWS_CA_BUNDLE, or unset it"
SETTING = "Correct the AWS_... variable or the line in ~/.aws/config that it comes from"
_PROFILE = "Set AWS_PROFILE to one of those that `aws configure list-profiles` prints"
_CONFIG_FILE = "Correct the file (~/.aws/config, or AWS_CONFIG_FILE), or set another AWS_PROFILE"
_DEPENDENCY = "Install it beside kedro-batch"

WRONG_CLOCK = Meaning(fault=Fault.CREDENTIALS, remedy=CLOCK, of_clock=True)

BUGS = ("OperationNotPageableError", "ParamValidationError", "UnknownClientMethodError")
"""Exceptions that only a bug of this program causes."""

EXCEPTIONS: tuple[tuple[tuple[str, ...], Meaning], ...] = (
    (("NoRegionError", "InvalidRegionError"), Meaning(fault=Fault.SETTINGS, remedy=REGION)),
    (("ProfileNotFound",), Meaning(fault=Fault.SETTINGS, remedy=_PROFILE)),
    (("ConfigParseError", "ConfigNotFound", "InvalidConfigError"), Meaning(fault=Fault.SETTINGS, remedy=_CONFIG_FILE)),
    (("MissingDependencyException",), Meaning(fault=Fault.SETTINGS, remedy=_DEPENDENCY)),
    (
        ("NoCredentialsError", "PartialCredentialsError", "NoAuthTokenError"),
        Meaning(fault=Fault.CREDENTIALS, remedy=LOG_IN, set_up_wrong=True),
    ),
    (
        (
            "CredentialRetrievalError",
            "LoginError",
            "MetadataRetrievalError",
            "RefreshWithMFAUnsupportedError",
            "SSOError",
            "TokenRetrievalError",
        ),
        Meaning(fault=Fault.CREDENTIALS, remedy=LOG_IN_AGAIN),
    ),
    (
        (
            "InvalidDNSNameError",
            "InvalidHostLabelError",
            "MissingParametersError",
            "UnsupportedS3AccesspointConfigurationError",
            "UnsupportedS3ArnError",
            "UnsupportedS3ConfigurationError",
        ),
        Meaning(fault=Fault.REFUSED),
    ),
    (
        (
            "ApiVersionNotFoundError",
            "BaseEndpointResolverError",
            "DataNotFoundError",
            "EndpointProviderError",
            "InvalidChecksumConfigError",
            "InvalidDefaultsMode",
            "InvalidEndpointConfigurationError",
            "InvalidEndpointDiscoveryConfigurationError",
            "InvalidExpressionError",
            "InvalidIMDSEndpointError",
            "InvalidIMDSEndpointModeError",
            "InvalidProxiesConfigError",
            "InvalidRetryConfigurationError",
            "InvalidS3AddressingStyleError",
            "InvalidS3UsEast1RegionalEndpointConfigError",
            "InvalidSTSRegionalEndpointsConfigError",
            "ServiceNotInRegionError",
            "UnknownCredentialError",
            "UnknownRegionError",
            "UnknownServiceStyle",
            "UnknownSignatureVersionError",
            "UnknownTokenProviderError",
            "UnsupportedServiceProtocolsError",
            "UnsupportedSignatureVersionError",
            "ValidationError",
        ),
        Meaning(fault=Fault.SETTINGS, remedy=SETTING),
    ),
)
"""Exceptions that come before any connection, by name, and what they mean; the first row that fits counts.

Not every version of botocore has all of them: LoginError came with 1.41.
"""

THROTTLED = frozenset(
    {
        "BandwidthLimitExceeded",
        "EC2ThrottledException",
        "LimitExceededException",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionInProgressException",
    }
)
"""botocore's own list (``retries.standard.ThrottledRetryableChecker``), which is private there: a test compares."""
DENIED = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "NotAuthorized",
        "OptInRequired",
        "SubscriptionRequiredException",
        "UnauthorizedOperation",
    }
)
_UNSIGNED = frozenset(
    {
        "IncompleteSignature",
        "IncompleteSignatureException",
        "MissingAuthenticationToken",
        "MissingAuthenticationTokenException",
    }
)
_OF_THE_SERVICE = frozenset(
    {
        "IDPCommunicationError",
        "InternalError",
        "InternalFailure",
        "InternalServerError",
        "InternalServerException",
        "InternalServiceError",
        "InternalServiceException",
        "ServerException",
        "ServiceException",
        "ServiceUnavailable",
        "ServiceUnavailableException",
    }
)
_OF_THE_REQUEST = frozenset(
    {
        "ClientException",
        "InvalidAction",
        "InvalidParameterCombination",
        "InvalidParameterValue",
        "InvalidParameterValueException",
        "InvalidQueryParameter",
        "InvalidRequestException",
        "MalformedQueryString",
        "MissingAction",
        "MissingParameter",
        "RequestEntityTooLargeException",
        "UnknownOperationException",
        "ValidationError",
        "ValidationException",
    }
)
WRONGLY_SIGNED = frozenset({"InvalidSignatureException", "SignatureDoesNotMatch"})
"""The signature is wrong: the secret key, or the clock, as the message says."""

_CODES: tuple[tuple[frozenset[str], Meaning], ...] = (
    (THROTTLED, Meaning(fault=Fault.THROTTLED)),
    (DENIED, Meaning(fault=Fault.DENIED)),
    (
        frozenset({"ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"}),
        Meaning(fault=Fault.CREDENTIALS, remedy=LOG_IN_AGAIN),
    ),
    (
        frozenset({"RequestExpired", "RequestInTheFuture", "RequestTimeTooSkewed"}),
        WRONG_CLOCK,
    ),
    (
        frozenset({"AuthFailure", "InvalidAccessKeyId", "InvalidClientTokenId", "UnrecognizedClientException"})
        | frozenset({"InvalidToken"})
        | WRONGLY_SIGNED,
        Meaning(fault=Fault.CREDENTIALS, remedy=LOG_IN, set_up_wrong=True),
    ),
    (_UNSIGNED, Meaning(fault=Fault.CREDENTIALS, remedy=CHANGED, set_up_wrong=True)),
    (
        frozenset({"MalformedHttpRequestException", "RequestAbortedException"}),
        Meaning(fault=Fault.AMBIGUOUS, remedy=NETWORK),
    ),
    (_OF_THE_SERVICE | {"RequestTimeout", "RequestTimeoutException"}, Meaning(fault=Fault.AMBIGUOUS)),
    (_OF_THE_REQUEST, Meaning(fault=Fault.REFUSED)),
)
CODES: Mapping[str, Meaning] = {code: meaning for codes, meaning in _CODES for code in codes}
"""The names that AWS gives its errors, and what they mean: those that all its services have, and some of few.

What refuses the request itself, or says that the account may not make it, is final. What is about signing it, the way
or the service passes. By any other name, the service has refused the request; or failed, if the HTTP status says so.
"""
