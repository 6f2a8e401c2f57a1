import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kedro_batch.files.json_text import encoded


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"b": 1, "a": [True, None]}, '{"b": 1, "a": [true, null]}'),
        ("größe", '"größe"'),
        ("a\x1b[31m", r'"a\u001b[31m"'),
        ("\x7f\x9b\u202e\u200b", r'"\u007f\u009b\u202e\u200b"'),
        ("\ud800", r'"\ud800"'),
        ("\U000e0041", r'"\udb40\udc41"'),
    ],
)
def test_what_a_terminal_obeys_or_does_not_show_is_an_escape(value, text):
    assert encoded(value) == text


def test_there_is_an_indent_on_request_and_other_values_become_plain_ones():
    assert encoded({"a": {1}}, indent=2, default=sorted) == '{\n  "a": [\n    1\n  ]\n}'


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner, max_size=3)))
def test_it_is_read_back_as_it_was(value):
    assert json.loads(encoded(value)) == value
