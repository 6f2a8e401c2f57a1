"""The service behind HTTP, for clients that think it is AWS, and with doors for tests.

``GET /ledger``: what was asked; ``GET /jobs``: each label's latest job; ``GET /verdict``, ``GET /verdict?times=1``;
``POST /configure`` with fields of the configuration; ``POST /forget`` and ``POST /finish`` with ``{"labels": [...]}``.
"""

import json
import sys
import threading
import time
from http.client import responses
from http.server import ThreadingHTTPServer
from socketserver import StreamRequestHandler
from typing import Any

from .config import Config
from .faults import Fault
from .identity import access_key_of, is_form, parsed_form, xml_of
from .service import Reply, Service

_HANGING_S = 120
_OK, _BAD_REQUEST, _NOT_FOUND = 200, 400, 404


class Server(ThreadingHTTPServer):
    """Listens on a free port of the loopback address."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, service: Service) -> None:
        self.service = service
        self.lock = threading.Lock()
        super().__init__(("127.0.0.1", 0), _Connection)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that went away in the middle."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Connection(StreamRequestHandler):
    """Reads requests off a connection that is kept open. The general handler takes a multiple of the time."""

    server: Server
    disable_nagle_algorithm = True  # else every call waits 40 ms for an acknowledgement

    def handle(self) -> None:
        while line := self.rfile.readline(65537).decode("latin-1").split():
            method, path = line[0], line[1]
            headers = self._headers()
            if path.startswith("/federation/credentials?"):  # of IAM Identity Center
                self._body(headers)
                with self.server.lock:
                    reply = self.server.service.answer("GetRoleCredentials", {})
                self._reply(reply)
            elif method == "GET" or path in ("/configure", "/forget", "/finish"):
                self._door(method, path, json.loads(self._body(headers)))
            elif not self._call(path, headers):
                return

    def _headers(self) -> dict[str, str]:
        headers: dict[str, str] = {}
        while (line := self.rfile.readline(65537)) not in (b"\r\n", b"\n", b""):
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.strip().lower()] = value.strip()
        return headers

    def _body(self, headers: dict[str, str]) -> bytes:
        return self.rfile.read(int(headers.get("content-length", 0))) or b"{}"

    def _call(self, path: str, headers: dict[str, str]) -> bool:
        """Answer a call of an operation, and tell whether the connection stays open."""
        service = self.server.service
        with self.server.lock:
            if service.down():
                return False
        target = headers.get("x-amz-target", "")
        operation = target.rpartition(".")[2] if target else path.rpartition("/")[2]
        body = self._body(headers)
        form = is_form(headers)
        request = parsed_form(body) if form else json.loads(body)
        operation = request.get("Action", operation) if form else operation
        time.sleep(service.config.latency_s)
        with self.server.lock:
            reply = service.answer(operation, request, size=len(body), access_key=access_key_of(headers))
        return self._reply(reply, form_of=operation if form else None)

    def _door(self, method: str, path: str, body: dict[str, Any]) -> None:
        service = self.server.service
        with self.server.lock:
            match method, path:
                case "GET", "/ledger":
                    content: dict[str, Any] = {"ledger": service.ledger}
                case "GET", "/jobs":
                    content = service.states()
                case "GET", "/verdict" | "/verdict?times=1":
                    content = service.judge(times=path.endswith("1"))
                case "POST", "/configure":
                    try:
                        service.configure(body)
                    except ValueError as error:
                        self._send(_BAD_REQUEST, {"message": str(error)})
                        return
                    content = {}
                case "POST", "/forget":
                    service.forget(body["labels"])
                    content = {}
                case "POST", "/finish":
                    service.finish(body["labels"])
                    content = {}
                case _:
                    self._send(_NOT_FOUND, {"message": f"no {method} {path}"})
                    return
            payload = json.dumps(content)
        self._send(_OK, payload)

    def _reply(self, reply: Reply, *, form_of: str | None = None) -> bool:
        """Send a reply, as XML to a form of this operation, and tell whether the connection stays open."""
        match reply.fault:
            case Fault.HANG:
                time.sleep(_HANGING_S)
                return False
            case Fault.LOST | Fault.DOWN:
                return False
            case Fault.CUT:
                self._send(reply.status, reply.content, cut=True)
                return False
            case None:
                if reply.page:
                    status, content_type, body = reply.page
                    self._send(status, body, content_type=content_type)
                    return True
                content = xml_of(form_of, reply.content) if form_of else reply.content
                content_type = "text/xml" if form_of else "application/json"
                self._send(reply.status, self.server.service.config.answer_always or content, content_type=content_type)
                return True

    def _send(
        self,
        status: int,
        content: dict[str, Any] | str,
        *,
        cut: bool = False,
        content_type: str = "application/json",
    ) -> None:
        """Send a reply in one piece, or half of its body after a head that promises all of it."""
        payload = (content if isinstance(content, str) else json.dumps(content)).encode()
        head = f"HTTP/1.1 {status} {responses[status]}\r\nContent-Type: {content_type}\r\n"
        head += f"Content-Length: {len(payload)}\r\n"
        if isinstance(content, dict) and "__type" in content:
            head += f"x-amzn-ErrorType: {content['__type']}\r\n"
        self.wfile.write(head.encode() + b"\r\n" + (payload[: len(payload) // 2] if cut else payload))


def serve(configuration: dict[str, Any]) -> Server:
    """Make a server; it answers once ``serve_forever`` is called."""
    config = Config()
    config.change(configuration)
    return Server(Service(config, clock=time.monotonic, epoch=time.time() - time.monotonic()))
