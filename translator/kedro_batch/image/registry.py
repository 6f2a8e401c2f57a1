"""Asks a registry that is not in AWS which digest a tag has, as far as it tells that to everybody.

Source: the OCI distribution specification, "Checking if content exists in the registry".
"""

import re
import urllib.error
import urllib.request
from http import HTTPStatus

from kedro_batch.errors import Fault, ServiceError
from kedro_batch.plan.image_reference import ImageReference

_MEDIA_TYPES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
_LOOPBACK = re.compile(r"(localhost|127\.[0-9.]+|\[::1\])(:[0-9]+)?")
"""Where engines speak HTTP."""
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_DOCKER_HUB = "registry-1.docker.io"
_TIMEOUT_S = 10
_LOGIN_NEEDED = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)


def find_digest(image: ImageReference) -> str | None:
    """Return the digest that a tag has; None if the repository does not have the tag.

    Raises:
        ServiceError: The registry does not tell that to everybody (``DENIED``), or did not answer as a registry does.
    """
    host = image.registry or _DOCKER_HUB
    scheme = "http" if _LOOPBACK.fullmatch(host) else "https"
    url = f"{scheme}://{host}/v2/{image.repository}/manifests/{image.tag}"
    request = urllib.request.Request(url, method="HEAD", headers={"Accept": ", ".join(_MEDIA_TYPES)})  # noqa: S310  a scheme of ours
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as reply:  # noqa: S310  the same
            digest = str(reply.headers.get("Docker-Content-Digest"))
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == HTTPStatus.NOT_FOUND:
            return None
        if error.code in _LOGIN_NEEDED:
            raise ServiceError(f"{host} wants a login before it answers", fault=Fault.DENIED) from error
        raise ServiceError(f"{host} answered with HTTP {error.code}", fault=Fault.AMBIGUOUS) from error
    except (OSError, ValueError) as error:  # no connection, no certificate, no HTTP
        reason = getattr(error, "reason", None) or error
        raise ServiceError(f"{host} did not answer: {reason}", fault=Fault.UNREACHABLE) from error
    if not _DIGEST.fullmatch(digest):
        raise ServiceError(f"{host} answered without a digest", fault=Fault.AMBIGUOUS)
    return digest
