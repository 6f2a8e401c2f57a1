"""Clients of commands that follow no run: they repeat a call, but not for ever."""

import itertools
import socket
import time
from types import SimpleNamespace

import pytest

from kedro_batch.cloud.clients import Clients
from kedro_batch.errors import Fault, ServiceError
from tests.support import tls

SECONDS_A_TRY = {0.1: 4, 10: 2, 20: 1}
"""How long a try takes, and how many of them fit."""


@pytest.mark.parametrize("seconds", SECONDS_A_TRY)
def test_a_service_that_stays_silent_is_not_asked_again_after_half_a_minute(monkeypatch, seconds):
    asked = []

    def close(connection: socket.socket) -> None:
        asked.append(tls.read_request(connection))
        tls.reset(connection)

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with tls.serving_connections(close) as port:
        monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDFORMATION", f"http://127.0.0.1:{port}")
        clients = Clients(region="us-east-1")
        clock = itertools.count(step=seconds)
        monkeypatch.setattr(time, "sleep", lambda _: None)  # botocore's pauses between two tries
        monkeypatch.setattr("kedro_batch.cloud.clients.time", SimpleNamespace(monotonic=lambda: next(clock)))
        with pytest.raises(ServiceError) as caught:
            clients.call("cloudformation", "describe_stacks")
    assert (caught.value.fault, len(asked)) == (Fault.AMBIGUOUS, SECONDS_A_TRY[seconds])
