"""The parameters of the command line, which are searched for credentials once the settings are known."""

import pytest

from kedro_batch.compiler.params import command_line_params, refuse_credentials
from kedro_batch.compiler.params_file import read_params_file
from kedro_batch.errors import ConfigError

FILE = b"a:\n  db:\n    password: hunter2\n"


def test_credentials_of_a_file_and_of_the_command_line_are_refused_with_their_places():
    params = command_line_params(read_params_file(FILE, "p.yml"), {"b": {"token": "abc"}})
    with pytest.raises(ConfigError) as caught:
        refuse_credentials(params, frozenset())
    found = [(one.source, one.line, one.path, one.code) for one in caught.value.diagnostics]
    assert found == [
        ("--params", None, ("b", "token"), "credential"),
        ("p.yml", 3, ("a", "db", "password"), "credential"),
    ]


def test_names_that_the_settings_say_are_none_are_accepted():
    params = command_line_params(read_params_file(FILE, "p.yml"), {"b": {"token": "abc"}})
    refuse_credentials(params, frozenset({"a.db.password", "b.token"}))
    with pytest.raises(ConfigError, match="token"):
        refuse_credentials(params, frozenset({"a.db.password"}))
