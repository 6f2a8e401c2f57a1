"""What AWS STS says of whoever calls, and the credentials that it and IAM Identity Center give.

STS speaks forms and XML, where AWS Batch speaks JSON.
"""

from datetime import UTC, datetime
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


def assumed(config: Config, now: float) -> dict[str, Any]:
    """Give the reply to AssumeRole."""
    return {
        "Credentials": {
            "AccessKeyId": "ASIAEXAMPLE",
            "SecretAccessKey": "testing",
            "SessionToken": "testing",
            "Expiration": datetime.fromtimestamp(now + config.session_s, UTC).isoformat(),
        }
    }


def role_credentials(config: Config, now: float) -> dict[str, Any]:
    """Give the reply of IAM Identity Center to GetRoleCredentials."""
    return {
        "roleCredentials": {
            "accessKeyId": "ASIAEXAMPLE",
            "secretAccessKey": "testing",
            "sessionToken": "testing",
            "expiration": int((now + config.session_s) * 1000),
        }
    }


def xml_of(operation: str, content: dict[str, Any]) -> str:
    """Write a reply, or an error, as STS does."""
    if "__type" in content:
        error = f"<Code>{content['__type']}</Code><Message>{content['message']}</Message>"
        return f'<ErrorResponse xmlns="{_XMLNS}"><Error><Type>Sender</Type>{error}</Error></ErrorResponse>'
    result = f"<{operation}Result>{_elements(content)}</{operation}Result>"
    return f'<{operation}Response xmlns="{_XMLNS}">{result}</{operation}Response>'


def _elements(content: dict[str, Any]) -> str:
    values = ((name, _elements(value) if isinstance(value, dict) else value) for name, value in content.items())
    return "".join(f"<{name}>{value}</{name}>" for name, value in values)
