"""Checks for values that look like credentials: a plan is read in pull requests and kept in git.

Values are recognised by the patterns of detect-secrets, without its guesses from randomness, which report every
digest; names by their endings, unless the value cannot be a credential.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache
from importlib import import_module
from itertools import dropwhile
from typing import Any

from kedro_batch.diagnostics import Diagnostic, FieldPath, PathMessage, diagnostics_of
from kedro_batch.files.read_budget import MAX_CACHED_WORD
from kedro_batch.plan.model import stated_settings

_PASSWORDS = re.compile(r"(password|passwd|passphrase|pwd|secret|(^|_)pass)s?\d*$", re.IGNORECASE)
_KEYS = re.compile(
    r"(token|(api|access|account|private|auth|secret|encryption|signing|ssh)_?key|authorization|credentials?)\d*$",
    re.IGNORECASE,
)
_OTHER_NAMES = re.compile(
    r"(^|_)((low|high|band|all|notch|by|one|two|n|num|multi|single|double|first|second|third|fourth|fifth|final|"
    r"next|prev|previous|forward|backward|boarding)_pass|(pad|padding|eos|bos|sos|eot|eod|unk|unknown|sep|cls|mask|stop|"
    r"start|end|begin|first|last|next|special|image|separator|blank|prefix|suffix|oov)_token)\d*$",
    re.IGNORECASE,
)
"""Names of filters, rounds and special words of a tokenizer, which end as those of credentials do."""
_POINTS_AT_ONE = re.compile(r"(credentials?|authorization)\d*$", re.IGNORECASE)
_POINTER = re.compile(r"[A-Za-z_][\w-]{0,31}")
"""What such a name has, if not a credential itself: the name of credentials in Kedro's files, or a word."""
_COUNTS = re.compile(r"(^|[\W_])pass(es)?\d*$", re.IGNORECASE)
"""Names that numbers may have as parameters: of passes."""
_HARMLESS = re.compile(
    r"|true|false|yes|no|on|off|none|enabled|disabled|arn:.*|<.*>|\$\{.*\}|[\w.~-]*(/[\w.-]+)+",
    re.IGNORECASE | re.DOTALL,
)
"""Values that are not secret whatever their names: switches, and references to where a secret is kept."""
_NUMBER = re.compile(r"[\d.]+")
_VALUES = re.compile(
    r"\b(Bearer|Basic) (?=\S*\d)[\w.~+/=-]{16,}|\bAccountKey=[\w+/=]{16,}|\bhf_\w{20,}|\bdapi[0-9a-f]{32}|"
    r"\bAIza[\w-]{35}|\bsk-(proj-|ant-)?[A-Za-z0-9]{20,}|/:_authToken=\s*(npm_|[A-Fa-f0-9-]{36})"
)
"""Credentials of HTTP, Azure, Hugging Face, Databricks, Google and OpenAI that detect-secrets does not know, and of
npm, for which its time grows with the square of the length."""
_JSON_WEB_TOKEN = re.compile(r"(?<![\w-])eyJ[\w-]+=*\.[\w-]+[\w.=-]*")
"""Candidates. detect-secrets judges them; if it looked for them, its time would grow with the square of the length."""
_DETECTORS = {
    "aws": "AWSKeyDetector",
    "azure_storage_key": "AzureStorageKeyDetector",
    "basic_auth": "BasicAuthDetector",
    "discord": "DiscordBotTokenDetector",
    "github_token": "GitHubTokenDetector",
    "gitlab_token": "GitLabTokenDetector",
    "openai": "OpenAIDetector",
    "private_key": "PrivateKeyDetector",
    "pypi_token": "PypiTokenDetector",
    "sendgrid": "SendGridDetector",
    "slack": "SlackDetector",
    "stripe": "StripeDetector",
    "twilio": "TwilioKeyDetector",
}
"""The modules and classes of detect-secrets that recognise values by their form."""


def looks_like_credential(name: str, value: str) -> bool:
    """True if a variable or a tag looks like a credential, by its value or by its name."""
    if not value:
        return False
    if _named_like_one(re.sub(r"\W+", "_", name), value):
        return True
    line = f'{name} = "{value}"'
    if _VALUES.search(value) or any(True for one in _detectors() for _ in one.analyze_string(line)):
        return True
    return any(True for found in _JSON_WEB_TOKEN.finditer(value) for _ in _token_detector().analyze_string(found[0]))


def _looks_like_one(name: str, value: str) -> bool:
    """True in the same cases; short answers are remembered, because most commands are made of a few words."""
    return looks_like_credential(name, value) if len(value) > MAX_CACHED_WORD else _known(name, value)


_known = lru_cache(maxsize=16_384)(looks_like_credential)


def _named_like_one(name: str, value: str) -> bool:
    if not _names_one(name) or _HARMLESS.fullmatch(value):
        return False
    if _POINTS_AT_ONE.search(name) and _POINTER.fullmatch(value):
        return False
    # A number may be a password, but the number of tokens is not a token.
    return bool(_PASSWORDS.search(name) or not _NUMBER.fullmatch(value))


def _names_one(name: str) -> bool:
    return bool(_PASSWORDS.search(name) or _KEYS.search(name)) and not _OTHER_NAMES.search(name)


def may_hold_credential(entry: Mapping[str, Any]) -> bool:
    """True if a catalog entry may hold a credential, at any depth; names of credentials that stand elsewhere are none.

    What is named like one counts, whatever its value: this is for what is shown to be copied, not for what is refused.
    """
    for path, name, value in _texts(entry, ("",)):
        named = "" if name == "credentials" else re.sub(r"\W+", "_", name)
        if "credentials" in path[:-1] or _names_one(named):
            return True
        if _looks_like_one(named, value):
            return True
    return False


