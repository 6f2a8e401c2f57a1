"""A repository in a registry that is not in AWS: which digest a tag has, as far as it tells that to everybody.

Source: the OCI distribution specification, "Checking if content exists in the registry".
"""

import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http import HTTPStatus
from http.client import HTTPException

from kedro_batch.cloud.images import MEDIA_TYPES
from kedro_batch.errors import Fault, ServiceError
from kedro_batch.image.engine import speaks_http
from kedro_batch.plan.image_reference import ImageReference, parse_image

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_DOCKER_HUB = "registry-1.docker.io"
_TIMEOUT_S = 10
_LOGIN_NEEDED = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)


class OtherRepository:
    """A repository in any other registry: the engine is logged in there by the user."""

    must_answer = False

    def __init__(self, name: str) -> None:
        """Take the name of a repository, such as ``ghcr.io/team/spaceflights``."""
        self._image = parse_image(name)

    def find_digest(self, tag: str) -> str | None:
        """Return the digest of a tag; None if the repository does not have the tag."""
        return _find_digest(replace(self._image, tag=tag, digest=None))

    @property
    def remedy(self) -> str:
        """What to do if a push is refused."""
        return f"If it wants a login: docker login {self._image.registry or ''}".rstrip()

    @contextmanager
    def ready_to_push(self) -> Iterator[None]:
        """Yield None: the user's own login counts."""
        yield None


def _find_digest(image: ImageReference) -> str | None:
    """Return the digest that a tag has; None if the repository does not have the tag.

    Raises:
        ServiceError: The registry does not tell that to everybody (``DENIED``), or did not answer as a registry does.
    """
    host = image.registry or _DOCKER_HUB
    scheme = "http" if speaks_http(host) else "https"
    url = f"{scheme}://{host}/v2/{image.repository}/manifests/{image.tag}"
    # The URL begins with http or https, as above.
    request = urllib.request.Request(url, method="HEAD", headers={"Accept": ", ".join(MEDIA_TYPES)})  # noqa: S310
    try:
        # The URL begins with http or https, as above.
        with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as reply:  # noqa: S310
            digest = str(reply.headers.get("Docker-Content-Digest"))
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == HTTPStatus.NOT_FOUND:
            return None
        if error.code in _LOGIN_NEEDED:
            raise ServiceError(f"{host} wants a login before it answers", fault=Fault.DENIED) from error
        raise ServiceError(f"{host} answered with HTTP {error.code}", fault=Fault.AMBIGUOUS) from error
    except (OSError, ValueError, HTTPException) as error:  # no connection, no certificate, no HTTP
        reason = getattr(error, "reason", None) or error
        raise ServiceError(f"{host} did not answer: {reason}", fault=Fault.UNREACHABLE) from error
    if not _DIGEST.fullmatch(digest):
        raise ServiceError(f"{host} answered without a digest", fault=Fault.AMBIGUOUS)
    return digest
