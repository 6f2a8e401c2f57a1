"""Pages of HTML that a proxy, a portal or a firewall sends in place of a reply of AWS.

boto3 takes one with status 200 for a reply in which everything is missing, and one with an error for a refusal.
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
_SERVER_ERROR = 500
"""From this status on, boto3 repeats the call by itself."""


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


def _refuse_page(response_dict: Mapping[str, Any], **_: Any) -> None:
    """Called by botocore before it parses a reply."""
    status, headers = response_dict["status_code"], response_dict["headers"]
    is_page = str(headers.get("content-type", "")).lower().startswith(_PAGE_TYPES)
    if status >= _SERVER_ERROR or not is_page or any(name in headers for name in REQUEST_IDS):
        return
    body = response_dict.get("body")
    text = body[:_READ].decode("utf-8", errors="replace") if isinstance(body, bytes) else ""
    raise PageError(status, text_of_page(text))
