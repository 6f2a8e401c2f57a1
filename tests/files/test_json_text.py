import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kedro_batch.files.json_text import encoded, encoded_in_pieces
from kedro_batch.text.escaping import for_json


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


@given(st.lists(st.text("a😀\x7f\u202e\U000e0041"), max_size=30))
def test_pieces_are_the_text_as_the_standard_library_writes_it(value):
    value *= 1000
    pieces = list(encoded_in_pieces(value, indent=2))
    assert "".join(pieces) == for_json(json.dumps(value, ensure_ascii=False, indent=2))


def test_a_wide_letter_widens_its_own_piece_alone():
    pieces = list(encoded_in_pieces(["a" * 1000] * 1000 + ["😀"]))
    assert max(map(len, pieces)) < 70_000
    assert [piece.isascii() for piece in pieces] == [True] * (len(pieces) - 1) + [False]
