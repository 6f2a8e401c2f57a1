"""Serves TLS on loopback, with a certificate of its own, and breaks it where a test says."""

import ipaddress
import os
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

BROKEN_RECORD = b"\x17\x03\x03\x00\x20" + bytes(32)
"""A record of application data that nobody can decrypt (RFC 8446, 5.2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request, as a server has read it from a connection."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@cache
def _pair(name: str) -> tuple[bytes, bytes]:
    """Make a certificate that is its own authority, and its key; for loopback, or for another name."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    is_loopback = name == "127.0.0.1"
    alternative = x509.IPAddress(ipaddress.ip_address(name)) if is_loopback else x509.DNSName(name)
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([alternative]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return certificate.public_bytes(serialization.Encoding.PEM), private


def authority(folder: Path, name: str = "127.0.0.1") -> Path:
    """Write the certificate that clients have to trust, and return the file."""
    file = folder / f"{name}.pem"
    file.write_bytes(_pair(name)[0])
    return file


def server_context(folder: Path, name: str = "127.0.0.1") -> ssl.SSLContext:
    """Return what a server with the certificate of a name needs."""
    certificate, key = _pair(name)
    file = folder / f"{name}-with-key.pem"
    file.write_bytes(certificate + key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


@contextmanager
def serving_connections(behave: Callable[[socket.socket], None]) -> Iterator[int]:
    """Hand each connection to a function, in a thread of its own; give the port."""

    def handle(connection: socket.socket) -> None:
        with connection, suppress(OSError, HTTPException):
            behave(connection)

    def accept() -> None:
        with suppress(OSError):  # the listener is closed at the end
            while True:
                connection, _ = listener.accept()
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                threading.Thread(target=handle, args=(connection,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=accept, daemon=True).start()
        yield listener.getsockname()[1]
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)


def read_request(connection: socket.socket) -> Request | None:
    """Read one request with its body; None at the end of the connection."""
    content = b""
    while b"\r\n\r\n" not in content:
        more = connection.recv(65536)
        if not more:
            return None
        content += more
    head, _, body = content.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    while len(body) < int(headers.get("content-length", 0)):
        body += connection.recv(65536)
    method, path, _ = first.split(" ", 2)
    return Request(method=method, path=path, headers=headers, body=body)


def break_record(connection: socket.socket) -> None:
    """Send a record that cannot be decrypted, below the TLS of the connection."""
    os.write(connection.fileno(), BROKEN_RECORD)


def reset(connection: socket.socket) -> None:
    """End a connection with RST in place of FIN."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def forwarded(url: str, request: Request) -> bytes:
    """Send a request on to a server over HTTP, and return the whole reply as it goes back."""
    there = HTTPConnection(urlsplit(url).netloc)
    kept = {name: value for name, value in request.headers.items() if name != "connection"}
    there.request(request.method, request.path, body=request.body, headers=kept)
    reply = there.getresponse()
    content = reply.read()
    there.close()
    head = f"HTTP/1.1 {reply.status} {reply.reason}\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(content)}\r\n\r\n".encode() + content
