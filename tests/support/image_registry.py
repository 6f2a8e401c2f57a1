"""Runs a real registry of images, Debian's docker-registry, at an address of loopback and the port of HTTP."""

import json
import os
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.support.docker_engine import program_environment
from tests.support.services import wait_for_port

_PORT = 80
_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageRegistry:
    """A running registry.

    Attributes:
        address: Its address, of loopback.
    """

    address: str

    def manifest(self, repository: str, reference: str) -> dict[str, Any]:
        """Return the manifest of an image by its tag or digest."""
        return self._get_json(f"{repository}/manifests/{reference}")

    def manifest_text(self, repository: str, reference: str) -> str:
        """Return the same as it was pushed, byte by byte: its digest is of these."""
        return self._get(f"{repository}/manifests/{reference}").decode()

    def blob(self, repository: str, digest: str) -> dict[str, Any]:
        """Return a blob that is JSON, such as the configuration of an image."""
        return self._get_json(f"{repository}/blobs/{digest}")

    def _get_json(self, path: str) -> dict[str, Any]:
        content: dict[str, Any] = json.loads(self._get(path))
        return content

    def _get(self, path: str) -> bytes:
        request = urllib.request.Request(f"http://{self.address}:{_PORT}/v2/{path}", headers={"Accept": _MANIFEST})
        with urllib.request.urlopen(request) as reply:  # noqa: S310  an address of this machine
            content: bytes = reply.read()
            return content


def loopback_address() -> str:
    """Return an address of loopback that no other process has, since no other has this number."""
    number = os.getpid()
    return f"127.{1 + number // 65536 % 250}.{number // 256 % 256}.{1 + number % 254}"


@contextmanager
def image_registry(folder: Path, address: str) -> Iterator[ImageRegistry]:
    """Run a registry that is empty."""
    folder.mkdir()
    configuration = folder / "config.yml"
    content = {
        "version": 0.1,
        "log": {"level": "error", "accesslog": {"disabled": True}},
        "storage": {"filesystem": {"rootdirectory": str(folder / "images")}},
        "http": {"addr": f"{address}:{_PORT}"},
    }
    configuration.write_text(yaml.safe_dump(content))
    command = ["setpriv", "--pdeathsig=KILL", "docker-registry", "serve", str(configuration)]
    with subprocess.Popen(
        command, env=program_environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            wait_for_port(_PORT, address)
            yield ImageRegistry(address=address)
        finally:
            process.terminate()
