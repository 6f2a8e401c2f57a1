"""Regions that botocore does not know: most likely misspelt, so that no host has the name that follows from them.

A new region is legal, and works, before botocore has its name: so nothing is said of one while calls get through.
"""

from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache, partial
from typing import Any
from urllib.parse import urlsplit

_NOTED = "kedro_batch_region"
"""The attribute of an exception with what to do about the region of the call."""


def watch_for_regions(session: Any) -> None:
    """Let a session of botocore note in the exceptions of its clients if it does not know their region."""
    session.register("after-call-error", partial(_note, cache(partial(_known_regions, session))))


def spell_region(error: BaseException) -> str:
    """Return what to do about the region of a call that has brought no reply; nothing if botocore knows it."""
    return str(getattr(error, _NOTED, ""))


def _note(known: Any, exception: BaseException, context: Mapping[str, Any], **_: Any) -> None:
    """Called by botocore when a call has brought no reply."""
    region = str(context.get("client_region") or "")
    url = getattr(exception, "kwargs", {}).get("endpoint_url")
    is_elsewhere = url is not None and region not in (urlsplit(str(url)).hostname or "")  # AWS_ENDPOINT_URL...
    if is_elsewhere or region in ("", "aws-global", *known()) or hasattr(exception, _NOTED):
        return
    nearest = get_close_matches(region, known(), 1)
    perhaps = f". Is it {nearest[0]}?" if nearest else "."
    words = (
        f"boto3 knows no region {region}{perhaps} Correct AWS_DEFAULT_REGION, the profile, or `region` in "
        "aws_batch.yml; if the region is a new one, check the network"
    )
    setattr(exception, _NOTED, words)


def _known_regions(session: Any) -> list[str]:
    partitions = session.get_available_partitions()
    return sorted(region for one in partitions for region in session.get_available_regions("ec2", one))
