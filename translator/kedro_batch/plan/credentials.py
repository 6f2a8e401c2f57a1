"""Tells values that look like credentials, which no plan may carry: it is read in pull requests and kept in git.

The patterns are those of detect-secrets, without its guesses from randomness, which would take any digest for one.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

_POINTERS = re.compile(r"(^|[_-])(arn|file|id|name|path|url|uri|version)$", re.IGNORECASE)
"""Names of variables that say where a secret is, not what it is."""


def looks_like_credential(name: str, value: str) -> bool:
    """Tell whether a variable or a tag looks like a credential, by its value or by its name."""
    from detect_secrets.plugins.keyword import KeywordDetector  # noqa: PLC0415  loaded where there is something to check

    if not value:
        return False
    if any(_finds(detector, f'value = "{value}"') for detector in _value_detectors()):
        return True
    if value.startswith("arn:") or _POINTERS.search(name):
        return False
    words = re.sub(r"\W+", "_", name)
    return any(_finds(detector, f'{words} = "{value}"') for detector in (*_value_detectors(), KeywordDetector()))


def credential_problems(settings: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield ``(path, message)`` for what looks like a credential in ``environment`` and ``tags``."""
    for place in ("environment", "tags"):
        given = settings.get(place)
        for name, value in given.items() if isinstance(given, Mapping) else ():
            if isinstance(value, str) and looks_like_credential(str(name), value):
                yield (place, str(name)), _ADVICE


_ADVICE = (
    "looks like a credential, and a plan is read by many: keep it in AWS Secrets Manager and name it under secrets "
    "in the job definition, or give the job role the permission"
)


@cache
def _value_detectors() -> tuple[Any, ...]:
    from detect_secrets.plugins.aws import AWSKeyDetector  # noqa: PLC0415  loaded where there is something to check
    from detect_secrets.plugins.basic_auth import BasicAuthDetector  # noqa: PLC0415  the same
    from detect_secrets.plugins.github_token import GitHubTokenDetector  # noqa: PLC0415  the same
    from detect_secrets.plugins.jwt import JwtTokenDetector  # noqa: PLC0415  the same
    from detect_secrets.plugins.private_key import PrivateKeyDetector  # noqa: PLC0415  the same
    from detect_secrets.plugins.slack import SlackDetector  # noqa: PLC0415  the same

    kinds = (
        AWSKeyDetector,
        BasicAuthDetector,
        GitHubTokenDetector,
        JwtTokenDetector,
        PrivateKeyDetector,
        SlackDetector,
    )
    return tuple(kind() for kind in kinds)


def _finds(detector: Any, line: str) -> bool:
    return any(True for _ in detector.analyze_string(line))
