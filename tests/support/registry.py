"""A registry of images over HTTP, as far as manifests go: those that were pushed, by tag."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from tests.support.serving import serving


class Registry:
    """A running registry.

    Attributes:
        tags: The digests of the manifests, by the path of their tag, such as ``flights/manifests/v1``.
        status: The HTTP status of every question, in place of an answer.
        asked: What each question accepts.
    """

    def __init__(self) -> None:
        self.tags: dict[str, str] = {}
        self.status: int | None = None
        self.asked: list[str] = []
        self.server = _Server(self)
        self.host = f"127.0.0.1:{self.server.server_address[1]}"


@contextmanager
def registry() -> Iterator[Registry]:
    """Run a registry that is empty."""
    it = Registry()
    with serving(it.server):
        yield it


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        super().__init__(("127.0.0.1", 0), _Connection)


class _Connection(BaseHTTPRequestHandler):
    server: _Server

    def do_HEAD(self) -> None:
        registry = self.server.registry
        registry.asked.append(str(self.headers["Accept"]))
        digest = registry.tags.get(self._tag)
        self._answer(registry.status or (200 if digest else 404), digest)

    def do_PUT(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        self.server.registry.tags[self._tag] = digest
        self._answer(201, digest)

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    @property
    def _tag(self) -> str:
        return urlsplit(self.path).path.removeprefix("/v2/")

    def _answer(self, status: int, digest: str | None) -> None:
        self.send_response(status)
        if digest:
            self.send_header("Docker-Content-Digest", digest)
        self.send_header("Content-Length", "0")
        self.end_headers()
