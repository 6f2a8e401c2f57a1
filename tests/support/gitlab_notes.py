"""Stands in for GitLab's API of notes on a merge request, over HTTP: pages, authors, the token."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.support.serving import serving

TOKEN = "glpat-made-up"  # noqa: S105  made up, nobody's
BOT = 7
"""The id of the user that the token is of."""


class GitLabNotes:
    """A server with the notes of merge request 5 of project 3."""

    def __init__(self) -> None:
        self.notes: list[dict[str, Any]] = []
        self.written: list[tuple[str, str, str]] = []
        """Method, path and body of each request that writes."""
        self.url = ""

    def answer(self, method: str, target: str, token: str | None, body: bytes) -> tuple[int, Any]:
        """Return the status and the content of a reply."""
        url = urlsplit(target)
        notes = "/api/v4/projects/3/merge_requests/5/notes"
        if token != TOKEN:
            return 401, {"message": "401 Unauthorized"}
        match method, url.path:
            case "GET", "/api/v4/user":
                return 200, {"id": BOT}
            case "GET", path if path == notes:
                size, page = (int(parse_qs(url.query)[name][0]) for name in ("per_page", "page"))
                return 200, self.notes[size * (page - 1) : size * page]
            case "POST", path if path == notes:
                self.written.append((method, path, json.loads(body)["body"]))
                return 201, {"id": 1}
            case "PUT", path if re.fullmatch(rf"{notes}/\d+", path):
                self.written.append((method, path, json.loads(body)["body"]))
                return 200, {"id": 1}
            case _:
                return 404, {"error": "404 Not Found"}


@contextmanager
def gitlab_notes() -> Iterator[GitLabNotes]:
    """Run the server."""
    service = GitLabNotes()

    class Handler(BaseHTTPRequestHandler):
        def _reply(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, content = service.answer(self.command, self.path, self.headers.get("PRIVATE-TOKEN"), body)
            reply = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(reply)))
            self.end_headers()
            self.wfile.write(reply)

        do_GET = do_POST = do_PUT = _reply  # noqa: N815  names that http.server asks for

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    service.url = f"http://127.0.0.1:{server.server_address[1]}/api/v4"
    with serving(server):
        yield service
