"""Recognises the names that credentials have, and the values that are none whatever their names. Pure.

Names end as credentials do, perhaps with an environment, a service or a number behind: ``DB_PASSWORD_PROD``. They may
be written in any way: ``dbPassword``, ``db-password``, in letters of full width, or of Cyrillic that look the same.
"""

import re
from enum import Enum, auto
from functools import lru_cache
from unicodedata import normalize

from kedro_batch.files.read_budget import MAX_CACHED_WORD
from kedro_batch.text.escaping import INVISIBLE

_SERVICES = (
    "airtable|algolia|anthropic|assemblyai|aws|azure|cloudflare|cohere|databricks|datadog|deepgram|deepl|deepseek|"
    "elevenlabs|finnhub|firebase|gcp|gemini|github|gitlab|google|groq|hf|hubspot|huggingface|kaggle|langchain|langfuse|"
    "langsmith|mailgun|mapbox|mistral|mixpanel|newrelic|openai|openrouter|openweather|pagerduty|pinecone|pypi|qdrant|"
    "sendgrid|sentry|serpapi|slack|stripe|supabase|tavily|telegram|twilio|wandb|weaviate|zendesk"
)
_DATABASES = "bigquery|jira|mlflow|mongo|mongodb|mysql|neptune|postgres|postgresql|pg|redis|redshift|smtp|snowflake"
"""Beside the services: what is called their key is as often a key of data."""
_SUFFIX = (
    r"(_(prod|production|prd|live|staging|stage|stg|preprod|dev|development|test|testing|qa|uat|sandbox|demo|old|new|"
    r"current|previous|next|main|default|primary|secondary|backup|master|replica|admin|root|readonly|ro|rw|eu|us|uk|apac|"
    r"emea|v?\d+|value|b64|base64|" + f"{_SERVICES}|{_DATABASES}))*"
)
"""What stands behind the name of a credential that is one of several."""
_PASSWORDS = re.compile(
    r"((pass_?(word|phrase|code)|passwd|pwd|secret|(pass|kenn)wort|contrasena|mot_?de_?passe|senha)s?\d*"
    rf"{_SUFFIX}(_[a-z]|_(plain|plaintext|clear|cleartext|text|string|str)|_(for|of)(_[a-z0-9]+)+)?|"
    r"(^|_)(pass|pw)\d*|"
    rf"(db|database|user|admin|root|login|proxy|store|key|bind|ftp|{_SERVICES}|{_DATABASES})_?(pass|pw)\d*{_SUFFIX}|"
    r"(^|_)redis(cli)?_auth)$",
    re.IGNORECASE,
)
_KEYS = re.compile(
    rf"((token|(api|access|account|private|priv|auth|secret|encryption|signing|ssh|fernet)_?key|"
    rf"secret_key_base|(^|_)bearer|authorization|credentials?)\d*"
    rf"{_SUFFIX}|(^|_)({_SERVICES})(_?storage)?_?keys?\d*{_SUFFIX}|(^|_)(github|gh|gitlab|azure|ado)_?pat)$",
    re.IGNORECASE,
)
_KEYS_OF_STORES = re.compile(rf"(^|_)(storage|blob|cosmos|master)_?keys?\d*{_SUFFIX}$", re.IGNORECASE)
_NAME_OF_DATA = re.compile(r"[A-Za-z]{1,24}([_:.,/=-]([A-Za-z]{1,24}|v?\d{1,4}))*|[\w./=-]+\.[a-z]\w{1,7}")
"""What such a name has, if not a key that opens a store: the name of an object or a column."""
_PROXY = re.compile(r"(^|_)proxy$", re.IGNORECASE)
_LOGIN_AT_HOST = re.compile(r"[^:@/\s]*:([^@/\s]+)@\S+")
"""``me:password@proxy:8080``: a proxy is named with or without a scheme."""
_OTHER_NAMES = re.compile(
    r"(^|_)((low|high|band|all|notch|by|one|two|n|num|multi|single|double|first|second|third|fourth|fifth|final|"
    r"next|prev|previous|forward|backward|boarding)_pass|(pad|padding|eos|bos|sos|eot|eod|unk|unknown|sep|cls|mask|stop|"
    r"start|end|begin|first|last|next|special|image|audio|video|separator|blank|prefix|suffix|oov|page|"
    r"continuation|newline|lang|language|placeholder|per|each|max|min|num|idempotency|request|pagination|sync)_token)"
    r"(_?\d+)?$",
    re.IGNORECASE,
)
"""Names of filters, rounds, special words of a tokenizer and requests, which end as those of credentials do."""
_POINTS_AT_ONE = re.compile(r"(credentials?|authorization)\d*$", re.IGNORECASE)
_POINTER = re.compile(r"[A-Za-z_][\w-]{0,31}")
"""What such a name has, if not a credential itself: the name of credentials in Kedro's files, or a word."""
_HARMLESS = re.compile(
    r"|true|false|yes|no|on|off|none|null|nil|enabled|disabled|required|optional|\*+|\.+|arn:.*|Ref::.*|<.*>|\$\{.*\}|"
    r"(?-i:\$[A-Z_][A-Z0-9_]*)|\$\(.*|\{\{?[\w. -]*\}?\}|%\w+%|(vault|ssm|secretsmanager|env|file):.*|"
    r"\{\{resolve:.*|(?-i:~?(/[\w.-]+)+|[a-z0-9_.-]+(/[a-z0-9_.-]+)+)|[a-z][a-z0-9+.-]*://[^\s@?]*",
    re.IGNORECASE | re.DOTALL,
)
"""Values that are not secret whatever their names: switches, and references to where a secret is kept. A path that does
not begin with a slash has no capital letters: in base64, many secrets have a slash."""
_LOOK_ALIKE = str.maketrans(
    "\u0410\u0412\u0415\u0405\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0423\u0425\u0406"
    "\u0408\u0430\u0435\u0455\u043a\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0501\u0461"
    "\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7"
    "\u03b1\u03bf\u03b5\u03ba\u03c1\u03c4\u03c5\u03bd",
    "ABESKMHOPCTYXIJaeskopcyxijdwABEZHIKMNOPTYXaoekptuv",
)
"""Letters of Cyrillic and Greek that look as Latin ones do."""
_NUMBER = re.compile(r"[\d.]+")
_ACCENTS = re.compile("[\u0300-\u036f]")
_BETWEEN = re.compile(r"[\W_]+")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_COUNTS = re.compile(r"(^|_)pass(es)?\d*$", re.IGNORECASE)


