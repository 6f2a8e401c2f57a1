"""Pages that a proxy, a portal or a firewall sends in place of a reply of AWS, and replies that are cut off or empty.

boto3 takes one with status 200 for a reply in which everything is missing, or fails in its own words; and one with an
error for a refusal, of whose words it keeps only those that stand where AWS has them.
"""

import re
from collections.abc import Mapping
from typing import Any

from kedro_batch.text.escaping import one_line

_PAGE_TYPES = ("text/html", "text/plain")
_READ = 20_000
"""Characters of a page that are looked at."""
_SHOWN = 160
"""Characters of it that are shown."""
_TITLE = re.compile(r"<title[^>]*>([^<]*)<", re.IGNORECASE)
_UNSEEN = re.compile(r"<(script|style)\b.*?</\1\s*>|<!--.*?-->|<[^>]*>?", re.IGNORECASE | re.DOTALL)
REQUEST_IDS = ("x-amzn-requestid", "x-amz-request-id", "x-amz-id-2")
"""Headers of the replies of AWS."""
REDIRECTION, _SERVER_ERROR = 300, 500
"""HTTP status: below the first, boto3 takes anything for a reply; from the second on, it repeats the call by itself."""
_WORDS = "WordsOfPage"
"""Where the words of a page stand in what boto3 makes of it."""
_ENDS_OF_BODY = {"json": b"{}", "rest-json": b"{}", "query": b"<>", "ec2": b"<>"}
"""How the body of a reply begins and ends, by the protocol of a service. Those of S3 may be anything."""
_OF_SECRETS = frozenset(
    {
        "AssumeRole",
        "AssumeRoleWithSAML",
        "AssumeRoleWithWebIdentity",
        "CreateOAuth2Token",
        "CreateToken",
        "GetAuthorizationToken",
        "GetFederationToken",
        "GetRoleCredentials",
        "GetSessionToken",
        "RegisterClient",
        "StartDeviceAuthorization",
    }
)
"""Operations whose replies have secrets in them: of what may be half of one, nothing is shown."""


class PageError(Exception):
    """In place of a reply there is a page.

    Attributes:
        status: That of HTTP.
        line: What the page says, in one line.
    """

    def __init__(self, status: int, line: str) -> None:
        """Take the status and what the page says."""
        self.status, self.line = status, line
        super().__init__(f"HTTP {status}: {line}")


def watch_for_pages(session: Any) -> None:
    """Let the clients of a session of botocore raise PageError for a page that they would take for a reply."""
    session.register("before-parse", _refuse_page)


def text_of_page(page: str) -> str:
    """Return what a page says in one line that is not too long: its title, or else its text."""
    page = page[:_READ]
    title = _TITLE.search(page)
    text = (title and title[1].strip()) or _UNSEEN.sub(" ", page)
    return one_line(" ".join(text.split()), _SHOWN)


def words_of_page(reply: Mapping[str, Any]) -> str:
    """Return what the page says that boto3 has taken for a refusal of AWS, in one line."""
    return str(reply.get(_WORDS) or text_of_page(str(reply.get("Error", {}).get("Message", ""))))


def _refuse_page(
    operation_model: Any,
    response_dict: Mapping[str, Any],
    customized_response_dict: dict[str, Any] | None = None,
    **_: Any,
) -> None:
    """Called by botocore before it parses a reply; what stands in the last argument is added to it."""
    status, headers, body = (response_dict[name] for name in ("status_code", "headers", "body"))
    if not isinstance(body, bytes):  # a stream
        return
    is_page = str(headers.get("content-type", "")).lower().startswith(_PAGE_TYPES)
    is_foreign = not any(name in headers for name in REQUEST_IDS)
    line = text_of_page(body[:_READ].decode("utf-8", errors="replace"))
    if status < REDIRECTION and not _may_be_reply(body, operation_model):
        raise PageError(status, "" if operation_model.name in _OF_SECRETS and not is_page else line)
    if is_foreign and (body.lstrip().startswith(b"[") or (is_page and status < _SERVER_ERROR)):
        raise PageError(status, line)
    if is_foreign and status >= REDIRECTION and customized_response_dict is not None:
        customized_response_dict[_WORDS] = line


def _may_be_reply(body: bytes, operation_model: Any) -> bool:
    """True if a reply has the shape that its protocol demands, and anything of what it must have."""
    ends, shape = _ENDS_OF_BODY.get(operation_model.metadata.get("protocol", "")), operation_model.output_shape
    if not ends or not shape or not shape.members or "payload" in shape.serialization:
        return True
    whole = body.strip()
    # An empty list may be left out.
    required = [one for one in shape.required_members if ends == b"{}" and shape.members[one].type_name != "list"]
    return whole[:1] + whole[-1:] == ends and (not required or any(f'"{one}"'.encode() in whole for one in required))
