"""The session of a role that wants an MFA code: shared with the AWS CLI, and asked for if there is none.

boto3 keeps such a session in memory, asks for the code in the thread of the first call, and cannot renew it. Here the
code is asked for by whoever opens a session, before any thread needs it, and each session is used until AWS refuses it.
"""

import re
import shlex
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import botocore.exceptions
import botocore.session
from botocore.utils import JSONFileCache

from kedro_batch.errors import Fault, ServiceError
from kedro_batch.text.escaping import LONGEST_REASON, for_terminal, one_line

AskCode = Callable[[str], str | None]
"""Shows a question and returns what is typed, without showing it; None if there is no terminal.

Raises ``EOFError`` if the input ends.
"""

_PROVIDER = "assume-role"
"""botocore's name of what finds the roles of profiles."""
_CODE = re.compile(r"[0-9]{6}")
_MFA = "MultiFactorAuthentication"
"""What AWS STS names when it refuses a code; all else that it refuses has other reasons."""
_TOO_MANY, _SERVER_ERROR = 429, 500
_TRIES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class MfaRole:
    """A role that a profile assumes with an MFA code.

    Attributes:
        profile: The profile that is used, which may assume it on the way to another role.
        arn: The role.
        device: The serial number, or the ARN, of the MFA device.
    """

    profile: str
    arn: str
    device: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleSession:
    """The keys of a session. They are never shown."""

    access_key: str
    secret_key: str
    token: str


class _NoCodeError(Exception):
    """What was typed is no code."""


def find_mfa_role(core: Any) -> MfaRole | None:
    """Return the first role with an MFA device on the way from the profile in use to its keys; None if there is none.

    Args:
        core: A session of botocore, whose credentials have not been used yet.
    """
    profile = core.get_config_variable("profile") or "default"
    profiles = core.full_config.get("profiles", {})
    name, seen = profile, set[str]()
    while name and name not in seen:
        seen.add(name)
        found = profiles.get(name, {})
        if "role_arn" in found and "mfa_serial" in found and "web_identity_token_file" not in found:
            credentials = core.get_credentials()  # no call yet: keys in variables come before every profile
            used = credentials is not None and credentials.method == _PROVIDER
            return MfaRole(profile=profile, arn=found["role_arn"], device=found["mfa_serial"]) if used else None
        name = found.get("source_profile", "")
    return None


def open_role_session(
    role: MfaRole, region: str | None, ask: AskCode | None, refused: Collection[str] = ()
) -> RoleSession:
    """Return a session of a role: one that the AWS CLI or another command has got, or else a new one.

    Args:
        role: The role.
        region: Where to ask AWS STS; None to let boto3 find it.
        ask: Asks for a code; None if nobody can be asked.
        refused: Access keys of sessions that AWS does not take any more.

    Raises:
        ServiceError: Nobody can be asked, or AWS STS has refused several codes.
        ClientError: AWS STS has refused the role itself.
        BotoCoreError: It cannot be called.
    """
    before, refusals = f"The session of {for_terminal(role.arn)} has expired.\n" if refused else "", 0
    while True:
        try:
            return _session(region, _Code(role, ask, before), refused)
        except _NoCodeError:
            before = "An MFA code has 6 digits.\n"
        except botocore.exceptions.ClientError as error:
            reason = one_line(str(error.response.get("Error", {}).get("Message", "")), LONGEST_REASON).rstrip(". ")
            if _MFA not in reason:
                raise
            before, refusals = f"AWS STS refused the code: {reason}.\n", refusals + 1
            if refusals == _TRIES:
                problem = f"AWS STS has refused {_TRIES} MFA codes for {role.arn}: {reason}"
                remedy = f"Check that the codes are those of {role.device}, and wait for a new one: each is taken once"
                raise ServiceError(problem, remedy=remedy) from error


def may_pass(error: ServiceError) -> bool:
    """True if a session could not be opened for a reason that may pass, and not for what was typed or is allowed."""
    reply = getattr(error.__cause__, "response", None) or {}
    status = reply.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    refused = error.fault is Fault.CREDENTIALS and not error.of_clock and status < _SERVER_ERROR and status != _TOO_MANY
    return error.passing and not refused


@dataclass(frozen=True, slots=True)
class _Code:
    """Asks for a code when botocore wants one."""

    role: MfaRole
    ask: AskCode | None
    before: str

    def __call__(self, _question: str) -> str:
        role = self.role
        question = f"{self.before}MFA code of {for_terminal(role.device)}, for {for_terminal(role.arn)}: "
        try:
            typed = self.ask(question) if self.ask else None
        except EOFError as error:
            raise _without_code(role, "none was typed") from error
        if typed is None:
            raise _without_code(role, "there is no terminal to type it on")
        if not _CODE.fullmatch(typed.strip()):
            raise _NoCodeError
        return typed.strip()


def _without_code(role: MfaRole, why: str) -> ServiceError:
    profile = "" if role.profile == "default" else f" --profile {shlex.quote(role.profile)}"
    return ServiceError(
        f"{role.arn} needs an MFA code, and {why}",
        fault=Fault.REFUSED,  # waiting does not help
        remedy=f"Get a session in a terminal: aws sts get-caller-identity{profile} (kedro-batch uses the same one)",
    )


def _session(region: str | None, code: _Code, refused: Collection[str]) -> RoleSession:
    core: Any = botocore.session.get_session()  # a new one: it asks once, and remembers which profiles it has seen
    if region:
        core.set_config_variable("region", region)
    provider = core.get_component("credential_provider").get_provider(_PROVIDER)
    provider.cache = _SharedSessions(refused)
    provider._prompter = code  # noqa: SLF001  botocore offers no other way to ask
    frozen = core.get_credentials().get_frozen_credentials()
    return RoleSession(access_key=frozen.access_key, secret_key=frozen.secret_key, token=frozen.token)


class _SharedSessions:
    """The AWS CLI's cache of sessions, as botocore asks for it; what cannot be read or written is not there."""

    def __init__(self, refused: Collection[str]) -> None:
        self._refused = refused
        self._files: Any = JSONFileCache(str(Path("~/.aws/cli/cache").expanduser()))

    def __contains__(self, key: str) -> bool:
        try:
            keys = self._files[key]["Credentials"]
            whole = all(isinstance(keys[name], str) for name in ("SecretAccessKey", "SessionToken", "Expiration"))
            return whole and keys["AccessKeyId"] not in self._refused
        except (KeyError, TypeError, OSError, ValueError):
            return False

    def __getitem__(self, key: str) -> Any:
        return self._files[key]

    def __setitem__(self, key: str, session: Any) -> None:
        with suppress(OSError):
            self._files[key] = session
