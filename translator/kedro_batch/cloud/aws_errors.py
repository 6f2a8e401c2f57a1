"""What an exception of boto3 means: is the call to be repeated, was it executed, what can the user do?

Reads botocore's exceptions and what a reply of AWS looks like; what each of them means stands in ``failure_table``.
Whatever fails before the request was sent is about credentials or the way there, and passes, but for what is set up
wrong. A reply without an error of AWS refuses nothing: something on the way has answered.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import botocore.exceptions

from kedro_batch.cloud.error_codes import (
    OBJECTIONS,
    SERVER_ERROR,
    TOO_MANY,
    is_from_aws,
    is_of_the_clock,
    meaning_of_code,
)
from kedro_batch.cloud.failure_table import (
    ADDRESS,
    BUGS,
    CERTIFICATE,
    CLOCK,
    CODES,
    DENIED,
    ENDPOINT,
    EXCEPTIONS,
    LINE_BREAK,
    LOG_IN_AGAIN,
    MAY_ASSUME,
    NETWORK,
    PAGE,
    REGION,
    SETTING,
    Meaning,
)
from kedro_batch.cloud.foreign_pages import REDIRECTION, PageError, words_of_page
from kedro_batch.cloud.regions import spell_region
from kedro_batch.cloud.unsent import failed_while_signing, is_of_a_key, is_of_a_setting, is_surely_unsent
from kedro_batch.cloud.web_identity import ASSUMING as WEB_IDENTITY
from kedro_batch.cloud.web_identity import TOKEN_REFUSED, put_token, token_file_of
from kedro_batch.errors import Fault, ServiceError
from kedro_batch.text.escaping import LONGEST_REASON, one_line

SET_UP = "set up the client"
"""What is tried before any operation is called."""
_BUGS = tuple(getattr(botocore.exceptions, name) for name in BUGS)
_EXCEPTIONS = tuple(
    (tuple(kind for name in names if (kind := getattr(botocore.exceptions, name, None))), meaning)
    for names, meaning in EXCEPTIONS
)
_LONGEST_CODE = 100
"""Characters of foreign text in a message."""

_ASSUMING = ("AssumeRole", "AssumeRoleWithSAML", WEB_IDENTITY, "GetFederationToken", "GetSessionToken")
_LOGGING_IN = ("CreateOAuth2Token", "CreateToken", "GetRoleCredentials", "RegisterClient", "StartDeviceAuthorization")
"""What botocore calls by itself to get credentials, before the call that was made."""
_REFRESHED = "Credentials were refreshed"
"""How botocore begins a RuntimeError about credentials that expired as soon as it had them."""
_BUCKET_NAME = "Invalid bucket name"
"""How botocore words the one wrong parameter that a user may cause (``handlers.validate_bucket_name``)."""

_ENDPOINT = "Invalid endpoint"
"""How botocore begins the ValueError about an endpoint (``endpoint.EndpointCreator``)."""

_TAGS_HINT = "If the account forbids tagging, set `submit_tags: false` in aws_batch.yml and compile again"


@contextmanager
def parsing(what: str, service: str = "AWS Batch") -> Iterator[None]:
    """Raise a ServiceError if a reply lacks what every reply of the service has."""
    try:
        yield
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        lacking = f"it has no {error}" if isinstance(error, KeyError) else "it has another shape"
        raise _not_a_reply(what, service, _no_reply(service, lacking)) from error


@contextmanager
def calling(what: str, service: str = "AWS Batch") -> Iterator[None]:
    """Turn what boto3 raises into a ServiceError that says what was tried, why it failed, and what to do.

    Only calls of boto3 belong inside: any other exception comes from a reply that boto3 could not read, or from a
    program that credentials come from. What only a bug of ours causes is left as it is.
    """
    try:
        yield
    except ServiceError:  # of a check of ours, which boto3 called
        raise
    except botocore.exceptions.ClientError as error:
        raise _refusal(what, service, error) from error
    except _BUGS as error:
        if (meaning := _meaning_of_parameters(error)) is None:
            raise
        raise _tried(what, service, error, meaning) from error
    except PageError as error:
        if failed_while_signing(error):
            raise _tried(what, service, error, Meaning(fault=Fault.CREDENTIALS, remedy=PAGE.format("AWS"))) from error
        raise _page(what, service, error.status, error.line) from error
    except Exception as error:
        if is_of_a_key(error):
            raise _with_a_line_break(what, service) from None  # what was raised has the whole key in its words
        meaning = _meaning(what, error)
        if meaning is None:
            raise _not_a_reply(what, service, _no_reply(service, str(error))) from error
        raise _tried(what, service, error, meaning) from error


def no_region(what: str) -> ServiceError:
    """Return the error of a call that needs a region."""
    return ServiceError(f"cannot {_verb(what)}: there is no region", fault=Fault.SETTINGS, remedy=REGION)


def unusable_endpoint(url: str) -> ServiceError:
    """Return the error of an endpoint that nobody can call."""
    problem = f"cannot {SET_UP}: {_bounded(repr(url))} is no endpoint"
    return ServiceError(problem, fault=Fault.SETTINGS, remedy=ENDPOINT)


def _meaning(what: str, error: Exception) -> Meaning | None:
    """Return what an exception means; None if something may have answered that boto3 could not read."""
    if is_of_a_setting(error):
        return Meaning(fault=Fault.SETTINGS, remedy=ADDRESS)
    if is_surely_unsent(error):
        return _meaning_without_connection(error)
    if known := next((meaning for kinds, meaning in _EXCEPTIONS if isinstance(error, kinds)), None):
        return known
    if failed_while_signing(error) or str(error).startswith(_REFRESHED):
        return _meaning_for_credentials(error)
    if what == SET_UP:
        return Meaning(fault=Fault.SETTINGS, remedy=ENDPOINT if str(error).startswith(_ENDPOINT) else SETTING)
    # Of every other one it is not known whether the request was sent: a call that is never repeated (SubmitJob) has to
    # be looked for before it is sent again. A kind that a later botocore adds is among those.
    return Meaning(fault=Fault.AMBIGUOUS) if isinstance(error, botocore.exceptions.BotoCoreError) else None


def _meaning_without_connection(error: Exception) -> Meaning:
    if words := spell_region(error):
        return Meaning(fault=Fault.UNREACHABLE, remedy=words, set_up_wrong=True)
    tls = isinstance(error, botocore.exceptions.SSLError)
    return Meaning(fault=Fault.UNREACHABLE, remedy=CERTIFICATE if tls else NETWORK)


def _meaning_of_parameters(error: Exception) -> Meaning | None:
    """Return what wrong parameters of a call mean; None if only a bug of this program causes them."""
    if failed_while_signing(error):  # an empty token, or an ARN that is none, in what botocore asks AWS STS for
        return _meaning_for_credentials(error)
    return Meaning(fault=Fault.REFUSED) if _BUCKET_NAME in str(error) else None


def _meaning_for_credentials(error: Exception) -> Meaning:
    """Return what an exception of no known kind means that came while credentials were looked for."""
    if isinstance(error, botocore.exceptions.ConnectionError | botocore.exceptions.HTTPClientError):
        return Meaning(fault=Fault.UNREACHABLE, remedy=NETWORK)
    if (token_file := token_file_of(error)) is not None:
        return Meaning(fault=Fault.CREDENTIALS, remedy=put_token(token_file), set_up_wrong=True, of_token=True)
    return Meaning(fault=Fault.CREDENTIALS, remedy=LOG_IN_AGAIN)


def _refusal(what: str, service: str, error: botocore.exceptions.ClientError) -> ServiceError:
    """Say what a refusal means: of the call, of the credentials for it, or of something on the way to the service."""
    reason = error.response.get("Error", {})
    code, message = (
        one_line(str(reason.get("Code", "unknown")), _LONGEST_CODE),
        str(reason.get("Message", "no message")),
    )
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", SERVER_ERROR)
    if failed_while_signing(error) or error.operation_name in (*_ASSUMING, *_LOGGING_IN):
        foreign = f"HTTP {status}: {words_of_page(error.response)}"
        said = f"{code}: {message}" if is_from_aws(error.response) else foreign
        return _without_credentials(what, service, error, code, said)
    if not is_from_aws(error.response):
        return _page(what, service, status, words_of_page(error.response))
    meaning = meaning_of_code(code, message, status)
    tagging = code in DENIED and "TagResource" in message
    failed = "failed in" if meaning.fault is Fault.AMBIGUOUS else "refused"
    objection = message if code in OBJECTIONS and meaning.fault is Fault.REFUSED else ""
    return ServiceError(
        f"{service} {failed} {what}: {_bounded(f'{code}: {message}')}",
        fault=meaning.fault,
        remedy=_TAGS_HINT if tagging else meaning.remedy,
        set_up_wrong=meaning.set_up_wrong,
        of_clock=meaning.of_clock,
        service=service,
        operation=_operation(what),
        objection=objection,
    )


def _without_credentials(
    what: str, service: str, error: botocore.exceptions.ClientError, code: str, said: str
) -> ServiceError:
    """Say that a call of botocore's own for credentials was refused: it came before the call that was made."""
    operation = error.operation_name
    meaning = CODES.get(code, Meaning(fault=Fault.CREDENTIALS))
    of_token = operation == WEB_IDENTITY and code in TOKEN_REFUSED
    of_clock = is_of_the_clock(code, said)
    if of_token:
        remedy = put_token(token_file_of(error) or "")
    else:
        remedy = MAY_ASSUME if operation in _ASSUMING else LOG_IN_AGAIN
    denied = operation in _ASSUMING and meaning.fault is Fault.DENIED
    return ServiceError(
        f"cannot {_verb(what)}: there are no credentials, since {operation} was refused: {_bounded(said)}",
        fault=Fault.CREDENTIALS,
        remedy=CLOCK if of_clock else remedy,
        set_up_wrong=not of_clock and (meaning.set_up_wrong or denied or of_token),
        of_clock=of_clock,
        of_token=of_token,
        service=service,
        operation=_operation(what),
    )


