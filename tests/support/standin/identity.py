"""What AWS STS says of whoever calls. It speaks forms and XML, where AWS Batch speaks JSON."""

from typing import Any
from urllib.parse import parse_qs

from .config import Config

_XMLNS = "https://sts.amazonaws.com/doc/2011-06-15/"


def is_form(headers: dict[str, str]) -> bool:
    return headers.get("content-type", "").startswith("application/x-www-form-urlencoded")


def parsed_form(body: bytes) -> dict[str, Any]:
    return {name: values[0] for name, values in parse_qs(body.decode()).items()}


def caller(config: Config) -> dict[str, Any]:
    arn = f"arn:aws:sts::{config.account}:assumed-role/deploy/me"
    return {"Account": config.account, "Arn": arn, "UserId": "AROAEXAMPLE:me"}


def xml_of(content: dict[str, Any]) -> str:
    """Write a reply to GetCallerIdentity, or an error, as STS does."""
    if "__type" in content:
        error = f"<Code>{content['__type']}</Code><Message>{content['message']}</Message>"
        return f'<ErrorResponse xmlns="{_XMLNS}"><Error><Type>Sender</Type>{error}</Error></ErrorResponse>'
    result = "".join(f"<{name}>{value}</{name}>" for name, value in content.items())
    result = f"<GetCallerIdentityResult>{result}</GetCallerIdentityResult>"
    return f'<GetCallerIdentityResponse xmlns="{_XMLNS}">{result}</GetCallerIdentityResponse>'
