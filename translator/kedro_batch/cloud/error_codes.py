"""What AWS has answered by the name of its error, with what its words and its HTTP status add; or whether it was AWS.

The names stand in ``failure_table``. Pure.
"""

import re
from collections.abc import Mapping
from typing import Any

from kedro_batch.cloud.failure_table import CODES, WRONG_CLOCK, WRONGLY_SIGNED, Meaning
from kedro_batch.cloud.foreign_pages import REQUEST_IDS
from kedro_batch.errors import Fault

OBJECTIONS = frozenset(
    {
        "ClientException",
        "InvalidParameterValueException",
        "InvalidRequestException",
        "RequestEntityTooLargeException",
        "ValidationException",
    }
)
"""The service has read the request and rejects it. AWS Batch calls all of them ClientException."""
_ERROR_TYPE = re.compile(r"[A-Z][A-Za-z0-9.]+")
"""The name of an error; where a reply has none, botocore takes the number of its status."""
_ERROR_HEADER = "x-amzn-errortype"
TOO_MANY, SERVER_ERROR = 429, 500
"""HTTP status: from the last on, the service may have executed the call before it failed."""
_CLOCK_WORDS = ("signature expired", "signature not yet current")
"""How AWS says in the message that a request was signed at another time than its own."""


def is_from_aws(reply: Mapping[str, Any]) -> bool:
    """True if a reply that botocore has parsed comes from AWS; anything on the way there may answer with HTTP, too."""
    metadata = reply.get("ResponseMetadata", {})
    headers = metadata.get("HTTPHeaders", {})
    code = str(reply.get("Error", {}).get("Code", ""))
    if metadata.get("RequestId") or any(name in headers for name in REQUEST_IDS):
        return True
    if code in CODES:
        return True
    # In plain JSON, AWS names the error in a header; botocore takes any ``code`` of the body for such a name as well.
    foreign = headers.get("content-type", "").startswith("application/json") and _ERROR_HEADER not in headers
    return bool(_ERROR_TYPE.fullmatch(code)) and not foreign


def meaning_of_code(code: str, message: str, status: int) -> Meaning:
    """Return what an error of AWS means, by its name, its message and its HTTP status."""
    if is_of_the_clock(code, message):
        return WRONG_CLOCK
    known = CODES.get(code)
    if known and known.fault is not Fault.REFUSED:
        return known
    if status == TOO_MANY:
        return Meaning(fault=Fault.THROTTLED)
    return Meaning(fault=Fault.AMBIGUOUS if status >= SERVER_ERROR else Fault.REFUSED)


def is_of_the_clock(code: str, message: str) -> bool:
    """True if an error of AWS says that a request was signed at another time than its own."""
    words = code in WRONGLY_SIGNED and any(one in message.lower() for one in _CLOCK_WORDS)
    return words or (code in CODES and CODES[code].of_clock)
