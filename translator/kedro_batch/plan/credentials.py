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
    if not value:
        return False
    from detect_secrets.plugins.keyword import KeywordDetector  # noqa: PLC0415  loaded where there is something to check

    if any(_finds(detector, f'value = "{value}"') for detector in _value_detectors()):
        return True
    if value.startswith("arn:") or _POINTERS.search(name):
        return False
    words = re.sub(r"\W+", "_", name)
    return any(_finds(detector, f'{words} = "{value}"') for detector in (*_value_detectors(), KeywordDetector()))


def credential_problems(settings: Mapping[str, Any]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield ``(path, message)`` for what looks like a credential in settings of jobs, wherever a job is given text."""
    for place, advice in (("environment", _IN_ENVIRONMENT), ("tags", _IN_TAGS), ("submit", _IN_ENVIRONMENT)):
        for path, name, value in _texts(settings.get(place), (place,)):
            if looks_like_credential(name, value):
                yield path, advice


def _texts(value: Any, here: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], str, str]]:
    """Yield every value with its path and what it is called; of a pair of name and value, the name is what counts."""
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
_IN_TAGS = "looks like a credential, by its name or its value, and tags are read by many: leave it out"


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
