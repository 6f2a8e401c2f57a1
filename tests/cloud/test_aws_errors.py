"""What each failure means: every row of docs/failures.md is raised, and botocore's own lists are compared."""

import re
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import botocore.exceptions
import botocore.session
import pytest
import urllib3.exceptions
from botocore.loaders import create_loader
from botocore.retries.standard import ThrottledRetryableChecker, TransientRetryableChecker

from kedro_batch.cloud.aws_errors import SET_UP, calling
from kedro_batch.cloud.failure_table import BUGS, CODES, EXCEPTIONS, THROTTLED
from kedro_batch.cloud.session import SERVICE_NAMES
from kedro_batch.errors import Fault, ServiceError

PAGE = Path(__file__).parent.parent.parent / "docs" / "failures.md"
WAITS = {"yes": (True, True), "once accepted": (False, True), "no": (False, False)}
"""Whether waiting is worth it before a call was accepted, and after."""
HELD: dict[str, dict[str, Any]] = {
    "EndpointConnectionError": {"error": socket.gaierror()},
    "ConnectTimeoutError": {"error": urllib3.exceptions.ConnectTimeoutError()},
    "HTTPClientError": {"error": OSError("x")},
}
"""What botocore keeps in its exceptions of a connection."""
COMMON_ERRORS = (
    "AccessDeniedException",
    "ExpiredTokenException",
    "IncompleteSignature",
    "InternalFailure",
    "InvalidAction",
    "InvalidClientTokenId",
    "InvalidParameterCombination",
    "InvalidParameterValue",
    "InvalidQueryParameter",
    "MalformedHttpRequestException",
    "MalformedQueryString",
    "MissingAction",
    "MissingAuthenticationToken",
    "MissingParameter",
    "NotAuthorized",
    "OptInRequired",
    "RequestAbortedException",
    "RequestEntityTooLargeException",
    "RequestExpired",
    "RequestTimeoutException",
    "ServiceUnavailable",
    "Throttling",
    "ThrottlingException",
    "UnknownOperationException",
    "UnrecognizedClientException",
    "ValidationError",
    "ValidationException",
)
"""What every API of AWS may answer (the page "Common Errors" of each API reference, older and newer ones)."""


@dataclass(frozen=True)
class Row:
    """One kind of failure, as the page has it."""

    what: str
    waits: str
    says: str
    code: int


def rows():
    found = []
    for line in (line for line in PAGE.read_text().splitlines() if line.startswith("| `")):
        kinds, waits, says, source = (cell.strip() for cell in line.strip("|").split("|"))
        found += [Row(what, waits, says, int(source[0])) for what in re.findall("`([^`]+)`", kinds)]
    return found


def exception(what):
    """Make what boto3 raises for a row."""
    if kind := getattr(botocore.exceptions, what, None):
        fields = dict.fromkeys(re.findall(r"\{(\w+)", kind.fmt), "x")
        return kind(**{**fields, **HELD.get(what, {})})
    if what.startswith("HTTP "):
        return reply(what[5:], "<html><body>Log in</body></html>", status=int(what[5:]))
    first, _, second = what.partition(": ")
    if second.startswith("Signature"):
        return reply(first, f"{second}: 20261130T010203Z", status=403)
    if second:
        return reply(second, "x", status=403, operation=first)
    return reply(first, "x", status=400)


def reply(code, message, *, status, operation="DescribeJobs"):
    parsed: Any = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return botocore.exceptions.ClientError(parsed, operation)


def error_of(raised, what="DescribeJobs"):
    with pytest.raises(ServiceError) as caught, calling(what):
        raise raised
    return caught.value


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.what)
def test_each_row_of_the_page_is_what_happens(row):
    if row.code == 1:
        with pytest.raises(type(exception(row.what))), calling("DescribeJobs"):
            raise exception(row.what)
        return
    error = error_of(exception(row.what))
    assert tuple(error.is_worth_waiting(accepted=accepted) for accepted in (False, True)) == WAITS[row.waits]
    assert error.exit_code == row.code
    assert row.says in str(error)
    assert (error.service, error.operation) == ("AWS Batch", "DescribeJobs")


def test_the_page_has_every_row_of_the_code():
    named = {row.what for row in rows()}
    ours = {*CODES, *BUGS, *(name for names, _ in EXCEPTIONS for name in names)}
    assert ours <= named
    assert [name for names, _ in EXCEPTIONS for name in names if not hasattr(botocore.exceptions, name)] == []


def test_what_botocore_takes_for_throttling_is_throttling_here():
    limited: Any = ThrottledRetryableChecker
    transient: Any = TransientRetryableChecker
    assert set(limited._THROTTLED_ERROR_CODES) == THROTTLED  # noqa: SLF001  botocore states its codes nowhere else
    for code in transient._TRANSIENT_ERROR_CODES:  # noqa: SLF001  botocore states its codes nowhere else
        assert error_of(reply(code, "x", status=400)).passing
    legacy = create_loader().load_data("_retry")["definitions"].values()
    codes = {one["applies_when"].get("response", {}).get("service_error_code") for one in legacy}
    throttled = {code for code in codes if code and re.search("hrottl|LimitExceeded|TooMany|SlowDown|Prior", code)}
    assert throttled <= THROTTLED
    for service in SERVICE_NAMES:
        for shape in botocore.session.get_session().get_service_model(service).error_shapes:
            if (shape.metadata.get("retryable") or {}).get("throttling"):
                assert shape.metadata.get("error", {}).get("code", shape.name) in THROTTLED


@pytest.mark.parametrize("code", COMMON_ERRORS)
def test_what_every_api_of_aws_may_answer_has_a_row(code):
    assert code in CODES


@pytest.mark.parametrize("name", ["Whatever", "ClientException", "ValidationException"])
def test_what_fails_inside_of_a_service_may_have_been_executed_whatever_its_name(name):
    assert error_of(reply(name, "x", status=500)).fault is Fault.AMBIGUOUS


@pytest.mark.parametrize("name", ["Whatever", "ClientException", "ValidationException"])
def test_429_is_throttling_whatever_its_name(name):
    assert error_of(reply(name, "x", status=429)).fault is Fault.THROTTLED


@pytest.mark.parametrize("size", [10, 10_000_000])
def test_words_of_others_are_one_harmless_line_of_bounded_length(size):
    words = f"<html>\x1b]0;owned\x07\n{'x' * size}\x1b[2J</html>"
    for raised in (
        reply("403", words, status=403),
        reply("ClientException", words, status=400),
        reply("AccessDenied", words, status=403, operation="AssumeRole"),
        ValueError(words),
        botocore.exceptions.CredentialRetrievalError(provider="x", error_msg=words),
    ):
        said = str(error_of(raised))
        assert len(said) < 1000
        assert "\x1b" not in said
        assert "\n" not in said


def test_a_bucket_that_cannot_be_is_no_bug_of_ours():
    report = 'Invalid bucket name "a b": Bucket name must match the regex'
    error = error_of(botocore.exceptions.ParamValidationError(report=report), "HeadBucket")
    assert (error.fault, error.passing) == (Fault.REFUSED, False)


def test_what_cannot_be_set_up_is_a_setting_unless_it_is_about_credentials():
    assert error_of(ValueError("Invalid endpoint: x"), SET_UP).fault is Fault.SETTINGS
    assert error_of(KeyError("x"), SET_UP).exit_code == 2
    lost = botocore.exceptions.CredentialRetrievalError(provider="x", error_msg="x")
    assert error_of(lost, SET_UP).fault is Fault.CREDENTIALS
