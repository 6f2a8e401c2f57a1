"""What a registry that is not in AWS says of a tag, over HTTP."""

import socket
import threading

import pytest

from kedro_batch.errors import Fault, ServiceError
from kedro_batch.image.registry import OtherRepository
from tests.support.registry import registry

DIGEST = f"sha256:{'0f' * 32}"


@pytest.fixture
def server():
    with registry() as it:
        yield it


def test_a_tag_has_a_digest_or_is_not_there(server):
    server.tags["team/flights/manifests/v1"] = DIGEST
    repository = OtherRepository(f"{server.host}/team/flights")
    assert repository.find_digest("v1") == DIGEST
    assert repository.find_digest("v2") is None
    assert "application/vnd.oci.image.index.v1+json, " in server.asked[0]


@pytest.mark.parametrize(
    ("status", "fault", "said"),
    [
        (401, Fault.DENIED, "wants a login before it answers"),
        (500, Fault.AMBIGUOUS, "answered with HTTP 500"),
        (200, Fault.AMBIGUOUS, "answered without a digest"),
    ],
)
def test_what_is_no_answer_is_an_error(server, status, fault, said):
    server.status = status
    with pytest.raises(ServiceError, match=said) as caught:
        OtherRepository(f"{server.host}/flights").find_digest("v1")
    assert caught.value.fault is fault


@pytest.mark.parametrize("host", ["127.0.0.1:9", "registry.invalid"])
def test_where_nothing_answers_it_is_said(host):
    with pytest.raises(ServiceError, match=f"{host} did not answer: ") as caught:
        OtherRepository(f"{host}/flights").find_digest("v1")
    assert caught.value.fault is Fault.UNREACHABLE


def test_a_repository_without_a_host_is_at_docker_hub():
    assert OtherRepository("team/flights").remedy == "If it wants a login: docker login"
    assert OtherRepository("ghcr.io/team/flights").remedy == "If it wants a login: docker login ghcr.io"


def test_what_speaks_another_protocol_is_no_registry():
    def greet(server):
        connection, _ = server.accept()
        with connection:
            connection.sendall(b"220 smtp.example.com\r\n")

    with socket.create_server(("127.0.0.1", 0)) as server:
        answer = threading.Thread(target=greet, args=(server,), daemon=True)
        answer.start()
        host = f"127.0.0.1:{server.getsockname()[1]}"
        with pytest.raises(ServiceError, match=f"{host} did not answer: "):
            OtherRepository(f"{host}/flights").find_digest("v1")
        answer.join()