def check_credentials(file: Mapping[str, Any]) -> Iterator[Diagnostic]:
    """Yield everything in a plan file that looks like a credential: in settings, job definitions and commands."""
    for name, declared in file.get("job_definitions", {}).items():
        yield from diagnostics_of(credentials_in_definition(declared), ("job_definitions", name))
    for here, settings in stated_settings(file):
        yield from diagnostics_of(credentials_in(settings), here)
    yield from diagnostics_of(credentials_in_params(file.get("params", {})), ("params",))
    for index, job in enumerate(file["jobs"]):
        for position in credential_words(job["command"]):
            yield Diagnostic(path=("jobs", index, "command", position), message=IN_COMMAND)


def credentials_in(settings: Mapping[str, Any]) -> Iterator[PathMessage]:
    """Yield what looks like a credential in the settings of a job: in its environment, its tags, its ``submit``."""
    for place, advice in (("environment", _IN_ENVIRONMENT), ("tags", _IN_TAGS), ("submit", _IN_ENVIRONMENT)):
        for path, name, value in _texts(settings.get(place), (place,)):
            if looks_like_credential(name, value):
                yield path, advice


def credentials_in_definition(declared: Mapping[str, Any]) -> Iterator[PathMessage]:
    """Yield what looks like a credential in a declared job definition: in its ``register``, or in place of an ARN."""
    for path, name, value in _texts(declared.get("register"), ("register",)):
        if looks_like_credential(name, value):
            yield path, _IN_ENVIRONMENT
    for path, _, value in _texts(declared.get("secrets"), ("secrets",)):
        if looks_like_credential("", value):
            yield path, _IN_SECRETS


def credentials_in_params(params: Mapping[str, Any]) -> Iterator[PathMessage]:
    """Yield the places of parameters that look like credentials, a list once."""
    reported: set[FieldPath] = set()
    for path, name, value in _named_scalars(params, (), ""):
        if isinstance(value, int | float) and _COUNTS.search(name):
            continue
        whole = tuple(dropwhile(lambda step: isinstance(step, int), reversed(path)))[::-1]
        if whole not in reported and looks_like_credential(name, str(value)):
            reported.add(whole)
            yield whole, _IN_PARAMS


def _named_scalars(value: Any, here: FieldPath, name: str) -> Iterator[tuple[FieldPath, str, Any]]:
    """Yield every scalar with its path and its name: the keys of all maps above it, or the ``name`` beside a value."""
    match value:
        case Mapping():
            own = value.get("name")
            for key, inner in value.items():
                named = own if key == "value" and isinstance(own, str) else f"{name}.{key}"
                yield from _named_scalars(inner, (*here, str(key)), named)
        case list() | tuple():
            for position, inner in enumerate(value):
                yield from _named_scalars(inner, (*here, position), name)
        case bool() | None:
            pass
        case _:
            yield here, name, value


def credential_words(command: Sequence[str]) -> Iterator[int]:
    """Yield the positions of the words of a command that look like credentials.

    A name stands before an equals sign, or is the option before a word: ``--password=x``, ``--password x``,
    ``PASSWORD=x``, ``--params=a=1,db.password=x``.
    """
    option = ""
    for position, word in enumerate(command):
        pairs = [(option, word)] if option and not word.startswith("-") else [("", word)]
        pairs += (part.partition("=")[::2] for part in (word, *word.partition("=")[2].split(",")) if "=" in part)
        if any(_looks_like_one(name, value) for name, value in pairs):
            yield position
        option = word if word.startswith("--") and "=" not in word else ""


IN_COMMAND = (
    "looks like a credential, by its name or its value, and a plan is read by many: let the container find it, in AWS "
    "Secrets Manager or by the permission of its role"
)


_IN_PARAMS = (
    f"{IN_COMMAND}. If it is none, give it another name, or write it into the project's parameters files, which a plan "
    "does not repeat"
)


def _texts(value: Any, here: FieldPath) -> Iterator[tuple[FieldPath, str, str]]:
    """Yield every value with its path and its name; in a pair of name and value, that is the name of the pair."""
    name = str(here[-1])
    match value:
        case {"name": str(name), "value": str() | int() | float() as inner}:
            yield here, name, str(inner)
        case Mapping():
            for key, inner in value.items():
                yield from _texts(inner, (*here, str(key)))
        case list() | tuple():
            for position, inner in enumerate(value):
                yield from _texts(inner, (*here, position))
        case bool() | None:
            pass
        case _:
            yield here, name, str(value)


_IN_ENVIRONMENT = (
    "looks like a credential, by its name or its value, and a plan is read by many: keep it in AWS Secrets Manager and "
    "name it under secrets in the job definition, or give the job role the permission"
)
_IN_SECRETS = (
    "looks like a credential itself, and a plan is read by many: keep it in AWS Secrets Manager and write the ARN that "
    "it has there"
)
_IN_TAGS = "looks like a credential, by its name or its value, and tags are read by many: leave it out"


@cache
def _detectors() -> tuple[Any, ...]:
    modules = {name: import_module(f"detect_secrets.plugins.{name}") for name in _DETECTORS}
    return tuple(getattr(modules[name], kind)() for name, kind in _DETECTORS.items())


@cache
def _token_detector() -> Any:
    return import_module("detect_secrets.plugins.jwt").JwtTokenDetector()
