"""Recognises credentials by their form, whatever they are called: tokens of services, keys, passwords in URLs. Pure.

The patterns are those of detect-secrets, without its guesses from randomness, which report every digest, and without
its keywords, which report every name that has one in it, such as ``PASSWORD_FILE`` or ``db_key``. Its detectors for
Artifactory, Cloudant, IBM and SoftLayer are left out: words in capital letters look like a password of the first, and
the others look for keywords, as ``credential_names`` does. Patterns of our own are for what it does not know, and for
npm and OpenAI, where its time grows with the square of the length, for Mailchimp, where it looks at every letter, and
for Telegram, where it takes the ends of many ARNs for tokens.
"""

import re
from functools import cache
from importlib import import_module
from typing import Any

_DETECTORS = {
    "aws": "AWSKeyDetector",
    "azure_storage_key": "AzureStorageKeyDetector",
    "basic_auth": "BasicAuthDetector",
    "discord": "DiscordBotTokenDetector",
    "github_token": "GitHubTokenDetector",
    "gitlab_token": "GitLabTokenDetector",
    "private_key": "PrivateKeyDetector",
    "pypi_token": "PypiTokenDetector",
    "sendgrid": "SendGridDetector",
    "slack": "SlackDetector",
    "square_oauth": "SquareOAuthDetector",
    "stripe": "StripeDetector",
    "twilio": "TwilioKeyDetector",
}
"""The modules and classes of detect-secrets that recognise values by their form."""
_OWN = {
    "Bearer ": r"\bBearer (?=\S*\d)[\w.~+/=-]{16,}",
    "Basic ": r"\bBasic (?=\S*\d)[\w.~+/=-]{16,}",
    "AccountKey=": r"\bAccountKey=[\w+/=]{16,}",
    "sig=": r"[?&]sig=[\w%+/=~-]{20,}",
    "Signature=": r"[?&](Signature|X-Amz-Signature|X-Goog-Signature)=[\w%+/=~-]{20,}",
    "hf_": r"\bhf_\w{20,}",
    "dapi": r"\bdapi[0-9a-f]{32}",
    "_v1_": r"\bdo[opr]_v1_[0-9a-f]{64}",
    "AIza": r"\bAIza[\w-]{35}",
    "ya29.": r"\bya29\.[\w-]{20,}",
    "sk-": r"\bsk-(proj-|ant-|svcacct-|admin-|or-)?((api|admin)?[0-9v]{1,3}-)?[A-Za-z0-9]{20,}",
    "gsk_": r"\bgsk_[A-Za-z0-9]{32,}",
    "xai-": r"\bxai-[A-Za-z0-9]{40,}",
    "pplx-": r"\bpplx-[A-Za-z0-9]{32,}",
    "r8_": r"\br8_[A-Za-z0-9]{30,}",
    "lsv2_": r"\blsv2_(pt|sk)_[0-9a-f]{32}_",
    "hvs.": r"\bhvs\.[\w-]{24,}",
    "dckr_pat_": r"\bdckr_pat_[\w-]{20,}",
    "shp": r"\bshp(at|ca|pa|ss)_[0-9a-fA-F]{32}",
    "whsec_": r"\bwhsec_[A-Za-z0-9+/]{24,}",
    "lin_api_": r"\blin_api_[A-Za-z0-9]{32,}",
    "ntn_": r"\bntn_[A-Za-z0-9]{40,}",
    "AGE-SECRET-KEY-1": r"\bAGE-SECRET-KEY-1[0-9A-Z]{58}",
    "T3BlbkFJ": r"[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20}",
    "github_pat_": r"\bgithub_pat_\w{36,}",
    "glpat-": r"\bglpat-[\w-]{20,}",
    "npm_": r"\bnpm_[A-Za-z0-9]{36}\b",
    "/:_authToken=": r"/:_authToken=\s*(npm_|[A-Fa-f0-9-]{36})",
    ":AA": r"(?<!\d)\d{8,10}:AA[\w-]{33}\b",
    "-us": r"\b[0-9a-z]{32}-us[0-9]{1,2}\b",
    "jdbc:oracle:": r"\bjdbc:oracle:\w{1,9}:[\w$#]{1,99}/[^\s/@]+@",
}
"""Patterns by what has to stand in a text, which is looked for first: HTTP, Azure (also signed URLs, as of AWS and
Google), Hugging Face, Databricks, DigitalOcean, Google, OpenAI and Anthropic, Groq, xAI, Perplexity, Replicate,
LangSmith, Vault, Docker Hub, Shopify, webhooks as of Stripe, Linear, Notion, age, OpenAI, GitHub, GitLab, npm (two),
Telegram, Mailchimp, Oracle."""
_OWN_PATTERNS = {marker: re.compile(pattern) for marker, pattern in _OWN.items()}
_IN_URL = re.compile(r"://[^\s/?#@:]*:([^\s/?#@]+)@")
"""The password of a URL, also without a user or with signs that detect-secrets does not expect there."""
_PLACEHOLDER = re.compile(r"\$.*|\{.*\}|<.*>|%\(.*|\*+|x{3,}|\[.*\]", re.IGNORECASE)
_JSON_WEB_TOKEN = re.compile(r"(?<![\w-])eyJ[\w-]+=*\.[\w-]+[\w.=-]*")
"""Candidates. detect-secrets judges them; if it looked for them, its time would grow with the square of the length."""


def has_form_of_credential(name: str, value: str) -> bool:
    """True if a value looks like a credential; the name only tells the secret key of AWS from other random text."""
    if any(_OWN_PATTERNS[marker].search(value) for marker in _OWN if marker in value):
        return True
    if "://" in value and any(not _PLACEHOLDER.fullmatch(found[1]) for found in _IN_URL.finditer(value)):
        return True
    line = f'{name} = "{value}"'
    if any(True for one in _detectors() for _ in one.analyze_string(line)):
        return True
    return any(True for found in _JSON_WEB_TOKEN.finditer(value) for _ in _token_detector().analyze_string(found[0]))


@cache
def _detectors() -> tuple[Any, ...]:
    modules = {name: import_module(f"detect_secrets.plugins.{name}") for name in _DETECTORS}
    return tuple(getattr(modules[name], kind)() for name, kind in _DETECTORS.items())


@cache
def _token_detector() -> Any:
    return import_module("detect_secrets.plugins.jwt").JwtTokenDetector()
