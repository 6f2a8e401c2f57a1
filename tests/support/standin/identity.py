"""What AWS STS says of whoever calls, and the credentials that it and IAM Identity Center give.

STS speaks forms and XML, where AWS Batch speaks JSON.
"""

import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

from .config import Config
from .limits import RefusedError

_XMLNS = "https://sts.amazonaws.com/doc/2011-06-15/"
_CREDENTIAL = re.compile(r"Credential=([^/]+)/")


def is_form(headers: dict[str, str]) -> bool:
    return headers.get("content-type", "").startswith("application/x-www-form-urlencoded")


def parsed_form(body: bytes) -> dict[str, Any]:
    return {name: values[0] for name, values in parse_qs(body.decode()).items()}


def access_key_of(headers: dict[str, str]) -> str | None:
    """Give the access key that a request is signed with."""
    found = _CREDENTIAL.search(headers.get("authorization", ""))
    return found[1] if found else None


def caller(config: Config) -> dict[str, Any]:
    arn = f"arn:aws:sts::{config.account}:assumed-role/deploy/me"
    return {"Account": config.account, "Arn": arn, "UserId": "AROAEXAMPLE:me"}


def role_credentials(config: Config, now: float) -> dict[str, Any]:
    """Give the reply of IAM Identity Center to GetRoleCredentials."""
    return {
        "roleCredentials": {
            "accessKeyId": "ASIAEXAMPLE",
            "secretAccessKey": "testing",
            "sessionToken": "testing",
            "expiration": int((now + config.role_session_s) * 1000),
        }
    }


class Roles:
    """Gives sessions of roles, whose access keys are ``ASIASESSION1``, ``ASIASESSION2`` and so on."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._sessions = 0

    def assume(self, form: dict[str, Any], *, now: float) -> dict[str, Any]:
        """Give a session.

        Raises:
            RefusedError: An MFA device is named, and its code is missing, wrong, or was used already.
        """
        codes = self._config.mfa_codes
        if codes is not None and "SerialNumber" in form:
            if form.get("TokenCode") not in codes:
                said = "MultiFactorAuthentication failed with invalid MFA one time pass code. "
                raise RefusedError(403, "AccessDenied", said)
            codes.remove(form["TokenCode"])
        self._sessions += 1
        ends = datetime.fromtimestamp(now + self._config.role_session_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        key = f"ASIASESSION{self._sessions}"
        role = f"{form['RoleArn'].replace(':iam:', ':sts:').replace(':role/', ':assumed-role/')}/me"
        return {
            "Credentials": {
                "AccessKeyId": key,
                "SecretAccessKey": "testing",
                "SessionToken": f"token of {key}",
                "Expiration": ends,
            },
            "AssumedRoleUser": {"AssumedRoleId": "AROAEXAMPLE:me", "Arn": role},
        }


def xml_of(operation: str, content: dict[str, Any]) -> str:
    """Write a reply to an operation, or an error, as STS does."""
    if "__type" in content:
        error = f"<Code>{content['__type']}</Code><Message>{content['message']}</Message>"
        return f'<ErrorResponse xmlns="{_XMLNS}"><Error><Type>Sender</Type>{error}</Error></ErrorResponse>'
    result = f"<{operation}Result>{_elements(content)}</{operation}Result>"
    return f'<{operation}Response xmlns="{_XMLNS}">{result}</{operation}Response>'


def _elements(content: dict[str, Any]) -> str:
    values = ((name, _elements(value) if isinstance(value, dict) else value) for name, value in content.items())
    return "".join(f"<{name}>{value}</{name}>" for name, value in values)
