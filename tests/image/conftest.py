"""An account over HTTP for the tests of this folder."""

import os

import pytest

from tests.support.account import Account
from tests.support.command_line import environment


@pytest.fixture
def aws(aws_account: Account, monkeypatch: pytest.MonkeyPatch) -> Account:
    """An empty account that boto3 in this process reaches."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in environment(aws_account.environment).items():
        if name.startswith("AWS_"):
            monkeypatch.setenv(name, value)
    return aws_account
