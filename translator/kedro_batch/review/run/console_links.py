"""Links to a job in the AWS console, and how a terminal shows a link. Pure."""

from collections.abc import Mapping
from urllib.parse import quote

_CONSOLES: Mapping[str, str] = {"cn-": "console.amazonaws.cn", "us-gov-": "console.amazonaws-us-gov.com"}
"""The consoles of the partitions of AWS with a domain of their own, by how their regions begin."""
_CONSOLE = "console.aws.amazon.com"
_UNKNOWN = ("us-iso", "eu-iso", "eusc-")
"""Partitions whose consoles are documented nowhere, or elsewhere."""


def job_url(region: str | None, job_id: str) -> str | None:
    """Return the page of a job in the AWS console; None if it is not known."""
    if not region or region.startswith(_UNKNOWN):
        return None
    console = next((domain for prefix, domain in _CONSOLES.items() if region.startswith(prefix)), _CONSOLE)
    place = quote(region, safe="")
    return f"https://{place}.{console}/batch/home?region={place}#jobs/detail/{quote(job_id, safe='')}"


def hyperlink(text: str, url: str) -> str:
    """Return text that a terminal shows as a link (OSC 8); neither may hold control characters.

    Terminals that do not know such links show the text alone:
    https://gist.github.com/egmontkob/eb114294efbcd5adb1944c9f3cb5feda
    """
    return f"\x1b]8;;{url}\x1b\\{text}\x1b]8;;\x1b\\"
