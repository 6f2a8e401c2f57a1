"""An AWS account over HTTP: moto, and before it what moto lacks, refuses or cannot get wrong.

It answers IAM's SimulatePrincipalPolicy and the downloads of ECR, forbids operations, and has a clock of its own.
Everything else goes on to moto's server.
"""

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email.utils import formatdate
from functools import cache
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import escape

from tests.support.services import Moto
from tests.support.serving import serving

_OK, _BAD_REQUEST, _FORBIDDEN, _NOT_FOUND = 200, 400, 403, 404
_DENIED = "this account may not"
_PREFIX = "<ResponseMetadata><RequestId>1</RequestId></ResponseMetadata>"


class Account:
    """A running account.

    Attributes:
        forbidden: Operations that are refused, such as ``GetRole``.
        unanswered: Operations that get no reply: the connection is closed.
        answers: What an operation of JSON answers, in place of moto.
        missing_context: What the decisions of SimulatePrincipalPolicy depend on and nobody has told it.
        decisions: What SimulatePrincipalPolicy says of an action; of others, that it is allowed.
        blobs: What a layer's URL leads to, by digest.
        clock_s: By how much the clock of the services is ahead.
        calls: The operations that were called.
    """

    def __init__(self, moto: Moto) -> None:
        self.moto = moto
        self.forbidden: set[str] = set()
        self.unanswered: set[str] = set()
        self.answers: dict[str, Mapping[str, Any]] = {"DescribePullThroughCacheRules": {"pullThroughCacheRules": []}}
        self.missing_context: tuple[str, ...] = ()
        self.decisions: dict[str, str] = {}
        self.blobs: dict[str, Mapping[str, Any]] = {}
        self.clock_s = 0.0
        self.calls: list[str] = []
        self.server = _Server(self)

    def client(self, service: str) -> Any:
        """Return a client of moto itself, the same one for every test: to make one takes long."""
        return _client(self.moto, service)

    def load_cloudformation(self) -> None:
        """Let moto load its CloudFormation, and with it all services, before a command waits for it in silence."""
        self.client("cloudformation").describe_stacks()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    @property
    def environment(self) -> dict[str, str]:
        return {**self.moto.environment, "AWS_ENDPOINT_URL": self.url}


@cache
def _client(moto: Moto, service: str) -> Any:
    return moto.client(service)


@contextmanager
def account(moto: Moto) -> Iterator[Account]:
    """Run an account that is empty."""
    moto.reset()
    it = Account(moto)
    with serving(it.server):
        yield it


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, account: Account) -> None:
        self.account = account
        super().__init__(("127.0.0.1", 0), _Connection)


class _Connection(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        account, operation, form = self.server.account, *self._operation(body)
        account.calls.append(operation)
        if operation in account.unanswered:
            self.close_connection = True
        elif operation in account.forbidden:
            self._refuse(xml=bool(form), of_s3="/s3/aws4_request" in self.headers.get("Authorization", ""))
        elif operation in account.answers:
            self._send(_OK, json.dumps(account.answers[operation]), "application/x-amz-json-1.1")
        elif operation == "SimulatePrincipalPolicy":
            self._send(_OK, _simulation(form, account.decisions, account.missing_context), "text/xml")
        elif operation == "GetDownloadUrlForLayer":
            digest = json.loads(body)["layerDigest"]
            url = f"{account.url}/blobs/{digest}"
            self._send(_OK, json.dumps({"downloadUrl": url, "layerDigest": digest}), "application/x-amz-json-1.1")
        elif operation.startswith("/blobs/"):
            blob = account.blobs.get(operation.removeprefix("/blobs/"))
            self._send(_OK if blob else _NOT_FOUND, json.dumps(blob or {}), "application/json")
        else:
            self._forward(body)

    do_POST = do_HEAD = do_PUT = do_GET  # noqa: N815  names that http.server asks for

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def date_time_string(self, timestamp: float | None = None) -> str:  # noqa: ARG002  as http.server calls it
        return formatdate(time.time() + self.server.account.clock_s, usegmt=True)

    def _operation(self, body: bytes) -> tuple[str, dict[str, list[str]]]:
        """Give the operation and, for services that are sent forms, the form."""
        if target := self.headers.get("X-Amz-Target"):
            return target.rpartition(".")[2], {}
        form = parse_qs(body.decode(errors="replace"))
        if "Action" in form:
            return form["Action"][0], form
        return ("HeadBucket" if self.command == "HEAD" else urlsplit(self.path).path), {}

    def _refuse(self, *, xml: bool, of_s3: bool) -> None:
        if of_s3 and self.command != "HEAD":
            error = f"<Error><Code>AccessDenied</Code><Message>{_DENIED}</Message><RequestId>1</RequestId></Error>"
            self._send(_FORBIDDEN, error, "application/xml")
            return
        if xml:
            error = f"<Error><Code>AccessDenied</Code><Message>{_DENIED}</Message></Error>"
            self._send(_FORBIDDEN, f"<ErrorResponse>{error}<RequestId>1</RequestId></ErrorResponse>", "text/xml")
        else:
            content = {"__type": "AccessDeniedException", "message": _DENIED}
            status = _FORBIDDEN if self.command == "HEAD" else _BAD_REQUEST
            headers = {"x-amzn-ErrorType": content["__type"], "x-amz-request-id": "1"}
            self._send(status, json.dumps(content), "application/json", headers)

    def _forward(self, body: bytes) -> None:
        connection = HTTPConnection("127.0.0.1", urlsplit(self.server.account.moto.url).port or 0)
        kept = {name: value for name, value in self.headers.items() if name.lower() != "connection"}
        connection.request(self.command, self.path, body=body, headers=kept)
        reply = connection.getresponse()
        content = reply.read()
        dropped = ("date", "server", "connection", "content-length", "content-type", "transfer-encoding")
        others = {name: value for name, value in reply.getheaders() if name.lower() not in dropped}
        if self.command == "HEAD" and (length := reply.getheader("Content-Length")):
            others["Content-Length"] = length  # of what is not sent
        self._send(reply.status, content.decode(), reply.getheader("Content-Type") or "text/plain", others)
        connection.close()

    def _send(self, status: int, content: str, kind: str, headers: Mapping[str, str] | None = None) -> None:
        payload = content.encode()
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(payload)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(payload)


def _simulation(form: Mapping[str, list[str]], decisions: Mapping[str, str], missing_context: tuple[str, ...]) -> str:
    """Give the reply of SimulatePrincipalPolicy: one result for each action and resource."""
    actions, resources = (
        [values[0] for name, values in sorted(form.items()) if name.startswith(f"{field}.member.")]
        for field in ("ActionNames", "ResourceArns")
    )
    context = "".join(f"<member>{key}</member>" for key in missing_context)
    results = "".join(
        f"<member><EvalActionName>{escape(action)}</EvalActionName><EvalResourceName>{escape(resource)}"
        f"</EvalResourceName><EvalDecision>{decisions.get(action, 'allowed')}</EvalDecision>"
        f"<MissingContextValues>{context}</MissingContextValues></member>"
        for action in actions
        for resource in resources
    )
    return (
        '<SimulatePrincipalPolicyResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/">'
        f"<SimulatePrincipalPolicyResult><IsTruncated>false</IsTruncated><EvaluationResults>{results}"
        f"</EvaluationResults></SimulatePrincipalPolicyResult>{_PREFIX}</SimulatePrincipalPolicyResponse>"
    )
