"""Which failures of a connection show that a request was not sent: over real sockets, and real TLS."""

import json
import os
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import botocore.exceptions
import pytest

from kedro_batch.cloud.aws_errors import calling
from kedro_batch.errors import Fault, ServiceError
from kedro_batch.submitter.service.aws import AwsEngine
from kedro_batch.submitter.service.aws_session import AwsSession
from tests.support import tls

REQUEST = {"jobName": "r_a_1", "jobQueue": "q", "jobDefinition": "d"}
OK = b'HTTP/1.1 200 OK\r\nContent-Length: 31\r\n\r\n{"jobId": "1", "jobName": "a"} '


class Endpoint:
    """What stands in place of AWS Batch.

    Attributes:
        got: The requests that it has read.
    """

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, stack: ExitStack) -> None:
        self.folder, self.got = folder, list[tls.Request]()
        self._monkeypatch, self._stack = monkeypatch, stack
        self.trust(tls.authority(folder))

    def trust(self, file: Path) -> None:
        self._monkeypatch.setenv("AWS_CA_BUNDLE", str(file))

    def plain(self, behave: Callable[[socket.socket], None]) -> int:
        return self._stack.enter_context(tls.serving_connections(behave))

    def encrypted(self, behave: Callable[[ssl.SSLSocket], None], name: str = "127.0.0.1") -> int:
        context = tls.server_context(self.folder, name)

        def over_tls(connection: socket.socket) -> None:
            with context.wrap_socket(connection, server_side=True) as wrapped:
                behave(wrapped)

        return self.plain(over_tls)

    def read(self, connection: socket.socket) -> None:
        request = tls.read_request(connection)
        if request:
            self.got.append(request)

    def submit(self, url: str) -> ServiceError:
        """Submit a job there, and return the error."""
        self._monkeypatch.setenv("AWS_ENDPOINT_URL_BATCH", url)
        with pytest.raises(ServiceError) as caught:
            AwsEngine(AwsSession()).submit_job(REQUEST)
        return caught.value


