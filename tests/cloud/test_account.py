"""The door to an account: how long it waits, and that it does not ask twice who does not answer."""

from threading import Event

import pytest

from kedro_batch.cloud.account import Account
from kedro_batch.errors import Fault, ServiceError


def test_a_service_that_does_not_answer_is_waited_for_once():
    never, asked = Event(), []
    account = Account(region="us-east-1", patience_s=0.05)

    def hang(client):
        asked.append(client)
        never.wait()

    for _ in range(2):
        with pytest.raises(ServiceError, match="AWS Batch has not answered within") as refused:
            account.ask("batch", hang)
        assert refused.value.fault is Fault.UNREACHABLE
    assert len(asked) <= 1
    never.set()
    assert Account(region="us-east-1").ask("sts", lambda _: "answered") == "answered"