def _page(what: str, service: str, status: int, line: str) -> ServiceError:
    """Say that something on the way has answered, with its words."""
    refusal = f"the reply is HTTP {status}, without an error of AWS{f': {line}' if line else ''}"
    why = _no_reply(service, line or "it is empty, or cut off") if status < REDIRECTION else refusal
    return _not_a_reply(
        what, service, why, Fault.THROTTLED if status == TOO_MANY else Fault.AMBIGUOUS, PAGE.format(service)
    )


def _no_reply(service: str, why: str) -> str:
    return f"the reply is no reply of {service}: {why}"


def _not_a_reply(what: str, service: str, why: str, fault: Fault = Fault.AMBIGUOUS, remedy: str = "") -> ServiceError:
    remedy = remedy or f"Check that the endpoint is really that of {service}, and the AWS_... settings"
    problem = f"cannot {_verb(what)}: {_bounded(why)}"
    return ServiceError(problem, fault=fault, remedy=remedy, service=service, operation=_operation(what))


def _tried(what: str, service: str, error: Exception, meaning: Meaning) -> ServiceError:
    said = str(error) if isinstance(error, botocore.exceptions.BotoCoreError) else f"{type(error).__name__}: {error}"
    if meaning.fault is Fault.CREDENTIALS and not isinstance(error, botocore.exceptions.BotoCoreError):
        said = f"looking for credentials failed: {said}"
    return ServiceError(
        f"cannot {_verb(what)}: {_bounded(said)}",
        fault=meaning.fault,
        remedy=meaning.remedy,
        set_up_wrong=meaning.set_up_wrong,
        of_token=meaning.of_token,
        service=service,
        operation=_operation(what),
    )


def _with_a_line_break(what: str, service: str) -> ServiceError:
    problem = f"cannot {_verb(what)}: there is a line break in an access key or a session token"
    return ServiceError(
        problem,
        fault=Fault.CREDENTIALS,
        remedy=LINE_BREAK,
        set_up_wrong=True,
        service=service,
        operation=_operation(what),
    )


def _bounded(reason: str) -> str:
    """Return words of others in one line that is not too long, without a full stop at its end: sentences follow."""
    return one_line(reason.strip(), LONGEST_REASON).rstrip().removesuffix(".")


def _operation(what: str) -> str:
    return "" if what == SET_UP else what.partition(" ")[0]


def _verb(what: str) -> str:
    return what if what == SET_UP else f"call {what}"
