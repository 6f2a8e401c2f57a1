"""Recognises credentials by their form, whatever they are called: tokens of services, keys, passwords in URLs. Pure.

The patterns are those of detect-secrets, without its guesses from randomness, which report every digest, and without
its keywords, which report every name that has one in it, such as ``PASSWORD_FILE`` or ``db_key``. Its detectors for
Artifactory, Cloudant, IBM and SoftLayer are left out: words in capital letters look like a password of the first, and
the others look for keywords, as ``credential_names`` does. Patterns of our own are for what it does not know, and for
npm and OpenAI, where its time grows with the square of the length, for Mailchimp, where it looks at every letter, for
Telegram, where it takes the ends of many ARNs for tokens, and for URLs, where it takes placeholders for passwords.
"""

import re
from functools import cache
from importlib import import_module
from typing import Any

_DETECTORS = {
    "aws": "AWSKeyDetector",
    "azure_storage_key": "AzureStorageKeyDetector",
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
_TOKENS = {
    r"[\w-]{20,}": (
        "glpat- gldt- glrt- glptt- glft- glsoat- github_pat_ hvs. hvb. ya29. GOCSPX- dckr_pat_ dckr_oat_ "
        "ATATT3xFfGF0 ATCTT3xFfGF0 sntrys_ tskey-auth- tskey-api- tskey-client- nvapi- glc_eyJ CFPAT- figd_ pscale_pw_ "
        "pscale_tkn_ pscale_oauth_ dp.pt. dp.st. dp.ct. xapp-1- sq0atp- fio-u- tvly- atlasv1. pcsk_ PMAK- NRAK- sk.eyJ"
    ),
    r"[A-Za-z0-9]{20,}": "hf_ gsk_ xai- pplx- r8_ lin_api_ ntn_ whsec_ glsa_ phx_ fw_ jina_ LTAI AKCp AGE-SECRET-KEY-1",
    r"[A-Za-z0-9]{36}\b": "npm_",
    r"[\w-]{35}": "AIza",
    r"[0-9a-fA-F]{32,}": (
        "dapi dop_v1_ doo_v1_ dor_v1_ shpat_ shpca_ shppa_ shpss_ lsv2_pt_ lsv2_sk_ ls__ sbp_ pul- sgp_ sntryu_ "
        "rubygems_"
    ),
}
"""The beginnings that services give their tokens so that scanners find them, by what follows."""
_OTHERS = {
    "AccountKey=": r"\bAccountKey=[\w+/=]{16,}",
    "sig=": r"(^|[?&=])sig=[\w%+/=~-]{20,}",
    "Signature=": r"[?&](Signature|X-Amz-Signature|X-Goog-Signature)=[\w%+/=~-]{20,}",
    "Bearer ": r"\bBearer (?=\S*\d)[\w.~+/=-]{16,}",
    "Basic ": r"\bBasic (?=\S*\d)[\w.~+/=-]{16,}",
    "sk-": r"\bsk-(proj-|ant-|svcacct-|admin-|or-)?((api|admin)?[0-9v]{1,3}-)?[A-Za-z0-9]{20,}",
    "T3BlbkFJ": r"[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20}",
    "/:_authToken=": r"/:_authToken=\s*(npm_|[A-Fa-f0-9-]{36})",
    ":AA": r"(?<!\d)\d{8,10}:AA[\w-]{33}\b",
    "-us": r"\b[0-9a-z]{32}-us[0-9]{1,2}\b",
    "pat": r"\bpat[A-Za-z0-9]{14}\.[0-9a-f]{64}",
    "/api/webhooks/": r"/api/webhooks/\d{17,20}/[\w-]{50,}",
    "IncomingWebhook/": r"IncomingWebhook/[0-9a-f]{32}/",
    "PRIVATE KEY": r"-----BEGIN [A-Z ]{0,20}PRIVATE KEY",
    "IBA": r"\bMII[\w+/]{3}IBA[\w+/]{20,}",
    '"auths"': r'"auths"\s{0,9}:[^{}]{0,99}\{[^{}]{0,300}\{[^{}]{0,300}"auth"\s{0,9}:\s{0,9}"[\w+/=]{8,}',
    "jdbc:oracle:": r"\bjdbc:oracle:\w{1,9}:[\w$#]{1,99}/[^\s/@]+@",
}
"""Patterns by what has to stand in a text: Azure (a key; signed URLs, also of AWS and Google), HTTP, OpenAI and
Anthropic (two), npm, Telegram, Mailchimp, Airtable, Discord, Teams, private keys (with a password; without their first
line, as PKCS 1 and 8 begin in base64), Docker's settings, Oracle."""
_PATTERNS = {
    **{
        beginning: re.compile(rf"\b{re.escape(beginning)}{rest}")
        for rest, beginnings in _TOKENS.items()
        for beginning in beginnings.split()
    },
    **{marker: re.compile(pattern) for marker, pattern in _OTHERS.items()},
}
"""All patterns of our own, by what is looked for first."""
_IN_URL = re.compile(r"://(?:[^\s/?#@:]*:([^\s/?#@]+)|((?=[A-Za-z_-]*\d)[\w-]{20,}))@")
"""The password of a URL, also without a user; or a token in place of a user, as of Sentry and GitHub."""
_PLACEHOLDER = re.compile(r"\$.*|\{.*\}|<.*>|%\(.*|\*+|x{3,}|\[.*\]", re.IGNORECASE)
_JSON_WEB_TOKEN = re.compile(r"(?<![\w-])eyJ[\w-]+=*\.[\w-]+[\w.=-]*")
"""Candidates. detect-secrets judges them; if it looked for them, its time would grow with the square of the length."""


def has_form_of_credential(name: str, value: str) -> bool:
    """True if a value looks like a credential; the name only tells the secret key of AWS from other random text."""
    if any(pattern.search(value) for marker, pattern in _PATTERNS.items() if marker in value):
        return True
    in_urls = (found[1] or found[2] for found in _IN_URL.finditer(value)) if "://" in value else ()
    if any(not _PLACEHOLDER.fullmatch(one) for one in in_urls):
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