def names_credential(name: str, value: str) -> bool:
    """True if a value has a name as credentials have, and may be one."""
    kind = _kind_of(name[-MAX_CACHED_WORD:])
    if kind is None or is_harmless(value):
        return False
    match kind:
        case _Kind.PASSWORD:
            return True
        case _Kind.PROXY:
            login = _LOGIN_AT_HOST.fullmatch(value)
            return login is not None and not is_harmless(login[1])
        case _Kind.POINTER if _POINTER.fullmatch(value):
            return False
        case _Kind.OF_STORE if _NAME_OF_DATA.fullmatch(value):
            return False
    return not _NUMBER.fullmatch(value)  # a number may be a password, but the number of tokens is not a token


def is_name_of_credential(name: str) -> bool:
    """True if credentials have such a name."""
    return _kind_of(name[-MAX_CACHED_WORD:]) not in (None, _Kind.PROXY)


def is_harmless(value: str) -> bool:
    """True for values that are not secret whatever their names."""
    return _HARMLESS.fullmatch(value) is not None


def counts_passes(name: str) -> bool:
    """True for names that numbers may have as parameters: of passes."""
    return _COUNTS.search(_plain(name[-MAX_CACHED_WORD:])) is not None


class _Kind(Enum):
    PASSWORD = auto()
    POINTER = auto()
    OF_STORE = auto()
    PROXY = auto()
    OTHER = auto()


@lru_cache(maxsize=16_384)
def _kind_of(end: str) -> _Kind | None:
    """Return what the end of a name stands for; None if it is no name of a credential."""
    plain = _plain(end)
    is_password = bool(_PASSWORDS.search(plain))
    if _PROXY.search(plain):
        return _Kind.PROXY
    if not is_password and _KEYS_OF_STORES.search(plain) and not _KEYS.search(plain):
        return _Kind.OF_STORE
    if not (is_password or _KEYS.search(plain)) or _OTHER_NAMES.search(plain):
        return None
    if _POINTS_AT_ONE.search(plain):
        return _Kind.POINTER
    return _Kind.PASSWORD if is_password else _Kind.OTHER


def _plain(name: str) -> str:
    """Return a name in plain letters that can be seen, its words with ``_`` between them."""
    if not name.isascii():
        name = _ACCENTS.sub("", normalize("NFKD", INVISIBLE.sub("", name))).translate(_LOOK_ALIKE)
    return _BETWEEN.sub("_", _CAMEL.sub("_", name)).strip("_")