@pytest.fixture
def endpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    for name in [one for one in os.environ if one.startswith("AWS_") or one.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with ExitStack() as stack:
        yield Endpoint(tmp_path, monkeypatch, stack)


def _closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


# What was surely not sent


def test_a_name_that_is_not_known_and_a_port_that_nobody_listens_at_are_unreachable(endpoint):
    for host in ("nobody.invalid", "127.0.0.1"):
        assert endpoint.submit(f"https://{host}:{_closed_port()}").fault is Fault.UNREACHABLE


@pytest.mark.parametrize("name", ["127.0.0.1", "elsewhere.example"])
def test_a_certificate_that_cannot_be_verified_is_refused_before_anything_is_sent(endpoint, name):
    if name == "127.0.0.1":
        endpoint.trust(tls.authority(endpoint.folder, "another.example"))  # of another authority
    else:
        endpoint.trust(tls.authority(endpoint.folder, name))  # of another host
    error = endpoint.submit(f"https://127.0.0.1:{endpoint.encrypted(endpoint.read, name)}")
    assert (error.fault, endpoint.got) == (Fault.UNREACHABLE, [])
    assert "AWS_CA_BUNDLE" in str(error)


@pytest.mark.parametrize("bundle", ["nothing.pem", "folder", "text"])
def test_a_bundle_of_certificates_that_cannot_be_used_is_a_setting(endpoint, bundle):
    (endpoint.folder / "folder").mkdir()
    (endpoint.folder / "text").write_text("no certificate")
    endpoint.trust(endpoint.folder / bundle)
    error = endpoint.submit(f"https://127.0.0.1:{endpoint.encrypted(endpoint.read)}")
    assert (error.fault, error.exit_code, endpoint.got) == (Fault.SETTINGS, 2, [])
    assert "AWS_CA_BUNDLE" in str(error)


@pytest.mark.parametrize("retries", ["legacy", "standard", "adaptive"])
def test_a_job_is_checked_after_the_credentials_were_renewed_and_before_anything_is_sent(
    endpoint, tmp_path, monkeypatch, retries
):
    monkeypatch.setenv("AWS_RETRY_MODE", retries)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    renewed, config = tmp_path / "renewed", tmp_path / "config"
    reply = tmp_path / "reply.json"
    soon = (datetime.now(UTC) + timedelta(minutes=5)).isoformat()  # botocore renews them ten minutes before
    credentials = {"Version": 1, "AccessKeyId": "testing", "SecretAccessKey": "testing", "SessionToken": "testing"}
    reply.write_text(json.dumps({**credentials, "Expiration": soon}))
    config.write_text(f"[default]\ncredential_process = sh -c 'touch {renewed}; cat {reply}'\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("AWS_ENDPOINT_URL_BATCH", f"https://127.0.0.1:{endpoint.encrypted(endpoint.read)}")
    checked = list[bool]()

    def check() -> None:
        checked.append(renewed.exists())
        raise ServiceError("the process stood still", fault=Fault.UNREACHABLE)

    engine = AwsEngine(AwsSession())
    renewed.unlink()
    with pytest.raises(ServiceError, match=r"^the process stood still$") as caught:
        engine.submit_job(REQUEST, check)
    assert (caught.value.fault, checked, endpoint.got) == (Fault.UNREACHABLE, [True], [])


def test_a_proxy_that_is_not_there_or_refuses_to_connect_has_forwarded_nothing(endpoint, monkeypatch):
    def refuse(connection: socket.socket) -> None:
        endpoint.read(connection)
        connection.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")

    for port in (_closed_port(), endpoint.plain(refuse)):
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
        assert endpoint.submit("https://batch.example").fault is Fault.UNREACHABLE
    assert [one.method for one in endpoint.got] == ["CONNECT"]


# What may have been sent


def test_a_record_that_breaks_while_the_reply_is_read_leaves_open_whether_the_job_was_taken(endpoint):
    def break_it(connection: ssl.SSLSocket) -> None:
        endpoint.read(connection)
        tls.break_record(connection)

    error = endpoint.submit(f"https://127.0.0.1:{endpoint.encrypted(break_it)}")
    assert (error.fault, len(endpoint.got)) == (Fault.AMBIGUOUS, 1)
    assert isinstance(error.__cause__, botocore.exceptions.SSLError), repr(error.__cause__)


def test_a_record_that_breaks_within_the_reply_does_so_too(endpoint):
    def break_it(connection: ssl.SSLSocket) -> None:
        endpoint.read(connection)
        connection.sendall(OK[:60])
        tls.break_record(connection)

    error = endpoint.submit(f"https://127.0.0.1:{endpoint.encrypted(break_it)}")
    assert (error.fault, len(endpoint.got)) == (Fault.AMBIGUOUS, 1)


@pytest.mark.parametrize("end", [tls.reset, socket.socket.close])
def test_a_connection_that_ends_in_place_of_a_reply_does_so_too(endpoint, end):
    def end_it(connection: socket.socket) -> None:
        endpoint.read(connection)
        end(connection)

    for port, scheme in ((endpoint.plain(end_it), "http"), (endpoint.encrypted(end_it), "https")):
        endpoint.got.clear()
        assert endpoint.submit(f"{scheme}://127.0.0.1:{port}").fault is Fault.AMBIGUOUS
        assert len(endpoint.got) == 1


def test_a_handshake_that_is_broken_off_is_not_told_from_that(endpoint):
    # Nothing was sent, but the same exceptions come later too: to look for the job costs seconds, another job money.
    # (It ends once it has begun: a reset that comes before the client's `connect` has returned refuses the connection.)
    for end in (tls.reset, socket.socket.close):

        def end_it(connection: socket.socket, end: Callable[[socket.socket], None] = end) -> None:
            connection.recv(65536)
            end(connection)

        assert endpoint.submit(f"https://127.0.0.1:{endpoint.plain(end_it)}").fault is Fault.AMBIGUOUS


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_forwards_and_then_breaks_has_perhaps_sent_it(endpoint, monkeypatch, scheme):
    there = endpoint.plain(endpoint.read) if scheme == "http" else endpoint.encrypted(endpoint.read)

    def forward_and_break(connection: socket.socket) -> None:
        if scheme == "http":  # without a tunnel, the request itself comes to the proxy
            endpoint.read(connection)
            tls.reset(connection)
            return
        tls.read_request(connection)
        with socket.create_connection(("127.0.0.1", there)) as onward:
            connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(target=_copy, args=(onward, connection), daemon=True)
            back.start()
            _copy(connection, onward)
            back.join()
        tls.reset(connection)

    monkeypatch.setenv(f"{scheme.upper()}_PROXY", f"http://127.0.0.1:{endpoint.plain(forward_and_break)}")
    monkeypatch.setenv("NO_PROXY", "")
    error = endpoint.submit(f"{scheme}://127.0.0.1:{there}")
    assert (error.fault, len(endpoint.got)) == (Fault.AMBIGUOUS, 1)


def _copy(source: socket.socket, target: socket.socket) -> None:
    while content := source.recv(65536):
        target.sendall(content)
    target.shutdown(socket.SHUT_WR)


# What botocore raises


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (botocore.exceptions.IncompleteReadError(actual_bytes=1, expected_bytes=2), Fault.AMBIGUOUS),
        (botocore.exceptions.FlexibleChecksumError(error_msg="x"), Fault.AMBIGUOUS),
        (botocore.exceptions.BotoCoreError(), Fault.AMBIGUOUS),  # of a kind that nobody knows yet
        (botocore.exceptions.ConnectionError(error=Exception("x")), Fault.AMBIGUOUS),
        (botocore.exceptions.SSLError(endpoint_url="x", error=ssl.SSLError("bad record mac")), Fault.AMBIGUOUS),
        (botocore.exceptions.SSLError(endpoint_url="x", error=ssl.SSLEOFError("EOF")), Fault.AMBIGUOUS),
        # So urllib3 1.26 wraps a reset by a proxy, whenever it comes.
        (botocore.exceptions.ProxyConnectionError(proxy_url="x", error=ConnectionResetError()), Fault.AMBIGUOUS),
        (botocore.exceptions.ProxyConnectionError(proxy_url="x", error=OSError("reset")), Fault.AMBIGUOUS),
        (botocore.exceptions.UnknownSignatureVersionError(signature_version="x"), Fault.SETTINGS),
        (botocore.exceptions.NoCredentialsError(), Fault.CREDENTIALS),
    ],
)
def test_whatever_is_not_known_to_come_before_a_connection_is_ambiguous(error, fault):
    with pytest.raises(ServiceError) as caught, calling("SubmitJob"):
        raise error
    assert caught.value.fault is fault


def test_an_error_of_an_earlier_call_says_nothing_about_this_one():
    def fails_again() -> None:
        try:
            raise ssl.SSLCertVerificationError("of the call before")
        except ssl.SSLError:
            raise botocore.exceptions.SSLError(endpoint_url="x", error=ssl.SSLError("bad record")) from None

    with pytest.raises(ServiceError) as caught, calling("SubmitJob"):
        fails_again()
    assert caught.value.fault is Fault.AMBIGUOUS
