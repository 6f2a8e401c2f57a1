"""An account over HTTP for the tests of this folder."""

import os
from collections.abc import Iterator

import pytest

from tests.support.account import Account, account
from tests.support.command_line import environment
from tests.support.services import Moto


@pytest.fixture
def aws(moto_server: Moto, monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    """An empty account that boto3 in this process reaches."""
    with account(moto_server) as it:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            monkeypatch.delenv(name)
        for name, value in environment(it.environment).items():
            if name.startswith("AWS_"):
                monkeypatch.setenv(name, value)
        yield it
